"""What a formula can begin with, by its first token: a bracket, a fraction, a sum, a table, a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from derive.read import symbols as names
from derive.read.parser import Form, Parser, prose
from derive.read.tokens import Token
from derive.read.tree import (
    Bars,
    Big,
    Bracketed,
    Dots,
    Fraction,
    Listed,
    Node,
    Number,
    Range,
    Relation,
    Root,
    Rows,
    Scripted,
    Symbol,
    Words,
)

_SEPARATORS = (",", ";", "|", "mid")


def number(parser: Parser, token: Token) -> Node:
    """Digits; outside of brackets commas between groups of three belong to them: 16,777,216."""
    digits, end = token.text, token.end
    while parser.depth == 0 and _grouped(parser, digits):
        parser.take()
        last = parser.take()
        digits, end = digits + last.text, last.end
    return Number(token.start, end, digits)


def _grouped(parser: Parser, digits: str) -> bool:
    comma, group = parser.tokens[parser.place : parser.place + 2] if parser.next.kind != "stop" else (parser.next,) * 2
    near = comma.start == parser.ended and group.start == comma.end
    return comma.text == "," and group.kind == "number" and len(group.text) == 3 and near and "." not in digits


def letter(parser: Parser, token: Token) -> Node:
    """A name of one letter, or an operator that is written as letters."""
    return Symbol(token.start, token.end, token.text)


def upright(parser: Parser, token: Token) -> Node:
    r"""`\mathrm{ReLU}` is a name, which takes its argument if one follows; a text with a space in it is prose."""
    text = token.text.strip()
    if text in names.BIG or text.replace(" ", "") in names.BIG:
        return big(parser, token._replace(text=text.replace(" ", "")))
    if text == "d" and parser.begins(parser.next):
        return parser.differential(token, "d")
    if text.isdigit():
        return Number(token.start, token.end, text)
    if prose(token):
        return Words(token.start, token.end, text)
    return _applied(parser, Symbol(token.start, token.end, text, upright=True))


def _applied(parser: Parser, name: Symbol) -> Node:
    function = _with_scripts(parser, name)
    return parser.called(function) if parser.at("(", "[") or name.name in names.FUNCTIONS else function


def _with_scripts(parser: Parser, name: Node) -> Node:
    """A function's name with its scripts: `\\log_2`, `\\tanh^2`, `\\mathrm{softmax}_k`."""
    below: Node | None = None
    above: Node | None = None
    while parser.at("_", "^"):
        mark = parser.take()
        if mark.text == "_":
            below = parser.script(below, mark, "subscript")
        else:
            above = parser.script(above, mark, "superscript")
    return name if below is None and above is None else Scripted(name.start, parser.ended, name, below, above)


def function(parser: Parser, token: Token) -> Node:
    r"""`\log x`, `\tanh^2(z)`."""
    if token.text == "arg" and parser.at("max", "min"):
        return big(parser, token._replace(text="arg" + parser.take().text))
    return parser.called(_with_scripts(parser, Symbol(token.start, token.end, token.text, upright=True)))


def greek(parser: Parser, token: Token) -> Node:
    """A Greek letter, or another sign that is a name."""
    return Symbol(token.start, token.end, token.text)


def accent(parser: Parser, token: Token) -> Node:
    r"""`\hat{y}`, `\mathbf{x}`: a mark on a name; over more than a name only an alphabet can stand."""
    body = parser.argument(listed=True)
    marked = _marked(body, token.text)
    if marked is None:
        raise parser.error(f"\\{token.text} stands over a name only", token)
    return replace(marked, start=token.start, end=parser.ended)


def _marked(body: Node, mark: str) -> Node | None:
    if isinstance(body, Symbol):
        return Symbol(body.start, body.end, body.name, (*body.marks, mark), body.upright)
    if isinstance(body, Scripted) and (base := _marked(body.base, mark)) is not None:
        return Scripted(body.start, body.end, base, body.below, body.above)
    return body if mark in names.ALPHABETS else None


