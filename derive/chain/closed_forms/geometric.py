"""Geometric sums, and what the declared domains say about 1 minus a ratio: by it one divides only if it is not 0.

sum over s = a..b of q^s  =  (q^a - q^(b+1)) / (1 - q),  q not 1
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Idx, Sum, expand_mul

from derive.expressions.indices import substitute
from derive.expressions.products import gathered
from derive.model.domains import nonzero
from derive.model.model import Node


def summed(total: Expr, nodes: Mapping[str, Node]) -> Expr | None:
    """A sum of constants and geometric terms without its sign of summation; None where it is something else."""
    if not isinstance(total, Sum) or len(total.limits) != 1:
        return None
    ((s, low, high),) = total.limits
    parts = [_one(term, s, low, high, nodes) for term in Add.make_args(expand_mul(total.function))]
    return None if None in parts else Add(*parts)


def _one(term: Expr, s: Idx, low: Expr, high: Expr, nodes: Mapping[str, Node]) -> Expr | None:
    """One geometric term summed from the end at which its ratio is no reciprocal."""
    first, last = substitute(term, {s: low}), substitute(term, {s: high})
    ratio = gathered(substitute(term, {s: s + 1}) / term)
    if ratio == 1:
        return term * (high - low + 1)
    if s in ratio.free_symbols:
        return None
    if nonzero(1 - ratio, nodes):
        return first * (1 - gathered(ratio * last / first)) / (1 - ratio)
    return last * (1 - gathered(first / ratio / last)) / (1 - 1 / ratio) if nonzero(1 - 1 / ratio, nodes) else None
