"""Whether two formulas have the same value, in every world, at every element and point.

They are the same where the difference of the balls holds 0 everywhere and is small, and different where one ball does
not hold 0, which is a proof. What can be computed nowhere is undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations
from typing import Any

import numpy as np
from flint import arb

from derive.judge.balls import CLOSE, NoValue, ball
from derive.judge.derivatives import fraction
from derive.judge.formulas import Formulas
from derive.judge.meaning import Reading
from derive.judge.names import LOSSES
from derive.judge.places import NoAdjoint, OutOfRange, Scope
from derive.judge.value import Mismatch, Value, shown
from derive.read.tree import Fraction, Node, Number, Symbol, walk

SAME, DIFFERENT, UNKNOWN = "same", "different", "unknown"
COMBINATIONS = 4000  # of index values at which a formula is computed at most, in one world


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
    shapes: str = ""
    unbound: tuple[str, ...] = ()
    missing: bool = False  # the right side asks for elements that do not exist, wherever the left side exists
    count: int = 0


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
            return replace(here, convention=here.convention or ("layout" if reading.columns else ""))
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
    for layout in columns:
        for law in immediate:
            for dots in vectors:
                yield Reading(dots, law, layout)


def _is_loss(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name in LOSSES


def _has_dot(node: Node) -> bool:
    return any("cdot" in getattr(part, "signs", ()) for part in walk(node))


def sides(
    left: Node, one: Side, right: Node | None, two: Side, worlds: Sequence[Formulas], loose: bool = False
) -> Outcome:
    """Compare two things to be computed, at the index letters of `left`."""
    convention, count, missing = "", 0, 0
    taken: dict[str, set[int]] = {}  # the values that each letter has where both sides exist
    outside = False  # whether an adjoint was asked for where the variable does not exist
    several: set[str] = set()  # letters with more than one value in some world
    for formulas in worlds:
        letters = formulas.ranges(left)
        unbound = tuple(sorted(set(formulas.ranges(right)) - set(letters))) if right is not None else ()
        if unbound:
            next(_computed(formulas, letters, one), None)
            return Outcome(DIFFERENT, unbound=unbound)
        several |= {own for own, (low, high) in letters.items() if high > low}
        for scope in _scopes(letters):
            try:
                a = one(formulas, scope)
            except (OutOfRange, NoValue):
                continue
            try:
                b = two(formulas, scope)
            except NoValue:
                continue
            except NoAdjoint:
                outside = True
                continue
            except OutOfRange:
                missing += 1
                continue
            except Mismatch as wrong:
                return Outcome(DIFFERENT, shapes=str(wrong))
            a_numbers, b_numbers, how = _aligned(a, b, loose)
            if a_numbers is None:
                return Outcome(DIFFERENT, shapes=f"{shown(b)}, where {shown(a)} belongs")
            bad, sure = _difference(a_numbers, b_numbers)
            if bad is None and not sure:
                continue
            if bad is not None:
                other = _by_convention(a, b)
                if other is None:
                    return Outcome(DIFFERENT, example=_example(formulas, scope, a_numbers, b_numbers, bad))
                how = other
            convention = convention or how
            count += 1
            for own, n in scope.items():
                taken.setdefault(own, set()).add(n)
    # Y_ji for Y_ij exists at j = 1 alone where Y has one column: nothing was compared but the diagonal.
    if (missing and not count) or ((missing or outside) and count and any(len(taken[own]) == 1 for own in several)):
        return Outcome(DIFFERENT, missing=True)
    return Outcome(SAME if count else UNKNOWN, convention, count=count)


def _computed(formulas: Formulas, letters: dict[str, tuple[int, int]], side: Side) -> Iterator[Value]:
    """The values of a side, where it has some. Errors: ReadError."""
    for scope in _scopes(letters):
        try:
            yield side(formulas, scope)
        except (OutOfRange, NoValue, Mismatch):
            continue


def _scopes(letters: dict[str, tuple[int, int]]) -> Iterator[Scope]:
    spans = [range(a, b + 1) for a, b in letters.values()]
    for n, at in enumerate(combinations(*spans)):
        if n >= COMBINATIONS:
            return
        yield dict(zip(letters, at, strict=True))


def _aligned(a: Value, b: Value, loose: bool) -> tuple[Any, Any, str]:
    """Two arrays of one shape, and the convention by which they get it; None where no convention does."""
    if a.dims == b.dims:
        layout = len(a.dims) == 1 and a.row != b.row
        return a.numbers, b.numbers, "layout" if layout else ""
    if b.ones == "I" and len(a.dims) == 2 and a.dims[0] == a.dims[1]:
        from derive.judge.value import eye

        return a.numbers, eye(a.dims[0], b.numbers).numbers, ""
    if not b.dims and loose:
        return a.numbers, np.broadcast_to(b.numbers, a.numbers.shape), ""
    if len(a.dims) == len(b.dims) == 2 and a.dims == b.dims[::-1]:
        return a.numbers, np.swapaxes(b.numbers, 0, 1), "layout"
    if len(a.dims) == len(b.dims) and all(n in (m, 1) for m, n in zip(a.dims, b.dims, strict=True)):
        return a.numbers, np.broadcast_to(b.numbers, (*a.dims, b.numbers.shape[-1])), ""
    if a.of >= 0 and len(a.dims) == 2 * len(b.dims) and a.dims[: a.of] == a.dims[a.of :] == b.dims and len(b.dims) == 1:
        from derive.judge.value import diagonal_of

        found = diagonal_of(a)
        if found is not None:
            return found, b.numbers, "elementwise"
    return None, None, ""


def _difference(a: Any, b: Any) -> tuple[tuple[int, ...] | None, bool]:
    """A place at which two arrays surely differ, if there is one, and whether they are close at every other."""
    a, b = np.broadcast_arrays(a, b)
    sure, found = True, None
    for place in sorted(np.ndindex(*a.shape), key=lambda p: p[-1]):
        gap = ball(a[place]) - ball(b[place])
        if not gap.is_finite():
            sure = False
        elif not gap.contains(0):
            found = place
            break
        elif not arb(gap.rad()) < CLOSE * (1 + abs(ball(a[place]))):
            sure = False
    return found, sure


def _by_convention(a: Value, b: Value) -> str | None:
    """Whether two square matrices are the same when one of them is transposed."""
    if len(a.dims) == len(b.dims) == 2 and a.dims == b.dims and a.dims[0] == a.dims[1]:
        bad, sure = _difference(a.numbers, np.swapaxes(b.numbers, 0, 1))
        return "layout" if bad is None and sure else None
    return None


def _example(formulas: Formulas, scope: Scope, a: Any, b: Any, bad: tuple[int, ...]) -> Example:
    a, b = np.broadcast_arrays(a, b)
    return Example(formulas, scope, bad[:-1], bad[-1], a[bad], b[bad])
