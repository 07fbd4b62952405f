"""One block at a time as HTML. A formula is MathML in an element of class m, which the page's script typesets anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from derive.language import LANGUAGES, Text, written
from derive.page import blocks
from derive.page.formats import writer as base
from derive.page.formats.html.drawings import inlined
from derive.page.print.lines import summands, width
from derive.page.print.mathml import mathml

VDOTS = r"{}\vdots"
HALF = 20.0  # em: a statement that leaves room for another one beside it
Statement = tuple[str, float, float]  # its HTML, and the widths of its sides
SHORT = 15.0  # em: a formula that need not break
# A short formula stays with the bracket before it and the punctuation after it.
KEPT = re.compile(r"""[(\[（]?<span class="m s"[^>]*><math>.*?</math></span>[,.;:!?)\]，。；：、！？）]?""")


def math(latex: str, display: bool = False) -> str:
    """The element of one formula. A piece of a display does not break; one within words may, if it is long."""
    kind = "m d" if display else "m s" if width(latex) < SHORT else "m"
    return f'<span class="{kind}" data-latex="{escape(latex)}">{mathml(latex, display)}</span>'


def pieces(sign: str, terms: Iterable[str]) -> str:
    """sign a + b + ...: a line may break before each term; an empty group in front makes a sign a relation."""
    parts = [f"{{}}{sign} {term}" if n == 0 else f"{{}}{_with_sign(term)}" for n, term in enumerate(terms)]
    return "<wbr>".join(math(part, display=True) for part in parts)


def _with_sign(term: str) -> str:
    return term if term.startswith("-") else f"+ {term}"


def _row(left: str, right: str, why: str = "", kind: str = "row") -> str:
    shown = math(left, display=True) if left else ""
    return f'<div class="{kind}"><div class="left">{shown}</div><div class="right">{right}</div>{why}</div>'


def _equations(rows: str, kind: str = "") -> str:
    return f'<div class="{f"equations {kind}".strip()}">{rows}</div>'


class Writer(base.Writer):
    """Every block as HTML with the sentences of both languages in it."""

    dots = (_row("", math(VDOTS)), _equations(_row("", math(VDOTS))))
    between = ""
    room = 39.0

    def words(self, text: str) -> str:
        return escape(text)

    def math(self, formula: str) -> str:
        return math(formula)

    def text(self, value: Any) -> str:
        """A sentence or a cell in both languages, once where they are the same."""
        each = (written(value, lang, self.formula, self.words) for lang in LANGUAGES)
        english, chinese = (KEPT.sub(r'<span class="keep">\g<0></span>', text) for text in each)
        return english if english == chinese else f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'

    def title(self, block: blocks.Title) -> str:
        statement = f'<p class="statement">{self.text(block.statement)}</p>' if block.statement is not None else ""
        under = "".join(f'<p class="source">{line}</p>' for line in self.under(block))
        return f"<h1>{self.text(block.title)}</h1>{under}{statement}"

    def heading(self, block: blocks.Heading) -> str:
        return self.text(block.text)

    def paragraph(self, block: blocks.Paragraph) -> str:
        return f"<p>{self.text(block.text)}</p>"

    def table(self, block: blocks.Table) -> str:
        head = "".join(f'<th scope="col">{self.text(cell)}</th>' for cell in block.header)
        rows = "".join("<tr>" + "".join(f"<td>{self.text(c)}</td>" for c in row) + "</tr>" for row in block.rows)
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'

    def code(self, block: blocks.Code) -> str:
        return f'<div class="wide"><pre><code>{escape(block.text)}</code></pre></div>'

    def picture(self, block: blocks.Picture) -> str:
        drawings = [inlined(block.drawing.svg(lang)) for lang in LANGUAGES]
        shown = "".join(f'<div class="wide" lang="{a}">{b}</div>' for a, b in zip(LANGUAGES, drawings, strict=True))
        return f"<figure>{shown}<figcaption>{self.text(block.caption)}</figcaption></figure>"

    def answer(self, block: blocks.Answer) -> str:
        """What an exercise hides, and what it shows instead: a line keeps its left side, the rest goes as a whole."""
        match block.block:
            case blocks.Equations() | blocks.Unrolled() | blocks.Expanded() | blocks.Worked():
                return self._lines(block.block, block.kept)
        hidden = f'<div class="answer">{self.block(block.block)}</div>' if block.block is not None else ""
        asked = f'<div class="question">{self.block(block.question)}</div>' if block.question is not None else ""
        return asked + hidden

    def _lines(self, block: blocks.Block, kept: int) -> str:
        if kept and isinstance(block, blocks.Equations):
            block = block._replace(joined=False)  # a line is given or asked for
        return f'<div class="lines" data-kept="{kept}">{self.block(block)}</div>'

    # equations

    def boxed(self, rows: base.Rows) -> str:
        if len(rows) == 1:
            return _equations(self.row(*rows[0]), "boxed")
        return self._beside([s for each in base.statements(rows) for s in self._whole(each)], kind="boxed")

    def _whole(self, rows: base.Rows) -> list[Statement]:
        """A result; with what it is equal to besides it takes the whole width, one line below the other."""
        found = [self._statement(*each) for each in rows]
        return found if len(found) == 1 else [(row, left, right + HALF) for row, left, right in found]

    def listed(self, rows: base.Rows, why: Text | None = None) -> str:
        said = f'<div class="why">{self.text(why)}</div>' if why is not None else ""
        return self._beside([self._statement(*each) for each in rows], said)

    def worked(self, block: blocks.Worked) -> str:
        return self._beside([
            (self.chain(left, parts), width(left), sum(width(part) + 1.3 for _, part in parts))
            for left, parts in self.chains(block)
        ])  # fmt: skip

    def _statement(self, left: str, right: Sequence[str], row: blocks.Row) -> Statement:
        why = self.measure().reason(row.reason) + 1 if row.reason is not None else 0.0
        return self.row(left, right, row), width(left), sum(width(term) + 1.3 for term in right) + why

    def _beside(self, found: Sequence[Statement], said: str = "", kind: str = "") -> str:
        """Statements in as many columns as the window has room for; those that are too wide for two have a line."""
        first = max(left for _, left, _ in found)
        needs = [first + right + 1 for _, _, right in found]
        short = [need for need in needs if need <= HALF]
        if len(short) < 2:
            return _equations("".join(row for row, _, _ in found) + said, kind)
        rows = "".join(
            row if need <= HALF else row.replace('class="row', 'class="row all', 1)
            for (row, _, _), need in zip(found, needs, strict=True)
        )
        sizes = f"--need: {max(short):.1f}em; --left: {first:.1f}em"
        return f'<div class="{f"equations listed {kind}".strip()}" style="{sizes}">{rows}{said}</div>'

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        return self._row(left, pieces(self.signs[row.sign], right), row)

    def chain(self, left: str, parts: base.Chain, row: blocks.Row | None = None) -> str:
        right = "<wbr>".join(pieces(sign, summands(part)) for sign, part in parts)
        return _row(left, right) if row is None else self._row(left, right, row)

    def _row(self, left: str, right: str, row: blocks.Row) -> str:
        why = f'<div class="why">{self.text(row.reason)}</div>' if row.reason is not None else ""
        return _row(left, right, why, "row gap" if row.gap else "row")

    def aligned(self, rows: Sequence[str]) -> str:
        return _equations("".join(rows))

    def group(self, head: str, rows: str) -> str:
        return f'<p class="at">{head}</p>{rows}'
