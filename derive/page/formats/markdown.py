r"""Markdown with formulas in dollars, for notebooks and repositories.

Its TeX is what KaTeX, MathJax 2 and MathJax 3 all read: `aligned`, `{\color{gray}{x}}`, `\boxed`; neither `\bm` nor
`\cancel` nor `\mathbb{1}`, and `\lt` for a sign that would begin a tag.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.language import Text
from derive.page import blocks
from derive.page.formats import writer as base
from derive.page.formats.formats import Document
from derive.page.print.lines import broken, summands, width
from derive.page.print.order import signed

LINE = 44.0  # em, what a cell of a notebook has room for
NEXT = " \\\\\n"
SAFE = str.maketrans({c: f"&#{ord(c)};" for c in "\\`*_[]<>#|~$&"} | {"\n": " "})
IN_TEXT = str.maketrans({c: f"\\{c}" for c in "_%#&{}"} | {"\\": "", "$": r"\$", "^": "", "~": " ", "<": "", ">": ""})


def render(document: Document) -> str:
    """The document as one string."""
    writer = Writer(document.formulas, document.lang)
    return "\n\n".join(map(writer.block, document.blocks)) + "\n"


def _tagless(latex: str) -> str:
    """Replace the signs < and >, which HTML would take for a tag."""
    return latex.replace("<", r"\lt ").replace(">", r"\gt ")


def _display(latex: str) -> str:
    return f"$$\n{_tagless(latex)}\n$$"


class Writer(base.Writer):
    """Writes one block at a time."""

    dots = (r"&\;\vdots", _display(r"\vdots"))
    between = "\n\n"

    def words(self, text: str) -> str:
        return text.translate(SAFE)

    def math(self, formula: str) -> str:
        return f"${_tagless(formula)}$"

    def within(self, reason: Text) -> str:
        r"""A sentence within a formula: its words stand in \text."""
        return reason.pick(self.lang, lambda value: _tagless(self.inline.show(value)), _text)

    def title(self, block: blocks.Title) -> str:
        statement = [self.text(block.statement)] if block.statement is not None else []
        return "\n\n".join([f"# {self.text(block.title)}", *self.under(block), *statement])

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

    def boxed(self, rows: base.Rows) -> str:
        if len(rows) == 1:
            ((left, right, row),) = rows
            return _display(rf"\boxed{{{left} {self.signs[row.sign]} {signed(right)}}}")
        lines = NEXT.join(f"{left} &{self.signs[row.sign]} {signed(right)}" for left, right, row in rows)
        return _display(rf"\boxed{{\begin{{aligned}}{lines}\end{{aligned}}}}")

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        return self._broken(left, self.signs[row.sign], broken(tuple(right), LINE - width(left)), row.reason)

    def _broken(self, left: str, sign: str, lines: Sequence[str], reason: Text | None) -> str:
        """left, sign and right, broken into lines, with the reason beside the first line."""
        first, *rest = lines
        return (NEXT + r"&\quad ").join([f"{left} &{sign} {first}{self._why(reason)}", *rest])

    def _why(self, reason: Text | None) -> str:
        return rf" &&\quad {{\color{{gray}}{{\small {self.within(reason)}}}}}" if reason is not None else ""

    def chain(self, left: str, parts: base.Chain, row: blocks.Row | None = None) -> str:
        lines = [self._broken("", sign, broken(summands(part), LINE), None).strip() for sign, part in parts]
        return f"{left} {NEXT.join(_beside(lines))}{self._why(row.reason if row is not None else None)}"

    def aligned(self, rows: Sequence[str]) -> str:
        return _display("\\begin{aligned}\n" + NEXT.join(rows) + "\n\\end{aligned}")


def _beside(lines: Sequence[str]) -> list[str]:
    """Put parts of a chain that are short on one line."""
    found: list[str] = []
    for line in lines:
        if found and NEXT not in found[-1] + line and width(found[-1]) + width(line) < LINE:
            found[-1] += f" {line.removeprefix('&')}"
        else:
            found.append(line)
    return found


def _text(words: str) -> str:
    """Words within a formula."""
    return rf"\text{{{words.translate(IN_TEXT)}}}" if words else ""
