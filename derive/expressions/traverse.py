"""Walks over an expression: what it mentions, and which of its indices are free."""

from __future__ import annotations

from sympy import (
    Basic,
    Expr,
    Idx,
    Indexed,
    IndexedBase,
    Symbol,
)

from derive.expressions.indices import BINDERS, name_of
from derive.expressions.symbols import Partial
from derive.memo import memo


@memo
def mentioned(expr: Expr) -> frozenset[str]:
    """The families that an expression is made of, and "adjoint z" for an adjoint dL/dz."""
    if isinstance(expr, (Symbol, Indexed)):
        return frozenset() if isinstance(expr, Idx) else frozenset({name_of(expr)})
    if isinstance(expr, Partial):
        return frozenset({f"adjoint {name_of(expr.wrt)}"})
    return frozenset().union(*(mentioned(a) for a in expr.args))


def free_indices(expr: Basic) -> list[Idx]:
    """The indices that no Sum inside binds, in the order of their names."""
    if isinstance(expr, Idx):
        return [expr]
    found = {i for a in expr.args for i in free_indices(a)} if not isinstance(expr, (Symbol, IndexedBase)) else set()
    if isinstance(expr, Indexed):
        found = {i for a in expr.indices for i in free_indices(a)}
    if isinstance(expr, BINDERS):  # the inner limits first: an outer one may end at a letter that an inner one binds
        found = set(free_indices(expr.function))
        for idx, *ends in expr.limits:
            found = (found - {idx}).union(*map(free_indices, ends))
    return sorted(found, key=name_of)


def names(expr: Expr) -> set[str]:
    """The families whose values occur in an expression."""
    return {name_of(q) for q in quantities(expr)}


def quantities(expr: Expr) -> set[Expr]:
    """The elements that an expression is made of, not the letters in their places."""
    if isinstance(expr, (Indexed, Symbol)):
        return set() if isinstance(expr, Idx) else {expr}
    return set().union(*(quantities(a) for a in expr.args)) if not isinstance(expr, Partial) else set()
