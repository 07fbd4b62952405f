"""What a user states of a new function, held against its definition at many points.

A slope, a range or a library's function that is wrong would make a wrong line or a false claim on a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
from sympy import Expr, Rational, S

from derive.errors import UsageError
from derive.expressions.functions import ANY, Range, Row
from derive.expressions.kinks import denominators
from derive.expressions.one_variable import points, slope_of, value_at
from derive.expressions.samples import Array, grid, numbers, poles

CLOSE = 1e-9
SUSPECT = 1e-6  # two formulas in doubles may differ as much by their rounding


def check(row: Row, expr: Expr, slope: Expr) -> None:
    """Errors: UsageError where slope, ranges or numpy's function disagree with the definition `expr` at a point."""
    derivative, where = slope_of(expr), grid(row.domain)
    _defined(row, expr, derivative, where)
    _equal(row, "slope=", where, slope, derivative)
    if row.slope_in_value is not None:
        _equal(row, "slope_in_value=", where, S(row.slope_in_value(expr)), derivative)
    if row.numpy:
        _in_numpy(row, expr, where)
    _inside(row, "value_range", row.value_range, expr, where)
    _inside(row, "slope_range", row.slope_range, derivative, where)


def _defined(row: Row, expr: Expr, derivative: Expr, where: Array) -> None:
    """A value at every point, a slope where there is no usual kink, and no pole between two points."""
    values = numbers(expr)(where)
    suspects = [where[bad] for bad in (np.isnan(values), np.isinf(values))]
    for point in (*_first(suspects[0]), *_first(suspects[1]), *poles(expr, where, denominators(expr))):
        if value_at(expr, _exactly(point)) is None or point not in where:
            raise _undefined(row, point)
    for usual in _usual(row, expr):
        if value_at(expr, usual) is None or value_at(derivative, usual) is None:
            raise _undefined(row, float(usual))


def _usual(row: Row, expr: Expr) -> tuple[Expr, ...]:
    """The usual points where the value is no overflow: exp(exp(exp(30))) has more digits than a computer holds."""
    found = points(row.domain)
    values = numbers(expr)(np.array([float(p) for p in found]))
    return tuple(p for p, value in zip(found, values, strict=True) if not np.isinf(value))


def _undefined(row: Row, point: float) -> UsageError:
    return UsageError(f"{row.name} has no real value or slope at {point:.6g}; say where it is defined: domain=(0, oo)")


def _equal(row: Row, what: str, where: Array, found: Expr, truth: Expr) -> None:
    """Two formulas at the usual points, and wherever their doubles differ; at a kink a convention holds."""
    where = where[~np.isin(where, [float(k) for k in row.kinks])]
    differ = _differ(numbers(found)(where), numbers(truth)(where))
    for point in (*_usual(row, truth), *map(_exactly, _some(where, differ))):
        _close(row, what, point, value_at(found, point), value_at(truth, point))


def _close(row: Row, what: str, point: Expr, found: float | None, truth: float | None) -> None:
    if truth is None or np.isinf(truth):
        return
    if found is None or not abs(found - truth) <= CLOSE * (1 + abs(truth)):
        shown = "nothing" if found is None else f"{found:.6g}"
        raise UsageError(f"{row.name}: {what} gives {shown} at {float(point):.6g}; by the definition it is {truth:.6g}")


def _inside(row: Row, what: str, interval: Range, expr: Expr, where: Array) -> None:
    """A range at the usual points, and wherever a double lies outside; where none is claimed, nothing is done."""
    if interval == ANY:
        return
    low, high = (float(end) for end in interval)
    values = numbers(expr)(where)
    with np.errstate(invalid="ignore"):
        outside = np.maximum(low - values, values - high)
    outside = np.where(values == np.clip(values, low, high), -np.inf, outside)
    for point in (*_usual(row, expr), *map(_exactly, _some(where, outside))):
        found = value_at(expr, point)
        if found is not None and not low - _slack(low) <= found <= high + _slack(high):
            raise UsageError(f"{row.name}: {what}=({low:g}, {high:g}), but at {float(point):.6g} it is {found:.6g}")


def _slack(end: float) -> float:
    return CLOSE * (1 + abs(end)) if np.isfinite(end) else 0.0


def _differ(found: Array, truth: Array) -> Array:
    """By how much more than rounding two arrays of doubles differ, where both are finite; -inf elsewhere."""
    with np.errstate(all="ignore"):
        excess = np.abs(found - truth) - SUSPECT * (1 + np.abs(truth))
    return np.where(np.isfinite(excess), excess, -np.inf)


def _some(where: Array, excess: Array) -> Iterator[float]:
    """Of the points with something in excess the one nearest to zero, that with the largest finite excess, the last."""
    chosen = excess > 0
    yield from _first(where[chosen])
    finite = np.where(np.isfinite(excess), excess, -np.inf)
    yield from (float(p) for p in (where[np.argmax(finite)], *where[chosen][-1:]) if chosen.any())


def _first(where: Array) -> Iterator[float]:
    """The point nearest to zero, if there is any."""
    yield from (float(where[np.argmin(np.abs(where))]) for _ in range(len(where) > 0))


def _exactly(point: float) -> Expr:
    return Rational(*point.as_integer_ratio())


def _in_numpy(row: Row, expr: Expr, where: Array) -> None:
    """Errors: UsageError where numpy has no such function of one array, or another one."""
    try:
        function: Any = reduce(getattr, row.numpy.split("."), np)
    except AttributeError:
        raise UsageError(f"{row.name}: numpy has no {row.numpy}; without numpy= the definition is computed") from None
    try:
        with np.errstate(all="ignore"):
            few = np.array([float(p) for p in points(row.domain)])
            found, at_few = (np.asarray(function(a), dtype=float) for a in (where, few))
            differ = _differ(found, numbers(expr)(where))
            assert found.shape == where.shape
    except Exception:
        raise UsageError(
            f"{row.name}: numpy={row.numpy!r} is no function of one array that gives a number for each element"
        ) from None
    by_place = dict(zip((*few, *where), (*at_few, *found), strict=True))
    for point in (*few, *_some(where, differ)):
        _close(row, f"numpy={row.numpy!r}", point, float(by_place[point]), value_at(expr, _exactly(float(point))))
