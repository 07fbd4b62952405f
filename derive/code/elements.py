"""An element of a family over letters: whole numbers, slices and index arrays, by one mechanism.

A position that steps upwards through one letter, and surely stays inside, is a slice; without letters it is a number;
anything else is an index array, moved inside where it may lie outside: there a mask takes the value away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Idx, Integer, Max, Min

from derive.code.integers import Scope, Wholes
from derive.code.named_axes import ALL, Laid, picked, spread
from derive.code.program import Apply, Name, Number, Pick, Slice, Tree
from derive.expressions.indices import linear
from derive.expressions.intervals import Interval, at_least


@dataclass(frozen=True)
class Stored:
    """A family as a variable: the range of each axis, and the axis along which it is still a Python list."""

    tree: Name
    ranges: tuple[Interval, ...] = ()
    time: int | None = None


class Reading(Wholes):
    """Elements of stored families."""

    def read(self, stored: Stored, position: tuple[Expr, ...], scope: Scope) -> Laid:
        """The elements at a position, an axis for each of its letters."""
        tree: Tree = stored.tree
        axes = list(zip(position, stored.ranges, strict=True))
        if stored.time is not None:
            place, interval = axes.pop(stored.time)
            tree = Pick(tree, (self._one(place, interval, scope),))
        return self._picked(tree, axes, scope)

    def _picked(self, tree: Tree, axes: Sequence[tuple[Expr, Interval]], scope: Scope) -> Laid:
        letters = [[i for i in scope.order if i in p.free_symbols and i not in scope.loops] for p, _ in axes]
        places: list[Tree] = []
        grids: list[int] = []  # the axes that are left for index arrays
        kept: list[Idx | None] = []
        for at, (place, interval) in enumerate(axes):
            alone = len(letters[at]) == 1 and sum(letters[at][0] in other for other in letters) == 1
            cut = self._slice(place, letters[at][0], interval, scope) if alone else None
            if not letters[at]:
                places.append(self._one(place, interval, scope))
                continue
            if cut is None:
                grids.append(at)
            places.append(cut or ALL)
            kept.append(letters[at][0] if cut else None)
        tree = picked(tree, places)
        return self._gathered(tree, [axes[n] for n in grids], kept, scope)

    def slices(self, position: Sequence[Expr], ranges: Sequence[Interval], scope: Scope) -> tuple[Tree, ...] | None:
        """The places of elements as numbers and slices, where every letter has an axis of its own; None elsewhere."""
        letters = [[i for i in scope.order if i in p.free_symbols] for p in position]
        alone = [i for own in letters for i in own if len(own) == 1]
        if len(set(alone)) != len(alone) or set(alone) != set(scope.order):
            return None
        found = [
            self._slice(place, own[0], interval, scope) if own else self._one(place, interval, scope)
            for place, own, interval in zip(position, letters, ranges, strict=True)
        ]
        return None if None in found else tuple(f for f in found if f is not None)

    def _slice(self, place: Expr, letter: Idx, interval: Interval, scope: Scope) -> Slice | None:
        form = linear(place, letter)
        if form is None or form[0] < 1 or not self.inside(place, interval, scope):
            return None
        first, last = (form[0] * end + form[1] for end in scope.ranges[letter])
        start, stop = first - interval[0], last - interval[0] + 1
        if not at_least(scope.ends(stop)[0], Integer(0)):
            stop = Max(stop, Integer(0))
        begin, end = (self.whole(e, scope).tree for e in (start, stop))
        return Slice(None if start == 0 else begin, None if last == interval[1] else end, form[0])

    def _gathered(self, tree: Tree, places: list[tuple[Expr, Interval]], kept: list[Idx | None], scope: Scope) -> Laid:
        """Index arrays for the axes that `kept` leaves open."""
        if not places:
            return Laid(tree, tuple(a for a in kept if a is not None))
        grids = [self._grid(place, interval, scope) for place, interval in places]
        new = tuple(i for i in scope.order if any(i in g.axes for g in grids))
        arrays = iter([spread(g, new) for g in grids])
        open_ = [n for n, a in enumerate(kept) if a is None]
        first = open_[0] if open_[-1] - open_[0] + 1 == len(open_) else 0  # apart, the new axes come first
        axes = [a for a in kept if a is not None]
        picks = [ALL if a is not None else next(arrays) for a in kept]
        return Laid(picked(tree, picks), (*axes[:first], *new, *axes[first:]))

    def _grid(self, place: Expr, interval: Interval, scope: Scope) -> Laid:
        grid = self.whole(place - interval[0], scope)
        if self.inside(place, interval, scope):
            return grid
        last = self.number(interval[1] - interval[0])
        return Laid(Apply("clip", (grid.tree, Number(0), last)), grid.axes)

    def _one(self, place: Expr, interval: Interval, scope: Scope) -> Tree:
        """A position without letters."""
        place, last = place - interval[0], interval[1] - interval[0]
        if not self.inside(place, (Integer(0), last), scope):
            place = Max(Integer(0), Min(place, last, evaluate=False), evaluate=False)
        return self.whole(place, scope).tree

    def inside(self, place: Expr, interval: Interval, scope: Scope) -> bool:
        """Does a position surely lie in a range?"""
        least, greatest = scope.ends(place)
        return bool(at_least(least, interval[0]) and at_least(interval[1], greatest))
