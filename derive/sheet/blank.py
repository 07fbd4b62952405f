"""A sheet without its answers: the task, the model and the graph, and dotted lines where the solution has its own.

Fading from the end: with `last` lines left out of each step a reader sees how it begins and finds the rest, which
helps a learner most (Renkl and Atkinson, Educational Psychologist 38, 2003, on worked examples).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from derive.expressions.symbols import Blank
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import (
    Answer,
    Block,
    Code,
    Drawing,
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
from derive.page.sentences import WHICH
from derive.sheet.picture import VALUES
from derive.topics.limits.page import LIMIT

LINES = Equations | Unrolled | Expanded | Worked
BLANK = Blank()
CELL = "…" * 6  # wide enough for a number
FADED = Text(
    "Of each step the last lines are left out. Fill them in, and say which rule each one uses.",
    "每一步的最后几行留空。请补全，并写出所用的法则。",
)
EMPTY = Text("Fill in the lines that are left out, and give the reason for each.", "请补全空缺的各行，并逐行注明理由。")
_KEPT = (say.MODEL.en, say.FORWARD.en)  # what the task gives
_FADED = (say.CLOSED.en, LIMIT.en)  # a derivation of several lines, as a step is


@dataclass
class Blanking:
    """Goes through the blocks of a sheet; `last` lines of each step are left out, 0 for all."""

    last: int
    section: str = ""
    step: bool = False
    lines: bool = True

    def blocks(self, block: Block) -> Iterator[Block]:
        """A block of the task, or an answer with what asks for it."""
        match block:
            case Title():
                yield from (block, Answer(None, Paragraph(FADED if self.last else EMPTY)))
            case Heading():
                self.step = block.level == 2 or block.text.en in _FADED
                self.section = self.section if block.level == 2 else block.text.en
                yield Answer(block, None) if self.section == say.CHECK.en else block
            case Code():
                yield Answer(block, block.heads)
            case Picture():
                yield Answer(block, _forward(block.drawing))
            case Notation():
                yield block
            case Paragraph(_, asked) if asked is not None and not self._told(block):
                yield block if asked == block.text else Answer(block, Paragraph(asked))
            case Table() if block.given and not self._told(block):
                yield Answer(block, emptied(block))
            case Paragraph() | Table():
                yield block if self._told(block) else Answer(block, None)
            case Equations() | Unrolled() | Expanded() | Worked():
                yield block if self.section in _KEPT else self._asked(block)

    def _told(self, block: Paragraph | Table) -> bool:
        """Whether words or a table are a part of the task, or a hint in a step of which lines are left out, or all
        that a step has."""
        hint = self.step and (self.last > 0 or not self.lines) and isinstance(block, Paragraph)
        return self.section in _KEPT or hint

    def _asked(self, block: Equations | Unrolled | Expanded | Worked) -> Answer:
        match block:
            case Worked():
                return Answer(block, Equations(tuple(Row(left, BLANK, sign=block.sign) for left, _, _ in block.rows)))
            case Expanded():
                return Answer(block, Equations((Row(block.left, BLANK),)))
        kept = max(0, len(block.rows) - self.last) if self.step and self.last else 0
        return Answer(block, block._replace(rows=self._faded(block.rows, kept)), kept)

    def _faded(self, rows: tuple[Row, ...], kept: int) -> tuple[Row, ...]:
        why = WHICH if self.last and self.step else None
        return tuple(
            row
            if k < kept
            else row._replace(right=BLANK, reason=row.reason if row.named else why if _goes_on(row, rows) else None)
            for k, row in enumerate(rows)
        )


def _goes_on(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a line follows from the one before it, or is all that there is: a second statement is no consequence."""
    return row.left is None or len(rows) == 1


def marked(blocks: Iterable[Block], last: int = 0) -> Iterator[Block]:
    """The sheet with its answers marked: every line that is not given, or the `last` ones of each step."""
    state, whole = Blanking(last), list(blocks)
    found: list[Block] = []
    for at, block in enumerate(whole):
        if isinstance(block, Heading):
            state.lines = any(isinstance(b, LINES) for b in _under(whole, at))
        found += state.blocks(block)
    for at, block in enumerate(found):
        empty = isinstance(block, Heading) and not any(map(_seen, _under(found, at, block.level)))
        yield Answer(block, None) if empty else block


def _under(blocks: Sequence[Block], at: int, level: int = 9) -> Iterator[Block]:
    """What stands under a heading, up to the next one of its level, or of any."""
    return takewhile(lambda b: not (isinstance(b, Heading) and b.level <= level), blocks[at + 1 :])


def _seen(block: Block) -> bool:
    """Whether an exercise shows a block, or asks for it."""
    return not isinstance(block, Heading) and not (isinstance(block, Answer) and block.question is None)


def blank(blocks: Iterable[Block], last: int = 0) -> Iterator[Block]:
    """The sheet with dotted lines in the place of the answers."""
    for block in marked(blocks, last):
        shown = block.question if isinstance(block, Answer) else block
        if shown is not None:
            yield shown._replace(joined=False) if isinstance(shown, Equations) else shown


def exercise(blocks: Iterable[Block], last: int | None, both: bool) -> Iterable[Block]:
    """What a format gets: `both` for exercise and solution in one, else a solution where `last` is None."""
    if both:
        return marked(blocks, last or 0)
    return blocks if last is None else blank(blocks, last)


def _forward(drawing: Drawing) -> Picture | None:
    """The graph without what flows back, and without numbers; a plot is an answer."""
    if not isinstance(drawing, GraphPicture):
        return None
    return Picture(GraphPicture(drawing.derivation, drawing.sizes, backward=False), VALUES)


def emptied(table: Table) -> Table:
    """Leave the columns of a table that are asked for empty."""
    rest = (CELL,) * (len(table.header) - table.given)
    return table._replace(rows=tuple((*row[: table.given], *rest) for row in table.rows))
