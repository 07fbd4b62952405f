"""Which expressions are certainly not 0, and which lie between 0 and 1, by the domains that the leaves declare."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Mul, Pow, S, Symbol

from derive.expressions.indices import name_of
from derive.model.model import Domain, Node

NONZERO = ("positive", "probability", "nonzero", "sign")


def positive(leaf: Node) -> bool:
    """Is a leaf declared to be positive?"""
    found = leaf.domain
    return found in ("positive", "probability") or (isinstance(found, tuple) and bool(found[0] >= 0))


def nonzero(expr: Expr, nodes: Mapping[str, Node]) -> bool:
    """Certainly not 0, by the domains of the leaves."""
    if expr.is_number:
        return bool(expr != 0)
    if isinstance(expr, Mul):
        return all(nonzero(f, nodes) for f in expr.args)
    if isinstance(expr, Pow):
        return nonzero(expr.base, nodes)
    found = _domain(expr, nodes)
    if isinstance(found, tuple):
        return bool(found[0].is_nonnegative or found[1].is_nonpositive)
    return found in NONZERO or proper(expr, nodes)


def proper(expr: Expr, nodes: Mapping[str, Node]) -> bool:
    """Certainly between 0 and 1: a probability, a product of such, or 1 minus such."""
    if isinstance(expr, Mul):
        return all(proper(f, nodes) for f in expr.args)
    if isinstance(expr, Add):
        return len(expr.args) == 2 and expr.args[0] is S.One and proper(-expr.args[1], nodes)
    found = _domain(expr, nodes)
    return found == "probability" or (isinstance(found, tuple) and bool(found[0] >= 0) and bool(found[1] <= 1))


def _domain(expr: Expr, nodes: Mapping[str, Node]) -> Domain | None:
    """The declared domain of a leaf."""
    node = nodes.get(name_of(expr)) if isinstance(expr, Symbol) else None
    return node.domain if node is not None else None
