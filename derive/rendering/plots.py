"""The plots of a recurrence on a sheet, where they are asked for: only then is matplotlib loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.rendering.blocks import Block, Picture
from derive.rendering.part import Part

if TYPE_CHECKING:
    from derive.analysis.conditions import Analysis
    from derive.analysis.evidence import Measured


def plotted(part: Part, analysis: Analysis, measured: Measured | None) -> Iterator[Block]:
    """The norms against distance, and the regions of parameters."""
    if part.plots:
        from derive.plotting.choose import plots

        for plot in plots(part.derivation, analysis, measured):
            yield Picture(plot, plot.caption)
