"""What stands beside an indicator counts only where the indicator is 1: elsewhere it may be infinite in floats."""

from __future__ import annotations

from sympy import Expr, Mul, Piecewise, S

from derive.expressions.indices import through


def guarded(expr: Expr) -> Expr:
    """A product with {1 where c; 0 elsewhere} as {the other factors where c; 0 elsewhere}; the very same without one.

    exp(s_ii - m) may overflow where a sum leaves i = i out, and infinity times 0 is no number.
    """
    expr = through(expr, guarded)
    if not isinstance(expr, Mul):
        return expr
    found = next((factor for factor in expr.args if _is_indicator(factor)), None)
    if found is None:
        return expr
    rest = Mul(*(factor for factor in expr.args if factor is not found))
    return Piecewise((rest, found.args[0][1]), (S.Zero, True), evaluate=False)


def _is_indicator(factor: Expr) -> bool:
    return isinstance(factor, Piecewise) and [piece[0] for piece in factor.args] == [1, 0]
