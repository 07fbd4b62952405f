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
from derive.code.elements import Stored
from derive.code.families import Families, scope_of
from derive.code.named_axes import picked, spread
from derive.code.program import Apply, Assign, Pick, Statement
from derive.expressions.indices import sum_over
from derive.expressions.intervals import Interval, inside
from derive.expressions.symbols import Partial
from derive.model.model import Node


class Scatter(NamedTuple):
    """`value` is added at `position`, for all values of the letters; other letters of the user are summed in it."""

    position: tuple[Expr, ...]
    letters: Mapping[Idx, Interval]
    value: Expr


def masked(expr: Expr) -> bool:
    """Does a condition say which terms of a sum count?"""
    for total in expr.atoms(Sum):
        letters = {b[0] for b in total.limits}
        if any(condition.free_symbols & letters for condition in total.function.atoms(inside, KroneckerDelta)):
            return True
    return False


def scatters(use: Use, node: Node, loss: Expr, families: Families) -> tuple[Scatter, ...]:
    """The parts of a contribution as scatters; none where one of them cannot be."""
    found = tuple(_scatter(part, loss) for part in (use, *use.more))
    stored = families.stored[f"adjoint {node.name}"]
    return tuple(s for s in found if s) if all(s and _fits(s, stored, families) for s in found) else ()


def _scatter(use: Use, loss: Expr) -> Scatter | None:
    """None where a condition is the author's own, or where the end of a range moves with another letter."""
    at, factors, sums = use.occurrence.position, use.occurrence.factors, use.occurrence.sums
    bounds = (*use.case.bounds, *sums)
    moving = any(end.atoms(Idx) for _, *ends in bounds for end in ends)
    if moving or any(f.atoms(inside, KroneckerDelta) for f in factors) or len({b[0] for b in bounds}) < len(bounds):
        return None
    used = {i for e in at for i in e.atoms(Idx)}
    upstream = Integer(1) if use.direct else Partial(loss, use.user.at(*use.case.position))
    value = sum_over(Mul(upstream, *factors), [b for b in bounds if b[0] not in used])
    return Scatter(at, {i: (low, high) for i, low, high in bounds if i in used}, value)


def _fits(scatter: Scatter, stored: Stored, families: Families) -> bool:
    """Is every position surely one of the family's?"""
    scope = scope_of(scatter.letters)
    pairs = zip(scatter.position, stored.ranges, strict=True)
    return all(families.inside(place, interval, scope) for place, interval in pairs)


def added(scatter: Scatter, stored: Stored, remark: str, families: Families) -> Statement:
    """dx[positions] += value: slices where every letter has an axis of its own, index arrays elsewhere."""
    scope, letters = scope_of(scatter.letters), list(scatter.letters)
    value = families.lower(scatter.value, scope)
    slices = families.slices(scatter.position, stored.ranges, scope)
    if slices is not None:
        order = [i for place in scatter.position for i in letters if i in place.free_symbols]
        return Assign(picked(stored.tree, slices), spread(value, order), remark, adds=True)
    pairs = zip(scatter.position, stored.ranges, strict=True)
    grids = tuple(spread(families.whole(place - low, scope), letters) for place, (low, _) in pairs)
    tree = Apply("array", (value.tree,)) if value.plain else spread(value, letters)
    return Assign(Pick(stored.tree, grids), tree, remark, adds=True, repeats=True)
