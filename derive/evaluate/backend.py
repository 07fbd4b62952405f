"""What an array library must offer, so that expressions can be evaluated with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from derive.expressions.functions import Row
from derive.expressions.matrix_functions import MatrixRow

Array = Any


Position = Any  # an int, or an integer array that broadcasts over the axes of an expression


class Backend(Protocol):
    """What the evaluation needs of an array library: torch for the check, exact fractions for worked numbers."""

    def constant(self, value: Any) -> Any:
        """A sympy number as a scalar of the backend."""

    def apply(self, row: Row, *x: Array) -> Array:
        """An elementwise function."""

    def of_matrix(self, row: MatrixRow, matrix: Array) -> Array:
        """A function of matrices, shape (..., m, n, points); nan where one is singular."""

    def power(self, x: Array, exponent: Any) -> Array:
        """x to a number."""

    def maximum(self, *arrays: Array) -> Array:
        """Elementwise maximum of two or more; for autograd, those that tie share its slope equally."""

    def minimum(self, *arrays: Array) -> Array:
        """Elementwise minimum, as `maximum`."""

    def integers(self, first: int, last: int, shape: tuple[int, ...]) -> Array:
        """first..last along the one long axis of `shape`."""

    def gather(self, array: Array, positions: tuple[Position, ...]) -> Array:
        """array[positions], points kept as the last axis; positions outside are moved to the nearest inside."""

    def whole(self, x: Array) -> Position:
        """Whole numbers, the same at every point, without the axis of the points."""

    def choose(self, truth: Any, a: Array, b: Array) -> Array:
        """a where true, b elsewhere."""

    def on_branch(self, truth: Any, earlier: Sequence[Any], x: Array) -> Array:
        """x, of which autograd sees nothing where `truth` does not hold or one of `earlier` does."""

    def mask(self, truth: Array) -> Array:
        """Truth values as 0 and 1, with an axis for the points."""

    def total(self, x: Array, axis: int) -> Array:
        """Sum over an axis, which stays with length 1."""

    def product(self, x: Array, axis: int) -> Array:
        """Product over an axis, which stays with length 1."""

    def amax(self, x: Array, axis: int | tuple[int, ...]) -> Array:
        """Largest along axes, which stay with length 1; for autograd, those that tie share its slope equally."""

    def amin(self, x: Array, axis: int | tuple[int, ...]) -> Array:
        """Least along an axis, as `amax`."""

    def stack(self, slices: Sequence[Array]) -> Array:
        """Slices along a new first axis."""

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """Zeros."""
