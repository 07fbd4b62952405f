"""LaTeX, one block of a sheet at a time."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from derive.chain.derivation import Term
from derive.language import Text
from derive.memo import memo
from derive.page import blocks
from derive.page.formats.tex.lines import AT, SIGNS, broken, summands
from derive.page.formats.tex.outline import Entry
from derive.page.formats.tex.words import escape
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template, mark
from derive.page.print.width import width

LINE = 39.0  # em, what fits beside the indent
BREAK = " \\\\*\n&\\quad {} "  # within a row: the page goes on
GAP = "\x01"  # some space above a row
HEADINGS = ("reading", "topic", "step")


@memo
def _parted(template: str, lang: str) -> list[str]:
    """The words of a sentence for LaTeX and the names of its places, in turn."""
    return [p if n % 2 else escape(p, lang) for n, p in enumerate(re.split(r"\{(\w+)\}", template))]


class Writer:
    """One block at a time."""

    def __init__(self, formulas: Formulas, lang: str):
        self.formulas, self.lang = formulas, lang
        self.entries: list[Entry] = []
        self.name = ""  # of the sheet, for the file
        self.open = False  # a section in a box
        self.inline = Formulas("inline", formulas.order, formulas.sizes)
        self.outside = Formulas("text", formulas.order, formulas.sizes)

    def block(self, block: blocks.Block, held: bool = False) -> str:
        """The LaTeX of one block, by its kind; `held` if no page may end after it."""
        text: str = getattr(self, type(block).__name__.lower())(block)
        return f"{{\\held\n{text}}}%" if held else text

    def text(self, text: Text) -> str:
        """A sentence: its words escaped, its formulas in dollars."""
        parts = _parted(text.zh if self.lang == "zh" else text.en, self.lang)
        return "".join([self.value(text.values[p]) if n % 2 else p for n, p in enumerate(parts)])

    def value(self, value: Any) -> str:
        """What fills a place of a sentence, or a cell."""
        if isinstance(value, Text):
            return self.text(value)
        if type(value) in (list, tuple):
            return ("、" if self.lang == "zh" else ", ").join(self.value(v) for v in value)
        if isinstance(value, str):
            return escape(value, self.lang)
        return f"${self.inline.show(value)}$"

    def title(self, block: blocks.Title) -> str:
        title = self.text(block.title)
        self.name = self.unicode(block.title)
        lines = [f"\\renewcommand{{\\sheetname}}{{{title}}}", f"\\sheettitle{{{title}}}{{{self.text(block.subtitle)}}}"]
        return "\n".join([*lines, *([f"{self.text(block.statement)}\\par"] if block.statement is not None else [])])

    def heading(self, block: blocks.Heading) -> str:
        self.entries.append(Entry(block.level, self.unicode(block.text)))
        text, closed = self.text(block.text), self.end() if block.level < 2 else ""
        if block.boxed:
            self.open = True
            return f"\n{closed}\\begin{{proved}}{{{text}}}"
        return f"\n{closed}\\{HEADINGS[block.level]}{{{text}}}"

    def end(self) -> str:
        """Close a section that stands in a box."""
        was, self.open = self.open, False
        return "\\end{proved}\n" if was else ""

    def unicode(self, text: Text) -> str:
        """A sentence as a reader's program shows it beside the page."""
        return " ".join(text.pick(self.lang, self.outside.show).split())

    def paragraph(self, block: blocks.Paragraph) -> str:
        return f"\n{self.text(block.text)}"

    def equations(self, block: blocks.Equations) -> str:
        rows = self.formulas.rows(block.rows)
        if block.boxed:
            return "\n".join(f"\\[\\result{{{self._boxed(left, right, row)}}}\\]" for left, right, row in rows)
        return _align([self._row(left, right, row) for left, right, row in rows])

    def _boxed(self, left: str, right: tuple[str, ...], row: blocks.Row) -> str:
        """A result, in several lines where one is not enough."""
        first, *more = broken(right, LINE - width(left) - 4)
        if not more:
            return f"{left} {SIGNS[row.sign]} {first}"
        text = BREAK.join([first, *more])
        return f"\\begin{{aligned}}{left} &{SIGNS[row.sign]} {text}\\end{{aligned}}"

    def _row(self, left: str, right: tuple[str, ...], row: blocks.Row) -> str:
        why = f" \\why{{{self.text(row.reason)}}}" if row.reason is not None else ""
        lines = broken(right, LINE - width(left) - 1.5)
        text = BREAK.join(lines)
        gap = GAP if row.gap else ""
        sign = SIGNS[row.sign]
        return f"{gap}{left} &{sign} {text}{why}"

    def unrolled(self, block: blocks.Unrolled) -> str:
        rows = [self._row(left, right, row) for left, right, row in self.formulas.rows(block.rows, block.index)]
        if len(rows) == 1:
            template = Template(rows[0])
            return _align(template.at(block.times, r"&\mathrel{\vdots}"))
        head = self.text(AT).replace("@", f"${self.formulas.plain(block.index)} = {mark(1, 0)}$")
        template = Template(f"\n{head}\\nopagebreak\n{_align(rows)}")
        return "\n".join(template.at(block.times, "\\[\\vdots\\]"))

    def expanded(self, block: blocks.Expanded) -> str:
        terms, left = self.formulas.expanded(block), self.formulas.plain(block.left)
        widest = max(width(t) for t in (terms[0], terms[-1])) + 1.3
        if block.front:
            terms[0] = f"{self.formulas.plain.term(Term(block.front))} \\Bigl({terms[0]}"
            terms[-1] = f"{terms[-1]}\\Bigr)"
        room = LINE - width(left) - 1.5
        first = max(1, int((room - width(terms[0]) + widest) // widest))
        each = max(1, int(room // widest))
        cuts = [0, *range(first, len(terms), each), len(terms)]
        join = signed if terms[-1].startswith("-") else " + ".join  # all terms have the sign of their template
        lines = [join(terms[a:b]) for a, b in pairwise(cuts)]
        text = BREAK.join([lines[0], *(line if line.startswith("-") else f"+ {line}" for line in lines[1:])])
        why = f" \\why{{{self.text(block.reason)}}}" if block.reason is not None else ""
        return _align([f"{left} &= {text}{why}"])

    def worked(self, block: blocks.Worked) -> str:
        rows = []
        for left, right, value in block.rows:
            shown = self.formulas.plain(left)
            room, end = LINE - width(shown), value.text(latex=True)
            numbers, exact = self.formulas.numbers(right, block.values)
            middle = [("=", signed(self.formulas.plain.pieces(right))), ("=" if exact else r"\approx", signed(numbers))]
            parts = []
            for relation, part in middle[:1] if middle[0][1] == middle[1][1] else middle:
                lines = broken(summands(part), room)
                if part not in (shown, end) and all(width(line) < room for line in lines):
                    parts.append((relation, BREAK.join(lines)))
            parts.append(("=" if value.exact else r"\approx", end))
            if block.sign == "<-":
                parts[0] = (r"\leftarrow", parts[0][1])
            rows.append(f"{shown} " + self._chain(parts, room))
        return _align(rows)

    def _chain(self, parts: list[tuple[str, str]], room: float) -> str:
        """relation part relation part ..., on a new line where it does not fit."""
        text, used = "", 0.0
        for relation, part in parts:
            first, last = part.split("\n")[0], part.split("\n")[-1]
            if text and used + width(first) + 2 > room:
                text, used = text + " \\\\\n", 0.0
            text += f"{'' if used else '&'}{relation} {part} "
            used = (used if first == last else 0.0) + width(last) + 2
        return text.rstrip()

    def table(self, block: blocks.Table) -> str:
        head, *rows = [_cells([self.value(v) for v in row]) for row in (block.header, *block.rows)]
        inner = "\n".join(["\\toprule", head, "\\midrule", *rows, "\\bottomrule"])
        tabular = f"\\begin{{tabular}}{{{'l' * len(block.header)}}}\n{inner}\n\\end{{tabular}}"
        head = r"\begin{center}\renewcommand{\arraystretch}{\tablestretch}\small"
        return f"{head}\n\\fitted{{{tabular}}}\n\\end{{center}}"

    def picture(self, block: blocks.Picture) -> str:
        caption = f"\\parbox{{0.86\\linewidth}}{{\\centering\\small\\color{{reason}} {self.text(block.caption)}}}"
        picture = f"\\fitted{{{block.drawing.tikz(self.lang)}}}\\par\\smallskip"
        return f"\\begin{{center}}\n{picture}\n{caption}\n\\end{{center}}"


def _cells(cells: list[str]) -> str:
    """A row of a table, with room above and below a fraction."""
    strut = r" \rule[-2.8ex]{0pt}{6.6ex}" if any("\\frac" in c for c in cells) else ""
    return " & ".join(cells) + strut + r" \\"


def _align(rows: list[str]) -> str:
    """Rows with line breaks between them; the first two stay on one page, and so do the last two."""
    text = rows[0].removeprefix(GAP)
    for at, row in enumerate(rows[1:], 1):
        star = "*" if at in (1, len(rows) - 1) else ""
        space = "[4pt]" if row.startswith(GAP) else ""
        text += f" \\\\{star}{space}\n{row.removeprefix(GAP)}"
    return f"\\begin{{align*}}\n{text}\n\\end{{align*}}"
