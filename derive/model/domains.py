"""Which expressions are certainly not 0, and which lie between 0 and 1, by the domains that the leaves declare."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Mul, Pow, S, Symbol

from derive.expressions.indices import name_of
from derive.model.model import Node

NONZERO = ("positive", "probability", "nonzero", "sign")


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