def bracket(parser: Parser, token: Token) -> Node:
    """Things between brackets, with what separates them."""
    pair = names.OPENING[token.text]
    with parser.inside():
        inner = listed(parser, token, empty=True)
        closed = parser.next
        if closed.text not in names.CLOSING or closed.kind not in ("sign", "command"):
            raise parser.error(f"the bracket '{_typed(token)}' is not closed", _open_or_next(parser, token))
        parser.take()
    items = inner.items if isinstance(inner, Listed) else (inner,)
    separators = inner.separators if isinstance(inner, Listed) else ()
    other = names.CLOSING[closed.text]
    return Bracketed(token.start, closed.end, pair if pair == other else pair[0] + other[-1], items, separators)


def _typed(token: Token) -> str:
    return {"lbrace": "\\{"}.get(token.text, token.text if token.kind == "sign" else f"\\{token.text}")


def _open_or_next(parser: Parser, token: Token) -> Token:
    return token if parser.next.kind in ("stop", "break", "and", "end") else parser.next


def listed(parser: Parser, token: Token, empty: bool = False) -> Node:
    """Things with separators between them; one thing alone is itself, and a range of an index is one thing."""
    start, items, separators = parser.next.start, [], []
    if empty and parser.next.text in names.CLOSING:
        return Listed(start, start, (), ())
    while True:
        items.append(item(parser))
        if not (parser.at(*_SEPARATORS) or (parser.next.kind == "stroke" and not parser.strokes)):
            break
        separators.append(
            ";" if parser.take().text == ";" else "," if parser.tokens[parser.place - 1].text == "," else "|"
        )
        if parser.next.text in names.CLOSING or parser.at("}"):
            break
    if len(items) == 1 and not separators:
        return items[0]
    return Listed(start, parser.ended, tuple(items), tuple(separators))


def item(parser: Parser) -> Node:
    r"""One thing of a list: dots, a sign alone as in `W_+`, a relation, or the range `t = 1, \dots, T`."""
    token = parser.next
    if token.kind == "sign" and token.text in "+-*" and not parser.begins(parser.tokens[parser.place + 1]):
        parser.take()
        return Words(token.start, token.end, token.text)
    if token.kind == "upright" and prose(token) and not parser.is_relation(parser.tokens[parser.place + 1]):
        parser.take()
        return Words(token.start, token.end, token.text.strip())
    found = parser.relation()
    return ranged(parser, found)


def ranged(parser: Parser, found: Node) -> Node:
    """`t = 1` with `, \\dots, T` behind it is a range."""
    if not (isinstance(found, Relation) and found.signs == ("=",)):
        return found
    following = [t.text for t in parser.tokens[parser.place : parser.place + 4]]
    dots = next((k for k, text in enumerate(following[:3]) if text in names.DOTS or text == "."), None)
    if dots is None or any(text != "," and text not in names.DOTS for text in following[:dots]):
        return found
    place = parser.place
    while parser.at(",", ".", *names.DOTS):
        parser.take()
    if not parser.begins(parser.next):
        parser.place = place
        return found
    last = parser.added()
    return Range(found.start, last.end, found.sides[0], found.sides[1], last)


def strokes(parser: Parser, token: Token) -> Node:
    """`|x|` and the norm: the next stroke of the same kind closes it."""
    with parser.inside():
        parser.strokes = 1
        body = parser.relation()
        if not parser.next.kind.startswith("stroke") or parser.next.text != token.text:
            raise parser.error(f"the stroke '{token.text}' is not closed", _open_or_next(parser, token))
        closed = parser.take()
    return Bars(token.start, closed.end, body, 1 if token.text == "|" else 2)


def fraction(parser: Parser, token: Token) -> Node:
    r"""`\frac{a}{b}`, `\frac12`."""
    numerator = parser.argument()
    denominator = parser.argument()
    return Fraction(token.start, parser.ended, numerator, denominator)


def root(parser: Parser, token: Token) -> Node:
    r"""`\sqrt{x}`, `\sqrt[3]{x}`."""
    degree = None
    if parser.skip("["):
        with parser.inside():
            degree = parser.relation()
        parser.expect("]", "the degree of the root is not closed")
    body = parser.argument()
    return Root(token.start, parser.ended, body, degree)


def big(parser: Parser, token: Token) -> Node:
    r"""`\sum_{i=1}^{n} a_i b_i`: the body goes on as far as the product; `\max(a, b)` is a function."""
    name = _with_scripts(parser, Symbol(token.start, token.end, token.text, upright=True))
    below, above = (name.below, name.above) if isinstance(name, Scripted) else (None, None)
    if token.text not in ("sum", "prod") and parser.at("(", "lbrace", "["):
        return parser.called(name)
    body = parser.added() if parser.at("-") else parser.multiplied()
    return Big(token.start, parser.ended, token.text, below, above, body)


