"""The coordinates of a region: the numbers that the measure of a condition depends on, and which two matter most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sympy import Expr, Symbol
from sympy.matrices import MatrixBase

from derive.expressions.indices import name_of
from derive.expressions.norms import IDENTITY, Norm, SpectralRadius
from derive.model.model import Model
from derive.model.ranges import Ranges
from derive.topics.stability.check.landscape import Landscape
from derive.topics.stability.conditions import Condition

BASE = 0.1  # what a coordinate that is not drawn is fixed at
REACH, LEAST, MOST = 2.0, 0.25, 64.0  # how far an axis goes at first, at least and at most
NEAR = 0.4  # of an axis, before which the measures should not all have passed 1
STAR = "_star"  # ends the name of a state at a fixed point


class Coordinate(NamedTuple):
    """A number that a measure depends on: a scalar, or a norm, for which a 1 x 1 matrix stands.

    `axes` is the number of indices of the matrix; `low` and `high` are the ends of the axis in the plot.
    """

    name: str
    label: Expr
    axes: int
    low: float
    high: float


def coordinates(condition: Condition, where: Mapping[Symbol, Expr], model: Model) -> dict[str, Coordinate]:
    """The coordinates of a condition by their labels; named bounds in its measure are replaced by their definitions."""
    expr = condition.measure
    for symbol, value in reversed(list(where.items())):
        expr = expr.xreplace({symbol: value})
    norms = {n for n in expr.atoms(Norm, SpectralRadius) if not isinstance(n.args[0], MatrixBase)}
    found = [_norm(n, model) for n in norms]
    inside = {c.name for c in found}
    symbols = [s for s in expr.free_symbols if isinstance(s, Symbol) and name_of(s) not in {*inside, IDENTITY.name}]
    found += [_scalar(s, model) for s in symbols]
    order = {name: at for at, name in enumerate(model.order)}
    return {str(c.label): c for c in sorted(found, key=lambda c: (order.get(c.name, len(order)), c.name))}


def _norm(norm: Norm | SpectralRadius, model: Model) -> Coordinate:
    node = model.nodes.get(norm.name)
    return Coordinate(norm.name, norm, len(node.indices) if node is not None else 2, 0.0, REACH)


def _scalar(symbol: Symbol, model: Model) -> Coordinate:
    """A number from -2 to 2, or, if it is a state at a fixed point, over its whole range where this is finite.

    For a block of a matrix of blocks a 1 x 1 matrix stands.
    """
    node = model.nodes.get(symbol.name.removesuffix(STAR))
    low, high = -REACH, REACH
    if node is not None and not node.is_leaf:
        ends = Ranges(model).of(node.cases[0].expr)
        low, high = (float(e) if e.is_finite else d for e, d in zip(ends, (low, high), strict=True))
    axes = len(node.indices) if node is not None and node.is_leaf else 0
    return Coordinate(symbol.name, symbol, axes, low, high)


def fitted(chosen: Coordinate, measure: Expr, landscape: Landscape, others: Sequence[Coordinate]) -> Coordinate:
    """The coordinate with an axis long enough for the measure to pass 1, but not before NEAR of its length."""

    def beyond(share: float) -> bool:
        end = numbers([chosen], [np.array([share * chosen.high])], others)
        return bool(landscape.at(measure, end).max() > 1)

    if chosen.name.endswith(STAR):
        return chosen
    while chosen.high < MOST and not beyond(1):
        chosen = chosen._replace(low=2 * chosen.low, high=2 * chosen.high)
    while chosen.high > LEAST and beyond(NEAR):
        chosen = chosen._replace(low=chosen.low / 2, high=chosen.high / 2)
    return chosen


def numbers(drawn: Sequence[Coordinate], values: Sequence[Any], others: Sequence[Coordinate]) -> dict[str, Any]:
    """The numbers for a landscape by name: given values for the drawn coordinates, BASE for the others."""
    found = {c.name: (np.array([BASE]), c.axes) for c in others}
    return found | {c.name: (v, c.axes) for c, v in zip(drawn, values, strict=True)}


def two(
    found: Sequence[Coordinate], condition: Condition, landscape: Landscape
) -> tuple[list[Coordinate], list[Coordinate]]:
    """The two coordinates along which the measure changes most, and the other coordinates; both in the given order."""

    def change(one: Coordinate) -> float:
        line = np.linspace(one.low, one.high, 41)
        along = landscape.at(condition.measure, numbers([one], [line], [c for c in found if c is not one]))
        return float(np.ptp(np.log(np.clip(along, 1e-9, 1e9))))

    most = sorted(found, key=change, reverse=True)[:2]
    return [c for c in found if c in most], [c for c in found if c not in most]
