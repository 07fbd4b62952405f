"""One spelling for expressions that differ only in the letters of their sums."""

from __future__ import annotations

from sympy import Basic, Expr, Idx, Sum

from derive.expressions.indices import index, substitute, through
from derive.memo import memo


@memo
def canonical(expr: Expr) -> Expr:
    """The expression with the letters _0, _1, ... for the indices of its sums, so that equal sums compare equal."""
    if not isinstance(expr, Sum):
        return through(expr, canonical)  # the letters must not depend on what stands around, so nothing is renamed
    letters: dict[Basic, Idx] = {b[0]: index(f"_{n}", b[1], b[2]) for n, b in enumerate(expr.limits)}
    bounds = [(letters[i], substitute(a, letters), substitute(b, letters)) for i, a, b in expr.limits]
    return Sum(substitute(expr.function, letters), *bounds)
