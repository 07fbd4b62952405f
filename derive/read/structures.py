"""What is built of parts: fractions, roots, sums, tables."""

from __future__ import annotations

from derive.read import symbols as names
from derive.read.brackets import item
from derive.read.calls import called
from derive.read.cursor import Cursor
from derive.read.elements import argument, braced, with_scripts
from derive.read.operators import added, multiplied, relation
from derive.read.tokens import Token
from derive.read.tree import Big, Bracketed, Fraction, Listed, Node, Relation, Root, Rows, Scripted, Symbol


def fraction(cursor: Cursor, token: Token) -> Node:
    r"""`\frac{a}{b}`, `\frac12`."""
    numerator = argument(cursor)
    denominator = argument(cursor)
    return Fraction(token.start, cursor.ended, numerator, denominator)


def root(cursor: Cursor, token: Token) -> Node:
    r"""`\sqrt{x}`, `\sqrt[3]{x}`."""
    degree = None
    if cursor.skip("["):
        with cursor.inside():
            degree = relation(cursor)
        cursor.expect("]", "the degree of the root is not closed")
    body = argument(cursor)
    return Root(token.start, cursor.ended, body, degree)


def big(cursor: Cursor, token: Token) -> Node:
    r"""`\sum_{i=1}^{n} a_i b_i`: the body goes on as far as the product; `\max(a, b)` is a function."""
    name = with_scripts(cursor, Symbol(token.start, token.end, token.text, upright=True))
    below, above = (_colons(name.below), name.above) if isinstance(name, Scripted) else (None, None)
    if token.text not in ("sum", "prod") and cursor.at("(", "lbrace", "["):
        return called(cursor, name)
    body = added(cursor) if cursor.at("-") else multiplied(cursor)
    return Big(token.start, cursor.ended, token.text, below, above, body)


def _colons(below: Node | None) -> Node | None:
    """`j: j > i` below a sum as the list `j, j > i`, and `(i, j): i < j` as `i, j, i < j`."""
    items = below.items if isinstance(below, Listed) else (below,)
    found: list[Node] = []
    for one in items:
        if isinstance(one, Relation) and one.signs[0] == ":" and len(one.sides) > 2:
            head = one.sides[0]
            found += head.items if isinstance(head, Bracketed) else (head,)
            one = Relation(one.sides[1].start, one.end, one.sides[1:], one.signs[1:])
        found += [] if one is None else [one]
    if below is None or len(found) == len(items):
        return below
    return Listed(below.start, below.end, tuple(found), (",",) * (len(found) - 1))


def braces(cursor: Cursor, token: Token) -> Node:
    """Braces that only group."""
    cursor.place -= 1
    with cursor.inside():
        return braced(cursor, listed=True)


def table(cursor: Cursor, token: Token) -> Node:
    r"""`\begin{cases}`, `\begin{bmatrix}`: rows of formulas until their end; displays inside displays are only rows."""
    kind = token.text
    if kind in ("array", "alignedat"):
        argument(cursor, listed=True)
    joins, cursor.joins = cursor.joins, kind in names.INNER
    with cursor.inside():
        rows = _rows(cursor, kind, token)
    cursor.joins = joins
    if kind in names.INNER and [len(row) for row in rows] == [1]:
        return rows[0][0]
    return Rows(token.start, cursor.ended, kind, rows)


def _rows(cursor: Cursor, kind: str, token: Token) -> tuple[tuple[Node, ...], ...]:
    rows: list[tuple[Node, ...]] = [()]
    while not (cursor.next.kind == "end" and cursor.next.text == kind):
        if cursor.next.kind == "stop" or cursor.next.kind == "end":
            raise cursor.error(f"\\begin{{{kind}}} has no \\end{{{kind}}}", token)
        if cursor.next.kind == "break":
            cursor.take()
            rows.append(())
        elif cursor.next.kind == "and" or cursor.at(",", ";", ".", "quad", "qquad"):
            cursor.take()
        else:
            rows[-1] = (*rows[-1], item(cursor))
    cursor.take()
    return tuple(row for row in rows if row)


def decorated(cursor: Cursor, token: Token) -> Node:
    r"""`\underbrace{a}_{b}`, `\boxed{a}`: the thing itself; what is said of it is left out."""
    if token.text == "substack":
        return _stacked(cursor)
    with cursor.inside():
        body = braced(cursor, listed=True)
    while token.text in ("underbrace", "overbrace") and cursor.at("_", "^"):
        cursor.take()
        argument(cursor, listed=True)
    return body


def _stacked(cursor: Cursor) -> Node:
    r"""`\substack{j=1 \\ j \ne i}`: lines below each other, as a list."""
    start, items = cursor.expect("{", "a stack of lines stands in braces").start, []
    with cursor.inside():
        while not cursor.skip("}"):
            if cursor.next.kind == "break" or cursor.at(","):
                cursor.take()
            else:
                items.append(item(cursor))
    return items[0] if len(items) == 1 else Listed(start, cursor.ended, tuple(items), (",",) * (len(items) - 1))
