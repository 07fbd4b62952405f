"""A contribution before its delta is solved: added where the user reads, dx[2i + 1] += dy[i].

The chain rule asks of every element who reads it. Where the answer is a condition on a sum, as for a stride, a mask
over all pairs would cost the product of both sizes. Asked the other way round, every element of the user adds to the
element that it reads: as many operations as the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sympy import Expr, Idx, Integer, KroneckerDelta, Mul, Sum

from derive.chain.derivation import Use
from derive.code.elements import Stored, surely_inside
from derive.code.integers import scope_of
from derive.code.lower import Lowering
from derive.code.named_axes import pick, rearrange
from derive.code.trees import Apply, Assign, Pick, Statement
from derive.expressions.indices import sum_over
from derive.expressions.intervals import Interval, inside
from derive.expressions.symbols import Partial


class Scatter(NamedTuple):
    """`value` is added at `position`, for all values of `indices`; it sums over the other indices of the user."""

    position: tuple[Expr, ...]
    indices: Mapping[Idx, Interval]
    value: Expr


def masked(expr: Expr) -> bool:
    """True if a condition says which terms of a sum count."""
    for total in expr.atoms(Sum):
        indices = {b[0] for b in total.limits}
        if any(condition.free_symbols & indices for condition in total.function.atoms(inside, KroneckerDelta)):
            return True
    return False


def scatters(use: Use, stored: Stored, loss: Expr) -> tuple[Scatter, ...]:
    """Return the parts of a contribution as scatters; none if one of them cannot be."""
    found = tuple(_scatter(part, loss) for part in (use, *use.more))
    return tuple(s for s in found if s) if all(s and _fits(s, stored) for s in found) else ()


def _scatter(use: Use, loss: Expr) -> Scatter | None:
    """Return the scatter; None if a condition is the author's own, or the end of a range moves with another index."""
    at, factors, sums = use.occurrence.position, use.occurrence.factors, use.occurrence.sums
    bounds = (*use.case.bounds, *sums)
    moving = any(end.atoms(Idx) for _, *ends in bounds for end in ends)
    if moving or any(f.atoms(inside, KroneckerDelta) for f in factors) or len({b[0] for b in bounds}) < len(bounds):
        return None
    used = {i for e in at for i in e.atoms(Idx)}
    upstream = Integer(1) if use.direct else Partial(loss, use.user.at(*use.case.position))
    value = sum_over(Mul(upstream, *factors), [b for b in bounds if b[0] not in used])
    return Scatter(at, {i: (low, high) for i, low, high in bounds if i in used}, value)


def _fits(scatter: Scatter, stored: Stored) -> bool:
    """True if every position surely belongs to the family."""
    scope = scope_of(scatter.indices)
    pairs = zip(scatter.position, stored.ranges, strict=True)
    return all(surely_inside(place, interval, scope) for place, interval in pairs)


def added(scatter: Scatter, stored: Stored, remark: str, lowering: Lowering) -> Statement:
    """Write dx[positions] += value: slices if every index has an axis of its own, else index arrays."""
    scope, indices = scope_of(scatter.indices), list(scatter.indices)
    value = lowering.value(scatter.value, scope)
    slices = lowering.elements.slices(scatter.position, stored.ranges, scope)
    if slices is not None:
        order = [i for place in scatter.position for i in indices if i in place.free_symbols]
        return Assign(pick(stored.tree, slices), rearrange(value, order), remark, adds=True)
    pairs = zip(scatter.position, stored.ranges, strict=True)
    grids = tuple(rearrange(lowering.integers.index(place - low, scope), indices) for place, (low, _) in pairs)
    tree = Apply("array", (value.tree,)) if value.plain else rearrange(value, indices)
    return Assign(Pick(stored.tree, grids), tree, remark, adds=True, repeats=True)
