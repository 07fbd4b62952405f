"""Put values in for names, under sums too, and bring sums into their shortest form."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, Expr, Idx, Indexed, Mul, S, Sum

from derive.expressions.indices import Limits, bound_indices, substitute, sum_over, through
from derive.language import Text
from derive.memo import memo
from derive.model.model import Node

INSERT = Text("insert {values}", "代入 {values}")
INSERT_DEFINITIONS = Text("insert the definition of {names}", "代入 {names} 的定义")


def at(node: Node, expr: Expr, element: Expr) -> Expr:
    """What stands for the generic element of a family, at another element of it."""
    return substitute(expr, dict(zip(node.indices, getattr(element, "indices", ()), strict=True)))


@memo
def tidy(expr: Expr) -> Expr:
    """Every sum with its constant factors in front; a sum of zeros is 0, one of equal terms their number times one.

    >>> tidy(Sum(a * u[k] + b, *over(k)) + Sum(a, *over(k)))
    a*n + Sum(a*u[k] + b, (k, 1, n))
    >>> tidy(Sum(a * u[k], *over(k)))
    a*Sum(u[k], (k, 1, n))
    """
    if isinstance(expr, Sum):
        return _summed(tidy(expr.function), expr.limits)
    return expr if isinstance(expr, Indexed) else through(expr, tidy)


def _summed(body: Expr, bounds: Sequence[Limits]) -> Expr:
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


def letters(expr: Expr) -> set[Basic]:
    """Every index letter in an expression, free or bound."""
    return {i for i in expr.free_symbols if isinstance(i, Idx)} | set(bound_indices(expr))
