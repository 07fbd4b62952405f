"""Contract the delta of one occurrence with the sums: from `d c[i] uses u[position]` to `adjoint of u[j] gets ...`.

Solve position = j for the summed indices. A solved index disappears and leaves the range of j on which the solution
exists (h_{t+1} only up to t = T-1); what cannot be solved stays, as a delta or as a condition inside the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Basic, Expr, Idx, KroneckerDelta, Max, Min, Mul, Piecewise, S

from derive.expressions.blocks import Block, Place, joined, pair
from derive.expressions.decided import marked, without_decided
from derive.expressions.indices import (
    BINDERS,
    Limits,
    Positions,
    apart,
    bound_indices,
    fresh,
    index,
    linear,
    name_of,
    solve,
    substitute,
    through,
)
from derive.expressions.intervals import Interval, at_least, covers, empty, image, inside, meeting, preimage


@dataclass(frozen=True)
class Contraction:
    """What is left: where the user is taken, its factors, the remaining sums, and the intervals on which it holds."""

    at: tuple[Expr, ...]
    factors: tuple[Expr, ...]
    outer: tuple[Limits, ...]
    inner: tuple[Limits, ...]
    domain: tuple[Interval, ...]


@dataclass
class _State:
    own: Sequence[Idx]
    domain: list[Interval]
    open: dict[Idx, Interval]
    values: dict[Basic, Expr] = field(default_factory=dict)
    conditions: list[Expr] = field(default_factory=list)
    nothing: bool = False

    def bind(self, idx: Idx, value: Expr) -> None:
        """idx is `value` from now on; its range becomes a condition on what the value is made of."""
        interval = self.open.pop(idx)
        self.values = {k: substitute(v, {idx: value}) for k, v in self.values.items()} | {idx: value}
        self.conditions = [substitute(c, {idx: value}) for c in self.conditions]
        self.open = {k: (substitute(a, {idx: value}), substitute(b, {idx: value})) for k, (a, b) in self.open.items()}
        self.require(value, interval)

    def require(self, value: Expr, interval: Interval) -> None:
        """lower <= value <= upper: narrows the range of one index where it can, else stays as a condition."""
        ranges = dict(zip(self.own, self.domain, strict=True)) | self.open
        used = sorted(value.free_symbols & ranges.keys(), key=name_of)
        if covers(interval, image(value, ranges)):
            return
        if any(end.free_symbols & ranges.keys() for end in interval):
            self._require_moving(value, interval)
            return
        narrowed = preimage(value, used[0], interval) if len(used) == 1 else None
        if narrowed is None:
            self.conditions.append(inside(value, *interval))
        else:
            self.narrow(used[0], meeting(ranges[used[0]], narrowed, ranges))

    def _require_moving(self, value: Expr, interval: Interval) -> None:
        """The same where an end moves with another index: s <= t narrows the sum over t, else stays as a condition."""
        ranges = dict(zip(self.own, self.domain, strict=True)) | self.open
        for gap in (value - interval[0], interval[1] - value):
            if at_least(image(gap, ranges)[0], S.Zero):
                continue
            free = [i for i in self.open if i in gap.free_symbols]
            form = linear(gap, free[0]) if len(free) == 1 else None
            if form is None or form[0] not in (1, -1):
                self.conditions.append(inside(value, *interval))
                return
            end, (low, high) = -form[0] * form[1], self.open[free[0]]
            part = (end, high) if form[0] == 1 else (low, end)
            self.open[free[0]] = meeting((low, high), part, ranges)

    def narrow(self, idx: Idx, interval: Interval) -> None:
        if empty(interval):
            self.nothing = True
        elif idx in self.open:
            self.open[idx] = interval
            if interval[0] == interval[1]:
                self.bind(idx, interval[0])
        else:
            self.domain[list(self.own).index(idx)] = interval


def contract(
    own: Sequence[Idx],
    extent: Sequence[Interval],
    at: tuple[Expr, ...],
    support: Sequence[Interval],
    position: tuple[Expr, ...],
    factors: tuple[Expr, ...],
    outer: tuple[Limits, ...],
    inner: tuple[Limits, ...],
    preferred: Sequence[Idx] = (),
) -> Contraction | None:
    """Sum over `outer` and `inner` of factors * delta(position, own); None where nothing is left.

    `own` indexes u, within `extent`; `at` and `support` say where its user is taken and where the user's adjoint
    does not vanish.
    """
    renamed: dict[Basic, Idx] = {i: index(f"_{n}", lo, hi) for n, (i, lo, hi) in enumerate((*outer, *inner))}
    into = [substitute(e, renamed) for e in (*at, *position, *factors)]
    at, position = tuple(into[: len(at)]), tuple(into[len(at) : len(at) + len(position)])
    factors = tuple(into[len(at) + len(position) :])
    ranges = {renamed[i]: (substitute(lo, renamed), substitute(hi, renamed)) for i, lo, hi in (*outer, *inner)}
    state = _State(own, list(extent), ranges)
    for idx, (low, high) in tuple(ranges.items()):
        if low == high:  # a sum with a single term is that term
            state.bind(idx, S.Zero + low)
    for place, target in zip(position, own, strict=True):
        _match(state, substitute(place, state.values), target)
    for place, interval in zip(at, support, strict=True):
        if not state.nothing:
            state.require(substitute(place, state.values), interval)
    settled = tuple(Mul(*(_settled(state, part) for part in Mul.make_args(f))) for f in factors)
    if state.nothing or (
        S.Zero in settled and S.Zero not in factors
    ):  # a slope that is 0 is said, a place that is none is not
        return None
    return _finish(
        state, at, settled, [renamed[b[0]] for b in outer], [renamed[b[0]] for b in inner], renamed, preferred
    )


def _settled(state: _State, part: Expr) -> Expr:
    """A distinction of cases without the conditions that its ranges decide.

    Of one that is 1 under conditions on summed indices, and 0 elsewhere, these take the values where it is 1.
    """
    part = joined(substitute(part, state.values))
    if not part.has(Piecewise):
        return part
    ranges = dict(zip(state.own, state.domain, strict=True)) | state.open
    if not isinstance(part, Piecewise):
        return _inside_decided(part, ranges)
    part = without_decided(part, ranges)
    found: dict[Idx, Interval] = {}
    for gap in marked(part) or ():
        used = gap.free_symbols & ranges.keys()
        idx = next(iter(used)) if len(used) == 1 else None
        form = linear(gap, idx) if isinstance(idx, Idx) and idx in state.open else None
        if not isinstance(idx, Idx) or form is None or form[0] not in (1, -1):
            return part
        low, high = found.get(idx) or ranges[idx]
        end = -form[0] * form[1]
        found[idx] = meeting((low, high), (end, high) if form[0] == 1 else (low, end), ranges)
    if not found or any(end.has(Max, Min) for interval in found.values() for end in interval):
        return part
    for idx, interval in found.items():
        state.narrow(idx, interval)
    return S.One


def _inside_decided(expr: Expr, ranges: Mapping[Idx, Interval]) -> Expr:
    """An expression without the conditions in it that the ranges decide; what a sum binds has letters of its own."""
    if isinstance(expr, BINDERS) or not expr.has(Piecewise):
        return expr
    found = through(expr, lambda part: _inside_decided(part, ranges))
    return without_decided(found, ranges) if isinstance(found, Piecewise) else found


def delta_solutions(place: Expr, target: Expr, sums: Iterable[Limits]) -> Iterator[tuple[Idx, Expr]]:
    """The summed indices that delta(place, target) decides, each with the value for which place = target.

    Not an index whose value holds another one with a range that ends at it: s = m + j where j = 1..s.
    """
    sums = tuple(sums)
    for idx, _, _ in sums:
        found = solve(place - target, S.Zero, [idx])
        if found is not None:
            moving = [ends for k, *ends in sums if k in found[1].free_symbols]
            if not any(idx in end.free_symbols for ends in moving for end in ends):
                yield found


def _match(state: _State, place: Expr, target: Idx) -> None:
    """Use delta(place, target)."""
    both = pair(place, ((k, *ends) for k, ends in state.open.items())) if place.is_Add else None
    if both:
        block, own, length = both
        state.bind(block, Block(target, length))
        state.bind(own, Place(target, length))
        return
    solution = next(delta_solutions(place, target, ((k, *ends) for k, ends in state.open.items())), None)
    if solution:
        state.bind(*solution)
    elif place.has(Positions) or place.free_symbols & (state.open.keys() | set(state.own)):
        if place != target:
            state.conditions.append(KroneckerDelta(place, target))
    else:
        state.require(target, (place, place))


def _finish(
    state: _State,
    at: tuple[Expr, ...],
    factors: tuple[Expr, ...],
    outer: list[Idx],
    inner: list[Idx],
    renamed: dict[Basic, Idx],
    preferred: Sequence[Idx],
) -> Contraction:
    """Give the remaining sums good letters and write everything in them."""
    values, factors = state.values, (*factors, *state.conditions)
    factors = tuple(substitute(f, values) for f in factors)
    original = {new: old for old, new in renamed.items()}
    taken: set[Basic] = {*state.own, *(i for f in factors for i in bound_indices(f))}
    letters: dict[Basic, Expr] = {}
    for idx in state.open:
        old = original[idx]
        elsewhere = {i for i in preferred if (i.lower, i.upper) != (old.lower, old.upper)}
        wishes = (old, *preferred) if old in preferred else (*preferred, old)  # the author's letters first
        letters[idx] = fresh(old, taken | elsewhere, wishes)
        taken.add(letters[idx])
    write = {**{k: substitute(v, letters) for k, v in values.items()}, **letters}

    def sums(names: Sequence[Idx]) -> tuple[Limits, ...]:
        return tuple((letters[i], *(substitute(e, write) for e in state.open[i])) for i in names)  # type: ignore[misc]

    free = (*state.own, *letters.values())  # no sum inside a factor may bind one of these again
    apart_from = (apart(substitute(f, write), free, preferred) for f in factors)
    written = tuple(dict.fromkeys(f for f in apart_from if f is not S.One))
    taken_at = tuple(substitute(substitute(a, values), letters) for a in at)
    reached = {s for a in at for s in substitute(a, values).free_symbols}
    across = _outermost(state, [i for i in outer if i in state.open], [i for i in inner if i in state.open], reached)
    within = _inwards(state, [i for i in inner if i in state.open and i not in across])
    return Contraction(taken_at, written, sums(_inwards(state, across)), sums(within), tuple(state.domain))


def _outermost(state: _State, outer: list[Idx], inner: list[Idx], reached: set[Basic]) -> list[Idx]:
    """The sums that stand before the user's adjoint: over its own elements, and what its place or their ranges need.

    Such as k in y[j - k], k = 1..K.
    """
    found = [*outer, *(i for i in inner if i in reached)]
    while True:
        ends = {s for i in found for e in state.open[i] for s in e.free_symbols}
        more = [i for i in inner if i in ends and i not in found]
        if not more:
            return found
        found += more


def _inwards(state: _State, names: list[Idx]) -> list[Idx]:
    """In the order of sympy's limits: an index whose range ends at another one comes before it."""
    found, left = [], list(names)
    while left:
        ends = {i: {s for j in left if j != i for e in state.open[j] for s in e.free_symbols} for i in left}
        found.append(next((i for i in left if i not in ends[i]), left[0]))
        left.remove(found[-1])
    return found
