"""The unknown that was solved for, as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.language import Text
from derive.page import blocks
from derive.page.numerals import Numeral
from derive.page.worked_line import together
from derive.topics.worked.unknown import Solved

SOLVING = Text("Solving {of} = {value} for {unknown}", "由 {of} = {value} 求 {unknown}")
UNDO = Text(
    "Undo the operations in turn, from the last to the first, with the other values as given:",
    "其余各值不变，从最后一步运算开始逐步求逆：",
)
ANSWER = Text("{of} = {value} where {unknown} {sign} {found}.", "当 {unknown} {sign} {found} 时，{of} = {value}。")


def unknown(solved: Sequence[Solved]) -> Iterator[blocks.Block]:
    """Show the lines of each unknown."""
    for each in solved:
        yield blocks.Heading(SOLVING(of=each.of.symbol, value=Numeral(each.wished), unknown=each.unknown.symbol))
        yield blocks.Paragraph(UNDO)
        for line in each.lines:  # each with its own values: a quantity has another one here than above
            yield together([line])


def found_for(solved: Sequence[Solved]) -> Iterator[blocks.Block]:
    """Say among the results what was found."""
    for each in solved:
        value = Numeral(each.value)
        yield blocks.Paragraph(
            ANSWER(
                of=each.of.symbol, value=Numeral(each.wished), unknown=each.unknown.symbol, found=value,
                sign="=" if value.exact else "≈",
            )
        )  # fmt: skip
