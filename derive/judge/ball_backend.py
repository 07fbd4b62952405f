"""The evaluation's array operations on balls, for the two passes over a model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from sympy import S

from derive.evaluate.exact import ExactBackend
from derive.expressions.functions import Row
from derive.judge.ball_functions import FUNCTIONS, function, of_expression
from derive.judge.balls import NoValue, ball, each, middle, objects, power


class BallBackend(ExactBackend):
    """numpy object arrays of balls, for the two passes over a model."""

    def constant(self, value: Any) -> Any:
        """A sympy number."""
        if value.is_Rational or value in (S.Pi, S.Exp1):
            return of_expression(value, {})
        return arb("inf" if value is S.Infinity else "-inf" if value is S.NegativeInfinity else str(value.evalf(70)))

    def whole(self, x: Any) -> Any:
        """Whole numbers without the axis of the points."""
        first = np.asarray(x, dtype=object)[..., 0]
        return np.frompyfunc(lambda v: round(float(middle(ball(v)).mid())), 1, 1)(first).astype(int)[()]

    def apply(self, row: Row, *x: Any) -> Any:
        """The function at every element."""
        return each(lambda *v: function(row, *v), *x)

    def of_matrix(self, row: Any, matrix: Any) -> Any:
        """The inverse, the determinant and its logarithm of each matrix, by elimination in balls."""
        many = np.moveaxis(matrix, -1, 0)
        *head, rows, columns = many.shape
        found = [of_matrix(row.name, one) for one in many.reshape(-1, rows, columns)]
        return np.moveaxis(np.stack(found).reshape(*head, *found[0].shape), 0, -1)

    def power(self, x: Any, exponent: Any) -> Any:
        """x to a rational exponent."""
        return each(lambda v: power(v, Fraction(int(exponent.p), int(exponent.q))), x)

    def maximum(self, *arrays: Any) -> Any:
        """The largest at every element."""
        return each(lambda *v: _largest(v), *arrays)

    def minimum(self, *arrays: Any) -> Any:
        """The least at every element."""
        return each(lambda *v: -_largest([-x for x in v]), *arrays)

    def amax(self, x: Any, axis: Any) -> Any:
        """Largest, the axes kept."""
        for one in (axis,) if isinstance(axis, int) else axis:
            found = np.take(x, [0], axis=one)
            for n in range(1, x.shape[one]):
                found = each(FUNCTIONS["max"], found, np.take(x, [n], axis=one))
            x = found
        return x

    def amin(self, x: Any, axis: Any) -> Any:
        """Least, the axes kept."""
        return -self.amax(-x, axis)

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Zeros."""
        return np.full(shape, arb(0), dtype=object)


def _largest(values: Any) -> Any:
    found = values[0]
    for value in values[1:]:
        found = FUNCTIONS["max"](found, value)
    return found


def of_matrix(name: str, matrix: Any) -> Any:
    """A function of one square matrix of balls, by elimination. NoValue where it is singular."""
    n = len(matrix)
    left = [list(row) for row in matrix]
    right, det = [[arb(int(i == j)) for j in range(n)] for i in range(n)], arb(1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(float(ball(middle(left[r][k])).mid())))
        if ball(middle(left[pivot][k])).contains(0):
            raise NoValue
        if pivot != k:
            for rows in (left, right):
                rows[k], rows[pivot] = rows[pivot], rows[k]
            det = -det
        det, top = det * left[k][k], left[k][k]
        for rows in (left, right):
            rows[k] = [x / top for x in rows[k]]
        for r in (r for r in range(n) if r != k):
            times = left[r][k]
            for rows in (left, right):
                rows[r] = [x - times * y for x, y in zip(rows[r], rows[k], strict=True)]
    if name == "inverse":
        return objects(right)
    if name in ("det", "logdet"):
        return objects(det if name == "det" else FUNCTIONS["abs"](det).log())
    raise NoValue
