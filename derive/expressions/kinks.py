"""The kinks of a function that a user defines: the points without a derivative.

A function can only have one where a maximum, a branch or a kink of another function changes in its definition. The
changes whose equation is a polynomial are found exactly, all of them in doubles on a dense grid.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from sympy import Expr, Float, Function, Max, Piecewise, PolynomialError, Pow, Rational, S, real_roots, roots
from sympy.core.relational import Relational
from sympy.polys.rootoftools import ComplexRootOf

from derive.expressions.functions import EXTREMA, Range, X, row_of
from derive.expressions.one_variable import value_at
from derive.expressions.samples import grid, numbers, sign_changes

NEAR = Rational(1, 10**9)
JUMP = 1e-6
SAME = 1e-6
FAR = 1e4  # beyond, a double is too coarse for the two sides of a point


def kinks(expr: Expr, slope: Expr, domain: Range) -> tuple[Expr, ...]:
    """The points where value or slope jumps, of those where an exact root says that something changes."""
    found = {p for part in _compared(expr) for branch in _branches(part) for p in _exact_roots(branch)}
    return tuple(sorted(p for p in found if domain[0] < p < domain[1] and is_kink(expr, slope, p)))


def unexplained(expr: Expr, slope: Expr, domain: Range, known: tuple[Expr, ...]) -> float | None:
    """A kink between -10^4 and 10^4 that is found in doubles and is none of the known ones; None if there is none."""
    points, exact = grid(domain), [float(k) for k in known]
    for part in _compared(expr):
        for root in sign_changes(numbers(part), points):
            new = abs(root) < FAR and all(abs(root - k) > SAME * max(1, abs(k)) for k in exact)
            if new and is_kink(expr, slope, Rational(Float(root, 20))):
                return root
    return None


def is_kink(expr: Expr, slope: Expr, point: Expr) -> bool:
    """Do the value or the slope differ on the two sides of a point, or is there none?"""
    for part in (expr, slope):
        sides = [value_at(part, point + s * NEAR) for s in (-1, 1)]
        if None in sides or abs(sides[0] - sides[1]) > JUMP * (1 + abs(sides[0])):  # type: ignore[operator, arg-type]
            return True
    return False


def _exact_roots(expr: Expr) -> Iterator[Expr]:
    """The real roots of a polynomial that have a formula."""
    if not expr.is_polynomial(X) or not expr.has(X):
        return
    try:
        found = real_roots(expr, X)
    except (NotImplementedError, PolynomialError):  # coefficients such as the square root of 2
        found = [root for root in roots(expr, X) if root.is_real]
    yield from (root for root in found if not root.has(ComplexRootOf))


def _branches(expr: Expr) -> Iterator[Expr]:
    """An expression with each of its maxima taken to be each of their arguments."""
    inner = next(iter(sorted(expr.atoms(Max), key=str)), None)
    if inner is None:
        yield expr
    else:
        yield from (b for argument in inner.args for b in _branches(expr.xreplace({inner: argument})))


def denominators(expr: Expr) -> Iterator[Expr]:
    """What an expression is divided by somewhere."""
    yield from sorted((p.base for p in expr.atoms(Pow) if p.exp.is_negative and p.base.has(X)), key=str)


def _compared(expr: Expr) -> Iterator[Expr]:
    """What is compared with zero somewhere in an expression."""
    for inner in sorted(expr.atoms(Max, Function, Pow), key=str):
        row = row_of(inner)
        if isinstance(inner, EXTREMA):
            yield from (a - b for a, b in combinations(inner.args, 2))
        elif isinstance(inner, Piecewise):
            yield from (c.lhs - c.rhs for _, test in inner.args for c in S(test).atoms(Relational))
        elif isinstance(inner, Pow) and not inner.exp.is_integer and inner.base.has(X):
            yield inner.base
        elif row is not None:
            yield from (inner.args[0] - kink for kink in row.kinks)
