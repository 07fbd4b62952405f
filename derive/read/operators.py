"""A formula by how tightly its operators bind: a relation, plus and minus, times (typed or not), a sign in front."""

from __future__ import annotations

from collections.abc import Callable

from derive.read import symbols as names
from derive.read.cursor import Cursor
from derive.read.elements import begins, scripted
from derive.read.tokens import Token
from derive.read.tree import Added, Logic, Multiplied, Node, Relation


def relation(cursor: Cursor) -> Node:
    r"""Chains of relations, joined by `\lor` and, more tightly, by `\land`."""
    return _joined(cursor, "or", lambda: _joined(cursor, "and", lambda: _chain(cursor)))


def _joined(cursor: Cursor, sign: str, part: Callable[[], Node]) -> Node:
    parts = [part()]
    while cursor.next.kind == "command" and names.LOGIC.get(cursor.next.text) == sign:
        cursor.take()
        parts.append(part())
    return parts[0] if len(parts) == 1 else Logic(parts[0].start, parts[-1].end, sign, tuple(parts))


def _chain(cursor: Cursor) -> Node:
    """A chain of relations, or one side of it."""
    sides, signs = [added(cursor)], []
    while (sign := _relation_sign(cursor)) is not None:
        signs.append(sign)
        sides.append(added(cursor))
    return sides[0] if not signs else Relation(sides[0].start, sides[-1].end, tuple(sides), tuple(signs))


def _relation_sign(cursor: Cursor) -> str | None:
    if cursor.next.kind == "and" and is_relation(cursor.tokens[cursor.place + 1]):
        cursor.take()
    if cursor.at("not") and is_relation(cursor.tokens[cursor.place + 1]):
        cursor.take()
        return {"=": "!=", "in": "not in"}.get(names.RELATIONS[cursor.take().text] or "", "not")
    if not is_relation(cursor.next):
        return None
    sign = names.RELATIONS[cursor.take().text]
    if sign == ":" and cursor.skip("="):
        return "="
    cursor.align()
    return sign


def added(cursor: Cursor) -> Node:
    """A sum of products; a sign in front belongs to its first term."""
    start = cursor.next.start
    signs = [_sign(cursor)]
    terms = [multiplied(cursor)]
    while _at_plus(cursor):
        signs.append(_sign(cursor))
        terms.append(multiplied(cursor))
    if signs == ["+"]:
        return terms[0]
    return Added(start, terms[-1].end, tuple(terms), "".join(signs))


def _at_plus(cursor: Cursor) -> bool:
    """A plus or a minus; after an alignment mark or a break of the line too, if it goes on with one."""
    place = cursor.over_row()
    token = cursor.tokens[place]
    found = token.kind == "sign" and token.text in "+-" and (place == cursor.place or cursor.joins)
    if found:
        cursor.place = place
    return found


def _sign(cursor: Cursor) -> str:
    sign = "+"
    while cursor.at("+", "-"):
        if cursor.take().text == "-":
            sign = "-" if sign == "+" else "+"
    return sign


def multiplied(cursor: Cursor) -> Node:
    """A product: its factors side by side, or with a sign between them."""
    factors, signs = [scripted(cursor)], [""]
    while (sign := _times(cursor)) is not None:
        signs.append(sign)
        factors.append(factor_after(cursor, sign))
    if len(factors) == 1:
        return factors[0]
    return Multiplied(factors[0].start, factors[-1].end, tuple(factors), tuple(signs))


def _times(cursor: Cursor) -> str | None:
    """The sign of the next factor, which a new line may begin with: '' if it stands beside; None at the end."""
    place = cursor.over_row()
    token = cursor.tokens[place]
    joins = place == cursor.place or cursor.joins
    if token.kind in ("sign", "command") and token.text in names.MULTIPLY and joins:
        cursor.place = place
        return names.MULTIPLY[cursor.take().text]
    return "" if begins(cursor, cursor.next) else None


def factor_after(cursor: Cursor, sign: str) -> Node:
    """A factor; after a typed sign it may be negative: `a \\cdot -b`."""
    start = cursor.next.start
    if sign and cursor.at("-", "+"):
        signs = _sign(cursor)
        factor = scripted(cursor)
        return Added(start, factor.end, (factor,), signs) if signs == "-" else factor
    return scripted(cursor)


def is_relation(token: Token) -> bool:
    """Whether a token relates two sides."""
    return token.kind in ("sign", "command") and token.text in names.RELATIONS
