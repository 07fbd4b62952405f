"""Prints the mathematics of a block as strings, in LaTeX or Unicode, and with numbers put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Idx, Integer, Mul, Sum, Symbol

from derive.chain.derivation import Term, product
from derive.expressions.indices import Limits, sized, substitute
from derive.expressions.letters import Letters
from derive.expressions.said import Said
from derive.expressions.symbols import Partial
from derive.page.blocks import Expanded, Row
from derive.page.numerals import Numeral
from derive.page.print.order import signed
from derive.page.print.printer import ADD, ATOM, MUL, Printed, Printer, printer
from derive.page.print.template import Template
from derive.page.print.typed import Typed
from derive.page.spans import Known, Ranges, Span
from derive.page.worked_line import WorkedLine

FEW = 8  # terms of a sum that are still written out with numbers
DOTS = {"latex": r"\dots", "inline": r"\dots", "text": "…"}
Values = Mapping[Expr, Numeral | Expr]  # an expression where a size has no number


class Formulas:
    """Prints formulas for one style, one order of names and one choice of sizes."""

    def __init__(
        self,
        style: str,
        order: tuple[str, ...],
        sizes: tuple[tuple[Symbol, int], ...],
        words: tuple[Said, ...] = (),
        letters: Letters = (),
    ):
        self.style, self.order, self.sizes, self.words, self.letters = style, order, sizes, words, letters
        self.plain = self.looping(None)

    @property
    def latex(self) -> bool:
        """Whether formulas are LaTeX, and not plain text."""
        return self.style != "text"

    def styled(self, style: str) -> Formulas:
        """The same names and sizes in another style."""
        return type(self)(style, self.order, self.sizes, self.words, self.letters)

    def looping(self, index: Idx | None) -> Printer:
        """The printer whose formulas are templates in the index, if there is one."""
        return printer(self.style, self.order, self.sizes, index, self.words, self.letters)

    def show(self, value: Any) -> str:
        """Any value of a sentence or a table cell as mathematics."""
        if isinstance(value, Expr):
            return self.plain(value)
        if isinstance(value, Numeral):
            return value.text(self.latex)
        if isinstance(value, WorkedLine):
            return self.worked(value)
        if isinstance(value, Typed):
            return value.latex if self.latex else value.unicode()
        if isinstance(value, float):
            return Numeral(float(f"{value:.0e}")).text(self.latex)
        if isinstance(value, Known):
            return f"{self.plain.style.name(value.name, ())} = {value.number}"
        if isinstance(value, Ranges):
            return (r";\; " if self.latex else "; ").join(self.show(s) for s in value.spans)
        if isinstance(value, Span):
            p, dots = self.plain, DOTS[self.style]
            low, high = p.index(value.low), p.index(value.high)
            between = f", {dots}, " if not _neighbours(low, high) else ", "
            return f"{p.index(value.idx)} = {low}" if low == high else f"{p.index(value.idx)} = {low}{between}{high}"
        return self.plain(value)

    def expanded(self, block: Expanded) -> list[str]:
        """The terms of a sum written out; a power whose exponent becomes 0 is left out."""
        (body,) = self.looping(block.index).pieces((block.term,))
        terms = Template(body).at(block.times, DOTS[self.style])
        return [self._at(block, n) or text for n, text in zip(block.times, terms, strict=True)]

    def _at(self, block: Expanded, n: int | None) -> str | None:
        """A term in which a power becomes 1."""
        factors = block.term.factors if n is not None else ()
        filled = [substitute(sized(f, dict(self.sizes)), {block.index: Integer(n or 0)}) for f in factors]
        gone = any(f.is_Pow and now == 1 for f, now in zip(factors, filled, strict=True))
        return self.plain.pieces((product(filled),))[0] if gone else None

    def numbers(self, right: Expr | tuple[Term, ...], values: Values) -> tuple[tuple[str, ...], bool]:
        """The right-hand side with numbers for its quantities, and whether none of them is rounded."""
        show = Substituting(self, values)
        return show.pieces(right, True), show.exact

    def worked(self, line: WorkedLine) -> str:
        """The numbers put in, and what comes out, which stands alone where it is the same: 5 · 5 · 64 = 1600."""
        numbers, value = signed(self.numbers(line.right, line.values)[0]), self.show(line.value)
        return value if numbers == value else f"{numbers} = {value}"

    def rows(self, rows: tuple[Row, ...], index: Idx | None = None) -> list[tuple[str, tuple[str, ...], Row]]:
        """left and the terms of right of each row, as templates in the index where there is one."""
        show = self.plain if index is None else self.looping(index)
        return [("" if r.left is None else show(r.left), show.pieces(r.right, r.dots), r) for r in rows]


def _neighbours(low: str, high: str) -> bool:
    return low.isdigit() and high.isdigit() and int(high) - int(low) == 1


class Substituting(Printer):
    """A printer that writes numbers for what it knows, negative ones in brackets, with dots between factors.

    A sum with a few terms is written out.
    """

    def __init__(self, formulas: Formulas, values: Values):
        f = formulas
        self.base = printer(f.style, f.order, f.sizes, None, (), f.letters)
        super().__init__(self.base.style._replace(space=self.base.style.dot), f.order, f.sizes, None, (), f.letters)
        self.values, self.latex, self.exact = values, f.latex, True

    def _print(self, expr: Expr) -> Printed:
        found = self.values.get(sized(expr, dict(self.numbers)))
        if isinstance(found, Expr):
            text, level = self.base.printed(found)
            return (text, level) if level != MUL else (self.style.brackets(text), ATOM)
        if found is not None:
            self.exact = self.exact and found.exact
            text = found.text(self.latex)
            return text, ADD if text.startswith("-") else ATOM if text.replace(".", "").isdigit() else MUL
        if isinstance(expr, Partial):
            return self.base.printed(expr)
        terms = self.written_out(expr.function, tuple(expr.limits)) if isinstance(expr, Sum) else None
        return super()._print(expr) if terms is None else (signed(self.printed(t)[0] for t in terms), ADD)

    def term(self, term: Term, join: str | None = None, lone: bool = False) -> str:
        terms = self.written_out(Mul(*term.factors), term.sums) if term.sums else None
        if terms is None:
            return super().term(term, join, lone)
        text = signed(self.printed(t)[0] for t in terms)
        return text if lone or len(terms) == 1 else self.style.brackets(text)

    def written_out(self, body: Expr, limits: tuple[Limits, ...]) -> list[Expr] | None:
        """The terms of a sum with a few terms; None for a long or symbolic one."""
        ends = [(sized(a, dict(self.numbers)), sized(b, dict(self.numbers))) for _, a, b in limits]
        if not all(a.is_Integer and b.is_Integer and b - a < FEW for a, b in ends) or len(ends) > 1:
            return None
        values = range(int(ends[0][0]), int(ends[0][1]) + 1)
        return [substitute(body, {limits[0][0]: Integer(n)}) for n in values] or [Integer(0)]
