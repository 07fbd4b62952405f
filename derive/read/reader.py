"""From a text to its statements: each row of each formula as a tree."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.errors import ReadError
from derive.read import symbols as names
from derive.read.document import macros, regions
from derive.read.forms import ELEMENTS, FORMS, item
from derive.read.parser import Parser
from derive.read.tokens import tokens
from derive.read.tree import Node, Relation


@dataclass(frozen=True, slots=True)
class Row:
    """One line of mathematics: its statements and remarks in order, and the prose in front of it."""

    items: tuple[Node, ...]
    before: str = ""


def read(source: str) -> tuple[Row, ...]:
    """Every line of mathematics in a text. ReadError, with the place, for what cannot be read.

    >>> [type(item).__name__ for row in read("where $z = wx$ and $a = \\\\sigma(z)$") for item in row.items]
    ['Relation', 'Relation']
    """
    found: list[Row] = []
    bodies = macros(source)
    for region in regions(source):
        parser = Parser(source, tokens(source, region.start, region.end, bodies), FORMS, ELEMENTS)
        before = region.before
        while parser.next.kind != "stop":
            if _continues(parser) and found and isinstance(found[-1].items[-1], Relation):
                found[-1] = replace(found[-1], items=(*found[-1].items[:-1], _chained(parser, found[-1].items[-1])))
            if row := _row(parser):
                found.append(Row(row, before))
                before = ""
    return tuple(found)


def formula(source: str) -> Node:
    r"""One formula, without dollars around it.

    >>> formula(r"\frac{1}{2}(a - y)^2").signs
    ('', '')
    """
    parser = Parser(source, tokens(source), FORMS, ELEMENTS)
    found = [thing for row in iter(lambda: _row(parser), ()) for thing in row]
    if len(found) != 1:
        raise ReadError("this is not one formula", source, 0, len(source))
    return found[0]


def _continues(parser: Parser) -> bool:
    """Whether a line begins with a relation: it goes on with the chain before it."""
    place = parser.place
    while parser.tokens[place].kind in ("and", "break"):
        place += 1
    return parser.is_relation(parser.tokens[place]) and parser.tokens[place].text != ":"


def _chained(parser: Parser, chain: Relation) -> Relation:
    """The chain with the sides that the next line adds."""
    while parser.next.kind in ("and", "break"):
        parser.take()
    sides, signs = list(chain.sides), list(chain.signs)
    while parser.is_relation(parser.next):
        signs.append(names.RELATIONS[parser.take().text])
        if parser.next.kind == "and":
            parser.take()
        sides.append(parser.added())
    return Relation(chain.start, parser.ended, tuple(sides), tuple(signs))


def _row(parser: Parser) -> tuple[Node, ...]:
    """The items of the next line; marks of alignment, commas and words stand between them."""
    row: list[Node] = []
    while parser.next.kind != "stop":
        if parser.next.kind == "break":
            parser.take()
            if _continues(parser) or row:
                break
        elif _separates(parser):
            parser.take()
        elif parser.next.kind in ELEMENTS or parser.next.text in FORMS or parser.at("+", "-"):
            row.append(item(parser))
        else:
            raise parser.unread()
    return tuple(row)


def _separates(parser: Parser) -> bool:
    """A mark of alignment, a comma, an arrow between two claims, or a display inside of a display."""
    if parser.next.kind in ("begin", "end"):
        return parser.next.text in names.INNER
    return parser.next.kind == "and" or parser.at(",", ";", ".", "!", "?", *names.BETWEEN)
