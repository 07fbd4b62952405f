"""The blocks of a sheet as text for a page of a given width, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from derive.expressions.notation import one_alphabet, subscript, superscript
from derive.language import Text
from derive.page import blocks
from derive.page import sentences as say
from derive.page.formats import writer as base
from derive.page.formats.formats import Document
from derive.page.formats.joined import Line, Measure
from derive.page.formats.text.equations import GAP, Equation, aligned, boxed, listed, margin
from derive.page.formats.text.tables import table
from derive.page.formats.text.words import KEPT, columns, wrapped
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template, mark
from derive.page.terminal import BOLD, DIM, GREEN, PLAIN, RED, Page

VERDICTS = {say.AGREES: GREEN, say.DISAGREES: RED}
READABLE = 100  # sentences are not set wider, however wide the terminal


def render(document: Document) -> str:
    """The document as one string."""
    writer = Writer(document.formulas, document.lang, document.page)
    return "\n".join(line for b in without_pictures(document.blocks) for line in writer.block(b)) + "\n"


def without_pictures(sheet: Iterable[blocks.Block]) -> Iterator[blocks.Block]:
    """Drop pictures, which plain text cannot show, and headings below which only pictures stood."""
    headings: list[blocks.Block] = []
    dropped = False
    for block in sheet:
        if isinstance(block, blocks.Picture):
            dropped = True
        elif isinstance(block, blocks.Heading):
            headings = [*(headings[:-1] if dropped else headings), block]
            dropped = False
        else:
            yield from headings
            headings, dropped = [], False
            yield block


def subscripted(text: str) -> str:
    """Write the numbers that were filled into a template as Unicode subscripts and superscripts."""
    text = re.sub(r"\^\((\d+)\)", lambda m: superscript(m[1]), text)
    return re.sub(r"_\{([^{}]*)\}", lambda m: subscript(m[1]), text)


class Writer(base.Writer):
    """Writes one block at a time as a list of lines."""

    signs = {"=": "=", "~": "≈", "<-": "←", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}
    brackets = (" (", ")")

    def __init__(self, formulas: Formulas, lang: str, page: Page = PLAIN):
        super().__init__(formulas, lang)
        self.inline = formulas
        self.page, self.readable = page, min(page.width, READABLE)

    def block(self, block: blocks.Block) -> list[str]:
        """The lines of one block, by its kind."""
        return [line.replace(KEPT, " ") for line in super().block(block)]

    def notation(self, block: blocks.Notation) -> list[str]:
        super().notation(block)
        self.inline = self.formulas
        return []

    def words(self, text: str) -> str:
        return text

    def math(self, formula: str) -> str:
        """A formula within a sentence: its blanks are marked, so that lines break elsewhere if they can."""
        return formula.replace(" ", KEPT)

    def text(self, value: Any) -> str:
        """A sentence or a cell, its subscripts in one alphabet."""
        return one_alphabet(super().text(value))[0]

    def _sentence(self, text: Text) -> list[str]:
        return wrapped(self.text(text), self.readable)

    def title(self, block: blocks.Title) -> Iterator[str]:
        yield from self._underlined(block.title, "═")
        for each in self.under(block):
            yield from (self.page.paint(line, DIM) for line in wrapped(each, self.readable))
        if block.statement is not None:
            yield ""
            yield from self._sentence(block.statement)

    def heading(self, block: blocks.Heading) -> Iterator[str]:
        yield ""
        if block.level == 2:
            yield from (self.page.paint(line, BOLD) for line in self._sentence(block.text))
        else:
            yield from self._underlined(block.text, "═" if block.level <= 0 else "─")

    def _underlined(self, text: Text, rule: str) -> Iterator[str]:
        head = self._sentence(text)
        yield from (self.page.paint(line, BOLD) for line in head)
        yield self.page.paint(rule * max(columns(line) for line in head), DIM)

    def paragraph(self, block: blocks.Paragraph) -> list[str]:
        return self._sentence(block.text)

    def code(self, block: blocks.Code) -> list[str]:
        return [f"    {line}" for line in block.text.splitlines()]

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> Equation:
        reason = "" if row.reason is None else self.text(say.ASIDE(words=row.reason))
        return Equation(left, self.signs[row.sign], signed(right), reason)

    def aligned(self, rows: Sequence[Equation]) -> list[str]:
        return aligned(rows, self.page)

    def boxed(self, rows: base.Rows) -> list[str]:
        return boxed([self.row(*each)._replace(reason="") for each in rows], self.page)

    def listed(self, rows: base.Rows, why: Text | None = None) -> list[str]:
        said = [] if why is None else [Equation("", "", "", self.text(say.ASIDE(words=why)))]
        return listed([*(self.row(*each) for each in rows), *said], self.page)

    def below(self, parts: Sequence[list[str]]) -> list[str]:
        return [line for part in parts for line in part]

    def unrolled(self, block: blocks.Unrolled) -> Iterator[str]:
        rows = [f"{left} = {signed(right)}" for left, right, _ in self.formulas.rows(block.rows, block.index)]
        indent = margin(self.page)
        time = f"{self.formulas.plain(block.index)} = {mark(1, 0)}"
        head = " " * (indent - 2) + self.text(base.AT).replace("@", time)
        template = Template("\n".join([head, *(" " * indent + r for r in rows)]))
        lines = subscripted("\n".join(template.at(block.times, " " * indent + "⋮"))).splitlines()
        for (line,) in map(one_alphabet, lines):
            yield from [line] if columns(line) <= self.page.width else self._long(line.strip())

    def _long(self, line: str) -> list[str]:
        left, _, right = line.partition(" = ")
        return aligned([Equation(left, "=", right)], self.page)

    def bracketed(self, block: blocks.Expanded, terms: list[str]) -> list[str]:
        return super().bracketed(block, [subscripted(term) for term in terms])

    def worked(self, block: blocks.Worked) -> list[str]:
        chains = [(left, " ".join(f"{sign} {part}" for sign, part in parts)) for left, parts in self.chains(block)]
        return listed([Equation(left, *line.split(" ", 1)) for left, line in chains], self.page)

    def line(self, line: Line) -> Equation:
        (sign, first), *more = line.parts
        right = " ".join([signed(first), *(f"{self.signs[s]} {signed(terms)}" for s, terms in more)])
        return self.row(line.left, (right,), line.row._replace(sign=sign))

    def measure(self) -> Measure:
        """Columns of the page."""
        return Measure(
            columns, lambda reason: GAP + 2 + columns(self.text(reason)), self.page.width - margin(self.page)
        )

    def chain(self, left: str, parts: base.Chain, row: blocks.Row | None = None) -> list[str]:
        """left = right = numbers = value, on one line if it fits, else each part on a line of its own."""
        left, *shown = one_alphabet(left, *(part for _, part in parts))
        parts = [(sign, part) for (sign, _), part in zip(parts, shown, strict=True)]
        line = " " * margin(self.page) + " ".join([left, *(f"{sign} {part}" for sign, part in parts)])
        if columns(line) <= self.page.width:
            return [line]
        return aligned([Equation("" if at else left, *part) for at, part in enumerate(parts)], self.page)

    def table(self, block: blocks.Table) -> list[str]:
        header, *rows = ([self._cell(c) for c in row] for row in (block.header, *block.rows))
        return table(header, rows, self.page)

    def _cell(self, value: Any) -> str:
        shown = self.text(value)
        verdict = VERDICTS.get(value) if isinstance(value, Text) else None
        return self.page.paint(shown, verdict) if verdict else shown
