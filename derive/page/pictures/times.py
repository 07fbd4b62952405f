"""The times at which a recurrence is drawn: all of a few, else the first two, dots, and the last; fewer in little room.

A length without a number is drawn as if it were LARGE: positions are whole numbers then, and T - 1 lies just before T.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from sympy import Expr, Idx, Integer, Symbol

from derive.chain.derivation import Derivation
from derive.expressions.indices import substitute
from derive.model.model import Node
from derive.model.sizes import LARGE

DOTS = -(10**9)  # the column of all times that are not drawn; no time is so early
MANY = 5  # so many steps are all drawn
MOST = (MANY, 3, 2, 1)  # columns besides that of the dots, from a wide picture to a narrow one


class Times(NamedTuple):
    """The first and the last time, the size that gives the length, numbers for sizes; `first` is None if none."""

    first: int | None
    last: int
    low: Expr
    high: Expr
    numbers: Mapping[Symbol, Expr]
    length: Symbol | None
    letter: Expr = Integer(0)
    most: int = MANY

    @property
    def shown(self) -> tuple[int, ...]:
        """The times that have a column of their own."""
        return tuple(c for c in self.columns if c != DOTS)

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns from left to right, dots among them where times are left out."""
        assert self.first is not None
        if self.last - self.first < self.most:
            return tuple(range(self.first, self.last + 1))
        return *range(self.first, self.first + min(self.most, 3) - 1), DOTS, self.last

    def choices(self) -> Iterator[Times]:
        """The same times with fewer and fewer columns."""
        yield self
        for wider, most in pairwise(MOST if self.first is not None else ()):
            if (fewer := self._replace(most=most)).columns != self._replace(most=wider).columns:
                yield fewer

    def beside_dots(self, direction: int) -> int:
        """The time just before the dots in a direction: the nearest that is drawn, else that of the start values."""
        assert self.first is not None
        at = self.columns.index(DOTS) - direction
        return self.columns[at] if at >= 0 else self.first - 1

    def column(self, time: int) -> int:
        """The column of a time; that of the dots if it has none. Start values have the time before the first."""
        outside = self.first is not None and not self.first <= time <= self.last
        return time if outside or time in self.shown else DOTS

    def axis(self, node: Node) -> int | None:
        """Which index of a family is time: the first over the range of the recurrence."""
        if self.first is None:
            return None
        found = (n for n, i in enumerate(node.indices) if (i.lower, i.upper) == (self.low, self.high))
        return next(found, None)

    def number(self, expr: Expr, values: Mapping[Expr, Expr]) -> int | None:
        """A position as a number; None if it contains other indices."""
        if expr.is_Integer:
            return int(expr)
        found = substitute(substitute(expr, values) if values else expr, self.numbers)
        return int(found) if found.is_Integer else None

    def written(self, time: int) -> Expr:
        """A time as a reader knows it: 3, or T - 1."""
        if self.length is None or time < LARGE // 2:
            return Integer(time)
        return self.length - (LARGE - time)

    def within(self, idx: Idx, values: Mapping[Expr, Expr]) -> Iterator[int]:
        """The columns that lie in the range of an index of time."""
        low, high = self.number(idx.lower, values), self.number(idx.upper, values)
        for column in self.columns:
            if column == DOTS or ((low is None or low <= column) and (high is None or column <= high)):
                yield column


def times(derivation: Derivation, sizes: Mapping[Symbol, int]) -> Times:
    """The times of the first recurrence of a model."""
    numbers = {s: Integer(n) for s, n in sizes.items()}
    for stage in derivation.stages:
        for name, axis in stage.time.items():
            idx = derivation.model.nodes[name].indices[axis]
            free = [s for s in idx.upper.free_symbols if s not in numbers]
            length = free[0] if len(free) == 1 and idx.upper == free[0] else None
            numbers |= {s: Integer(LARGE) for s in free}
            first, last = (substitute(e, numbers) for e in (idx.lower, idx.upper))
            if first.is_Integer and last.is_Integer:
                return Times(int(first), int(last), idx.lower, idx.upper, numbers, length, idx)
    return Times(None, 0, Integer(0), Integer(0), numbers, None)
