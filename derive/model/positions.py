"""Where an expression reads its families: every element with the ranges of the indices around it.

The ranges are those of the sums, and under a distinction of cases what its conditions leave of them: in
`Piecewise((a[s - 1], s > 1), (0, True))` the letter s runs from 2 where a is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from sympy import And, Basic, Eq, Expr, Ge, Gt, Idx, Indexed, Integer, Le, Lt, Max, Min, Ne, Not, Piecewise

from derive.expressions.indices import BINDERS, is_position, linear
from derive.expressions.intervals import Interval, at_least, empty, image
from derive.expressions.traverse import free_indices
from derive.model.model import Node

Around = Mapping[Idx, Interval]
MOST = 64  # choices of ends that are tried


def own_ranges(expr: Basic) -> dict[Idx, Interval]:
    """The declared ranges of the indices that are free in an expression."""
    return {i: (i.lower, i.upper) for i in free_indices(expr)}


def walked(expr: Basic, around: Around) -> Iterator[tuple[Basic, Around]]:
    """Every part of an expression that can be evaluated, with the ranges of the indices where it stands."""
    if isinstance(expr, Idx):
        return
    yield expr, around
    if isinstance(expr, Indexed):
        for place in filter(is_position, expr.indices):
            yield from walked(place, around)
    elif isinstance(expr, BINDERS):
        yield from walked(expr.function, {**around, **{idx: (low, high) for idx, low, high in reversed(expr.limits)}})
    elif isinstance(expr, Piecewise):
        yield from _branches(expr, around)
    else:
        for arg in expr.args:
            yield from walked(arg, around)


def _branches(expr: Piecewise, around: Around) -> Iterator[tuple[Basic, Around]]:
    for value, condition in expr.args:
        yield from walked(condition, around)
        here = narrowed(around, condition)
        if not any(empty(interval) for interval in here.values()):
            yield from walked(value, here)
        around = narrowed(around, _negated(condition))


def _negated(condition: Basic) -> Basic:
    """The opposite of a condition, as comparisons."""
    opposite = Not(condition)
    return opposite.to_nnf() if isinstance(opposite, Not) else opposite


def narrowed(around: Around, condition: Basic) -> Around:
    """Ranges that hold all index values at which a condition is true; they may be wider."""
    for test in And.make_args(condition):
        around = {**around, **_by(around, test)}
    return around


def _by(around: Around, test: Basic) -> dict[Idx, Interval]:
    """The new ranges of the letters of a comparison of index expressions; nothing for any other condition.

    The first letter ends at the others, and those at numbers: i = k - 1 leaves k from 2 if i runs from 1.
    """
    if not isinstance(test, (Eq, Ne, Ge, Gt, Le, Lt)) or not all(a.is_integer for a in test.args):
        return {}
    gap = test.lhs - test.rhs if not isinstance(test, (Le, Lt)) else test.rhs - test.lhs  # it is >= 0
    gap = gap - 1 if isinstance(test, (Gt, Lt)) else gap
    found: dict[Idx, Interval] = {}
    for idx in (i for i in around if i in gap.free_symbols):
        form = linear(gap, idx)
        if form is not None and form[0] in (1, -1):
            end = -form[0] * form[1]
            cut = _cut(around[idx], test, image(end, around) if found else (end, end), form[0])
            found[idx] = _surely(around[idx], cut) if found else cut
    return found


def _cut(old: Interval, test: Basic, ends: Interval, slope: Expr) -> Interval:
    """What a comparison leaves of a range; where it depends which end is the narrower one, both stay."""
    low, high = old
    if isinstance(test, Ne):
        same = ends[0] == ends[1]
        return (low + 1 if same and ends[0] == low else low), (high - 1 if same and ends[1] == high else high)
    if isinstance(test, Eq) or slope > 0:
        low = low if at_least(low, ends[0]) else ends[0] if at_least(ends[0], low) else Max(low, ends[0])
    if isinstance(test, Eq) or slope < 0:
        high = high if at_least(ends[1], high) else ends[1] if at_least(high, ends[1]) else Min(high, ends[1])
    return low, high


def _surely(old: Interval, new: Interval) -> Interval:
    """The new ends where they are surely not the wider ones."""
    return new[0] if at_least(new[0], old[0]) else old[0], new[1] if at_least(old[1], new[1]) else old[1]


class Gap(NamedTuple):
    """How far a position stays inside the range of its family, at one end: negative where it leaves it."""

    value: Expr
    axis: int
    place: Expr  # the outermost value of the position


def gaps(use: Indexed, around: Around, node: Node) -> Iterator[Gap]:
    """Both ends of every position of an element, but for those at which a start value stands."""
    for axis, (position, own) in enumerate(zip(use.indices, node.indices, strict=True)):
        if is_position(position):  # inside by what is declared of it
            continue
        starts = [c.position[axis] for c in node.cases if not isinstance(c.position[axis], Idx)]
        low, high = _with_starts((own.lower, own.upper), starts)
        reached = _reached(position, around)
        images = [image(position, choice) for choice in choices(reached)]
        if len(images) > 1:  # of a family that ends there too, k = 1..min(m, n)
            images.append(image(position, reached))
        for found in ([(least - low, least) for least, _ in images], [(high - most, most) for _, most in images]):
            value, place = next((g for g in found if at_least(g[0], Integer(0))), found[0])
            if place not in starts:
                yield Gap(value, axis, place)


def _reached(position: Expr, around: Around) -> Around:
    """The ranges of the letters of a position, and of those at which these ranges end."""
    found: dict[Idx, Interval] = {}
    new = set(free_indices(position))
    while new:
        found |= {idx: around[idx] for idx in new if idx in around}
        ends = {i for idx in new if idx in around for end in around[idx] for i in free_indices(end)}
        new = ends - found.keys()
    return {idx: around[idx] for idx in around if idx in found}


def missing(use: Indexed, around: Around, node: Node) -> Iterator[tuple[Expr, ...]]:
    """The places at which an element is read that are outside of the law's range, and have no start value.

    Each axis by itself has its start values; this is about corners, such as r[0, 0], which r[0, j] does not give.
    """
    starts = [{c.position[a] for c in node.cases} - {idx} for a, idx in enumerate(node.indices)]
    if sum(map(bool, starts)) < 2:
        return
    reached = []
    for position, own, values in zip(use.indices, node.indices, starts, strict=True):
        low, high = image(position, around)
        reached.append([own, *(v for v in values if at_least(v, low) and at_least(high, v))])
    given = {c.position for c in node.cases} | {node.indices}
    yield from (found for found in product(*reached) if found not in given)


def choices(around: Around) -> Iterator[Around]:
    """The ranges with one of each two ends that both hold: whatever one of them proves is so."""
    ends = [
        (low.args if isinstance(low, Max) else (low,), high.args if isinstance(high, Min) else (high,))
        for low, high in around.values()
    ]
    for chosen in islice(product(*(product(*pair) for pair in ends)), MOST):
        yield dict(zip(around, chosen, strict=True))


def _with_starts(interval: Interval, starts: Sequence[Expr]) -> Interval:
    """The range of an index, and the start values that follow it without a gap."""
    low, high = interval
    while low - 1 in starts:
        low = low - 1
    while high + 1 in starts:
        high = high + 1
    return low, high
