"""Bring every sum inside an expression into its shortest form."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Indexed, Mul, S, Sum

from derive.expressions.indices import Limits, sum_over, through
from derive.memo import memo


@memo
def tidy(expr: Expr) -> Expr:
    """Put constant factors in front of every sum; a sum of zeros is 0, one of equal terms their number times one.

    >>> tidy(Sum(a * u[k] + b, *over(k)) + Sum(a, *over(k)))
    a*n + Sum(a*u[k] + b, (k, 1, n))
    >>> tidy(Sum(a * u[k], *over(k)))
    a*Sum(u[k], (k, 1, n))
    """
    if isinstance(expr, Sum):
        return _shortest(tidy(expr.function), expr.limits)
    return expr if isinstance(expr, Indexed) else through(expr, tidy)


def _shortest(body: Expr, bounds: Sequence[Limits]) -> Expr:
    if body == 0:
        return S.Zero
    front, body = body.as_independent(*(idx for idx, _, _ in bounds), as_Add=False)
    left: list[Limits] = []
    for n, (idx, low, high) in enumerate(bounds):  # inner sums first: only an outer one can have ends that need idx
        if idx in body.free_symbols or any(idx in e.free_symbols for b in (*left, *bounds[:n]) for e in b[1:]):
            left.append((idx, low, high))
        elif {i for i, _, _ in bounds} & (high - low).free_symbols:
            body *= high - low + 1
        else:
            front *= high - low + 1
    return Mul(front, sum_over(body, left))
