"""Regions are the boxes of index values on which an adjoint has one form.

A region is a box on which the same users contribute: t = T, and t = 1..T-1, in a recurrence that is read at its end. If
the sizes have numbers, the regions are those of the unrolled model; if not, those of a model with large sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cmp_to_key
from itertools import combinations, pairwise, product

from sympy import Add, And, Basic, Eq, Expr, Idx, Integer, Mul, Not, Or, Piecewise, S, Symbol, expand

from derive.chain.derivation import Adjoint, Derivation, Region, Use
from derive.expressions.indices import substitute
from derive.expressions.intervals import Interval, at_least, covers, image
from derive.memo import memo
from derive.model.sizes import far

SMALL = 4  # so many sizes are tried at least
Ranges = tuple[tuple[Idx, Interval], ...]  # of the indices that are free in a term
Numbers = tuple[tuple[Symbol, Integer], ...]


def numbers(d: Derivation, sizes: Mapping[Symbol, int]) -> Numbers:
    """Give every size a number: its own, or a large one."""
    return tuple((s, Integer(n)) for s, n in far(d.model, sizes).items())


@memo
def regions(adjoint: Adjoint, number: Numbers) -> tuple[tuple[Region, tuple[Use, ...]], ...]:
    """Return the boxes with the uses that contribute on each, last index values first; a box has at least one use."""
    axes = [_cuts([u.domain[a] for u in adjoint.uses], dict(number)) for a in range(len(adjoint.node.indices))]
    found = []
    for box in product(*axes):
        ranges = tuple(piece[0] for piece in box)
        active = tuple(u for n, u in enumerate(adjoint.uses) if all(n in piece[1] for piece in box))
        if active:
            found.append((Region(ranges), active))
    return tuple(found)


def fill(found: Sequence[Region], whole: tuple[Interval, ...]) -> bool:
    """True if the boxes, which do not overlap, hold every index value of the ranges `whole`, whatever the sizes."""

    def places(ranges: tuple[Interval, ...]) -> Expr:
        return Mul(*(high - low + 1 for low, high in ranges))

    return bool(expand(Add(*(places(r.ranges) for r in found)) - places(whole)) == 0)


def by_region(
    found: Sequence[tuple[Region, Expr]], indices: tuple[Idx, ...], whole: tuple[Interval, ...], outside: bool = True
) -> Expr:
    """Write the values on several boxes as one expression by cases, which is 0 outside of all of them, or not given
    there without `outside`.

    Where the sizes are symbolic, they are large enough that the boxes do not meet.
    """
    found = _joined(found, indices)
    branches = [(value, _inside(region, indices, whole)) for region, value in reversed(found)]
    full = not outside or fill([region for region, _ in found], whole)
    if len(found) == 1 and fill([found[0][0]], whole):
        return found[0][1]
    return Piecewise(*branches, *(() if full else ((S.Zero, _otherwise(branches, found, indices, whole)),)))


def _otherwise(
    branches: Sequence[tuple[Expr, Basic]],
    found: Sequence[tuple[Region, Expr]],
    indices: tuple[Idx, ...],
    whole: tuple[Interval, ...],
) -> Basic:
    """The condition of what is left: that of a box where no other says it in one comparison."""
    plain = Not(Or(*(condition for _, condition in branches))).to_nnf()
    rest = remainder([region for region, _ in found], whole) if plain.has(Or) else None
    return S.true if rest is None else _inside(rest, indices, whole)


def pieces(found: Sequence[Region], whole: tuple[Interval, ...]) -> list[list[Interval]] | None:
    """Each axis cut where a box begins or ends, in order, so that it is covered; None where the sizes decide that."""
    axes = []
    for axis, (first, last) in enumerate(whole):
        starts = list(dict.fromkeys([first, *(e for r in found for e in (r.ranges[axis][0], r.ranges[axis][1] + 1))]))
        starts = sorted((s for s in starts if s != last + 1), key=cmp_to_key(_before))
        if any(at_least(b, a) is not True for a, b in pairwise([*starts, last + 1])):
            return None
        axes.append([(a, b - 1) for a, b in pairwise([*starts, last + 1])])
    return axes


def _before(a: Expr, b: Expr) -> int:
    return -1 if at_least(b, a) else 1


def remainder(found: Sequence[Region], whole: tuple[Interval, ...]) -> Region | None:
    """The box of what lies in none of the boxes; None where that is no box, or the sizes decide."""
    axes = pieces(found, whole)
    left = [box for box in product(*axes) if not any(_holds(r, box) for r in found)] if axes else []
    if not left:
        return None
    box = Region(tuple((ends[0][0], ends[-1][1]) for ends in zip(*left, strict=True)))
    return box if all((b in left) == _holds(box, b) for b in product(*axes or ())) else None


def _holds(region: Region, box: tuple[Interval, ...]) -> bool:
    """Does the box lie in the region? Both are made of whole pieces."""
    return all(covers(outer, inner) for outer, inner in zip(region.ranges, box, strict=True))


def _joined(found: Sequence[tuple[Region, Expr]], indices: tuple[Idx, ...]) -> list[tuple[Region, Expr]]:
    """Let a box with one value of an index join a neighbour whose value is the same formula there."""
    boxes = list(found)
    for point, value in found:
        for other, formula in boxes:
            axes = [a for a, (one, two) in enumerate(zip(point.ranges, other.ranges, strict=True)) if one != two]
            if len(axes) != 1 or not point.is_point(axes[0]) or substitute(formula, point.fixed(indices)) != value:
                continue
            (low, high), at = other.ranges[axes[0]], point.ranges[axes[0]][0]
            if at in (low - 1, high + 1):
                ends = (at, high) if at == low - 1 else (low, at)
                boxes[boxes.index((other, formula))] = (
                    Region(tuple(ends if a == axes[0] else r for a, r in enumerate(other.ranges))),
                    formula,
                )
                boxes.remove((point, value))
                break
    return boxes


def _inside(region: Region, indices: tuple[Idx, ...], whole: tuple[Interval, ...]) -> Basic:
    """The condition that index values lie in a box, without what their ranges say."""
    conditions: list[Basic] = []
    for axis, (idx, (low, high), (first, last)) in enumerate(zip(indices, region.ranges, whole, strict=True)):
        if region.is_point(axis) and (low, high) != (first, last):
            conditions.append(Eq(idx, low))
            continue
        conditions += [idx >= low] if low != first else []
        conditions += [idx <= high] if high != last else []
    return And(*conditions)


def apart_from(found: Sequence[Region]) -> tuple[Symbol, int] | None:
    """The size that the boxes depend on, and the least number for it from which no two of them meet.

    None where they never meet, have no size, or depend on several.
    """
    axes = [axis for axis in zip(*(r.ranges for r in found), strict=True) if len(set(axis)) > 1]
    sizes = {s for axis in axes for ends in axis for end in ends for s in end.free_symbols}
    if len(sizes) != 1:
        return None
    (size,), boxes = sizes, list(zip(*axes, strict=True))
    met = [n for n in range(getattr(size, "least", 1), _large(axes)) if _meet(boxes, {size: Integer(n)})]
    return (size, met[-1] + 1) if met else None


def _large(axes: Sequence[Sequence[Interval]]) -> int:
    """A number for the size from which on no two ends change their order: the ends are linear in it, and their slopes
    differ by 1/2 at least, so that twice what their constants differ by is enough."""
    constants = [abs(int(n)) for axis in axes for ends in axis for end in ends for n in end.atoms(Integer)]
    return 4 * max(constants, default=0) + SMALL


def _meet(boxes: Sequence[tuple[Interval, ...]], number: Mapping[Basic, Basic]) -> bool:
    """Do two boxes have an element in common?"""
    ends = [[(int(substitute(low, number)), int(substitute(high, number))) for low, high in box] for box in boxes]
    return any(
        all(max(a, c) <= min(b, d) for (a, b), (c, d) in zip(one, other, strict=True))
        for one, other in combinations(ends, 2)
    )


def _cuts(domains: Sequence[Interval], number: Mapping[Symbol, Integer]) -> list[tuple[Interval, set[int]]]:
    """Cut one axis where a domain begins or ends. Return each piece with the positions of the domains that cover it."""
    starts: dict[int, Expr] = {}
    for low, high in domains:
        starts.setdefault(int(substitute(low, number)), low)
        starts.setdefault(int(substitute(high + 1, number)), high + 1)
    edges = sorted(starts)
    whole = [(int(substitute(a, number)), int(substitute(b, number))) for a, b in domains]
    pieces = []
    for first, after in pairwise(edges):
        on = {n for n, (a, b) in enumerate(whole) if a <= first and after - 1 <= b}
        pieces.append(((starts[first], starts[after] - 1), on))
    return [p for p in reversed(pieces) if p[1]]


@memo
def contains(region: Region, place: tuple[Expr, ...], ranges: Ranges, number: Numbers) -> bool:
    """True if a place lies in the region for all values of its free indices, whose ranges are given."""
    for (low, high), position in zip(region.ranges, place, strict=True):
        first, last = image(position, dict(ranges))
        if not all(substitute(gap, dict(number)).is_nonnegative for gap in (first - low, high - last)):
            return False
    return True
