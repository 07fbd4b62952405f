"""One block at a time as HTML. A formula is its LaTeX in an element of class m, which the page's script typesets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from derive.chain.derivation import Term
from derive.language import LANGUAGES, Text
from derive.page import blocks
from derive.page.formats.html.drawings import inlined
from derive.page.formats.tex.lines import AT, SIGNS, summands
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template, mark
from derive.page.print.width import width

DOTS = r"\vdots"
SHORT = 15.0  # em: a formula that need not break
# A short formula stays with the bracket before it and the punctuation after it.
KEPT = re.compile(r"""[(\[（]?<span class="m s">[^<]*</span>[,.;:!?)\]，。；：、！？）]?""")


def math(latex: str, display: bool = False) -> str:
    """One formula: a piece of a display, which does not break, or one within words."""
    kind = "m d" if display else "m s" if width(latex) < SHORT else "m"
    return f'<span class="{kind}">{escape(latex)}</span>'


def pieces(sign: str, terms: Iterable[str]) -> str:
    """sign a + b + ...: a line may break before each term; an empty group in front makes a sign a relation."""
    parts = [f"{{}}{sign} {term}" if n == 0 else f"{{}}{_with_sign(term)}" for n, term in enumerate(terms)]
    return "<wbr>".join(math(part, display=True) for part in parts)


def _with_sign(term: str) -> str:
    return term if term.startswith("-") else f"+ {term}"


class Writer:
    """Every block as HTML with the sentences of both languages in it."""

    def __init__(self, formulas: Formulas):
        self.formulas = formulas
        self.inline = Formulas("inline", formulas.order, formulas.sizes)

    def block(self, block: blocks.Block) -> str:
        """The HTML of one block, by its kind."""
        text: str = getattr(self, type(block).__name__.lower())(block)
        return text

    # words

    def both(self, text: Any) -> str:
        """A sentence or a cell in both languages, once where they are the same."""
        english, chinese = (KEPT.sub(r'<span class="keep">\g<0></span>', self.value(text, a)) for a in LANGUAGES)
        return english if english == chinese else f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'

    def value(self, value: Any, lang: str) -> str:
        """A sentence, what fills a place of it, or a cell."""
        if isinstance(value, Text):
            return self._sentence(value, lang)
        if type(value) in (list, tuple):
            return ("、" if lang == "zh" else ", ").join(self.value(v, lang) for v in value)
        return escape(value) if isinstance(value, str) else math(self.inline.show(value))

    def _sentence(self, text: Text, lang: str) -> str:
        parts = re.split(r"\{(\w+)\}", text.zh if lang == "zh" else text.en)
        words = (self.value(text.values[p], lang) if n % 2 else escape(p) for n, p in enumerate(parts))
        return "".join(words)

    def title(self, block: blocks.Title) -> str:
        statement = f'<p class="statement">{self.both(block.statement)}</p>' if block.statement is not None else ""
        return f'<h1>{self.both(block.title)}</h1><p class="source">{self.both(block.subtitle)}</p>{statement}'

    def heading(self, block: blocks.Heading) -> str:
        return self.both(block.text)

    def paragraph(self, block: blocks.Paragraph) -> str:
        return f"<p>{self.both(block.text)}</p>"

    def table(self, block: blocks.Table) -> str:
        head = "".join(f'<th scope="col">{self.both(cell)}</th>' for cell in block.header)
        rows = "".join("<tr>" + "".join(f"<td>{self.both(c)}</td>" for c in row) + "</tr>" for row in block.rows)
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'

    def picture(self, block: blocks.Picture) -> str:
        drawings = [inlined(block.drawing.svg(lang)) for lang in LANGUAGES]
        shown = "".join(f'<div class="wide" lang="{a}">{b}</div>' for a, b in zip(LANGUAGES, drawings, strict=True))
        return f"<figure>{shown}<figcaption>{self.both(block.caption)}</figcaption></figure>"

    # equations

    def equations(self, block: blocks.Equations) -> str:
        rows = "".join(self.row(left, right, row) for left, right, row in self.formulas.rows(block.rows))
        return _equations(rows, "boxed" if block.boxed else "")

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        """left, sign right, and the reason beside it."""
        return self._line(left, pieces(SIGNS[row.sign], right), row.reason, row.gap)

    def _line(self, left: str, right: str, reason: Text | None = None, gap: bool = False) -> str:
        why = f'<div class="why">{self.both(reason)}</div>' if reason is not None else ""
        shown = math(left, display=True) if left else ""
        kind = "row gap" if gap else "row"
        return f'<div class="{kind}"><div class="left">{shown}</div><div class="right">{right}</div>{why}</div>'

    def unrolled(self, block: blocks.Unrolled) -> str:
        rows = [self.row(left, right, row) for left, right, row in self.formulas.rows(block.rows, block.index)]
        dots = self._line("", math(f"{{}}{DOTS}"))
        if len(rows) == 1:
            return _equations("".join(Template(rows[0]).at(block.times, dots)))
        at = math(f"{self.formulas.plain(block.index)} = {mark(1, 0)}")
        head = f'<p class="at">{self.both(AT).replace("@", at)}</p>'
        template = Template(head + _equations("".join(rows)))
        return "".join(template.at(block.times, _equations(dots)))

    def expanded(self, block: blocks.Expanded) -> str:
        terms = self.formulas.expanded(block)
        if block.front:
            terms[0] = f"{self.formulas.plain.term(Term(block.front))} \\Bigl({terms[0]}"
            terms[-1] = f"{terms[-1]}\\Bigr)"
        return _equations(self._line(self.formulas.plain(block.left), pieces("=", terms), block.reason))

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
            rows.append(self._line(shown, "<wbr>".join(pieces(sign, summands(part)) for sign, part in parts)))
        return _equations("".join(rows))


def _equations(rows: str, kind: str = "") -> str:
    return f'<div class="{f"equations {kind}".strip()}">{rows}</div>'
