"""What follows from a recurrence, on the page: one step's Jacobian, when gradients explode or vanish, what helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.language import Text
from derive.page.blocks import Block, Picture
from derive.topics.stability.page.conditions import conditions
from derive.topics.stability.page.remedies import remedies
from derive.topics.stability.page.step_jacobian import step_jacobian_section
from derive.topics.topic import Context

if TYPE_CHECKING:
    from derive.topics.stability.conditions import Analysis
    from derive.topics.stability.measurements import Measured

ARGUED = Text(
    "The claims about many steps, their bounds and what helps are argued where they stand; they were not measured.",
    "关于多个时间步的结论、界以及补救办法都在原处论证，未作数值测量。",
)
MEASURED = Text(
    "The claims about many steps, their bounds and what helps are argued where they stand, not compared line by line. "
    "What the tables of those sections show was measured against torch.autograd, in {cells} random cells, and "
    "contradicts none of them; the rest is argued only.",
    "关于多个时间步的结论、界以及补救办法都在原处论证，并非逐行比较。"
    "这些小节的表中所列的内容在 {cells} 个随机单元上以 torch.autograd 作了测量，与各结论均不矛盾；其余的只是论证。",
)


def recurrence(analysis: Analysis, measured: Measured | None, context: Context) -> Iterator[Block]:
    """The sections on one recurrence, with its plots where they are asked for."""
    derived = context.derived
    yield from step_jacobian_section(analysis, context)
    yield from conditions(analysis, measured, context.detail)
    if context.plots:
        from derive.topics.stability.plots.plots import plots  # only now is matplotlib loaded

        for plot in plots(derived.derivation, analysis, measured):
            yield Picture(plot, plot.caption)
    yield from remedies(analysis, derived.steps, measured, context.detail)


def argued(analysis: Analysis, measured: Measured | None) -> Iterator[Text]:
    """Say that claims about many steps are no lines that were compared, and how many random cells were tried."""
    if analysis.conditions:
        cells = sum(s.draws for f in measured.findings for s in f.settings) if measured is not None else 0
        yield MEASURED(cells=str(cells)) if cells else ARGUED
