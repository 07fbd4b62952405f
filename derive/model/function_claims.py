"""What a user states of a new function, held against its definition at many points.

A slope, a range or a library's function that is wrong would make a wrong line or a false claim on a page.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import reduce
from typing import Any

from sympy import Expr, S

from derive.errors import UsageError
from derive.expressions.functions import ANY, Range, Row
from derive.expressions.one_variable import far_points, points, slope_of, value_at

CLOSE = 1e-9


def check(row: Row, expr: Expr, slope: Expr) -> None:
    """Errors: UsageError where slope, ranges or numpy's function disagree with the definition `expr` at a point."""
    derivative = slope_of(expr)
    by_numpy = _in_numpy(row) if row.numpy else None
    for point in points(row.domain):
        value, steep = value_at(expr, point), value_at(derivative, point)
        if value is None or steep is None:
            at = f"{float(point):.6g}"
            raise UsageError(f"{row.name} has no real value or slope at {at}; say where it is defined: domain=(0, oo)")
        _close(row, "slope=", point, value_at(slope, point), steep)
        if row.slope_in_value is not None:
            _close(row, "slope_in_value=", point, value_at(S(row.slope_in_value(expr)), point), steep)
        if by_numpy is not None:
            _close(row, f"numpy={row.numpy!r}", point, by_numpy(float(point)), value)
    _inside(row, "value_range", row.value_range, expr)
    _inside(row, "slope_range", row.slope_range, derivative)


def _close(row: Row, what: str, point: Expr, found: float | None, truth: float) -> None:
    if found is None or not abs(found - truth) <= CLOSE * (1 + abs(truth)):
        shown = "nothing" if found is None else f"{found:.6g}"
        raise UsageError(f"{row.name}: {what} gives {shown} at {float(point):.6g}; by the definition it is {truth:.6g}")


def _inside(row: Row, what: str, interval: Range, expr: Expr) -> None:
    """A range is held against large arguments too; where none is claimed, there is nothing to compare."""
    low, high = float(interval[0]), float(interval[1])
    for point in (*points(row.domain), *far_points(row.domain)) if interval != ANY else ():
        found = value_at(expr, point)
        if found is not None and not low - CLOSE <= found <= high + CLOSE:
            raise UsageError(f"{row.name}: {what}=({low:g}, {high:g}), but at {float(point):.6g} it is {found:.6g}")


def _in_numpy(row: Row) -> Callable[[float], float]:
    """numpy's function; numpy is loaded only where a user names one."""
    try:
        function: Any = reduce(getattr, row.numpy.split("."), importlib.import_module("numpy"))
    except AttributeError:
        raise UsageError(f"{row.name}: numpy has no {row.numpy}; without numpy= the definition is computed") from None
    return lambda x: float(function(x))
