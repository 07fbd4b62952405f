"""How heavy an expression is to read: the measure by which shorter forms are chosen."""

from __future__ import annotations

from sympy import Add, Expr, Idx, Indexed, Product, Sum, Symbol

from derive.expressions.symbols import Partial
from derive.memo import memo


@memo
def weight(expr: Expr) -> int:
    """How much there is to read: one for each symbol, index and number other than 1, each bracket and each sum sign."""
    if isinstance(expr, (Symbol, Indexed, Partial, Idx)):
        return 1
    if expr.is_Number:
        return 0 if abs(expr) == 1 else 1
    return sum(map(weight, expr.args)) + isinstance(expr, (Sum, Product, Add))


@memo
def extent(expr: Expr) -> int:
    """The same where numbers and the limits of sums are passed over, and a partial counts the four signs of its
    fraction."""
    if isinstance(expr, Partial):
        return 4
    if isinstance(expr, (Symbol, Indexed, Idx)):
        return 1
    parts = (expr.function,) if isinstance(expr, (Sum, Product)) else expr.args
    return sum(map(extent, parts)) + isinstance(expr, (Sum, Product, Add))
