"""The gain of a path: bounds of the norm of the product of its local partials, and so of a block of the Jacobian.

The slope of an activation is bounded by the functions table, a coefficient by the bounds of the values in it. The norms
of the local partials multiply where the path is a product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sympy import Abs, Add, Expr, Idx, Indexed, KroneckerDelta, Mul, S, Symbol, oo, preorder_traversal

from derive.expressions.functions import Row, row_of
from derive.expressions.intervals import Interval, times
from derive.expressions.norms import Norm
from derive.model.model import Model, Node
from derive.topics.jacobian.paths import Link, Path
from derive.topics.stability.bounds import Bounds
from derive.topics.stability.matrix_products import indices_beside, is_matrix_product, repetitions


def gain(bounds: Bounds, path: Path, wrt: Expr) -> Interval:
    """Bounds of the norm of the product of a path's local partials from below and above; oo if there is none above."""
    if not is_matrix_product(path, wrt, bounds.time, bounds.is_given, bounds.order == "2"):
        return S.Zero, oo
    lows, highs = zip(*(_local(bounds, link) for link in path.links), strict=True)
    repeated = repetitions(path, wrt, bounds.time)
    often = Mul(*(high - low + 1 for _, low, high in repeated))
    return times(*lows) if not repeated and path.delta == 1 else S.Zero, times(often, *highs)


def _local(bounds: Bounds, link: Link) -> Interval:
    """Bounds of the absolute value or norm of one local partial from below and above."""
    row = activation(link.node)
    if row is not None:
        low, high = (abs(S(end)) for end in row.slope_range)
        return (low if S(row.slope_range[0]).is_positive else S.Zero, max(low, high))
    if is_constant(bounds.model, link.value):
        return Abs(link.value), Abs(link.value)
    high, slopes = S.Zero, False
    for term in Add.make_args(link.value):
        factors = _factors(term)
        found = [*_slopes(link.node, factors)]
        slopes |= bool(found)
        high += times(*found, *(_factor(bounds, f) for f in factors))
    whole = times(*(_factor(bounds, f) for f in _factors(link.value)))  # sharper without slopes: 1 - z is at most 1
    return S.Zero, high if slopes else whole


def _factors(term: Expr) -> list[Expr]:
    return [f for f in Mul.make_args(term) if not isinstance(f, KroneckerDelta)]


def _slopes(node: Node, factors: list[Expr]) -> Iterator[Expr]:
    """Take the slopes of functions out of `factors`, and give the largest size of each.

    Such a slope stands in a local partial if the function is no node of its own, h = W sigma(x) + b: for the sigmoid it
    is sigma(x) (1 - sigma(x)), at most 1/4, where the bounds of its two factors would give 1.
    """
    rows = {row.name: row for e in preorder_traversal(node.cases[0].expr) if (row := row_of(e)) and row.arity == 1}
    inner = {a for f in factors for e in preorder_traversal(f) for a in (e, *e.args) if isinstance(a, Expr)}
    for row, u in product(rows.values(), inner if rows else ()):
        low, high = map(S, row.slope_range)
        for slope in (row.slope(u), row.slope_in_value(row.value(u)) if row.slope_in_value else S.One):
            number, rest = slope.as_coeff_Mul()
            parts = list(Mul.make_args(rest))
            if low.is_finite and high.is_finite and rest.has(u) and all(p in factors for p in parts):
                for part in parts:
                    factors.remove(part)
                yield max(abs(low), abs(high)) / abs(number)


def _factor(bounds: Bounds, factor: Expr) -> Expr:
    if isinstance(factor, Indexed) and bounds.is_given(factor):
        return _given(bounds, factor)
    return Abs(factor) if is_constant(bounds.model, factor) else bounds.magnitude(factor)


def _given(bounds: Bounds, factor: Indexed) -> Norm:
    """The norm of a parameter or constant; where every step has its own, the largest of all steps."""
    axes = len(indices_beside(bounds.time, factor))
    place = next((n for n, i in enumerate(factor.indices) if i.has(bounds.time)), None)
    if place is None or axes == 1:
        return Norm(factor.base, bounds.order if axes == 2 else "largest")
    return Norm(factor.base, bounds.order if axes else "abs", bounds.time, place)


def is_constant(model: Model, expr: Expr) -> bool:
    """True if the expression is made of scalar parameters only, so that it is the same number at every step."""
    names = [s.name for s in expr.free_symbols if isinstance(s, Symbol) and s.name in model.nodes]
    return not expr.has(Indexed, Idx) and all(model.nodes[n].kind in ("parameter", "constant") for n in names)


def activation(node: Node) -> Row | None:
    """The row of the functions table, if the node is a function of one other node and nothing else."""
    expr = node.cases[0].expr
    row = row_of(expr)
    return row if row is not None and isinstance(expr.args[0], (Symbol, Indexed)) else None
