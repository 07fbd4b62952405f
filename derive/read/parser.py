"""A formula's tokens become a tree: operators by how tightly they bind, everything else by its form.

Binding, from loose to tight: a comma, a relation, plus and minus, times (typed or not), a sign in front, scripts. What
begins a formula is found in a table of forms, which `derive/read/forms.py` fills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from derive.errors import ReadError
from derive.read import limits
from derive.read import symbols as names
from derive.read.tokens import Token
from derive.read.tree import Added, Call, Differential, Multiplied, Node, Relation, Scripted, Symbol

Form: TypeAlias = "Callable[[Parser, Token], Node]"

# Where a formula ends, whatever it is.
_ENDS = frozenset(["stop", "break", "and", "end", "stroke close"])


def prose(token: Token) -> bool:
    """Whether an upright text is said about the formula, and is no name in it."""
    text = token.text.strip()
    return not (text.isascii() and text.isalnum()) or text.lower() in names.PROSE


class Parser:
    """Reads tokens once from left to right; `forms` says what a command that begins a formula stands for."""

    def __init__(self, source: str, tokens: list[Token], forms: Mapping[str, Form], elements: Mapping[str, Form]):
        self.source, self.tokens, self.forms, self.elements = source, tokens, forms, elements
        self.place, self.depth, self.strokes, self.joins = 0, 0, 0, True  # `joins`: a sum may go on in the next line

    # -- tokens ---------------------------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.place]

    @property
    def ended(self) -> int:
        """Where the last token that was taken ends in the source."""
        return self.tokens[self.place - 1].end

    def take(self) -> Token:
        """The next token, which is then behind us."""
        token = self.next
        if token.kind != "stop":
            self.place += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or commands."""
        return self.next.text in texts and self.next.kind in ("sign", "command")

    def skip(self, *texts: str) -> bool:
        """Takes the next token if it is one of these."""
        found = self.at(*texts)
        self.place += found
        return found

    def expect(self, text: str, message: str) -> Token:
        """The next token, which has to be this sign; ReadError otherwise."""
        if not self.at(text):
            raise self.error(message)
        return self.take()

    def error(self, message: str, token: Token | None = None) -> ReadError:
        """An error at a token, by default at the next one."""
        found = token or self.next
        start = min(found.start, max(0, len(self.source) - 1))
        return ReadError(message, self.source, start, max(found.end, start + 1))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One level deeper: in a bracket, a script, an argument. Strokes outside are not seen from within."""
        self.depth += 1
        strokes, self.strokes = self.strokes, 0
        if self.depth > limits.DEPTH:
            raise self.error(f"brackets and scripts stand more than {limits.DEPTH} deep here")
        try:
            yield
        finally:
            self.depth, self.strokes = self.depth - 1, strokes

    # -- operators ------------------------------------------------------------------------------------------------

    def relation(self) -> Node:
        """A chain of relations, or one side of it."""
        sides, signs = [self.added()], []
        while (sign := self._relation_sign()) is not None:
            signs.append(sign)
            sides.append(self.added())
        return sides[0] if not signs else Relation(sides[0].start, sides[-1].end, tuple(sides), tuple(signs))

    def _relation_sign(self) -> str | None:
        if self.next.kind == "and" and self.is_relation(self.tokens[self.place + 1]):
            self.take()
        if not self.is_relation(self.next):
            return None
        sign = names.RELATIONS[self.take().text]
        if sign == ":" and self.skip("="):
            return "="
        if self.next.kind == "and":
            self.take()
        return sign

    def is_relation(self, token: Token) -> bool:
        """Whether a token relates two sides."""
        return token.kind in ("sign", "command") and token.text in names.RELATIONS

    def added(self) -> Node:
        """A sum of products; a sign in front belongs to its first term."""
        start = self.next.start
        signs = [self._sign()]
        terms = [self.multiplied()]
        while self._at_plus():
            signs.append(self._sign())
            terms.append(self.multiplied())
        if signs == ["+"]:
            return terms[0]
        return Added(start, terms[-1].end, tuple(terms), "".join(signs))

    def _at_plus(self) -> bool:
        """A plus or a minus; after an alignment mark or a break of the line too, if it goes on with one."""
        place = self.place
        while self.tokens[place].kind in ("and", "break"):
            place += 1
        token = self.tokens[place]
        found = token.kind == "sign" and token.text in "+-" and (place == self.place or self.joins)
        if found:
            self.place = place
        return found

    def _sign(self) -> str:
        sign = "+"
        while self.at("+", "-"):
            if self.take().text == "-":
                sign = "-" if sign == "+" else "+"
        return sign

    def multiplied(self) -> Node:
        """A product: its factors side by side, or with a sign between them."""
        factors, signs = [self.scripted()], [""]
        while (sign := self._times()) is not None:
            signs.append(sign)
            factors.append(self._after(sign))
        if len(factors) == 1:
            return factors[0]
        return Multiplied(factors[0].start, factors[-1].end, tuple(factors), tuple(signs))

    def _times(self) -> str | None:
        """The sign of the next factor: '' if it stands beside; None if the product ends here."""
        if self.next.kind in ("sign", "command") and self.next.text in names.MULTIPLY:
            return names.MULTIPLY[self.take().text]
        return "" if self.begins(self.next) else None

    def _after(self, sign: str) -> Node:
        """A factor; after a typed sign it may be negative: `a \\cdot -b`."""
        start = self.next.start
        if sign and self.at("-", "+"):
            signs = self._sign()
            factor = self.scripted()
            return Added(start, factor.end, (factor,), signs) if signs == "-" else factor
        return self.scripted()

    def begins(self, token: Token) -> bool:
        """Whether a token can begin a factor."""
        if token.kind == "stroke":
            return self.strokes == 0 and self._closes(token)
        if token.kind == "upright":
            return not prose(token)
        if token.kind in self.elements:
            return True
        return token.kind in ("sign", "command") and self._form(token) is not None and token.text not in names.BETWEEN

    def _closes(self, stroke: Token) -> bool:
        """Whether a second stroke follows before the bracket around ends; else it separates, as in P(y | x)."""
        level = 0
        for token in self.tokens[self.place + 1 :]:
            level += (token.text in names.OPENING or token.text == "{") - (
                token.text in names.CLOSING or token.text == "}"
            )
            if level < 0 or token.kind in ("stop", "break"):
                return False
            if level == 0 and token.kind == stroke.kind and token.text == stroke.text:
                return True
        return False

    def _form(self, token: Token) -> Form | None:
        return self.forms.get(token.text)

    # -- elements -------------------------------------------------------------------------------------------------

    def scripted(self) -> Node:
        """An element with what stands below, above and behind it."""
        base = self.element()
        below: Node | None = None
        above: Node | None = None
        while self.at("_", "^", "'"):
            mark = self.take()
            if mark.text == "'":
                base = self._primed(base, mark)
            elif mark.text == "_":
                below = self.script(below, mark, "subscript")
            elif self._is_prime():
                base = self._primed(base, mark)
            else:
                above = self.script(above, mark, "superscript")
        if below is None and above is None:
            return base
        return Scripted(base.start, self.ended, base, below, above)

    def _is_prime(self) -> bool:
        r"""`^\prime` and `^{\prime}` are primes."""
        found = next((n for n in (1, 3) if self._texts(n) in (["prime"], ["{", "prime", "}"])), 0)
        self.place += found
        return found > 0

    def _texts(self, count: int) -> list[str]:
        return [token.text for token in self.tokens[self.place : self.place + count]]

    def _primed(self, base: Node, mark: Token) -> Node:
        if not isinstance(base, Symbol):
            raise self.error("a prime stands behind a name only", mark)
        return Symbol(base.start, mark.end, base.name, (*base.marks, "prime"), base.upright)

    def script(self, known: Node | None, mark: Token, what: str) -> Node | None:
        """What stands below or above, None for empty braces; `known` is what already stands there."""
        if known is not None:
            raise self.error(f"a second {what} stands at the same place; braces say which belongs to which", mark)
        if self._texts(2) == ["{", "}"]:
            self.place += 2
            return None
        return self.argument(listed=True)

    def argument(self, listed: bool = False) -> Node:
        """What a command or a script takes: something in braces, or else one token, of a number its first digit."""
        token = self.next
        if token.kind == "number" and len(token.text) > 1:
            first = token.text[0]
            self.tokens[self.place] = token._replace(text=token.text[1:], start=token.start + 1)
            return self.elements["number"](self, Token("number", first, token.start, token.start + 1))
        with self.inside():
            if not self.at("{") and self.begins(token):
                return self.element()
            return self.braced(listed)

    def braced(self, listed: bool = False) -> Node:
        """What stands in braces, which only group."""
        opened = self.expect("{", "an argument is missing here; it stands in braces")
        found = self.elements["listed"](self, opened) if listed else self.relation()
        self.expect("}", "a closing brace is missing here" if self.next.kind == "stop" else self._unread())
        return found

    def element(self) -> Node:
        """The smallest thing that can be a factor."""
        token = self.next
        form = self.elements.get(token.kind)
        if form is None and token.kind in ("sign", "command"):
            form = self._form(token)
        if form is None or token.text in names.BETWEEN:
            raise self.error(self._missing(token), token)
        self.take()
        return form(self, token)

    def _missing(self, token: Token) -> str:
        """Why a formula cannot go on with a token."""
        if token.kind in _ENDS or token.text in (")", "]", "}", "rbrace"):
            return "the formula ends here, but something is missing in front"
        if token.kind == "command":
            return f"\\{token.text} is not known; write what it stands for"
        return f"'{token.text}' cannot stand here"

    def _unread(self) -> str:
        return self._missing(self.next) if self.next.kind == "command" else f"'{self.next.text}' cannot stand here"

    def unread(self) -> ReadError:
        """The error for a token at which the formula before it has ended, and nothing new can begin."""
        return self.error(self._unread())

    # -- functions ------------------------------------------------------------------------------------------------

    def called(self, function: Node) -> Node:
        """A function that takes what follows: a bracket, or the factors beside it up to the next function or sign."""
        if self.at("(", "[", "lbrace", "{"):
            argument = self.element()
            return Call(function.start, argument.end, function, argument, False)
        if self.at("-", "+"):
            argument = self._after("cdot")
            return Call(function.start, argument.end, function, argument, True)
        factors = [self.scripted()]
        while self.begins(self.next) and not self._function(self.next):
            factors.append(self.scripted())
        argument = factors[0]
        if len(factors) > 1:
            signs = ("",) * len(factors)
            argument = Multiplied(argument.start, factors[-1].end, tuple(factors), signs)
        return Call(function.start, argument.end, function, argument, len(factors) > 1)

    def _function(self, token: Token) -> bool:
        takes = token.kind == "command" and (token.text in names.FUNCTIONS or token.text in names.BIG)
        return takes or token.text == "partial"

    def differential(self, token: Token, sign: str) -> Node:
        """`\\partial^2 L`: a change, with its order and of what."""
        order = above = None
        if self.skip("^"):
            above = self.argument()
            order = above
        body = self.multiplied() if self.begins(self.next) else None
        return Differential(token.start, self.ended, sign, order, body)
