"""The table of the check: what was compared, at how many numbers, and how well it agrees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from derive.page import sentences as say
from derive.page.blocks import Table

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from derive.check.report import Row


def table(rows: Iterable[Row]) -> Table:
    """Make a table with one line for each row of the check."""
    verdicts = ((r.quantity, str(r.points), r.error, say.AGREES if r.ok else say.DISAGREES) for r in rows)
    return Table(say.CHECK_HEADER, tuple(verdicts))
