"""The blocks of a sheet as Typst. Words are strings of Typst's code, so that nothing in them can be markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from derive.language import Text, written
from derive.page import blocks
from derive.page import sentences as say
from derive.page.formats import writer as base
from derive.page.formats.typst.design import page
from derive.page.look import LINE
from derive.page.print.formulas import Formulas
from derive.page.print.lines import broken, chained, width
from derive.page.print.names import DOTS
from derive.page.print.typst import equation, literal, string

HEIGHT = "\x04"  # of a step, before it is known
HIGH, LOW, WORDS = 3.4, 1.6, 1.4  # em, a line with a fraction or a sum and one without, and a line of words
LED = (blocks.Equations, blocks.Expanded, blocks.Unrolled, blocks.Worked, blocks.Table)  # what a sentence leads to
CLOSING = tuple("，。；：、！？）")
CROWDED = 12  # letters of words for each formula of a sentence
TALL = re.compile(r"\\(?:frac|sum|prod|begin)")
FILLED = r"\dots" * DOTS


class Writer(base.Writer):
    """Writes one block at a time; steps and the section in a frame are closed by what follows them."""

    dots = ('(none, (m("…", $⋮$),), none)', '#align(center, m("…", $⋮$))')

    def __init__(self, formulas: Formulas, lang: str, paper: str | None = None):
        super().__init__(formulas, lang)
        self.paper = paper
        self.open: list[str] = []
        self.height, self.heights = 0.0, list[str]()  # em, of the step that is open, and of each that is closed
        self.deepest = 1
        self.reading: Text | None = None  # of a task that has several

    def document(self, sheet: Iterable[blocks.Block]) -> str:
        """All blocks; a heading of the highest level that there is has level 1."""
        found = list(sheet)
        self.deepest = min((b.level for b in found if isinstance(b, blocks.Heading)), default=1)
        first, *others = "\n".join([*self._written(found), self.closed(0)]).split(HEIGHT)
        return first + "".join(map("".join, zip(self.heights, others, strict=True)))

    def _written(self, found: Sequence[blocks.Block]) -> Iterator[str]:
        before: blocks.Block | None = None
        each = list(base.with_sentences(found))
        leading = _leading([block for block, _, _ in each])
        for (block, said, after), leads in zip(each, leading, strict=True):
            yield self.led(before, block, said, after, leads)
            before = block

    def tables(self, block: blocks.Table, before: blocks.Block | None, after: blocks.Block | None) -> str:
        """A table, or the next one of several that follow each other."""
        run = isinstance(before, blocks.Table), isinstance(after, blocks.Table)
        opening, closing = ("" if run[0] else "#tables(" if run[1] else "#tabled("), ", " if run[1] else ")"
        return f"{opening}{self.table(block)}{closing}"

    def led(
        self,
        before: blocks.Block | None,
        block: blocks.Block,
        said: blocks.Paragraph | None,
        after: blocks.Block | None,
        leads: bool,
    ) -> str:
        """A block as its neighbours ask for: one that `leads` stays with what follows, a sentence behind the name of a
        step; a picture floats with its heading, which says of which reading it is, as another may stand above it."""
        if said is not None and isinstance(block, blocks.Heading):
            return self.heading(block, said.text)
        if isinstance(block, blocks.Heading) and _floats(block, after):
            told = block.text if self.reading is None else say.OF_READING(head=block.text, reading=self.reading)
            return self.heading(block._replace(text=told)).replace("#heading", "#floating[#heading", 1)
        if before is not None and _floats(before, block):
            return f"{self.block(block)}]"
        if isinstance(block, blocks.Table):
            return self.tables(block, before, after)
        return self.lead(block) if leads else self.block(block)

    def words(self, text: str) -> str:
        kept = "#sym.wj;" if text[:1] in CLOSING else ""  # it does not begin a line
        return f"{kept}#{string(text)};" if text else ""

    def math(self, formula: str) -> str:
        return f"#{equation('m', formula)};"

    def closed(self, level: int) -> str:
        """The end of what a heading of this level ends."""
        ends, self.open = (
            [e for e in self.open if level < 2 or e == "step"],
            [e for e in self.open if level == 2 and e != "step"],
        )
        self.heights += [f"{self.height:.0f}em"] * ends.count("step")
        return "]\n" * len(ends)

    def title(self, block: blocks.Title) -> str:
        name = self.text(block.title)
        about = f"title: {self.plain(block.title)}"
        about += f", author: {self.plain(block.author)}" if block.author is not None else ""
        under = "".join(f", [{line}]" for line in self.under(block))
        parts = [
            f"#let sheet-name = [{name}]\n#set document({about}, date: none)\n{page(self.paper)}",
            f"#head([{name}]{under})",
        ]
        return "\n".join([*parts, *([self.text(block.statement)] if block.statement is not None else [])])

    def plain(self, text: Text) -> str:
        """A sentence in plain Unicode, as a string."""
        return string(" ".join(text.pick(self.lang, self.formulas.styled("text").show).split()))

    def heading(self, block: blocks.Heading, sentence: Text | None = None) -> str:
        closed, level = self.closed(block.level), block.level - self.deepest + 1
        self.reading = None if block.level < 0 else block.text if block.level == 0 else self.reading
        head = f"#heading(level: {level})[{self.text(block.text)}]"
        said = "" if sentence is None else f"#h(0.8em){self.text(sentence)}"
        if block.boxed:
            self.open.append("proved")
            return f"\n{closed}#proved[\n{head}{said}\n"
        if block.level == 2:
            self.open.append("step")
            self.height = 2 * WORDS
            return f"\n{closed}#step({HEIGHT})[\n#lead[{head}{said}]\n"
        return f"\n{closed}{head}"

    def lead(self, block: blocks.Block) -> str:
        """A sentence that stays on the page of what it leads to."""
        return f"\n#lead[{self.block(block)}]\n"

    def paragraph(self, block: blocks.Paragraph) -> str:
        self.height += WORDS
        text = self.text(block.text)
        return f"\n#ragged[{text}]\n" if self._crowded(block.text) else f"\n{text}\n"

    def _crowded(self, text: Text) -> bool:
        """Are there so many formulas in a sentence that the few spaces between its words would be stretched?"""
        words = written(text, self.lang, lambda _: "\0", str)
        return CROWDED * words.count("\0") > len(words)

    def code(self, block: blocks.Code) -> str:
        return f'\n#raw({literal(block.text)}, block: true, lang: "python")\n'

    def boxed(self, rows: base.Rows) -> str:
        if len(rows) == 1:
            return f"#result({', '.join(self._boxed(*rows[0]))})"
        return f"#results({', '.join(map(self._whole, base.statements(rows)))})"

    def _whole(self, rows: base.Rows) -> str:
        """A result with what it is equal to besides, without reasons."""
        left, lines = rows[0][0], [line for each in rows for line in self._lines(*each)]
        return self._row(left, base.together(lines, LINE - width(left) - 4) if len(rows) > 1 else lines, None)

    def listed(self, rows: base.Rows, why: Text | None = None) -> str:
        shared = f"why: [{self.text(why)}], " if why is not None else ""
        return f"#listed({shared}{', '.join(self.row(*each) for each in rows)})"

    def worked(self, block: blocks.Worked) -> str:
        return f"#listed({', '.join(self.chain(*each) for each in self.chains(block))})"

    def _boxed(self, left: str, right: tuple[str, ...], row: blocks.Row) -> list[str]:
        """A result, in several lines where one is not enough."""
        first, *more = broken(right, LINE - width(left) - 4)
        lines = [f"{left} {self.signs[row.sign]} {first}", *(rf"\quad \quad {line}" for line in more)]
        return [equation("d", line) for line in lines]

    def row(self, left: str, right: Sequence[str], row: blocks.Row) -> str:
        return self._row(left, self._lines(left, right, row), row.reason)

    def _lines(self, left: str, right: Sequence[str], row: blocks.Row) -> list[str]:
        first, *more = broken(tuple(right), self.behind(left) - 1.5)
        return [f"{self.signs[row.sign]} {first}", *(rf"\quad {line}" for line in more)]

    def _row(self, left: str, lines: Sequence[str], reason: Text | None) -> str:
        self.height += sum(HIGH if TALL.search(line) else LOW for line in (*lines[1:], lines[0] + left))
        shown = equation("d", left) if left else "none"
        parts = "".join(f"{_line(line)}, " for line in lines)
        return f"({shown}, ({parts}), {f'[{self.text(reason)}]' if reason is not None else 'none'})"

    def chain(self, left: str, parts: base.Chain, row: blocks.Row | None = None) -> str:
        return self._row(left, chained(parts, self.behind(left)), None if row is None else row.reason)

    def aligned(self, rows: Sequence[str]) -> str:
        return f"#rows({', '.join(rows)})"

    def table(self, block: blocks.Table) -> str:
        head = ", ".join(f"[{self.text(cell)}]" for cell in block.header)
        cells = "".join(f", [{self.text(cell)}]" for row in block.rows for cell in row)
        return f"ruled({len(block.header)}, ({head},){cells})"

    def picture(self, block: blocks.Picture) -> str:
        return f"#shown({self.plain(block.caption)}, {block.drawing.typst(self.lang)}, [{self.text(block.caption)}])"


def _leading(found: Sequence[blocks.Block]) -> list[bool]:
    """Which blocks stay on the page of what follows them: a sentence that leads to formulas, to a table or to the first
    step, a few sentences that do so under one heading, and the last line before a result in its box."""
    leads = [False] * len(found)
    for n in range(len(found) - 2, -1, -1):
        block, after = found[n], found[n + 1]
        if isinstance(block, blocks.Paragraph):
            leads[n] = isinstance(after, LED) or _is_step(after) or (leads[n + 1] and _begins(found, n))
        elif isinstance(block, blocks.Equations) and not block.boxed:
            leads[n] = isinstance(after, blocks.Equations) and after.boxed and len(block.rows) < 6
    return leads


def _is_step(block: blocks.Block) -> bool:
    return isinstance(block, blocks.Heading) and block.level == 2


def _begins(found: Sequence[blocks.Block], at: int) -> bool:
    """Is this one of the first two sentences of its section?"""
    return any(isinstance(found[n], blocks.Heading) for n in (at - 1, at - 2) if n >= 0)


def _floats(before: blocks.Block, block: blocks.Block | None) -> bool:
    """Does a picture stand under its own heading?"""
    return isinstance(before, blocks.Heading) and before.level < 2 and isinstance(block, blocks.Picture)


def _line(line: str) -> str:
    """A line of a formula; one that is to be filled in by hand is high enough for that."""
    return f"filled({equation('d', line)})" if FILLED in line else equation("d", line)
