"""Calculus of one variable, for a function that a user defines: its slope, and its numbers at test points."""

from __future__ import annotations

from collections.abc import Iterator
from math import copysign, inf

from sympy import (
    Abs,
    Add,
    Basic,
    DiracDelta,
    Expr,
    Function,
    Heaviside,
    Max,
    Min,
    Mul,
    Number,
    NumberSymbol,
    Piecewise,
    PolynomialError,
    Pow,
    Rational,
    S,
    Symbol,
    Tuple,
    cosh,
    coth,
    csch,
    diff,
    exp,
    factor,
    oo,
    sech,
    sign,
    sinh,
    together,
)  # fmt: skip
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import Boolean

from derive.expressions.elementwise import share
from derive.expressions.functions import Range, X, row_of
from derive.expressions.weight import weight

STEPS = tuple(Rational(n, 97) for n in (1, 5, 17, 40, 71, 103, 160, 251, 420, 701, 1300, 2999))  # at no usual kink
PLAIN = (Add, Mul, Pow, Number, NumberSymbol, Symbol, Max, Piecewise, ExprCondPair, Boolean, Tuple)


def in_our_functions(expr: Expr) -> Expr:
    """Min by Max, sinh by exp, Heaviside as `share`, which is the slope of a maximum of two."""
    expr = expr.replace(lambda e: isinstance(e, (sinh, cosh, coth, sech, csch)), lambda e: e.rewrite(exp))
    expr = expr.replace(Min, lambda *args: -Max(*(-a for a in args)))
    return expr.replace(Heaviside, lambda x, *_: share(x)).replace(DiracDelta, lambda *_: S.Zero)


def foreign(expr: Expr) -> Iterator[str]:
    """The names of the functions in an expression that the table does not have, and of integrals and the like."""
    for inner in sorted(expr.atoms(Basic), key=str):
        if not isinstance(inner, PLAIN) and row_of(inner) is None:
            yield type(inner).__name__


class _Largest(Function):
    """A maximum with the slope that the table gives it: sympy's own counts three that tie as two and two."""

    def fdiff(self, argindex: int = 1) -> Expr:
        others = (*self.args[: argindex - 1], *self.args[argindex:])
        return share(*(self.args[argindex - 1] - other for other in others))


def slope_of(expr: Expr) -> Expr:
    """The derivative in x, on one fraction line where that is shorter: 1 / (1 + |x|)^2 for x / (1 + |x|)."""
    found = in_our_functions(diff(expr.replace(Max, _Largest), X).replace(_Largest, Max))
    try:
        other = _without_signs(factor(together(found)))
    except PolynomialError:  # branches
        return found
    return min(found, other, key=weight)


def _without_signs(expr: Expr) -> Expr:
    """x sign(x) is |x|."""

    def signed(product: Expr) -> bool:
        return isinstance(product, Mul) and any(a.args[0] in product.args for a in product.args if isinstance(a, sign))

    def absolute(product: Expr) -> Expr:
        found = next(a for a in product.args if isinstance(a, sign) and a.args[0] in product.args)
        return product / found / found.args[0] * Abs(found.args[0])

    return expr.replace(signed, absolute)


def points(domain: Range) -> tuple[Expr, ...]:
    """Numbers in the inside of a domain, near its ends and far away."""
    low, high = domain
    if low == -oo and high == oo:
        return tuple(sorted((*STEPS, *(-p for p in STEPS))))
    if high == oo:
        return tuple(low + p for p in STEPS)
    if low == -oo:
        return tuple(high - p for p in STEPS)
    return tuple(low + (high - low) * p / 31 for p in STEPS)


def value_at(expr: Expr, point: Expr) -> float | None:
    """The value to 20 digits, infinite where a float overflows; None where there is no real number."""
    try:
        value = S(expr.xreplace({X: point})).doit().evalf(20)
    except (OverflowError, MemoryError):
        return inf
    if not (value.is_Float or value.is_Rational):
        return None
    try:
        return float(value)
    except OverflowError:
        return copysign(inf, 1 if value > 0 else -1)
