"""Whether two formulas have the same value, in every world, at every element and point.

They are the same where the difference of the balls holds 0 everywhere and is small, and different where one ball does
not hold 0, which is a proof. What can be computed nowhere is undecided.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from itertools import product as combinations
from math import prod
from typing import Any

import numpy as np
from flint import arb

from derive.judge import conditions
from derive.judge.balls import CLOSE, NoValue, ball
from derive.judge.derivatives import fraction
from derive.judge.formulas import Formulas
from derive.judge.kinks import Key, Seen
from derive.judge.meaning import Reading
from derive.judge.names import LOSSES
from derive.judge.places import NoAdjoint, OutOfRange, Scope
from derive.judge.value import Mismatch, Value, shown
from derive.judge.words import BELONGS
from derive.language import Text
from derive.read.tree import Big, Fraction, Node, Number, Symbol, walk

SAME, DIFFERENT, UNKNOWN = "same", "different", "unknown"
COMBINATIONS = 400  # of index values: a formula is computed at all of them in worlds that have no more than that
SAMPLED = 64  # in a larger world


@dataclass(frozen=True)
class Example:
    """Where two formulas differ: the world, the index values, the element, the point, and both numbers."""

    formulas: Formulas
    scope: Scope
    element: tuple[int, ...]
    point: int
    left: Any
    right: Any


@dataclass(frozen=True)
class Outcome:
    """What a comparison says: `convention` is how two differ that are the same, `shapes` those that do not fit."""

    state: str
    convention: str = ""
    example: Example | None = None
    shapes: Text | str = ""
    unbound: tuple[str, ...] = ()
    missing: bool = False  # the right side asks for elements that do not exist, wherever the left side exists
    count: int = 0
    one_sided: tuple[Key, ...] = ()  # kinks of which one side was never taken where the two were compared


Side = Callable[[Formulas, Scope], Value]


def of(node: Node) -> Side:
    """A formula as something to be computed."""
    return lambda formulas, scope: formulas.value(node, scope)


def compared(left: Node, right: Node, worlds: Sequence[Formulas]) -> Outcome:
    """Whether two formulas are the same, as one of their readings has it. Errors: ReadError."""
    loose, found = isinstance(right, Number), None
    for reading in _readings(left, right):
        for formulas in worlds:
            formulas.how = reading
        here = sides(left, of(left), right, of(right), worlds, loose)
        if here.state == SAME:
            return replace(here, convention=here.convention or _of_reading(reading))
        if found is None or (found.shapes and not here.shapes):
            found = here
    assert found is not None
    for formulas in worlds:
        formulas.how = Reading()
    return found


def _readings(left: Node, right: Node) -> Iterator[Reading]:
    """What a dot between vectors, an immediate derivative and the layout of a derivative of a vector may mean."""
    taken = [d for part in (*walk(left), *walk(right)) if isinstance(part, Fraction) and (d := fraction(part))]
    vectors = ("elementwise", "dot") if _has_dot(left) or _has_dot(right) else ("elementwise",)
    immediate = ("law", "step") if any(d.immediate for d in taken) else ("law",)
    columns = (False, True) if any(not _is_loss(d.of) for d in taken) else (False,)
    turned = (False, True) if any(_is_loss(d.of) for d in taken) else (False,)
    orders = (False, True) if _has_product(left) or _has_product(right) else (False,)
    for other, layout, descending, law, dots in combinations(turned, columns, orders, immediate, vectors):
        yield Reading(dots, law, descending, other, layout)


def _of_reading(reading: Reading) -> str:
    """The convention by which a formula is read so; "" for the usual one."""
    return "layout" if reading.columns or reading.turned else "order" if reading.descending else ""


def _has_product(node: Node) -> bool:
    return any(isinstance(part, Big) and part.operator == "prod" for part in walk(node))


def _is_loss(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name in LOSSES


def _has_dot(node: Node) -> bool:
    return any("cdot" in getattr(part, "signs", ()) for part in walk(node))


def sides(
    left: Node, one: Side, right: Node | None, two: Side, worlds: Sequence[Formulas], loose: bool = False
) -> Outcome:
    """Compare two things to be computed, at the index letters of `left`."""
    tally = _Tally(one, two, loose)
    for formulas in worlds:
        letters = formulas.ranges(left)
        unbound = tuple(sorted(set(formulas.ranges(right)) - set(letters))) if right is not None else ()
        if unbound:
            next(_computed(formulas, letters, one), None)
            return Outcome(DIFFERENT, unbound=unbound)
        tally.several |= {own for own, (low, high) in letters.items() if high > low}
        for scope in _scopes(letters):
            if (different := tally.at(formulas, scope)) is not None:
                return different
    return tally.outcome()


@dataclass
class _Tally:
    """Where two sides were compared, and how they agreed."""

    one: Side
    two: Side
    loose: bool
    convention: str = ""
    seen: Seen = field(default_factory=Seen)
    count: int = 0
    missing: int = 0  # places where the left side exists and the right one asks for an element that does not
    outside: bool = False  # whether an adjoint was asked for where the variable does not exist
    several: set[str] = field(default_factory=set)  # letters with more than one value in some world
    taken: dict[str, set[int]] = field(default_factory=dict)  # the values that each letter has where both sides exist

    def at(self, formulas: Formulas, scope: Scope) -> Outcome | None:
        """Compare at some index values; an outcome if the two surely differ there. Errors: Mismatch on the left."""
        where = conditions.hold(formulas, scope)
        if not np.any(where):
            return None
        formulas.met.clear()
        try:
            left = self.one(formulas, scope)
            formulas.circumstances.gradients = False
        except (OutOfRange, NoValue):
            return None
        try:
            right = self._right(formulas, scope)
        except Mismatch as wrong:
            return Outcome(DIFFERENT, shapes=wrong.said)
        return None if right is None else self._compared(formulas, scope, left, right, where)

    def _right(self, formulas: Formulas, scope: Scope) -> Value | None:
        """The right side; None where it has no value."""
        try:
            return self.two(formulas, scope)
        except NoValue:
            return None
        except NoAdjoint:
            self.outside = True
        except OutOfRange:
            self.missing += 1
        return None

    def _compared(self, formulas: Formulas, scope: Scope, left: Value, right: Value, where: Any) -> Outcome | None:
        free = not formulas.circumstances.gradients and not formulas.how.turned
        a, b, how = _aligned(left, right, self.loose, free)
        if a is None:
            return Outcome(DIFFERENT, shapes=BELONGS(right=shown(right), left=shown(left)))
        bad, sure = _difference(a, b, where)
        convention = how if bad is None else _by_convention(left, right, where) if free else None
        if convention is None and bad is not None:
            return Outcome(DIFFERENT, example=_example(formulas, scope, a, b, bad))
        if bad is not None or np.any(sure):
            self._agreed(formulas, scope, convention or "", sure if bad is None else where)
        return None

    def _agreed(self, formulas: Formulas, scope: Scope, how: str, points: Any) -> None:
        self.seen.add(formulas.met, points)
        self.convention, self.count = self.convention or how, self.count + 1
        for own, n in scope.items():
            self.taken.setdefault(own, set()).add(n)

    def outcome(self) -> Outcome:
        """What was found if the two differ nowhere. Y_ji for Y_ij exists at j = 1 alone where Y has one column: then
        nothing was compared but the diagonal."""
        narrow = any(len(self.taken[own]) == 1 for own in self.several if own in self.taken)
        if (self.missing and not self.count) or ((self.missing or self.outside) and self.count and narrow):
            return Outcome(DIFFERENT, missing=True)
        return Outcome(
            SAME if self.count else UNKNOWN, self.convention, count=self.count, one_sided=self.seen.one_sided
        )


def _computed(formulas: Formulas, letters: dict[str, tuple[int, int]], side: Side) -> Iterator[Value]:
    """The values of a side, where it has some. Errors: ReadError."""
    for scope in _scopes(letters):
        try:
            yield side(formulas, scope)
        except (OutOfRange, NoValue, Mismatch):
            continue


def _scopes(letters: dict[str, tuple[int, int]]) -> Iterator[Scope]:
    """The values of the letters: all of them where they are few, else the ends of all ranges, and some at random."""
    spans = [range(a, b + 1) for a, b in letters.values()]
    if prod(map(len, spans)) <= COMBINATIONS:
        found = [*combinations(*spans)]
    else:
        rng = random.Random(COMBINATIONS)
        some = (tuple(map(rng.choice, spans)) for _ in range(SAMPLED))
        found = [*dict.fromkeys([*islice(combinations(*({s[0], s[-1]} for s in spans)), SAMPLED), *some])]
    for at in found:
        yield dict(zip(letters, at, strict=True))


def _aligned(a: Value, b: Value, loose: bool, free: bool = True) -> tuple[Any, Any, str]:
    """Two arrays of one shape, and the convention by which they get it; None where no convention does.

    A matrix may be transposed where it is `free` to: a gradient on the right side says in which layout the left one is.
    """
    if a.dims == b.dims:
        layout = len(a.dims) == 1 and a.row != b.row
        return a.numbers, b.numbers, "layout" if layout else ""
    if b.ones == "I" and len(a.dims) == 2 and a.dims[0] == a.dims[1]:
        from derive.judge.value import eye

        return a.numbers, eye(a.dims[0], b.numbers).numbers, ""
    if not b.dims and loose:
        return a.numbers, np.broadcast_to(b.numbers, a.numbers.shape), ""
    if free and len(a.dims) == len(b.dims) == 2 and a.dims == b.dims[::-1]:
        return a.numbers, np.swapaxes(b.numbers, 0, 1), "layout"
    if len(a.dims) == len(b.dims) and all(n in (m, 1) for m, n in zip(a.dims, b.dims, strict=True)):
        return a.numbers, np.broadcast_to(b.numbers, (*a.dims, b.numbers.shape[-1])), ""
    if a.of >= 0 and len(a.dims) == 2 * len(b.dims) and a.dims[: a.of] == a.dims[a.of :] == b.dims and len(b.dims) == 1:
        from derive.judge.value import diagonal_of

        found = diagonal_of(a)
        if found is not None:
            return found, b.numbers, "elementwise"
    return None, None, ""


def agree(left: Value, right: Value) -> bool:
    """Whether two values are nowhere surely different."""
    a, b, _ = _aligned(left, right, False)
    return a is not None and _difference(a, b, True)[0] is None


def _difference(a: Any, b: Any, where: Any) -> tuple[tuple[int, ...] | None, Any]:
    """A place at which two arrays surely differ, if there is one, and the points at which they are close everywhere.

    Only the points at which `where` is true are looked at.
    """
    a, b = np.broadcast_arrays(a, b)
    looked = np.broadcast_to(np.asarray(where, dtype=bool), a.shape[-1:])
    sure = looked.copy()
    for place in sorted(np.ndindex(*a.shape), key=lambda p: p[-1]):
        if not looked[place[-1]]:
            continue
        gap = ball(a[place]) - ball(b[place])
        if not gap.is_finite():
            sure[place[-1]] = False
        elif not gap.contains(0):
            return place, sure
        elif not arb(gap.rad()) < CLOSE * (1 + abs(ball(a[place]))):
            sure[place[-1]] = False
    return None, sure


def _by_convention(a: Value, b: Value, where: Any) -> str | None:
    """Whether two square matrices are the same when one of them is transposed."""
    if len(a.dims) == len(b.dims) == 2 and a.dims == b.dims and a.dims[0] == a.dims[1]:
        bad, sure = _difference(a.numbers, np.swapaxes(b.numbers, 0, 1), where)
        return "layout" if bad is None and np.any(sure) else None
    return None


def _example(formulas: Formulas, scope: Scope, a: Any, b: Any, bad: tuple[int, ...]) -> Example:
    a, b = np.broadcast_arrays(a, b)
    return Example(formulas, scope, bad[:-1], bad[-1], a[bad], b[bad])