def braces(parser: Parser, token: Token) -> Node:
    """Braces that only group."""
    parser.place -= 1
    with parser.inside():
        return parser.braced(listed=True)


def table(parser: Parser, token: Token) -> Node:
    r"""`\begin{cases}`, `\begin{bmatrix}`: rows of formulas until their end; displays inside displays are only rows."""
    kind = token.text
    if kind in ("array", "alignedat"):
        parser.argument(listed=True)
    joins, parser.joins = parser.joins, kind in names.INNER
    with parser.inside():
        rows = _rows(parser, kind, token)
    parser.joins = joins
    if kind in names.INNER and [len(row) for row in rows] == [1]:
        return rows[0][0]
    return Rows(token.start, parser.ended, kind, rows)


def _rows(parser: Parser, kind: str, token: Token) -> tuple[tuple[Node, ...], ...]:
    rows: list[tuple[Node, ...]] = [()]
    while not (parser.next.kind == "end" and parser.next.text == kind):
        if parser.next.kind == "stop" or parser.next.kind == "end":
            raise parser.error(f"\\begin{{{kind}}} has no \\end{{{kind}}}", token)
        if parser.next.kind == "break":
            parser.take()
            rows.append(())
        elif parser.next.kind == "and" or parser.at(",", ";", ".", "quad", "qquad"):
            parser.take()
        else:
            rows[-1] = (*rows[-1], item(parser))
    parser.take()
    return tuple(row for row in rows if row)


def decorated(parser: Parser, token: Token) -> Node:
    r"""`\underbrace{a}_{b}`, `\boxed{a}`: the thing itself; what is said of it is left out."""
    with parser.inside():
        body = parser.braced(listed=True)
    while token.text in ("underbrace", "overbrace") and parser.at("_", "^"):
        parser.take()
        parser.argument(listed=True)
    return body


def dots(parser: Parser, token: Token) -> Node:
    """Three dots."""
    return Dots(token.start, token.end)


def nabla(parser: Parser, token: Token) -> Node:
    r"""`\nabla_w L`."""
    return _with_scripts(parser, Symbol(token.start, token.end, "nabla"))


def indicator(parser: Parser, token: Token) -> Node:
    r"""`\mathbb{1}[z > 0]`, `\mathbf{1}` and `\mathbb{E}`: a sign that takes a bracket."""
    return accent(parser, token)


def differential(parser: Parser, token: Token) -> Node:
    r"""`\partial L`; with a plus above it is the immediate one."""
    if parser.at("^") and parser.tokens[parser.place + 1].text in ("+", "{") and "+" in _script_ahead(parser):
        parser.take()
        parser.argument(listed=True) if parser.at("{") else parser.take()
        return parser.differential(token, "immediate")
    return parser.differential(token, "partial")


def _script_ahead(parser: Parser) -> str:
    return "".join(t.text for t in parser.tokens[parser.place + 1 : parser.place + 4])


def _forms() -> dict[str, Form]:
    made: dict[str, Form] = {}
    rows: list[tuple[frozenset[str] | set[str] | dict[str, str], Callable[[Parser, Token], Node]]] = [
        (names.GREEK, greek),
        (names.ACCENTS | names.ALPHABETS, accent),
        (names.FUNCTIONS, function),
        (names.BIG, big),
        (names.DOTS, dots),
        (names.OPENING, bracket),
        ({"frac", "tfrac", "dfrac", "cfrac"}, fraction),
        ({"underbrace", "overbrace", "boxed", "mathop", "mathbin", "mathrel", "fbox", "substack"}, decorated),
    ]
    for found, form in rows:
        made.update(dict.fromkeys(found, form))
    return {**made, "sqrt": root, "nabla": nabla, "partial": differential, "{": braces, **_SINGLE}


_SINGLE: dict[str, Form] = {"cdots": dots}
FORMS = _forms()

# What a token of each kind is; a list is what scripts and brackets hold.
ELEMENTS: dict[str, Form] = {
    "number": number,
    "letter": letter,
    "upright": upright,
    "stroke": strokes,
    "stroke open": strokes,
    "begin": table,
    "listed": partial(listed, empty=False),
}
