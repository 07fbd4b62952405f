"""Geometric sums, and what the declared domains say about 1 minus a ratio: by it one divides only if it is not 0.

sum over s = a..b of q^s  =  (q^a - q^(b+1)) / (1 - q),  q not 1
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Idx, Mul, Pow, S, Sum, Symbol, expand_mul

from derive.indices import name_of, substitute
from derive.model import Node
from derive.products import gathered

NONZERO = ("positive", "probability", "nonzero")


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


def nonzero(expr: Expr, nodes: Mapping[str, Node]) -> bool:
    """Certainly not 0, by the domains of the leaves."""
    if expr.is_number:
        return bool(expr != 0)
    if isinstance(expr, Mul):
        return all(nonzero(f, nodes) for f in expr.args)
    if isinstance(expr, Pow):
        return nonzero(expr.base, nodes)
    return _domain(expr, nodes) in NONZERO or proper(expr, nodes)


def proper(expr: Expr, nodes: Mapping[str, Node]) -> bool:
    """Certainly between 0 and 1: a probability, a product of such, or 1 minus such."""
    if isinstance(expr, Mul):
        return all(proper(f, nodes) for f in expr.args)
    if isinstance(expr, Add):
        return len(expr.args) == 2 and expr.args[0] is S.One and proper(-expr.args[1], nodes)
    return _domain(expr, nodes) == "probability"


def _domain(expr: Expr, nodes: Mapping[str, Node]) -> str | None:
    """The declared domain of a leaf."""
    node = nodes.get(name_of(expr)) if isinstance(expr, Symbol) else None
    return node.domain if node is not None else None
