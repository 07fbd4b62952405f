"""The blocks of a sheet as text for a page of a given width, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from derive.chain.derivation import Term
from derive.expressions.notation import subscript, superscript
from derive.language import Text
from derive.page import blocks
from derive.page import sentences as say
from derive.page.formats.formats import Document
from derive.page.formats.text.equations import Equation, aligned, boxed, margin
from derive.page.formats.text.tables import table
from derive.page.formats.text.words import KEPT, columns, wrapped
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template, mark
from derive.page.terminal import BOLD, DIM, GREEN, PLAIN, RED, Page

SIGNS = {"=": "=", "<-": "←", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}
VERDICTS = {say.AGREES: GREEN, say.DISAGREES: RED}
READABLE = 100  # sentences are not set wider, however wide the terminal


def render(document: Document) -> str:
    """The document as one string."""
    writer = Writer(document.formulas, document.lang, document.page)
    return "\n".join(line for b in without_pictures(document.blocks) for line in writer.block(b)) + "\n"


def without_pictures(sheet: Iterable[blocks.Block]) -> Iterator[blocks.Block]:
    """What words can show: no picture, and no heading below which there were only pictures."""
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
    """Numbers that were filled into a template as Unicode subscripts and superscripts."""
    text = re.sub(r"\^\((\d+)\)", lambda m: superscript(m[1]), text)
    return re.sub(r"_\{([^{}]*)\}", lambda m: subscript(m[1]), text)


class Writer:
    """One block at a time, as lines."""

    def __init__(self, formulas: Formulas, lang: str, page: Page = PLAIN):
        self.formulas, self.lang, self.page = formulas, lang, page
        self.readable = min(page.width, READABLE)

    def block(self, block: blocks.Block) -> list[str]:
        """The lines of one block, by its kind."""
        lines: Iterable[str] = getattr(self, type(block).__name__.lower())(block)
        return [line.replace(KEPT, " ") for line in lines]

    def text(self, text: Text) -> str:
        return text.pick(self.lang, self._shown)

    def _shown(self, value: Any) -> str:
        """A formula within a sentence, which rather does not break there."""
        return self.formulas.show(value).replace(" ", KEPT)

    def _sentence(self, text: Text) -> list[str]:
        return wrapped(self.text(text), self.readable)

    def title(self, block: blocks.Title) -> Iterator[str]:
        yield from self._underlined(block.title, "═")
        yield from (self.page.paint(line, DIM) for line in self._sentence(block.subtitle))
        if block.statement is not None:
            yield ""
            yield from self._sentence(block.statement)

    def heading(self, block: blocks.Heading) -> Iterator[str]:
        yield ""
        if block.level == 2:
            yield from (self.page.paint(line, BOLD) for line in self._sentence(block.text))
        else:
            yield from self._underlined(block.text, "═" if block.level == 0 else "─")

    def _underlined(self, text: Text, rule: str) -> Iterator[str]:
        head = self._sentence(text)
        yield from (self.page.paint(line, BOLD) for line in head)
        yield self.page.paint(rule * max(columns(line) for line in head), DIM)

    def paragraph(self, block: blocks.Paragraph) -> list[str]:
        return self._sentence(block.text)

    def equations(self, block: blocks.Equations) -> list[str]:
        rows = [
            Equation(left, SIGNS[row.sign], signed(right), self._reason(row.reason))
            for left, right, row in self.formulas.rows(block.rows)
        ]
        if block.boxed:
            return boxed([r._replace(reason="") for r in rows], self.page)
        return aligned(rows, self.page)

    def _reason(self, reason: Text | None) -> str:
        return "" if reason is None else self.text(reason)

    def unrolled(self, block: blocks.Unrolled) -> Iterator[str]:
        rows = [f"{left} = {signed(right)}" for left, right, _ in self.formulas.rows(block.rows, block.index)]
        indent = margin(self.page)
        head = f"{' ' * (indent - 2)}{self.formulas.plain(block.index)} = {mark(1, 0)}:"
        template = Template("\n".join([head, *(" " * indent + r for r in rows)]))
        for line in subscripted("\n".join(template.at(block.times, " " * indent + "⋮"))).splitlines():
            yield from [line] if columns(line) <= self.page.width else self._long(line.strip())

    def _long(self, line: str) -> list[str]:
        left, _, right = line.partition(" = ")
        return aligned([Equation(left, "=", right)], self.page)

    def expanded(self, block: blocks.Expanded) -> list[str]:
        right = subscripted(signed(self.formulas.expanded(block)))
        if block.front:
            right = f"{self.formulas.plain.term(Term(block.front))} ({right})"
        row = Equation(self.formulas.plain(block.left), "=", right, self._reason(block.reason))
        return aligned([row], self.page)

    def worked(self, block: blocks.Worked) -> Iterator[str]:
        for left, right, value in block.rows:
            shown, end = self.formulas.plain(left), value.text(latex=False)
            numbers, exact = self.formulas.numbers(right, block.values)
            parts = [("=", signed(self.formulas.plain.pieces(right))), ("=" if exact else "≈", signed(numbers))]
            if parts[0][1] == parts[1][1]:
                parts.pop()
            parts = [p for p in parts if p[1] not in (shown, end)]
            parts.append(("=" if value.exact else "≈", end))
            if block.sign == "<-":
                parts[0] = ("←", parts[0][1])
            yield from self._chain(shown, parts)

    def _chain(self, left: str, parts: list[tuple[str, str]]) -> list[str]:
        """left = right = numbers = value: on one line, or each on its own."""
        line = " " * margin(self.page) + " ".join([left, *(f"{sign} {part}" for sign, part in parts)])
        if columns(line) <= self.page.width:
            return [line]
        return aligned([Equation("" if at else left, *part) for at, part in enumerate(parts)], self.page)

    def table(self, block: blocks.Table) -> list[str]:
        header, *rows = ([self._cell(c) for c in row] for row in (block.header, *block.rows))
        return table(header, rows, self.page)

    def _cell(self, value: Any) -> str:
        shown = Text._shown(value, self.lang, self._shown)
        verdict = VERDICTS.get(value) if isinstance(value, Text) else None
        return self.page.paint(shown, verdict) if verdict else shown
