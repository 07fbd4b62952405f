"""Plain text with Unicode mathematics, for a terminal or an e-mail."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Any
from unicodedata import combining, east_asian_width

from derive.derivation import Term
from derive.language import Text
from derive.notation import subscript, superscript
from derive.rendering import blocks
from derive.rendering.formulas import Formulas
from derive.rendering.order import signed
from derive.rendering.template import Template, mark

WIDTH = 100
SIGNS = {"=": "=", "<-": "←", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}


def render(sheet: Iterable[blocks.Block], formulas: Formulas, lang: str) -> str:
    """The sheet as one string."""
    writer = Writer(formulas, lang)
    return "\n".join(writer.block(b) for b in sheet) + "\n"


def columns(text: str) -> int:
    """How many terminal columns a string takes: two for a Chinese character, none for a combining accent."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def subscripted(text: str) -> str:
    """Numbers that were filled into a template as Unicode subscripts and superscripts."""
    text = re.sub(r"\^\((\d+)\)", lambda m: superscript(m[1]), text)
    return re.sub(r"_\{([^{}]*)\}", lambda m: subscript(m[1]), text)


def padded(text: str, width: int) -> str:
    """The string filled with blanks to a number of columns."""
    return text + " " * max(0, width - columns(text))


class Writer:
    """One block at a time."""

    def __init__(self, formulas: Formulas, lang: str):
        self.formulas, self.lang = formulas, lang

    def block(self, block: blocks.Block) -> str:
        """The text of one block, by its kind."""
        text: str = getattr(self, type(block).__name__.lower())(block)
        return text

    def text(self, text: Text) -> str:
        return text.pick(self.lang, self.formulas.show)

    def value(self, value: Any) -> str:
        return Text._shown(value, self.lang, self.formulas.show)

    def title(self, block: blocks.Title) -> str:
        head = self.text(block.title)
        lines = [head, "=" * columns(head), self.text(block.subtitle)]
        return "\n".join(lines) + (f"\n\n{self._wrapped(block.statement)}" if block.statement is not None else "")

    def heading(self, block: blocks.Heading) -> str:
        head = self.text(block.text)
        if block.level == 2:
            return f"\n{head}"
        return f"\n{head}\n{('=' if block.level == 0 else '-') * columns(head)}"

    def paragraph(self, block: blocks.Paragraph) -> str:
        return self._wrapped(block.text)

    def picture(self, block: blocks.Picture) -> str:
        return f"[{self._wrapped(block.caption)}]"

    def _wrapped(self, text: Text) -> str:
        shown = self.text(text)
        return (
            shown if self.lang == "zh" else textwrap.fill(shown, WIDTH, break_long_words=False, break_on_hyphens=False)
        )

    def equations(self, block: blocks.Equations) -> str:
        rows = [
            (left, SIGNS[row.sign], signed(right), self.text(row.reason) if row.reason is not None else "")
            for left, right, row in self.formulas.rows(block.rows)
        ]
        if block.boxed:
            return "\n".join(f"  [ {left} {sign} {right} ]" for left, sign, right, _ in rows)
        return self._aligned(rows)

    def _aligned(self, rows: list[tuple[str, str, str, str]]) -> str:
        left = max(columns(r[0]) for r in rows)
        right = min(56, max(columns(r[2]) for r in rows))
        lines = []
        for a, sign, b, why in rows:
            line = f"    {padded(a, left)} {sign} {padded(b, right) if why else b}"
            lines.append(f"{line}   ({why})" if why else line)
        return "\n".join(lines)

    def unrolled(self, block: blocks.Unrolled) -> str:
        rows = [f"{left} = {signed(right)}" for left, right, _ in self.formulas.rows(block.rows, block.index)]
        template = Template(
            f"  {self.formulas.plain(block.index)} = {mark(1, 0)}:\n" + "\n".join(f"    {r}" for r in rows)
        )
        return subscripted("\n".join(template.at(block.times, "    ⋮")))

    def expanded(self, block: blocks.Expanded) -> str:
        right = subscripted(signed(self.formulas.expanded(block)))
        if block.front:
            right = f"{self.formulas.plain.term(Term(block.front))} ({right})"
        reason = self.text(block.reason) if block.reason is not None else ""
        return self._aligned([(self.formulas.plain(block.left), "=", right, reason)])

    def worked(self, block: blocks.Worked) -> str:
        rows = []
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
            rows.append(f"    {shown} " + " ".join(f"{relation} {part}" for relation, part in parts))
        return "\n".join(rows)

    def table(self, block: blocks.Table) -> str:
        rows = [[self.value(c) for c in row] for row in (block.header, *block.rows)]
        widths = [max(columns(row[n]) for row in rows) for n in range(len(rows[0]))]
        lines = ["  " + "   ".join(padded(c, w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([lines[0], "  " + "   ".join("-" * w for w in widths), *lines[1:]])
