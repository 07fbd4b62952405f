"""Where the numbers of a model live while it is evaluated: one array per family, or one slice per time step.

Arrays have the family's own axes first and the sample points last, shape (*sizes, points). A family inside a recurrence
is kept as slices by time until somebody asks for all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from typing import Any

from derive.errors import ModelError
from derive.evaluate.backend import Array, Backend, Position


class Store:
    """The values of families by name; `low` is the first index value of each axis, `time` the sliced axis."""

    def __init__(self, backend: Backend):
        self.backend = backend
        self.low: dict[str, tuple[int, ...]] = {}
        self.high: dict[str, tuple[int, ...]] = {}
        self.slices: dict[str, dict[int, Array]] = {}
        self.time: dict[str, int] = {}
        self._whole: dict[str, Array] = {}

    def branch(self) -> Store:
        """A store with the same values, in which others can take the place of some."""
        other = copy(self)
        other.low, other.high, other.time = dict(self.low), dict(self.high), dict(self.time)
        other._whole = dict(self._whole)
        other.slices = {name: dict(slices) for name, slices in self.slices.items()}
        return other

    def put(self, name: str, array: Array, ranges: Sequence[tuple[int, int]]) -> None:
        """Store a whole family."""
        self._declare(name, ranges)
        self._whole[name] = self._array(array)

    def shift(self, name: str, shape: tuple[int, ...]) -> Array | None:
        """What is added to a fixed point at each of its iterations: nothing, or a variable of autograd's."""
        return None

    def unwatched(self) -> AbstractContextManager[Any]:
        """Where nothing is recorded for autograd."""
        return nullcontext()

    def open(self, name: str, ranges: Sequence[tuple[int, int]], time: int) -> None:
        """Begin a family that will come slice by slice along the axis `time`."""
        self._declare(name, ranges)
        self.slices[name], self.time[name] = {}, time
        self._whole.pop(name, None)

    def _declare(self, name: str, ranges: Sequence[tuple[int, int]]) -> None:
        self.low[name] = tuple(a for a, _ in ranges)
        self.high[name] = tuple(b for _, b in ranges)

    def put_slice(self, name: str, t: int, array: Array) -> None:
        """Store one time step of an open family."""
        self.slices[name][t] = self._array(array)

    def _array(self, value: Array) -> Array:
        """Give a number that is the same at every point the axis of the points."""
        return value if getattr(value, "shape", ()) else value + self.backend.zeros((1,))

    def whole(self, name: str) -> Array:
        """Return all of a family, its slices stacked in the order of time."""
        if name not in self._whole:
            slices, axis = self.slices[name], self.time[name]
            times = range(self.low[name][axis], self.high[name][axis] + 1)
            zero = self.backend.zeros(tuple(next(iter(slices.values())).shape))
            stacked = self.backend.stack([slices.get(t, zero) for t in times])
            self._whole[name] = stacked if axis == 0 else self.move(stacked, axis)
        return self._whole[name]

    def places(self, name: str, position: tuple[Position, ...]) -> Position:
        """Return positions that the store holds as numbers, the same at every point; outside the range the nearest."""
        return self.backend.whole(self.read(name, position, False))

    @staticmethod
    def move(array: Array, axis: int) -> Array:
        """Move the first axis to its own place among the family's axes."""
        order = [*range(1, axis + 1), 0, *range(axis + 1, len(array.shape))]
        return array.permute(order) if hasattr(array, "permute") else array.transpose(order)

    def read(self, name: str, position: tuple[Position, ...], strict: bool) -> Array:
        """Return the elements at a position; outside the range: ModelError if `strict`, else the nearest element."""
        axis = self.time.get(name)
        if axis is not None and isinstance(position[axis], int) and position[axis] in self.slices[name]:
            rest = position[:axis] + position[axis + 1 :]
            lows = self.low[name][:axis] + self.low[name][axis + 1 :]
            return self._take(name, self.slices[name][position[axis]], rest, lows, strict)
        if axis is not None and isinstance(position[axis], int) and strict:
            raise ModelError(f"{name} is asked for at {position[axis]}, which no start value and no step defines")
        return self._take(name, self.whole(name), position, self.low[name], strict)

    def _take(
        self, name: str, array: Array, position: tuple[Position, ...], low: tuple[int, ...], strict: bool
    ) -> Array:
        if not position:
            return array
        moved = tuple(p - a for p, a in zip(position, low, strict=True))
        if strict:
            for place, shift, size in zip(moved, low, array.shape, strict=False):
                if 0 in getattr(place, "shape", ()):
                    continue
                first, last = (place, place) if isinstance(place, int) else (int(place.min()), int(place.max()))
                if first < 0 or last >= size:
                    asked = (first if first < 0 else last) + shift
                    raise ModelError(
                        f"{name} is asked for at index {asked}, but runs from {shift} to {shift + size - 1}"
                    )
        if 0 in array.shape[: len(moved)]:
            return self._nothing(moved)
        return self.backend.gather(array, moved)

    def _nothing(self, position: tuple[Position, ...]) -> Array:
        """Return ones for elements of a family without any: they stand under an empty sum, or do not count."""
        arrays = [p for p in position if not isinstance(p, int)]
        return self.backend.mask(sum(arrays) == sum(arrays)) if arrays else self.backend.zeros((1,)) + 1
