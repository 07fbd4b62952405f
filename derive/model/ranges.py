"""Ranges of values: what is never negative, read from the functions table, the definitions and the domains."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Indexed, Integer, Mul, Pow, S, Sum, Symbol, oo

from derive.expressions.functions import Row, row_of
from derive.expressions.indices import name_of
from derive.model.model import Model

Range = tuple[Expr, Expr]
ANY: Range = (-oo, oo)
DOMAINS: Mapping[str, Range] = {
    "positive": (S.Zero, oo), "probability": (S.Zero, S.One), "binary": (S.Zero, S.One),
}  # fmt: skip


class Ranges:
    """The closed range in which an expression of a model lies, for all values of its leaves."""

    def __init__(self, model: Model):
        self.model = model

    def of_weight(self, expr: Expr) -> tuple[Expr, Expr, Row | None]:
        """The range of a product, with the row of the functions table of which it is the slope, where it is one."""
        for node in self.model.nodes.values():
            row = row_of(node.cases[0].expr) if node.cases else None
            elements = [e for e in (expr.atoms(Indexed) | expr.atoms(Symbol)) if name_of(e) == node.name]
            slope = row.slope_in_value if row is not None else None
            if row is not None and slope is not None and any(expr == slope(e) for e in elements):
                return S(row.slope_range[0]), S(row.slope_range[1]), row
        return *self.of(expr), None

    def of(self, expr: Expr) -> Range:
        """The least and greatest value, infinite where nothing is known."""
        if expr.is_number:
            return expr, expr
        if isinstance(expr, (Symbol, Indexed)):
            return self._element(expr)
        if isinstance(expr, Add):
            lows, highs = zip(*(self.of(a) for a in expr.args), strict=True)
            return _total(lows, -oo), _total(highs, oo)
        if isinstance(expr, Mul):
            return self._product(expr)
        if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp.is_even:
            return S.Zero, oo
        if isinstance(expr, Pow) and expr.exp.is_number and self.of(expr.base)[0].is_nonnegative:
            return S.Zero, oo
        if isinstance(expr, Sum):
            return (S.Zero, oo) if self.of(expr.function)[0].is_nonnegative else ANY
        row = row_of(expr)
        return ANY if row is None else (S(row.value_range[0]), S(row.value_range[1]))

    def _element(self, expr: Expr) -> Range:
        node = self.model.nodes.get(name_of(expr))
        if node is None:
            return (Integer(1), oo) if expr.is_positive and expr.is_integer else ANY
        if node.is_leaf:
            return DOMAINS.get(node.domain, ANY)
        return self.of(node.cases[0].expr) if len(node.cases) == 1 and node.abstract is None else ANY

    def _product(self, expr: Mul) -> Range:
        number, rest = expr.as_coeff_Mul()
        if number < 0:
            low, high = self.of(Mul(-number, rest))
            return -high, -low
        parts = [self.of(a) for a in expr.args]
        if not all(low.is_nonnegative for low, _ in parts):
            return ANY
        highs = [high for _, high in parts]
        return Mul(*(low for low, _ in parts)), oo if oo in highs else Mul(*highs)


def _total(ends: tuple[Expr, ...], infinite: Expr) -> Expr:
    return infinite if infinite in ends else Add(*ends)
