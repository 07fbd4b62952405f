"""Conventions where a formula has no number: the slope of a norm at 0, which is 0, and 0 log 0, which is 0.

x_i / ||x|| is 0/0 at x = 0. Of all subgradients torch.norm takes 0 there, and so do the code and the check: they divide
by infinity. The distance of a point from itself is always 0.
Where a model itself divides by a norm it has no value at 0, and what was derived has none either. In u log u the
logarithm of 0 is left out, so that its limit 0 comes; a negative u is no number as before.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Function, Indexed, Mul, Ne, Piecewise, Pow, Rational, S, Symbol, log

from derive.expressions.indices import name_of, substitute, through
from derive.expressions.matrices import Length
from derive.expressions.squares import Square, norm, squares
from derive.expressions.traverse import free_indices
from derive.memo import memo
from derive.model.model import Node


class OrInfinity(Function):
    """Its argument, and infinity where that is 0."""

    is_real = True


def slopes_of_norms(expr: Expr, nodes: Mapping[str, Node]) -> Expr:
    """Return an adjoint with x_i / ||x|| as 0 where the norm is 0; the very same if there is none in it."""
    if not _divides_at_all(expr):
        return expr
    expr = through(expr, lambda part: slopes_of_norms(part, nodes))
    if not isinstance(expr, Mul):
        return expr
    found = {f: _or_zero(f) for f in expr.args if _divides(f, expr, nodes)}
    return Mul(*(found.get(f, f) for f in expr.args)) if found else expr


def norms_in_matrices(expr: Expr, nodes: Mapping[str, Node]) -> Expr:
    """Return a matrix form with x / ||x|| as 0 where the norm is 0; a number stands apart from its vector there."""
    if isinstance(expr, Pow) and expr.exp.is_negative:
        is_norm = isinstance(expr.base, Length) or bool(_norm_of(expr.base, nodes, expr.exp))
        return OrInfinity(expr.base) ** expr.exp if is_norm else expr
    return through(expr, lambda part: norms_in_matrices(part, nodes)) if _divides_at_all(expr) else expr


@memo
def _divides_at_all(expr: Expr) -> bool:
    """True if one over something stands in an expression."""
    return (isinstance(expr, Pow) and bool(expr.exp.is_negative)) or any(map(_divides_at_all, expr.args))


def _divides(factor: Expr, whole: Mul, nodes: Mapping[str, Node]) -> bool:
    """True if a factor is one over a norm, and what is squared in it stands above."""
    if not (isinstance(factor, Pow) and factor.exp.is_negative):
        return False
    parts = squares(factor.base) if factor.exp == Rational(-1, 2) else _norm_of(factor.base, nodes, factor.exp)
    letters = free_indices(whole)
    above = [b for b, n in (f.as_base_exp() for f in whole.args) if n.is_positive]
    return any(part.is_term(f, letters) for part in parts for f in above)


def _norm_of(base: Expr, nodes: Mapping[str, Node], exponent: Expr) -> tuple[Square, ...]:
    """Return what is squared in a node that is a norm, or a number times one."""
    node = nodes.get(name_of(base)) if isinstance(base, (Symbol, Indexed)) else None
    if node is None or exponent != -1 or len(node.cases) != 1:
        return ()
    at = dict(zip(node.indices, getattr(base, "indices", ()), strict=True))
    return norm(substitute(node.cases[0].expr.as_coeff_Mul()[1], at))


def _or_zero(reciprocal: Pow) -> Expr:
    """1/r, and 0 where r is 0."""
    return 1 / OrInfinity(1 / reciprocal)


@memo
def zero_log_zero(expr: Expr) -> Expr:
    """Return u log u as 0 where u is 0; the very same if there is none in it."""
    expr = through(expr, zero_log_zero)
    if not isinstance(expr, Mul):
        return expr
    logs = [f for f in expr.args if isinstance(f, log) and any(g.as_base_exp()[0] == f.args[0] for g in expr.args)]
    safe = {f: log(Piecewise((f.args[0], Ne(f.args[0], 0)), (S.One, S.true), evaluate=False)) for f in logs}
    return Mul(*(safe.get(f, f) for f in expr.args)) if safe else expr
