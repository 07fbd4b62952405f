"""Elements of the array of a family at a position: by whole numbers, slices and index arrays, one mechanism for all.

A position that steps upwards through one index, and surely stays inside, is a slice; without indices it is a number;
anything else is an index array, moved inside where it may lie outside: there a mask takes the value away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Idx, Integer, Max, Min

from derive.code.integers import Integers, Loops, Scope, scope_of
from derive.code.named_axes import ALL, NamedArray, pick, rearrange
from derive.code.trees import Apply, Name, Number, Pick, Slice, Tree
from derive.expressions.indices import linear
from derive.expressions.intervals import Interval, at_least


@dataclass(frozen=True)
class Stored:
    """The variable of a family: the range of each axis; along the axis `time`, if any, it is still a Python list.

    While `filling`, it is an array in which later steps write: what is read of it is kept as it is now.
    """

    tree: Name
    ranges: tuple[Interval, ...] = ()
    time: int | None = None
    filling: bool = False


Element = tuple[Stored, tuple[Expr, ...]]  # a variable and a position in it


class Elements:
    """Makes trees that read elements of stored families, or say where to write them."""

    def __init__(self, integers: Integers):
        self.integers = integers

    def read(self, stored: Stored, position: Sequence[Expr], scope: Scope) -> NamedArray:
        """Read the elements at a position, with an axis for each of its indices."""
        tree: Tree = stored.tree
        axes = list(zip(position, stored.ranges, strict=True))
        if stored.time is not None:
            place, interval = axes.pop(stored.time)
            tree = Pick(tree, (self._one(place, interval, scope),))
        found = self._read(tree, axes, scope)
        return NamedArray(Apply("kept", (found.tree,)), found.axes) if stored.filling else found

    def _read(self, tree: Tree, axes: Sequence[tuple[Expr, Interval]], scope: Scope) -> NamedArray:
        indices = [[i for i in scope.order if i in p.free_symbols and i not in scope.loops] for p, _ in axes]
        places: list[Tree] = []
        grids: list[int] = []  # the axes that are left for index arrays
        names: list[Idx | None] = []  # of the axes of the result; None for one that an index array takes
        for at, (place, interval) in enumerate(axes):
            alone = len(indices[at]) == 1 and sum(indices[at][0] in other for other in indices) == 1
            cut = self._slice(place, indices[at][0], interval, scope) if alone else None
            if not indices[at]:
                places.append(self._one(place, interval, scope))
                continue
            if cut is None:
                grids.append(at)
            places.append(cut or ALL)
            names.append(indices[at][0] if cut else None)
        return self._gathered(pick(tree, places), [axes[n] for n in grids], names, scope)

    def _gathered(
        self, tree: Tree, places: list[tuple[Expr, Interval]], names: list[Idx | None], scope: Scope
    ) -> NamedArray:
        """Read an array by index arrays, along the axes that have no name yet."""
        if not places:
            return NamedArray(tree, tuple(a for a in names if a is not None))
        grids = [self._grid(place, interval, scope) for place, interval in places]
        new = tuple(i for i in scope.order if any(i in g.axes for g in grids))
        arrays = iter([rearrange(g, new) for g in grids])
        open_ = [n for n, a in enumerate(names) if a is None]
        first = open_[0] if open_[-1] - open_[0] + 1 == len(open_) else 0  # apart, the new axes come first
        axes = [a for a in names if a is not None]
        picks = [ALL if a is not None else next(arrays) for a in names]
        return NamedArray(pick(tree, picks), (*axes[:first], *new, *axes[first:]))

    def slices(self, position: Sequence[Expr], ranges: Sequence[Interval], scope: Scope) -> tuple[Tree, ...] | None:
        """The places of elements as numbers and slices, where every index has an axis of its own; None elsewhere."""
        indices = [[i for i in scope.order if i in p.free_symbols] for p in position]
        alone = [i for own in indices for i in own if len(own) == 1]
        if len(set(alone)) != len(alone) or set(alone) != set(scope.order):
            return None
        found = [
            self._slice(place, own[0], interval, scope) if own else self._one(place, interval, scope)
            for place, own, interval in zip(position, indices, ranges, strict=True)
        ]
        return None if None in found else tuple(f for f in found if f is not None)

    def places(
        self,
        position: Sequence[Expr],
        whole: Sequence[Interval],
        own: Mapping[Idx, Interval],
        loops: Loops | None = None,
    ) -> list[Tree]:
        """The places of elements as numbers and slices, where each index of `own` is by itself at a position."""
        found: list[Tree] = []
        for place, (low, high) in zip(position, whole, strict=True):
            if isinstance(place, Idx) and place in own:
                first, last = own[place]
                start = None if first == low else self.integers.natural(first - low)
                stop = None if last == high else self.integers.natural(last - low + 1)
                found.append(Slice(start, stop) if start or stop else ALL)
            else:
                found.append(self.integers.index(place - low, scope_of({}, loops)).tree)
        return found

    def slot(self, stored: Stored, loops: Loops) -> Pick:
        """Return the place of one time in a list of time steps, inside the loop over time."""
        (idx,) = loops
        assert stored.time is not None
        place = self.integers.index(idx - stored.ranges[stored.time][0], scope_of({}, loops)).tree
        return Pick(stored.tree, (place,))

    def _slice(self, place: Expr, idx: Idx, interval: Interval, scope: Scope) -> Slice | None:
        form = linear(place, idx)
        if form is None or form[0] < 1 or not surely_inside(place, interval, scope):
            return None
        first, last = (form[0] * end + form[1] for end in scope.ranges[idx])
        start, stop = first - interval[0], last - interval[0] + 1
        if not at_least(scope.ends(stop)[0], Integer(0)):
            stop = Max(stop, Integer(0))
        begin, end = (self.integers.index(e, scope).tree for e in (start, stop))
        return Slice(None if start == 0 else begin, None if last == interval[1] else end, form[0])

    def _grid(self, place: Expr, interval: Interval, scope: Scope) -> NamedArray:
        """Return an index array, moved inside the range where it may leave it."""
        grid = self.integers.index(place - interval[0], scope)
        if surely_inside(place, interval, scope):
            return grid
        last = self.integers.number(interval[1] - interval[0])
        return NamedArray(Apply("clip", (grid.tree, Number(0), last)), grid.axes)

    def _one(self, place: Expr, interval: Interval, scope: Scope) -> Tree:
        """Return a position without indices, moved inside the range where it may leave it."""
        place, last = place - interval[0], interval[1] - interval[0]
        if not surely_inside(place, (Integer(0), last), scope):
            place = Max(Integer(0), Min(place, last, evaluate=False), evaluate=False)
        return self.integers.index(place, scope).tree


def surely_inside(place: Expr, interval: Interval, scope: Scope) -> bool:
    """True if a position surely lies in a range."""
    least, greatest = scope.ends(place)
    return bool(at_least(least, interval[0]) and at_least(interval[1], greatest))
