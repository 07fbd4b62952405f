"""From a text to its statements: each row of each formula as a tree."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.errors import ReadError
from derive.read import symbols as names
from derive.read.brackets import item
from derive.read.cursor import Cursor
from derive.read.document import behind, macros, regions
from derive.read.elements import unread
from derive.read.forms import ELEMENTS, FORMS
from derive.read.operators import added, is_relation
from derive.read.tokens import tokens
from derive.read.tree import Node, Relation


@dataclass(frozen=True, slots=True)
class Row:
    """One line of mathematics: its statements and remarks in order, and the prose around it."""

    items: tuple[Node, ...]
    before: str = ""
    behind: str = ""  # of the last row: the prose behind it


def read(source: str) -> tuple[Row, ...]:
    """Every line of mathematics in a text. ReadError, with the place, for what cannot be read.

    >>> [type(item).__name__ for row in read("where $z = wx$ and $a = \\\\sigma(z)$") for item in row.items]
    ['Relation', 'Relation']
    """
    found: list[Row] = []
    bodies = macros(source)
    places = regions(source)
    for region in places:
        cursor = Cursor(source, tokens(source, region.start, region.end, bodies), FORMS, ELEMENTS)
        before = region.before
        while cursor.next.kind != "stop":
            if _continues(cursor) and found and isinstance(found[-1].items[-1], Relation):
                found[-1] = replace(found[-1], items=(*found[-1].items[:-1], _chained(cursor, found[-1].items[-1])))
            if row := _row(cursor):
                found.append(Row(row, before))
                before = ""
    if found:
        found[-1] = replace(found[-1], behind=behind(source, places))
    return tuple(found)


def formula(source: str) -> Node:
    r"""One formula, without dollars around it.

    >>> formula(r"\frac{1}{2}(a - y)^2").signs
    ('', '')
    """
    cursor = Cursor(source, tokens(source), FORMS, ELEMENTS)
    found = [thing for row in iter(lambda: _row(cursor), ()) for thing in row]
    if len(found) != 1:
        raise ReadError("this is not one formula", source, 0, len(source))
    return found[0]


def _continues(cursor: Cursor) -> bool:
    """Whether a line begins with a relation: it goes on with the chain before it."""
    token = cursor.tokens[cursor.over_row()]
    return is_relation(token) and token.text != ":"


def _chained(cursor: Cursor, chain: Relation) -> Relation:
    """The chain with the sides that the next line adds."""
    cursor.place = cursor.over_row()
    sides, signs = list(chain.sides), list(chain.signs)
    while is_relation(cursor.next):
        signs.append(names.RELATIONS[cursor.take().text])
        cursor.align()
        sides.append(added(cursor))
    return Relation(chain.start, cursor.ended, tuple(sides), tuple(signs))


def _row(cursor: Cursor) -> tuple[Node, ...]:
    """The items of the next line; marks of alignment, commas and words stand between them."""
    row: list[Node] = []
    while cursor.next.kind != "stop":
        if cursor.next.kind == "break":
            cursor.take()
            if _continues(cursor) or row:
                break
        elif _separates(cursor):
            cursor.take()
        elif cursor.next.kind in ELEMENTS or cursor.next.text in FORMS or cursor.at("+", "-"):
            row.append(item(cursor))
        else:
            raise unread(cursor)
    return tuple(row)


def _separates(cursor: Cursor) -> bool:
    """A mark of alignment, a comma, an arrow between two claims, or a display inside of a display."""
    if cursor.next.kind in ("begin", "end"):
        return cursor.next.text in names.INNER
    return cursor.next.kind == "and" or cursor.at(",", ";", ".", "?", *names.BETWEEN)
