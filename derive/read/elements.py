"""The smallest things that can be a factor: one token's form, with what stands below, above and behind it."""

from __future__ import annotations

from derive.errors import ReadError
from derive.read import symbols as names
from derive.read.cursor import Cursor, prose
from derive.read.tokens import Token
from derive.read.tree import Multiplied, Node, Scripted, Symbol, Words

# Where a formula ends, whatever it is.
_ENDS = frozenset(["stop", "break", "and", "end", "stroke close"])


def scripted(cursor: Cursor) -> Node:
    """An element with what stands below, above and behind it."""
    base = element(cursor)
    below: Node | None = None
    above: Node | None = None
    while cursor.at("_", "^", "'"):
        mark = cursor.take()
        if mark.text == "'":
            base = _primed(cursor, base, mark)
        elif mark.text == "_":
            below = script(cursor, below, mark, "subscript")
        elif _is_prime(cursor):
            base = _primed(cursor, base, mark)
        else:
            above = script(cursor, above, mark, "superscript")
    if below is None and above is None:
        return base
    return Scripted(base.start, cursor.ended, base, below, above)


def _is_prime(cursor: Cursor) -> bool:
    r"""`^\prime` and `^{\prime}` are primes."""
    found = next((n for n in (1, 3) if _texts(cursor, n) in (["prime"], ["{", "prime", "}"])), 0)
    cursor.place += found
    return found > 0


def _texts(cursor: Cursor, count: int) -> list[str]:
    return [token.text for token in cursor.tokens[cursor.place : cursor.place + count]]


def _primed(cursor: Cursor, base: Node, mark: Token) -> Node:
    if not isinstance(base, Symbol):
        raise cursor.error("a prime stands behind a name only", mark)
    return Symbol(base.start, mark.end, base.name, (*base.marks, "prime"), base.upright)


def script(cursor: Cursor, known: Node | None, mark: Token, what: str) -> Node | None:
    """What stands below or above, None for empty braces; `known` is what already stands there."""
    if known is not None:
        raise cursor.error(f"a second {what} stands at the same place; braces say which belongs to which", mark)
    if _texts(cursor, 2) in (["{", "odot"], ["{", "circ"]) and what == "superscript":
        return _elementwise(cursor)
    if _texts(cursor, 2) == ["{", "}"]:
        cursor.place += 2
        return None
    return argument(cursor, listed=True)


def _elementwise(cursor: Cursor) -> Node:
    r"""`x^{\odot 2}` is a power of each element: a product whose first sign is the elementwise one."""
    cursor.take()
    sign = cursor.take()
    power = cursor.elements["formula"](cursor, sign)
    cursor.expect("}", "a closing brace is missing here")
    return Multiplied(sign.start, cursor.ended, (power,), ("odot",))


def argument(cursor: Cursor, listed: bool = False) -> Node:
    """What a command or a script takes: something in braces, or else one token, of a number its first digit."""
    token = cursor.next
    if token.kind == "number" and len(token.text) > 1:
        first = token.text[0]
        cursor.tokens[cursor.place] = token._replace(text=token.text[1:], start=token.start + 1)
        return cursor.elements["number"](cursor, Token("number", first, token.start, token.start + 1))
    with cursor.inside():
        if not cursor.at("{") and begins(cursor, token):
            return element(cursor)
        if listed and cursor.at("+", "-", "*"):  # the positive part [x]_+
            return Words(token.start, cursor.take().end, token.text)
        return braced(cursor, listed)


def braced(cursor: Cursor, listed: bool = False) -> Node:
    """What stands in braces, which only group."""
    opened = cursor.expect("{", "an argument is missing here; it stands in braces")
    found = cursor.elements["listed" if listed else "formula"](cursor, opened)
    cursor.expect("}", "a closing brace is missing here" if cursor.next.kind == "stop" else _unread(cursor))
    return found


def element(cursor: Cursor) -> Node:
    """The smallest thing that can be a factor."""
    token = cursor.next
    form = cursor.elements.get(token.kind)
    if form is None and token.kind in ("sign", "command"):
        form = cursor.forms.get(token.text)
    if form is None or token.text in names.BETWEEN:
        raise cursor.error(_missing(cursor, token), token)
    cursor.take()
    return form(cursor, token)


def _missing(cursor: Cursor, token: Token) -> str:
    """Why a formula cannot go on with a token."""
    if token.kind in _ENDS or token.text in (")", "]", "}", "rbrace"):
        return "the formula ends here, but something is missing in front"
    if token.kind == "command":
        if token.text in {**names.RELATIONS, **names.MULTIPLY}:
            return f"\\{token.text} cannot stand here"
        return f"\\{token.text} is not known; write what it stands for"
    return f"'{token.text}' cannot stand here"


def _unread(cursor: Cursor) -> str:
    if cursor.at("!"):
        return "a factorial is not read; write the product"
    return _missing(cursor, cursor.next) if cursor.next.kind == "command" else f"'{cursor.next.text}' cannot stand here"


def unread(cursor: Cursor) -> ReadError:
    """The error for a token at which the formula before it has ended, and nothing new can begin."""
    return cursor.error(_unread(cursor))


def begins(cursor: Cursor, token: Token) -> bool:
    """Whether a token can begin a factor."""
    if token.kind == "stroke":
        return cursor.strokes == 0 and _closes(cursor, token)
    if token.kind == "upright":
        return not prose(token)
    if token.kind in cursor.elements:
        return True
    return token.kind in ("sign", "command") and token.text in cursor.forms and token.text not in names.BETWEEN


def _closes(cursor: Cursor, stroke: Token) -> bool:
    """Whether a second stroke follows before the bracket around ends; else it separates, as in P(y | x)."""
    level = 0
    for token in cursor.tokens[cursor.place + 1 :]:
        level += (token.text in names.OPENING or token.text == "{") - (token.text in names.CLOSING or token.text == "}")
        if level < 0 or token.kind in ("stop", "break"):
            return False
        if level == 0 and token.kind == stroke.kind and token.text == stroke.text:
            return True
    return False


def with_scripts(cursor: Cursor, name: Node) -> Node:
    """A function's name with its scripts: `\\log_2`, `\\tanh^2`, `\\mathrm{softmax}_k`."""
    below: Node | None = None
    above: Node | None = None
    while cursor.at("_", "^", "'"):
        mark = cursor.take()
        if mark.text == "'":
            name = _primed(cursor, name, mark)
        elif mark.text == "_":
            below = script(cursor, below, mark, "subscript")
        else:
            above = script(cursor, above, mark, "superscript")
    return name if below is None and above is None else Scripted(name.start, cursor.ended, name, below, above)
