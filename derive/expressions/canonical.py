"""One spelling for expressions that differ only in the names of their bound indices."""

from __future__ import annotations

from sympy import Basic, Expr, Idx, Sum

from derive.expressions.indices import index, substitute
from derive.memo import memo


@memo
def canonical(expr: Expr) -> Expr:
    """The same with bound letters of their own, so that equal sums compare equal."""
    sums = [s for s in expr.atoms(Sum) if s is not expr]
    if not isinstance(expr, Sum):
        return substitute(expr, {s: canonical(s) for s in sums})
    letters: dict[Basic, Idx] = {b[0]: index(f"_{n}", b[1], b[2]) for n, b in enumerate(expr.limits)}
    bounds = [(letters[i], substitute(a, letters), substitute(b, letters)) for i, a, b in expr.limits]
    return Sum(substitute(expr.function, letters), *bounds)
