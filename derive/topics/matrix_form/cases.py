"""What is defined by cases of its rows and columns, as blocks: each range is cut where a condition begins or ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from sympy import Expr, Idx, Piecewise, S
from sympy.core.relational import Ne, Relational

from derive.expressions.indices import bounded, index, limits, name_of, substitute
from derive.expressions.intervals import Interval, at_least

Sides = Sequence[Idx]


class Cut:
    """A block of the rows, or of the columns: its value of the index, which is one of its own, or a single place."""

    def __init__(self, idx: Idx, first: Expr, last: Expr):
        self.ends: Interval = (first, last)
        self.idx = index(name_of(idx), first, last)
        self.value = first if first == last else self.idx


def cuts(expr: Piecewise, running: Sides) -> list[list[Cut]] | None:
    """Each index in its blocks, in order; None where a condition is none of one index, or the sizes decide."""
    starts = {idx: [limits(idx)[1]] for idx in running}
    for condition in _relations(expr):
        found = _bound(condition, running)
        if found is None:
            return None
        idx, first, last = found
        starts[idx] += [first, last + 1]
    parts = [_ordered(idx, found) for idx, found in starts.items()]
    return None if any(part is None for part in parts) else [part for part in parts if part]


def _relations(expr: Piecewise) -> set[Any]:
    return {atom for _, condition in expr.args for atom in condition.atoms(Relational)}


def _bound(condition: Relational, running: Sides) -> tuple[Idx, Expr, Expr] | None:
    """The index of a condition and the range where it, or its opposite, holds."""
    found = bounded(condition)
    if found is None or found[0] not in running:
        return None
    idx, sign, end = found
    _, low, high = limits(idx)
    ends = {
        "<=": (low, end),
        "<": (low, end - 1),
        ">=": (end, high),
        ">": (end + 1, high),
        "==": (end, end),
        "!=": (end, end),
    }
    return idx, *ends[sign]


def _ordered(idx: Idx, starts: Sequence[Expr]) -> list[Cut] | None:
    """The blocks that begin at these places; None where it depends on the sizes which comes first."""
    _, low, high = limits(idx)
    inside = [s for s in dict.fromkeys(starts) if at_least(low, s) is not True or s == low]
    inside = [s for s in inside if at_least(s, high + 1) is not True]
    inside.sort(key=cmp_to_key(lambda a, b: -1 if at_least(b, a) else 1))
    edges = [*inside, high + 1]
    if any(at_least(b, a) is not True for a, b in pairwise(edges)):
        return None
    return [Cut(idx, a, b - 1) for a, b in pairwise(edges)]


def chosen(expr: Piecewise, running: Sides, box: Sequence[Cut]) -> Expr | None:
    """The value on one box; None where no branch, or none for all of it, is the one."""
    where = dict(zip(running, (cut.ends for cut in box), strict=True))
    known = {c: _holds(c, running, where) for c in _relations(expr)}
    for value, condition in expr.args:
        here = condition.xreplace({c: S(holds) for c, holds in known.items() if holds is not None})
        if here is S.true:
            return substitute(value, {idx: cut.value for idx, cut in zip(running, box, strict=True)})
        if here is not S.false:
            return None
    return None


def _holds(condition: Relational, running: Sides, where: dict[Idx, Interval]) -> bool | None:
    """Does a condition hold on the whole of a box, or nowhere on it?"""
    found = _bound(condition, running)
    if found is None:
        return None
    idx, first, last = found
    low, high = where[idx]
    inside = at_least(low, first) is True and at_least(last, high) is True
    outside = at_least(first, high + 1) is True or at_least(low, last + 1) is True
    return (inside if not isinstance(condition, Ne) else outside) if inside or outside else None


def boxes(parts: Sequence[Sequence[Cut]]) -> list[list[list[Cut]]]:
    """The blocks in rows."""
    rows, columns = parts[0], parts[1] if len(parts) > 1 else None
    return [[[row, column] for column in columns] if columns else [[row]] for row in rows]
