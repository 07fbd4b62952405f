"""The blocks of a sheet as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from derive.language import Text
from derive.page import blocks
from derive.page.formats import writer as base
from derive.page.formats.beside import beside
from derive.page.formats.tex.outline import Entry
from derive.page.formats.tex.words import escape
from derive.page.look import LINE, PICTURE
from derive.page.print.formulas import Formulas
from derive.page.print.lines import broken, chained, summands, width
from derive.page.print.order import signed

BREAK = " \\\\*\n&\\quad {} "  # within a row: the page goes on
AGAIN, NEXT = r"\quad {}", " \\\\*\n&"  # the same within a line, and between lines
FRAME = 12  # lines of one frame, which does not break
GAP = "\x01"  # some space above a row
HEADINGS = {-1: "task", 0: "reading", 1: "topic", 2: "step"}


class Statement(NamedTuple):
    """left, the lines behind it, and a remark with its width in em."""

    left: str
    lines: tuple[str, ...]
    why: str = ""
    said: float = 0.0


class Writer(base.Writer):
    """Writes one block at a time, and collects the headings for the bookmarks."""

    dots = (r"&\mathrel{\vdots}", r"\[\vdots\]")

    def __init__(self, formulas: Formulas, lang: str):
        super().__init__(formulas, lang)
        self.entries: list[Entry] = []
        self.name = self.author = ""  # of the sheet, for the file
        self.open: list[str] = []  # the environments that a heading ends: a section in a box, a step
        self.outside = formulas.styled("text")

    def notation(self, block: blocks.Notation) -> str:
        super().notation(block)
        self.outside = self.formulas.styled("text")
        return ""

    def held(self, block: blocks.Block) -> str:
        """Write a block after which no page may end; a heading takes care of that itself, and closes what is open."""
        if isinstance(block, blocks.Heading):
            return self.block(block)
        return f"{{\\held\n{self.block(block)}}}%"

    def words(self, text: str) -> str:
        return escape(text, self.lang)

    def math(self, formula: str) -> str:
        return f"${formula}$"

    def title(self, block: blocks.Title) -> str:
        title = self.text(block.title)
        self.name = self.unicode(block.title)
        self.author = self.unicode(block.author) if block.author is not None else ""
        lines = [f"\\renewcommand{{\\sheetname}}{{{title}}}", f"\\sheettitle{{{title}}}"]
        lines += [*(f"\\undertitle{{{line}}}" for line in self.under(block)), "\\titlerule"]
        return "\n".join([*lines, *([f"{self.text(block.statement)}\\par"] if block.statement is not None else [])])

    def heading(self, block: blocks.Heading) -> str:
        self.entries.append(Entry(block.level, self.unicode(block.text)))
        text, closed = self.text(block.text), self.end(block.level)
        kind = "proved" if block.boxed else HEADINGS[block.level]
        if kind in ("proved", "step"):
            self.open.append(kind)
            return f"\n{closed}\\begin{{{kind}}}{{{text}}}{{}}"
        return f"\n{closed}\\{kind}{{{text}}}"

    def opened(self, heading: blocks.Block, sentence: blocks.Paragraph) -> str:
        """The heading of a step, or of a section in a frame, with the sentence that it begins with."""
        return f"{self.block(heading).removesuffix('{}')}{{{self.text(sentence.text)}}}"

    def end(self, level: int = -1) -> str:
        """Close what a heading of this level ends: a step, and the section that stands in a box."""
        ended = [kind for kind in reversed(self.open) if level < 2 or kind == "step"]
        self.open = [kind for kind in self.open if kind not in ended]
        return "".join(f"\\end{{{kind}}}\n" for kind in ended)

    def unicode(self, text: Text) -> str:
        """A sentence in plain Unicode, as a PDF viewer shows it in the bookmarks."""
        return " ".join(text.pick(self.lang, self.outside.show).split())

    def paragraph(self, block: blocks.Paragraph) -> str:
        return f"\n{self.text(block.text)}"

    def code(self, block: blocks.Code) -> str:
        return f"{{\\footnotesize\\begin{{verbatim}}\n{block.text}\n\\end{{verbatim}}}}"

    def boxed(self, rows: base.Rows) -> str:
        if len(rows) == 1:
            return f"\\[\\result{{{self._boxed(*rows[0])}}}\\]"
        lines, _ = self._beside([self._whole(each) for each in base.statements(rows)], 4.0)
        frames = (" \\\\[2pt]\n".join(lines[n : n + FRAME]) for n in range(0, len(lines), FRAME))
        return "\n".join(f"\\[\\results{{\\begin{{aligned}}{frame}\\end{{aligned}}}}\\]" for frame in frames)

    def _boxed(self, left: str, right: tuple[str, ...], row: blocks.Row) -> str:
        """A result, in several lines where one is not enough."""
        first, *more = broken(right, LINE - width(left) - 4)
        if not more:
            return f"{left} {self.signs[row.sign]} {first}"
        text = BREAK.join([first, *more])
        return f"\\begin{{aligned}}{left} &{self.signs[row.sign]} {text}\\end{{aligned}}"

    def listed(self, rows: base.Rows, why: Text | None = None) -> str:
        said = [] if why is None else [Statement("", ("",), self.text(why), self.measure().reason(why))]
        return self._grid([*(self._statement(*each) for each in rows), *said])

    def worked(self, block: blocks.Worked) -> str:
        found = (
            Statement(left, tuple(chained(parts, LINE - width(left), AGAIN))) for left, parts in self.chains(block)
        )
        return self._grid(list(found))

    def _statement(self, left: str, right: Sequence[str], row: blocks.Row, frame: float = 0.0) -> Statement:
        room = LINE - width(left) - 1.5 - frame
        first, *more = (_narrowed(line, room) for line in broken(tuple(right), room))
        lines = (f"{self.signs[row.sign]} {first}", *(f"{AGAIN} {line}" for line in more))
        return Statement(
            left, lines, *((self.text(row.reason), self.measure().reason(row.reason)) if row.reason is not None else ())
        )

    def _whole(self, rows: base.Rows) -> Statement:
        """A result with what it is equal to besides, without reasons."""
        found = [self._statement(left, right, row._replace(reason=None), 4.0) for left, right, row in rows]
        lines = tuple(line for each in found for line in each.lines)
        room = LINE - width(found[0].left) - 5
        return found[0]._replace(lines=base.together(lines, room) if len(rows) > 1 else lines)

    def _beside(self, statements: Sequence[Statement], frame: float = 0.0) -> tuple[list[str], int]:
        """The lines of statements that stand beside each other where there is room, and the number of columns."""
        first = max(width(s.left) for s in statements) + 0.5
        needs = [LINE if len(s.lines) > 1 else _need(s, first) for s in statements]
        found = beside(needs, LINE - 0.5 - frame, 1.5)
        cells = [f"\\cell{{{w + 1.5 - first:.1f}em}}" if len(found.widths) > 1 else "" for w in found.widths]
        lines = [[_one(statements[n], cell) for n, cell in zip(line, cells, strict=False)] for line in found.lines]
        return [" & ".join(line) for line in lines], max(map(len, lines))

    def _grid(self, statements: Sequence[Statement]) -> str:
        """Statements as one block, which breaks between its lines."""
        lines, columns = self._beside(statements)
        return self.aligned(lines).replace("align*", "alignat*").replace("{alignat*}", f"{{alignat*}}{{{columns}}}", 1)

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        gap = GAP if row.gap else ""
        room = self.behind(left) - 1.5
        lines = [_narrowed(line, room) for line in broken(tuple(right), room)]
        return f"{gap}{left} &{self.signs[row.sign]} {BREAK.join(lines)}{self._why(row.reason)}"

    def _why(self, reason: Text | None) -> str:
        return f" \\why{{{self.text(reason)}}}" if reason is not None else ""

    def group(self, head: str, rows: str) -> str:
        return f"\n{head}\\nopagebreak\n{rows}"

    def expanded(self, block: blocks.Expanded) -> str:
        """All terms have the width and the sign of their template, so lines break after equally many."""
        terms, left = self.formulas.expanded(block), self.formulas.plain(block.left)
        widest = max(width(t) for t in (terms[0], terms[-1])) + 1.3
        terms = self.bracketed(block, terms)
        room = LINE - width(left) - 1.5
        first = max(1, int((room - width(terms[0]) + widest) // widest))
        each = max(1, int(room // widest))
        cuts = [0, *range(first, len(terms), each), len(terms)]
        join = signed if terms[-1].startswith("-") else " + ".join
        lines = [join(terms[a:b]) for a, b in pairwise(cuts)]
        text = BREAK.join([lines[0], *(line if line.startswith("-") else f"+ {line}" for line in lines[1:])])
        return self.aligned([f"{left} &= {text}{self._why(block.reason)}"])

    def fits(self, left: str, part: str) -> bool:
        room = LINE - width(left)
        return all(width(line) < room for line in broken(summands(part), room))

    def chain(self, left: str, parts: base.Chain, row: blocks.Row | None = None) -> str:
        gap, why = (GAP if row.gap else "", self._why(row.reason)) if row is not None else ("", "")
        room = self.behind(left)
        lines = (_narrowed(f"{{}}{line}", room, 0.95) for line in chained(parts, room, AGAIN))
        return f"{gap}{left} &{NEXT.join(lines)}{why}"

    def aligned(self, rows: Sequence[str]) -> str:
        """Rows with line breaks between them; the first two stay on one page, and so do the last two."""
        text = rows[0].removeprefix(GAP)
        for at, row in enumerate(rows[1:], 1):
            star = "*" if at in (1, len(rows) - 1) else ""
            space = "[4pt]" if row.startswith(GAP) else ""
            text += f" \\\\{star}{space}\n{row.removeprefix(GAP)}"
        return f"\\begin{{align*}}\n{text}\n\\end{{align*}}"

    def table(self, block: blocks.Table) -> str:
        head, *rows = [_cells([self.text(v) for v in row]) for row in (block.header, *block.rows)]
        inner = "\n".join(["\\toprule", head, "\\midrule", *rows, "\\bottomrule"])
        tabular = f"\\begin{{tabular}}{{{'l' * len(block.header)}}}\n{inner}\n\\end{{tabular}}"
        head = r"\begin{center}\renewcommand{\arraystretch}{\tablestretch}\small"
        return f"{head}\n\\fitted{{{tabular}}}\n\\end{{center}}"

    def picture(self, block: blocks.Picture) -> str:
        caption = f"\\parbox{{0.86\\linewidth}}{{\\centering\\smallsize\\color{{reason}} {self.text(block.caption)}}}"
        picture = f"\\pictured{{{PICTURE}}}{{{block.drawing.tikz(self.lang)}}}\\par\\smallskip"
        whole = f"\\begin{{minipage}}{{\\linewidth}}\\centering\n{picture}\n{caption}\n\\end{{minipage}}"
        return f"\\begin{{center}}\n{whole}\n\\end{{center}}"


def _narrowed(line: str, room: float, likely: float = 0.7) -> str:
    """A line that may be too wide, for a product or a bracket does not break, or as it was estimated to be this part of
    the room: LaTeX measures it and sets it smaller."""
    return line.removeprefix("{}") if width(line) < likely * room else f"\\narrowed{{{room - 1:.1f}em}}{{{line}}}"


def _cells(cells: list[str]) -> str:
    """A row of a table, with room above and below a fraction."""
    strut = r" \rule[-2.8ex]{0pt}{6.6ex}" if any("\\frac" in c for c in cells) else ""
    return " & ".join(cells) + strut + r" \\"


def _need(statement: Statement, first: float) -> float:
    """How wide a statement of one line will be behind a column of this width for what is left of its sign."""
    need = 1.05 * (width(statement.lines[0]) + (first if statement.left else 0.0))
    return need + (statement.said + 1.2 if statement.why else 0.0)


def _one(statement: Statement, cell: str) -> str:
    """A statement in its cell; one that is wide hangs over the next cells, which are empty, and may have lines."""
    lines = list(statement.lines)
    beside = cell and width(statement.left) + width(lines[-1]) + statement.said + 2 < LINE
    if statement.why and beside:
        lines[-1] += f" \\said{{{statement.why}}}"
    text = NEXT.join(f"{cell}{{{line}}}" if cell else line for line in lines)
    return f"{statement.left} &{text}" + (f" \\why{{{statement.why}}}" if statement.why and not beside else "")
