r"""Markdown with formulas in dollars, for notebooks and repositories.

Its TeX is what KaTeX, MathJax 2 and MathJax 3 all read: `aligned`, `{\color{gray}{x}}`, `\boxed`; neither `\bm` nor
`\cancel` nor `\mathbb{1}`, and `\lt` for a sign that would begin a tag.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.language import Text
from derive.page import blocks
from derive.page.formats import writer as base
from derive.page.formats.beside import beside
from derive.page.formats.formats import Document
from derive.page.print.lines import broken, chained, width
from derive.page.print.order import signed

LINE = 44.0  # em, what a cell of a notebook has room for
NEXT = " \\\\\n"
Statement = tuple[str, Sequence[str]]  # left, and the lines behind it
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
    room = 39.0

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
        return f"{'#' * max(2, block.level + 2)} {self.text(block.text)}"

    def paragraph(self, block: blocks.Paragraph) -> str:
        return self.text(block.text)

    def code(self, block: blocks.Code) -> str:
        return f"```python\n{block.text}\n```"

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
        lines = NEXT.join(
            self._beside(
                [
                    (each[0][0], (" ".join(f"{self.signs[row.sign]} {signed(right)}" for _, right, row in each),))
                    for each in base.statements(rows)
                ]
            )
        )
        return _display(rf"\boxed{{\begin{{aligned}}{lines}\end{{aligned}}}}")

    def listed(self, rows: base.Rows, why: Text | None = None) -> str:
        said = [] if why is None else [("", (self._said(why),))]
        return self.aligned(self._beside([*(self._statement(*each) for each in rows), *said]))

    def worked(self, block: blocks.Worked) -> str:
        return self.aligned(
            self._beside([(left, tuple(chained(parts, LINE - width(left)))) for left, parts in self.chains(block)])
        )

    def _statement(self, left: str, right: Sequence[str], row: blocks.Row) -> Statement:
        first, *more = broken(tuple(right), LINE - width(left))
        why = self._said(row.reason) if row.reason is not None else ""
        return left, (f"{self.signs[row.sign]} {first}{why}", *(rf"\quad {line}" for line in more))

    def _said(self, reason: Text) -> str:
        return rf"\quad {{\color{{gray}}{{\small {self.within(reason)}}}}}"

    def _beside(self, statements: Sequence[Statement]) -> list[str]:
        """The lines of statements that stand beside each other where all of them have room."""
        needs = [width(left) + max(map(width, lines)) for left, lines in statements]
        found = beside(needs, LINE, 2.0, wide=False)
        return [r" &\qquad ".join(_aligned(*statements[n]) for n in line) for line in found.lines]

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        """left, sign and right, broken into lines, with the reason beside the first line."""
        first, *rest = broken(tuple(right), LINE - width(left))
        return (NEXT + r"&\quad ").join([f"{left} &{self.signs[row.sign]} {first}{self._why(row.reason)}", *rest])

    def _why(self, reason: Text | None) -> str:
        return f" &&{self._said(reason)}" if reason is not None else ""

    def chain(self, left: str, parts: base.Chain, row: blocks.Row | None = None) -> str:
        return _aligned(left, chained(parts, LINE - width(left))) + self._why(None if row is None else row.reason)

    def aligned(self, rows: Sequence[str]) -> str:
        return _display("\\begin{aligned}\n" + NEXT.join(rows) + "\n\\end{aligned}")


def _aligned(left: str, lines: Sequence[str]) -> str:
    return f"{left} &{f'{NEXT}&'.join(lines)}"


def _text(words: str) -> str:
    """Words within a formula."""
    return rf"\text{{{words.translate(IN_TEXT)}}}" if words else ""
