"""Brackets, strokes and lists, and the ranges that stand in them."""

from __future__ import annotations

from derive.read import symbols as names
from derive.read.cursor import Cursor, prose
from derive.read.elements import begins
from derive.read.operators import added, is_relation, relation
from derive.read.tokens import Token
from derive.read.tree import Bars, Bracketed, Listed, Node, Range, Relation, Words

_SEPARATORS = (",", ";", "|", "mid")


def bracket(cursor: Cursor, token: Token) -> Node:
    """Things between brackets, with what separates them."""
    pair = names.OPENING[token.text]
    with cursor.inside():
        inner = listed(cursor, token, empty=True)
        closed = cursor.next
        if closed.text not in names.CLOSING or closed.kind not in ("sign", "command"):
            raise cursor.error(f"the bracket '{_typed(token)}' is not closed", _open_or_next(cursor, token))
        cursor.take()
    items = inner.items if isinstance(inner, Listed) else (inner,)
    separators = inner.separators if isinstance(inner, Listed) else ()
    other = names.CLOSING[closed.text]
    return Bracketed(token.start, closed.end, pair if pair == other else pair[0] + other[-1], items, separators)


def _typed(token: Token) -> str:
    return {"lbrace": "\\{"}.get(token.text, token.text if token.kind == "sign" else f"\\{token.text}")


def _open_or_next(cursor: Cursor, token: Token) -> Token:
    return token if cursor.next.kind in ("stop", "break", "and", "end") else cursor.next


def listed(cursor: Cursor, token: Token, empty: bool = False) -> Node:
    """Things with separators between them; one thing alone is itself, and a range of an index is one thing."""
    start, items, separators = cursor.next.start, [], []
    if empty and cursor.next.text in names.CLOSING:
        return Listed(start, start, (), ())
    while True:
        items.append(item(cursor))
        if not (cursor.at(*_SEPARATORS) or (cursor.next.kind == "stroke" and not cursor.strokes)):
            break
        separators.append(
            ";" if cursor.take().text == ";" else "," if cursor.tokens[cursor.place - 1].text == "," else "|"
        )
        if cursor.next.text in names.CLOSING or cursor.at("}"):
            break
    if len(items) == 1 and not separators:
        return items[0]
    return Listed(start, cursor.ended, tuple(items), tuple(separators))


def item(cursor: Cursor) -> Node:
    r"""One thing of a list: dots, a sign alone as in `W_+` and `A_{1:n,:}`, a relation, the range `t = 1, \dots, T`."""
    token = cursor.next
    if token.kind == "sign" and token.text in "+-*:" and not begins(cursor, cursor.tokens[cursor.place + 1]):
        cursor.take()
        return Words(token.start, token.end, token.text)
    if token.kind == "upright" and prose(token) and not is_relation(cursor.tokens[cursor.place + 1]):
        cursor.take()
        return Words(token.start, token.end, token.text.strip())
    found = relation(cursor)
    return ranged(cursor, found)


def ranged(cursor: Cursor, found: Node) -> Node:
    """`t = 1` with `, \\dots, T` behind it is a range."""
    if not (isinstance(found, Relation) and found.signs == ("=",)):
        return found
    following = [t.text for t in cursor.tokens[cursor.place : cursor.place + 4]]
    dots = next((k for k, text in enumerate(following[:3]) if text in names.DOTS or text == "."), None)
    if dots is None or any(text != "," and text not in names.DOTS for text in following[:dots]):
        return found
    place = cursor.place
    while cursor.at(",", ".", *names.DOTS):
        cursor.take()
    if not begins(cursor, cursor.next):
        cursor.place = place
        return found
    last = added(cursor)
    return Range(found.start, last.end, found.sides[0], found.sides[1], last)


def strokes(cursor: Cursor, token: Token) -> Node:
    """`|x|` and the norm: the next stroke of the same kind closes it."""
    with cursor.inside():
        cursor.strokes = 1
        body = relation(cursor)
        if not cursor.next.kind.startswith("stroke") or cursor.next.text != token.text:
            raise cursor.error(f"the stroke '{token.text}' is not closed", _open_or_next(cursor, token))
        closed = cursor.take()
    return Bars(token.start, closed.end, body, 1 if token.text == "|" else 2)
