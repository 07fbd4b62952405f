"""What follows from a recurrence, on the page: one step's Jacobian, when gradients explode or vanish, what helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.page.blocks import Block, Picture
from derive.topics.stability.page.conditions import conditions
from derive.topics.stability.page.remedies import remedies
from derive.topics.stability.page.step_jacobian import step_jacobian_section
from derive.topics.topic import Context

if TYPE_CHECKING:
    from derive.topics.stability.conditions import Analysis
    from derive.topics.stability.measurements import Measured


def recurrence(
    analysis: Analysis, measured: Measured | None, context: Context, several: bool = False
) -> Iterator[Block]:
    """The sections on one recurrence, with its plots where they are asked for; where there are `several`, the headings
    name its states."""
    derived = context.derived
    states = [s.generic for s in analysis.jacobian.states] if several else []
    yield from step_jacobian_section(analysis, context, states)
    yield from conditions(analysis, measured, context.detail, states)
    if context.plots:
        from derive.topics.stability.plots.plots import plots  # only now is matplotlib loaded

        for plot in plots(derived.derivation, analysis, measured):
            yield Picture(plot, plot.caption)
    yield from remedies(analysis, derived.steps, measured, context.detail)
