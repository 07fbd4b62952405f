"""The table of the check: what was compared, at how many numbers, and how well it agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from derive.page import sentences as say
from derive.page.blocks import Table

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from derive.check.report import Row


def summary(rows: Sequence[Row]) -> Table:
    """Make a table with one line for all that agrees, and one for each row that does not."""
    wrong, right = [r for r in rows if not r.ok], [r for r in rows if r.ok]
    whole = table(wrong)
    if not right:
        return whole
    worst = max(right, key=lambda r: r.error)
    points = [r.points for r in right]
    counted = str(points[0]) if min(points) == max(points) else f"{min(points)}–{max(points)}"
    agrees = (
        say.GROUPED(count=str(len(right))) if len(right) > 1 else say.ONE_QUANTITY,
        counted,
        worst.error,
        say.AGREES,
    )
    return whole._replace(rows=(*whole.rows, agrees))


def table(rows: Iterable[Row]) -> Table:
    """Make a table with one line for each row of the check."""
    verdicts = ((r.quantity, str(r.points), r.error, say.AGREES if r.ok else say.DISAGREES) for r in rows)
    return Table(say.CHECK_HEADER, tuple(verdicts))
