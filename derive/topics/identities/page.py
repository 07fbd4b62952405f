"""Identities on the page: one side, the other side, and that they are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr

from derive.chain.derivation import Line
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.topics.identities.identities import Identity

SAME = Text("{one} equals {other}", "{one} 等于 {other}")
BOTH = Text("Write both in terms of given quantities:", "把两者都用已知量表示：")
SO = Text("Both chains of equalities end in the same expression, so:", "两式最终相同，因此")


def identities(found: Sequence[Identity]) -> Iterator[Block]:
    """Show every identity, in the order in which they were asked for."""
    for same in found:
        one, other = same.one.generic, same.other.generic
        yield Heading(SAME(one=one, other=other))
        yield Paragraph(BOTH)
        yield Equations(tuple(_rows(one, same.lines)))
        yield Equations(tuple(_rows(other, same.other_lines)))
        yield Paragraph(SO)
        yield Equations((Row(one, other),), boxed=True)


def _rows(left: Expr, lines: Sequence[Line]) -> Iterator[Row]:
    for number, line in enumerate(lines):
        yield Row(left if number == 0 else None, line.terms, line.reason)
