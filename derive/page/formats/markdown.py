r"""Markdown with formulas in dollars, for notebooks and repositories.

Its TeX is what KaTeX, MathJax 2 and MathJax 3 all read: `aligned`, `{\color{gray}{x}}`, `\boxed`; neither `\bm` nor
`\cancel` nor `\mathbb{1}`, and `\lt` for a sign that would begin a tag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from derive.chain.derivation import Term
from derive.language import Text
from derive.page import blocks
from derive.page.formats.formats import Document
from derive.page.formats.tex.lines import AT, SIGNS, broken, summands
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template, mark
from derive.page.print.width import width

LINE = 44.0  # em, what a cell of a notebook has room for
NEXT = " \\\\\n"
SAFE = str.maketrans({c: f"&#{ord(c)};" for c in "\\`*_[]<>#|~$&"} | {"\n": " "})
IN_TEXT = str.maketrans({c: f"\\{c}" for c in "_%#&{}"} | {"\\": "", "$": r"\$", "^": "", "~": " ", "<": "", ">": ""})


def render(document: Document) -> str:
    """The document as one string."""
    writer = Writer(document.formulas, document.lang)
    return "\n\n".join(map(writer.block, document.blocks)) + "\n"


class Writer:
    """One block at a time."""

    def __init__(self, formulas: Formulas, lang: str):
        self.formulas, self.lang = formulas, lang
        self.inline = Formulas("inline", formulas.order, formulas.sizes)

    def block(self, block: blocks.Block) -> str:
        """The Markdown of one block, by its kind."""
        text: str = getattr(self, type(block).__name__.lower())(block)
        return text

    def text(self, value: Any, within: bool = False) -> str:
        r"""A sentence or a cell; `within` a formula its words stand in \text."""
        if isinstance(value, Text):
            parts = re.split(r"\{(\w+)\}", value.zh if self.lang == "zh" else value.en)
            return "".join(
                self.text(value.values[p] if n % 2 else p, within) for n, p in enumerate(parts) if n % 2 or p
            )
        if type(value) in (list, tuple):
            join = self.text("、" if self.lang == "zh" else ", ", within)
            return join.join(self.text(v, within) for v in value)
        if isinstance(value, str):
            return rf"\text{{{value.translate(IN_TEXT)}}}" if within else _escaped(value)
        shown = _tagless(self.inline.show(value))
        return shown if within else f"${shown}$"

    def title(self, block: blocks.Title) -> str:
        parts = (block.title, block.subtitle, block.statement)
        head, *rest = (self.text(p) for p in parts if p is not None)
        return "\n\n".join([f"# {head}", *rest])

    def heading(self, block: blocks.Heading) -> str:
        return f"{'#' * (block.level + 2)} {self.text(block.text)}"

    def paragraph(self, block: blocks.Paragraph) -> str:
        return self.text(block.text)

    def picture(self, block: blocks.Picture) -> str:
        return f"*{self.text(block.caption)}*"

    def table(self, block: blocks.Table) -> str:
        rows = [[self.text(cell).replace("|", r"\vert ") for cell in row] for row in (block.header, *block.rows)]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * len(block.header), *lines[1:]])

    def equations(self, block: blocks.Equations) -> str:
        rows = self.formulas.rows(block.rows)
        if block.boxed:
            return "\n\n".join(_display(rf"\boxed{{{a} {SIGNS[row.sign]} {signed(b)}}}") for a, b, row in rows)
        return _aligned([self._row(left, right, row) for left, right, row in rows])

    def _row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        return self._line(left, SIGNS[row.sign], broken(tuple(right), LINE - width(left)), row.reason)

    def _line(self, left: str, sign: str, lines: Sequence[str], reason: Text | None) -> str:
        """left sign right, broken into lines, and the reason beside the first."""
        why = rf" &&\quad {{\color{{gray}}{{\small {self.text(reason, True)}}}}}" if reason is not None else ""
        first, *rest = lines
        return (NEXT + r"&\quad ").join([f"{left} &{sign} {first}{why}", *rest])

    def unrolled(self, block: blocks.Unrolled) -> str:
        rows = [self._row(left, right, row) for left, right, row in self.formulas.rows(block.rows, block.index)]
        if len(rows) == 1:
            return _aligned(Template(rows[0]).at(block.times, r"&\;\vdots"))
        at = f"${self.formulas.plain(block.index)} = {mark(1, 0)}$"
        template = Template(f"{self.text(AT).replace('@', at)}\n\n{_aligned(rows)}")
        return "\n\n".join(template.at(block.times, _display(r"\vdots")))

    def expanded(self, block: blocks.Expanded) -> str:
        terms, left = self.formulas.expanded(block), self.formulas.plain(block.left)
        if block.front:
            terms[0] = f"{self.formulas.plain.term(Term(block.front))} \\Bigl({terms[0]}"
            terms[-1] = f"{terms[-1]}\\Bigr)"
        return _aligned([self._line(left, "=", broken(tuple(terms), LINE - width(left)), block.reason)])

    def worked(self, block: blocks.Worked) -> str:
        """left = right = right in numbers = value, without what would stand there twice."""
        rows = []
        for left, right, value in block.rows:
            shown, end = self.formulas.plain(left), value.text(latex=True)
            numbers, exact = self.formulas.numbers(right, block.values)
            parts = [("=", signed(self.formulas.plain.pieces(right))), ("=" if exact else r"\approx", signed(numbers))]
            parts = [p for p in (parts[:1] if parts[0][1] == parts[1][1] else parts) if p[1] not in (shown, end)]
            parts.append(("=" if value.exact else r"\approx", end))
            if block.sign == "<-":
                parts[0] = (r"\leftarrow", parts[0][1])
            lines = [self._line("", sign, broken(summands(part), LINE), None).strip() for sign, part in parts]
            rows.append(f"{shown} {NEXT.join(_beside(lines))}")
        return _aligned(rows)


def _beside(lines: Sequence[str]) -> list[str]:
    """Short parts of a chain on one line."""
    found: list[str] = []
    for line in lines:
        if found and NEXT not in found[-1] + line and width(found[-1]) + width(line) < LINE:
            found[-1] += f" {line.removeprefix('&')}"
        else:
            found.append(line)
    return found


def _escaped(words: str) -> str:
    """Plain words: nothing in them is Markdown, HTML or a formula."""
    return words.translate(SAFE)


def _tagless(latex: str) -> str:
    """Signs that HTML would take for a tag."""
    return latex.replace("<", r"\lt ").replace(">", r"\gt ")


def _display(latex: str) -> str:
    return f"$$\n{_tagless(latex)}\n$$"


def _aligned(rows: Sequence[str]) -> str:
    return _display("\\begin{aligned}\n" + NEXT.join(rows) + "\n\\end{aligned}")
