"""Equalities of one quantity on one line, as a teacher writes them: a = b = c, with their reasons beside them.

Every writer joins by the same rule: a line takes the next equality as long as the formulas have room side by side, and
so have their reasons beside or below them, by the writer's own measure of its line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from derive.language import Text, clauses, distinct
from derive.page.blocks import Row

Written = tuple[str, tuple[str, ...], Row]  # left, the terms of right, and the row that they come from


class Measure(NamedTuple):
    """How wide a formula and a reason are, and how much of them a line holds, in one unit."""

    formula: Callable[[str], float]
    reason: Callable[[Text], float]
    room: float


class Line(NamedTuple):
    """left = part = part = ..., each part with its sign and its terms; `row` has all the reasons."""

    left: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    row: Row


def joined(rows: Sequence[Written], measure: Measure) -> list[Line]:
    """Join each row without a left side to the line above it if there is room for both."""
    found: list[Line] = []
    widest = max((measure.formula(left) for left, _, _ in rows), default=0)
    for left, right, row in rows:
        more = Line(left, ((row.sign, right),), row)
        both = _both(found[-1], more) if found and row.left is None else None
        if both is not None and _fits(both, widest, measure):
            found[-1] = both
        else:
            found.append(more)
    return found


def _both(line: Line, more: Line) -> Line:
    reasons = distinct(r for r in (line.row.reason, more.row.reason) if r is not None)
    reason = clauses(reasons) if len(reasons) > 1 else reasons[0] if reasons else None
    return Line(line.left, (*line.parts, *more.parts), line.row._replace(reason=reason))


def _fits(line: Line, left: float, measure: Measure) -> bool:
    wide = left + sum(measure.formula(f" = {term}") for _, terms in line.parts for term in terms)
    return wide <= measure.room and (line.row.reason is None or measure.reason(line.row.reason) <= measure.room)
