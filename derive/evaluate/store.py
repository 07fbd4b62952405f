"""Where the numbers of a model live while it is evaluated: one array per family, or one slice per time step.

Arrays have the family's own axes first and the sample points last, shape (*sizes, points). A family inside a recurrence
is kept as slices by time until somebody asks for all of it; by the values of several indices where several loops run.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from itertools import product
from typing import Any

from derive.errors import ModelError
from derive.evaluate.backend import Array, Backend, Position

Key = int | tuple[int, ...]


def key(times: tuple[int, ...]) -> Key:
    """Return how a slice is called: by one number, or by several."""
    return times[0] if len(times) == 1 else times


def _without(axes: tuple[int, ...], each: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out what belongs to the sliced axes."""
    return each[1:] if axes == (0,) else tuple(e for n, e in enumerate(each) if n not in axes)


class Store:
    """The values of families by name; `low` is the first index value of each axis, `time` are the sliced axes.

    A slice along one axis has a number as its key, one along several axes a tuple of numbers.
    """

    def __init__(self, backend: Backend):
        self.backend = backend
        self.low: dict[str, tuple[int, ...]] = {}
        self.high: dict[str, tuple[int, ...]] = {}
        self.slices: dict[str, dict[Key, Array]] = {}
        self.time: dict[str, tuple[int, ...]] = {}
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

    def open(self, name: str, ranges: Sequence[tuple[int, int]], *time: int) -> None:
        """Begin a family that will come slice by slice along the axes `time`."""
        self._declare(name, ranges)
        self.slices[name], self.time[name] = {}, time
        self._whole.pop(name, None)

    def _declare(self, name: str, ranges: Sequence[tuple[int, int]]) -> None:
        self.low[name] = tuple(a for a, _ in ranges)
        self.high[name] = tuple(b for _, b in ranges)

    def put_slice(self, name: str, t: Key, array: Array) -> None:
        """Store one time step of an open family."""
        self.slices[name][t] = self._array(array)
        self._whole.pop(name, None)

    def _array(self, value: Array) -> Array:
        """Give a number that is the same at every point the axis of the points."""
        return value if getattr(value, "shape", ()) else value + self.backend.zeros((1,))

    def whole(self, name: str) -> Array:
        """Return all of a family, its slices stacked in the order of time."""
        if name not in self._whole:
            slices, axes = self.slices[name], self.time[name]
            times = [range(self.low[name][axis], self.high[name][axis] + 1) for axis in axes]
            zero = self.backend.zeros(self._shape(name))
            stacked = self.backend.stack([slices.get(key(t), zero) for t in product(*times)])
            if len(axes) > 1:
                stacked = stacked.reshape((*map(len, times), *stacked.shape[1:]))
            self._whole[name] = stacked if axes == (0,) else self.move(stacked, axes)
        return self._whole[name]

    def part(self, name: str, first: Sequence[Position]) -> Array:
        """Return a family at whole numbers on its first axes; an axis at which no number is given stays."""
        axes, low = self.time.get(name, ()), self.low[name]
        fixed = {axis: place for axis, place in enumerate(first) if isinstance(place, int)}
        at = key(tuple(fixed[axis] for axis in axes)) if axes and set(axes) <= fixed.keys() else None
        step = self.slices[name].get(at) if at is not None else None
        array = self.whole(name) if step is None else step
        left = [axis for axis in range(len(first)) if step is None or axis not in axes]
        return array[tuple(fixed[axis] - low[axis] if axis in fixed else slice(None) for axis in left)]

    def places(self, name: str, position: tuple[Position, ...]) -> Position:
        """Return positions that the store holds as numbers, the same at every point; outside the range the nearest."""
        return self.backend.whole(self.read(name, position, False))

    def _shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a slice, also where none is known yet."""
        for found in self.slices[name].values():
            return tuple(found.shape)
        ends = zip(self.low[name], self.high[name], strict=True)
        return (*(b - a + 1 for n, (a, b) in enumerate(ends) if n not in self.time[name]), 1)

    @staticmethod
    def move(array: Array, axes: Sequence[int]) -> Array:
        """Move the first axes to their own places among the family's axes."""
        others = iter(range(len(axes), len(array.shape)))
        order = [axes.index(n) if n in axes else next(others) for n in range(len(array.shape))]
        return array.permute(order) if hasattr(array, "permute") else array.transpose(order)

    def read(self, name: str, position: tuple[Position, ...], strict: bool) -> Array:
        """Return the elements at a position; outside the range: ModelError if `strict`, else the nearest element."""
        axes = self.time.get(name, ())
        if axes and all(isinstance(position[axis], int) for axis in axes):
            at = key(tuple(position[axis] for axis in axes))
            if at in self.slices[name]:
                if len(axes) == len(position):
                    return self.slices[name][at]
                rest, low = (_without(axes, p) for p in (position, self.low[name]))
                return self._take(name, self.slices[name][at], rest, low, strict)
            if strict:
                raise ModelError(f"{name} is asked for at {at}, which no start value and no step defines")
        return self._take(name, self.whole(name), position, self.low[name], strict)

    def _take(
        self, name: str, array: Array, position: tuple[Position, ...], low: tuple[int, ...], strict: bool
    ) -> Array:
        if not position:
            return array
        moved = tuple([_moved(p, a) for p, a in zip(position, low, strict=True)])
        if strict:
            for place, shift, size in zip(moved, low, array.shape, strict=False):
                if 0 in getattr(place, "shape", ()):
                    continue
                first, last = _ends(place)
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


def _moved(place: Any, by: int) -> Any:
    """Return positions counted from another one; a grid that knows its ends still does."""
    found = place - by if by else place
    if by and (ends := getattr(place, "ends", None)) is not None:
        found.ends = ends[0] - by, ends[1] - by
    return found


def _ends(place: Any) -> tuple[int, int]:
    """Return the first and the last position, as a grid knows them or by looking."""
    if isinstance(place, int):
        return place, place
    known: tuple[int, int] | None = getattr(place, "ends", None)
    return known or (int(place.min()), int(place.max()))
