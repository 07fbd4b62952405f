"""The plots of a recurrence on a sheet, where they are asked for: only then is matplotlib loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.page.blocks import Block, Picture
from derive.sheet.part import Part

if TYPE_CHECKING:
    from derive.topics.stability.conditions import Analysis
    from derive.topics.stability.measurements import Measured


def plotted(part: Part, analysis: Analysis, measured: Measured | None) -> Iterator[Block]:
    """The norms against distance, and the regions of parameters."""
    if part.plots:
        from derive.topics.stability.plots.plots import plots

        for plot in plots(part.derivation, analysis, measured):
            yield Picture(plot, plot.caption)
