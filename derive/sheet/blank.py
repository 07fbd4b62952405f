"""A sheet without its answers: the task, the model and the graph, and dotted lines where the solution has its own.

Fading from the end: with `last` lines left out of each step a reader sees how it begins and finds the rest, which
helps a learner most (Renkl and Atkinson, Educational Psychologist 38, 2003, on worked examples).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from derive.expressions.symbols import Blank
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import (
    Block,
    Equations,
    Expanded,
    Heading,
    Notation,
    Paragraph,
    Picture,
    Row,
    Table,
    Title,
    Unrolled,
    Worked,
)
from derive.page.pictures.picture import GraphPicture
from derive.sheet.picture import VALUES

BLANK = Blank()
WHICH = Text("which rule?", "用哪条法则？")
FADED = Text(
    "Of each step the last lines are left out. Fill them in, and say which rule each one uses.",
    "每一步的最后几行留空。请补全，并写出所用的法则。",
)
EMPTY = Text("Fill in the dotted lines, and give the reason for each.", "请在虚线处写出推导，并逐行注明理由。")
_KEPT = (say.MODEL.en, say.FORWARD.en)  # what the task gives


@dataclass
class Blanking:
    """Goes through the blocks of a sheet; `last` lines of each step are left out, None for all."""

    last: int | None
    section: str = ""
    step: bool = False

    def blocks(self, block: Block) -> Iterator[Block]:
        """What stands in the place of a block."""
        match block:
            case Title():
                yield from (block, Paragraph(EMPTY if self.last is None else FADED))
            case Heading():
                self.step = block.level == 2
                self.section = self.section if self.step else block.text.en
                yield from () if self.section == say.CHECK.en else (block,)
            case Picture():
                if isinstance(block.drawing, GraphPicture):
                    yield Picture(_forward(block.drawing), VALUES)
            case Notation():
                yield block
            case Paragraph() | Table():
                yield from (block,) if self._told(block) else ()
            case _:
                yield self._asked(block)

    def _told(self, block: Paragraph | Table) -> bool:
        """Whether words or a table are a part of the task, or a hint in a step of which lines are left out."""
        return self.section in _KEPT or (self.last is not None and self.step and isinstance(block, Paragraph))

    def _asked(self, block: Equations | Unrolled | Expanded | Worked) -> Block:
        if self.section in _KEPT:
            return block
        match block:
            case Worked():
                return Equations(tuple(Row(left, BLANK, sign=block.sign) for left, _, _ in block.rows))
            case Expanded():
                return Equations((Row(block.left, BLANK),))
        return block._replace(rows=self._faded(block.rows))

    def _faded(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        kept = len(rows) - self.last if self.step and self.last is not None else 0
        asked = None if self.last is None else WHICH
        return tuple(row if k < kept else row._replace(right=BLANK, reason=asked) for k, row in enumerate(rows))


def blank(blocks: Iterable[Block], last: int | None) -> Iterator[Block]:
    """The sheet with dotted lines: for every line that is not given, or for the last ones of each step."""
    state = Blanking(last)
    for block in blocks:
        for shown in state.blocks(block):
            yield shown._replace(joined=False) if isinstance(shown, Equations) else shown


def _forward(drawing: GraphPicture) -> GraphPicture:
    """The graph without what flows back, and without numbers."""
    return GraphPicture(drawing.derivation, drawing.sizes, backward=False)
