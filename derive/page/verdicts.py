"""The table of the check, or the sentence in its place: what was compared, at how many numbers, how well it agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Table

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from derive.check.report import Row


def agreement(rows: Sequence[Row]) -> Text:
    """Say in a sentence how well all rows agree, which do."""
    points = sorted({r.points for r in rows})
    counted = str(points[0]) if len(points) == 1 else f"{points[0]}–{points[-1]}"
    sentence = say.AGREE if len(rows) > 1 else say.ONE_AGREES
    return sentence(count=str(len(rows)), points=counted, error=max(r.error for r in rows))


def table(rows: Iterable[Row]) -> Table:
    """Make a table with one line for each row of the check."""
    verdicts = ((r.quantity, str(r.points), r.error, say.AGREES if r.ok else say.DISAGREES) for r in rows)
    return Table(say.CHECK_HEADER, tuple(verdicts))
