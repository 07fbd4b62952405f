"""The evaluation's array operations on exact fractions, for worked numbers: a float only where a value is irrational.

numpy arrays of Python numbers; a function with a rational value at a rational argument (the row's `exact`) keeps it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Matrix, Rational

from derive.errors import UsageError
from derive.expressions.functions import BY_NAME, Row
from derive.expressions.matrix_functions import MatrixRow

Number = Fraction | float
LONGEST = 400  # digits of a fraction after which exactness no longer helps a reader


class ExactBackend:
    """numpy object arrays; numbers are Fractions, or floats where they have to be."""

    def constant(self, value: Any) -> Number:
        """A sympy number."""
        return Fraction(int(value.p), int(value.q)) if value.is_Rational else float(value)

    def apply(self, row: Row, *x: Any) -> Any:
        """The function at every element."""
        return _each(lambda *v: at(row, *v), *x)

    def of_matrix(self, row: MatrixRow, matrix: Any) -> Any:
        """The function of each matrix by exact elimination. Errors: UsageError where it has none."""
        if row.name not in ("inverse", "logdet", "det"):
            raise UsageError(f"there are no worked numbers with {row.name}")
        each = np.moveaxis(matrix, -1, 0)
        *many, rows, columns = each.shape
        found = [_of_matrix(row, one) for one in each.reshape(-1, rows, columns)]
        return np.moveaxis(np.array(found, dtype=object).reshape(*many, *found[0].shape), 0, -1)

    def power(self, x: Any, exponent: Any) -> Any:
        """x to a rational exponent. Errors: UsageError for 0 to a negative power."""
        return _each(lambda v: _power(v, Fraction(int(exponent.p), int(exponent.q))), x)

    def maximum(self, *arrays: Any) -> Any:
        """The largest at every element."""
        return np.frompyfunc(max, len(arrays), 1)(*arrays)

    def minimum(self, *arrays: Any) -> Any:
        """The least at every element."""
        return np.frompyfunc(min, len(arrays), 1)(*arrays)

    def integers(self, first: int, last: int, shape: tuple[int, ...]) -> Any:
        """A grid of index values."""
        return np.arange(first, last + 1).reshape(shape)

    def gather(self, array: Any, positions: tuple[Any, ...]) -> Any:
        """Advanced indexing, positions outside clamped."""
        return array[tuple(np.clip(p, 0, n - 1) for p, n in zip(positions, array.shape, strict=False))]

    def whole(self, x: Any) -> Any:
        """Whole numbers without the axis of the points."""
        return np.asarray(x)[..., 0].astype(int) if np.ndim(x) > 1 else int(np.ravel(x)[0])

    def choose(self, truth: Any, a: Any, b: Any) -> Any:
        """a where true, else b."""
        return np.where(truth, a, b)

    def on_branch(self, truth: Any, earlier: Any, x: Any) -> Any:
        """x: nothing is differentiated here."""
        return x

    def mask(self, truth: Any) -> Any:
        """Whole numbers with an axis for the points."""
        return truth.astype(int).astype(object)[..., None]

    def total(self, x: Any, axis: int) -> Any:
        """Sum, the axis kept."""
        return np.sum(x, axis=axis, keepdims=True)

    def product(self, x: Any, axis: int) -> Any:
        """Product, the axis kept."""
        return np.prod(x, axis=axis, keepdims=True)

    def amax(self, x: Any, axis: int | tuple[int, ...]) -> Any:
        """Largest, the axis kept."""
        return np.max(x, axis=axis, keepdims=True)

    def amin(self, x: Any, axis: int | tuple[int, ...]) -> Any:
        """Least, the axis kept."""
        return np.min(x, axis=axis, keepdims=True)

    def stack(self, slices: Sequence[Any]) -> Any:
        """Slices along a new first axis."""
        return np.stack(np.broadcast_arrays(*(np.asarray(s, dtype=object) for s in slices)))

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Exact zeros."""
        return np.full(shape, Fraction(0), dtype=object)


def _of_matrix(row: MatrixRow, numbers: Any) -> Any:
    """A function of one matrix of numbers, as an array of numbers."""
    matrix = Matrix([[Rational(*x.as_integer_ratio()) for x in line] for line in numbers])
    value = matrix.det()
    if value == 0 and row.name != "det":
        raise UsageError(f"a matrix of which {row.name} is wanted is singular at these numbers; choose others")
    if row.name == "inverse":
        return np.array([[Fraction(int(x.p), int(x.q)) for x in line] for line in matrix.inv().tolist()], dtype=object)
    exact = Fraction(int(value.p), int(value.q))
    return np.array(exact if row.name == "det" else math.log(abs(exact)), dtype=object)


def at(row: Row, *x: Number) -> Number:
    """One function value, exact where the row knows it. Errors: UsageError outside the function's domain."""
    exact = row.exact(*x) if all(isinstance(v, (Fraction, int)) for v in x) else None
    if exact is not None:
        return Fraction(exact)
    try:
        return float(row.number(*map(float, x)))
    except (ValueError, OverflowError):
        raise UsageError(f"{row.name} has no value at {float(x[0]):.6g}; choose other numbers") from None


def _power(x: Number, exponent: Fraction) -> Number:
    if x == 0 and exponent < 0:
        raise UsageError("division by zero at these numbers; choose others")
    if exponent == Fraction(1, 2):
        return at(BY_NAME["sqrt"], x)
    if exponent.denominator == 2 and x > 0 and not isinstance(root := at(BY_NAME["sqrt"], x), float):
        return _power(root, Fraction(exponent.numerator))
    if exponent.denominator != 1 or isinstance(x, float):
        return _float_power(float(x), float(exponent))
    value = Fraction(x) ** exponent.numerator
    return value if value.denominator.bit_length() < 3 * LONGEST else float(value)


def _float_power(x: float, exponent: float) -> float:
    try:
        return math.pow(x, exponent)
    except (ValueError, OverflowError):
        raise UsageError(f"{x:.6g} to the power {exponent:.6g} has no real value; choose other numbers") from None


def _each(function: Any, *x: Any) -> Any:
    return np.frompyfunc(function, len(x), 1)(*x) if any(isinstance(v, np.ndarray) for v in x) else function(*x)
