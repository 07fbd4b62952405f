"""Calculus of one variable, for a function that a user defines: its slope, its kinks, its numbers at test points."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from sympy import (
    Abs,
    Derivative,
    DiracDelta,
    Expr,
    Function,
    Heaviside,
    Integer,
    Max,
    Min,
    Mul,
    Piecewise,
    PolynomialError,
    Rational,
    S,
    Subs,
    cosh,
    coth,
    csch,
    diff,
    exp,
    factor,
    oo,
    real_roots,
    sech,
    sign,
    sinh,
    together,
)  # fmt: skip
from sympy.core.relational import Relational

from derive.expressions.elementwise import share
from derive.expressions.functions import Range, X, row_of
from derive.expressions.weight import weight

STEPS = tuple(Rational(n, 97) for n in (1, 5, 17, 40, 71, 103, 160, 251, 420, 701, 1300, 2999))  # at no usual kink
FAR = (Integer(10) ** 3, Integer(10) ** 6)
NEAR = Rational(1, 10**9)
JUMP = 1e-6


def in_our_functions(expr: Expr) -> Expr:
    """Min by Max, sinh by exp, Heaviside as `share`, which is the slope of a maximum of two."""
    expr = expr.replace(lambda e: isinstance(e, (sinh, cosh, coth, sech, csch)), lambda e: e.rewrite(exp))
    expr = expr.replace(Min, lambda *args: -Max(*(-a for a in args)))
    return expr.replace(Heaviside, lambda x, *_: share(x)).replace(DiracDelta, lambda *_: S.Zero)


def foreign(expr: Expr) -> Iterator[str]:
    """The names of the functions in an expression that the table does not have."""
    for inner in sorted(expr.atoms(Function, Derivative, Subs), key=str):
        if not isinstance(inner, (Max, Piecewise)) and row_of(inner) is None:
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


def far_points(domain: Range) -> tuple[Expr, ...]:
    """Large numbers of a domain."""
    return tuple(p for far in FAR for p in (-far, far) if domain[0] < p < domain[1])


def value_at(expr: Expr, point: Expr) -> float | None:
    """The value to 20 digits; None where it is infinite, or no real number."""
    value = S(expr.xreplace({X: point})).doit().evalf(20)
    return float(value) if value.is_Float or value.is_Rational else None


def kinks(expr: Expr, slope: Expr, domain: Range) -> tuple[Expr, ...]:
    """The points where value or slope jumps, found among those where a maximum, a branch or a kink may change it."""
    return tuple(sorted(p for p in set(_changes(expr)) if domain[0] < p < domain[1] and is_kink(expr, slope, p)))


def is_kink(expr: Expr, slope: Expr, point: Expr) -> bool:
    """Do the value or the slope differ on the two sides of a point, or is there none?"""
    for part in (expr, slope):
        sides = [value_at(part, point + s * NEAR) for s in (-1, 1)]
        if None in sides or abs(sides[0] - sides[1]) > JUMP * (1 + abs(sides[0])):  # type: ignore[operator, arg-type]
            return True
    return False


def _changes(expr: Expr) -> Iterator[Expr]:
    """The real roots of what is compared with zero somewhere in an expression, where that is a polynomial."""
    for inner in (branch for compared in _compared(expr) for branch in _branches(compared)):
        if inner.is_polynomial(X) and inner.has(X):
            yield from (root for root in real_roots(inner, X) if root.is_Rational or root.is_Pow)


def _branches(expr: Expr) -> Iterator[Expr]:
    """An expression with each of its maxima taken to be each of their arguments."""
    inner = next(iter(sorted(expr.atoms(Max), key=str)), None)
    if inner is None:
        yield expr
    else:
        yield from (b for argument in inner.args for b in _branches(expr.xreplace({inner: argument})))


def _compared(expr: Expr) -> Iterator[Expr]:
    for inner in expr.atoms(Max, Function):
        row = row_of(inner)
        if isinstance(inner, Max):
            yield from (a - b for a, b in combinations(inner.args, 2))
        elif isinstance(inner, Piecewise):
            yield from (c.lhs - c.rhs for _, test in inner.args for c in S(test).atoms(Relational))
        elif row is not None:
            yield from (inner.args[0] - kink for kink in row.kinks)
