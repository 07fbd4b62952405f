"""What the formats have in common: sentences with formulas in them, and the equations of each kind of block.

A format derives its own `Writer` and says how words, formulas, rows and groups of rows look. As it stands the base
writes LaTeX; plain text replaces the signs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from derive.chain.derivation import Term
from derive.language import LANGUAGES, Text, written
from derive.page import blocks
from derive.page.formats.joined import Line, Measure, joined
from derive.page.look import LINE, SMALL, TEXT
from derive.page.numerals import Numeral
from derive.page.print.formulas import Formulas
from derive.page.print.lines import width, worded
from derive.page.print.order import signed
from derive.page.print.template import Template, mark
from derive.page.spans import Ranges

AT = Text("At @:", "当 @ 时：")
Chain = list[tuple[str, str]]  # each sign with what follows it
Rows = Sequence[tuple[str, tuple[str, ...], blocks.Row]]  # left, the terms of right, and the row that they come from


def statements(rows: Rows) -> list[Rows]:
    """Each row with the rows that go on with its equality: they stay below it, whatever stands beside."""
    found: list[list[Any]] = []
    for row in rows:
        if row[0] or not found:
            found.append([])
        found[-1].append(row)
    return [tuple(each) for each in found]


def together(lines: Sequence[str], room: float) -> tuple[str, ...]:
    """Lines as one where there is room for it, in em."""
    return (" ".join(lines),) if sum(map(width, lines)) + len(lines) <= room else tuple(lines)


def with_sentences(
    sheet: Sequence[blocks.Block],
) -> Iterator[tuple[blocks.Block, blocks.Paragraph | None, blocks.Block | None]]:
    """Each block with the sentence that a step, or a section in a frame, begins with, for its heading's line, and the
    block that follows."""
    at = 0
    while at < len(sheet):
        block, after, more = (*sheet[at : at + 3], None, None, None)[:3]
        assert block is not None
        if _runs_in(block) and isinstance(after, blocks.Paragraph):
            yield block, after, more
            at += 2
        else:
            yield block, None, after
            at += 1


def _runs_in(block: blocks.Block) -> bool:
    """Does a sentence go on behind this heading?"""
    return isinstance(block, blocks.Heading) and (block.level == 2 or block.boxed)


class Writer(ABC):
    """Writes one block at a time, in a method named after the kind of block."""

    signs = {"=": "=", "~": r"\approx", "<-": r"\leftarrow", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}
    brackets = (r" \Bigl(", r"\Bigr)")  # around the terms of a sum that is written out
    dots: tuple[str, str]  # for time steps that are left out: as a row of a group, and as a group of its own
    between = "\n"  # the groups of an unrolled block
    room = LINE - 1.0  # em, what a line of formulas and reasons holds
    head = 0.0  # em, of the widest left side of the block that is written

    def __init__(self, formulas: Formulas, lang: str):
        self.formulas, self.lang = formulas, lang
        self.inline = formulas.styled("inline")

    def block(self, block: blocks.Block) -> Any:
        """One block: a string, or the lines of plain text."""
        return getattr(self, type(block).__name__.lower())(block)

    def notation(self, block: blocks.Notation) -> Any:
        """Print formulas in the notation of another task from now on."""
        self.formulas = Formulas(self.formulas.style, *block)
        self.inline = self.formulas.styled("inline")
        return ""

    # sentences

    @abstractmethod
    def words(self, text: str) -> str:
        """Plain words, in which nothing is taken for markup."""

    @abstractmethod
    def math(self, formula: str) -> str:
        """A printed formula, to stand within words."""

    def formula(self, value: Any) -> str:
        """The value of a place of a sentence, or of a cell, as a formula within words; ranges with semicolons."""
        if isinstance(value, Ranges):
            return self.words("；" if self.lang == "zh" else "; ").join(self.formula(each) for each in value.spans)
        return self.math(self.inline.show(value))

    def text(self, value: Any) -> str:
        """A sentence, or a cell of a table."""
        return written(value, self.lang, self.formula, self.words)

    def under(self, title: blocks.Title) -> list[str]:
        """The lines below a title: who hands it out, where and when, and where the task comes from."""
        byline = self.words(" · ").join(self.text(line) for line in title.byline)
        return [line for line in (byline, self.text(title.subtitle) if title.subtitle is not None else "") if line]

    # equations

    @abstractmethod
    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> Any:
        """left = a + b + ..., and the reason of the row beside it."""

    @abstractmethod
    def chain(self, left: str, parts: Chain, row: blocks.Row | None = None) -> Any:
        """left = part = part = ..., as one row; `row` has the reason beside it."""

    @abstractmethod
    def aligned(self, rows: Sequence[Any]) -> Any:
        """Rows with their signs under each other."""

    @abstractmethod
    def boxed(self, rows: Rows) -> Any:
        """Results in a frame, without reasons."""

    @abstractmethod
    def listed(self, rows: Rows, why: Text | None = None) -> Any:
        """Statements beside each other where there is room, and what is said of all of them."""

    def equations(self, block: blocks.Equations) -> Any:
        rows = self.formulas.rows(block.rows)
        if block.boxed:
            return self.boxed(rows)
        if block.listed and all(left for left, _, _ in rows):
            return self.below([self.listed(*run) for run in runs(rows)])
        self.head = max(width(left) for left, _, _ in rows)
        if not block.joined:
            found = [self.row(*each) for each in rows]
        else:
            found = [self.line(line) for line in joined(rows, self.measure())]
        self.head = 0.0
        return self.aligned(found)

    def behind(self, left: str) -> float:
        """The room behind left, whose column is as wide as the widest of its block."""
        return LINE - max(self.head, width(left))

    def below(self, parts: Sequence[Any]) -> Any:
        """Several groups of statements below each other."""
        return self.between.join(parts)

    def line(self, line: Line) -> Any:
        """One row of equalities that are joined."""
        if len(line.parts) == 1:
            return self.row(line.left, line.parts[0][1], line.row)
        return self.chain(line.left, [(self.signs[sign], signed(terms)) for sign, terms in line.parts], line.row)

    def measure(self) -> Measure:
        """How wide formulas and reasons are in em, and how much a line holds of them; the same in both languages."""
        show = self.formulas.styled("text").show
        return Measure(width, lambda why: SMALL / TEXT * max(worded(why.pick(a, show)) for a in LANGUAGES), self.room)

    def unrolled(self, block: blocks.Unrolled) -> Any:
        """One row for each time step; several rows are a group under a head that says the time."""
        rows = [self.row(*each) for each in self.formulas.rows(block.rows, block.index)]
        if len(rows) == 1:
            return self.aligned(Template(rows[0]).at(block.times, self.dots[0]))
        time = self.math(f"{self.formulas.plain(block.index)} = {mark(1, 0)}")
        head = time.join(map(self.words, AT.pick(self.lang).split("@")))
        group = Template(self.group(head, self.aligned(rows)))
        return self.between.join(group.at(block.times, self.dots[1]))

    def group(self, head: str, rows: str) -> str:
        """The rows of one time step under their head."""
        return f"{head}\n\n{rows}"

    def expanded(self, block: blocks.Expanded) -> Any:
        row = blocks.Row(block.left, (block.term,), block.reason)
        terms = self.bracketed(block, self.formulas.expanded(block))
        return self.aligned([self.row(self.formulas.plain(block.left), terms, row)])

    def bracketed(self, block: blocks.Expanded, terms: list[str]) -> list[str]:
        """The terms of a sum that is written out, in brackets behind the factors in front of the sum."""
        if not block.front:
            return terms
        first, last = self.brackets
        terms = [f"{self.formulas.plain.term(Term(block.front))}{first}{terms[0]}", *terms[1:]]
        return [*terms[:-1], f"{terms[-1]}{last}"]

    def worked(self, block: blocks.Worked) -> Any:
        return self.aligned([self.chain(*each) for each in self.chains(block)])

    def chains(self, block: blocks.Worked) -> Iterator[tuple[str, Chain]]:
        """left = right = right in numbers = value of each row, without what would stand there twice."""
        for left, right, value in block.rows:
            shown, end = self.formulas.plain(left), self.formulas.show(value)
            numbers, exact = self.formulas.numbers(right, block.values)
            parts = [("=", signed(self.formulas.plain.pieces(right))), ("=" if exact else "~", signed(numbers))]
            parts = parts[:1] if parts[0][1] == parts[1][1] else parts
            parts = [p for p in parts if p[1] not in (shown, end) and self.fits(shown, p[1])]
            parts.append(("~" if isinstance(value, Numeral) and not value.exact else "=", end))
            if block.sign == "<-":
                parts[0] = ("<-", parts[0][1])
            yield shown, [(self.signs[sign], part) for sign, part in parts]

    def fits(self, left: str, part: str) -> bool:
        """Is there room for this part of a chain?"""
        return True


def runs(rows: Rows) -> Iterator[tuple[Rows, Text | None]]:
    """Part statements into runs; a remark that all rows of a run have is taken out of them, to be said once."""
    alike = [list(some) for _, some in groupby(rows, key=_said)]
    shared = [len(some) > 1 and some[0][2].reason is not None for some in alike]
    for once, groups in groupby(zip(alike, shared, strict=True), key=itemgetter(1)):
        if once:
            yield from (
                ([(a, b, r._replace(reason=None)) for a, b, r in some], some[0][2].reason) for some, _ in groups
            )
        else:
            yield [row for some, _ in groups for row in some], None


def _said(row: tuple[str, tuple[str, ...], blocks.Row]) -> str | None:
    """The remark of a row, to be compared."""
    return None if row[2].reason is None else row[2].reason.pick("en")
