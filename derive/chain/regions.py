"""Regions: the boxes of index values on which an adjoint has one form.

A region is a box on which the same users contribute: t = T, and t = 1..T-1, in a recurrence that is read at its end.
With numbers for the sizes the regions are those of the unrolled model; without, those of a large one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise, product

from sympy import Expr, Idx, Integer, Symbol

from derive.chain.derivation import Adjoint, Derivation, Region, Use
from derive.expressions.indices import substitute
from derive.expressions.intervals import Interval, image
from derive.memo import memo

LARGE = 10_000_000  # the number of the first size that is left symbolic; see `large`
Ranges = tuple[tuple[Idx, Interval], ...]  # of the letters that stand free in a term
Numbers = tuple[tuple[Symbol, Integer], ...]


def large(n: int, first: int = LARGE) -> int:
    """A number for the nth size that is left symbolic: 1, e, e^2, ... times the first, so that 2C is no D by chance."""
    return int(first * math.e**n)


def numbers(d: Derivation, sizes: Mapping[Symbol, int]) -> Numbers:
    """A number for every size."""
    return tuple((s, Integer(sizes.get(s, large(n)))) for n, s in enumerate(d.model.sizes))


@memo
def regions(adjoint: Adjoint, number: Numbers) -> tuple[tuple[Region, tuple[Use, ...]], ...]:
    """The boxes on which the same uses contribute, last index values first; boxes without any are left out."""
    axes = [_cuts([u.domain[a] for u in adjoint.uses], dict(number)) for a in range(len(adjoint.node.indices))]
    found = []
    for box in product(*axes):
        ranges = tuple(piece[0] for piece in box)
        active = tuple(u for n, u in enumerate(adjoint.uses) if all(n in piece[1] for piece in box))
        if active:
            found.append((Region(ranges), active))
    return tuple(found)


def _cuts(domains: Sequence[Interval], number: Mapping[Symbol, Integer]) -> list[tuple[Interval, set[int]]]:
    """Cut one axis where a domain begins or ends: each piece with the numbers of the domains that cover it."""
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
    """Does a place lie on the region for all values of its letters, which have the ranges given?"""
    for (low, high), position in zip(region.ranges, place, strict=True):
        first, last = image(position, dict(ranges))
        if not all(substitute(gap, dict(number)).is_nonnegative for gap in (first - low, high - last)):
            return False
    return True
