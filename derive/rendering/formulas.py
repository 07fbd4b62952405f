"""What every format needs of a block of mathematics: its rows as strings, in LaTeX or Unicode, numbers put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Idx, Symbol

from derive.derivation import Term
from derive.rendering.blocks import Row
from derive.rendering.numerals import Numeral
from derive.rendering.printer import Printed, Printer, printer
from derive.rendering.span import Span

DOTS = {"latex": r"\dots", "text": "…"}
Values = Mapping[Expr, Numeral]


class Formulas:
    """Prints formulas for one style, one order of names and one choice of sizes."""

    def __init__(self, style: str, order: tuple[str, ...], sizes: tuple[tuple[Symbol, int], ...]):
        self.style, self.order, self.sizes = style, order, sizes
        self.plain = printer(style, order, sizes)

    def looping(self, index: Idx) -> Printer:
        """The printer whose formulas are templates in the index."""
        return printer(self.style, self.order, self.sizes, index)

    def show(self, value: Any) -> str:
        """Any value of a sentence or a table cell as mathematics."""
        if isinstance(value, Numeral):
            return value.text(self.style == "latex")
        if isinstance(value, Span):
            p, dots = self.plain, DOTS[self.style]
            low, high = p.index(value.low), p.index(value.high)
            between = f", {dots}, " if not _neighbours(low, high) else ", "
            return f"{p.index(value.idx)} = {low}" if low == high else f"{p.index(value.idx)} = {low}{between}{high}"
        return self.plain(value)

    def pieces(self, right: Expr | tuple[Term, ...], dots: bool = False, show: Printer | None = None) -> list[str]:
        """The right-hand side of a row as its terms, each with its sign where it is negative."""
        p = show or self.plain
        if isinstance(right, tuple):
            return [p.term(t, p.style.dot if dots else None, lone=len(right) == 1) for t in right]
        return p.terms(right)

    def numbers(self, right: Expr | tuple[Term, ...], values: Values) -> list[str]:
        """The right-hand side with numbers for its quantities."""
        return self.pieces(right, True, Substituting(self.style, self.order, self.sizes, values))

    def rows(self, rows: tuple[Row, ...], index: Idx | None = None) -> list[tuple[str, list[str], Row]]:
        """left and the terms of right of each row, as templates in the index where there is one."""
        show = self.plain if index is None else self.looping(index)
        return [("" if r.left is None else show(r.left), self.pieces(r.right, r.dots, show), r) for r in rows]


def _neighbours(low: str, high: str) -> bool:
    return low.isdigit() and high.isdigit() and int(high) - int(low) == 1


class Substituting(Printer):
    """A printer that writes numbers for what it knows, negative ones in brackets, with dots between factors."""

    def __init__(self, style: str, order: tuple[str, ...], sizes: tuple[tuple[Symbol, int], ...], values: Values):
        base = printer(style, order, sizes)
        super().__init__(replace(base.style, space=base.style.dot), order, sizes)
        self.values, self.latex = values, style == "latex"

    def _print(self, expr: Expr) -> Printed:
        found = self.values.get(expr)
        if found is None:
            return super()._print(expr)
        text = found.text(self.latex)
        return text, 1 if text.startswith("-") else 4 if text.replace(".", "").isdigit() else 2
