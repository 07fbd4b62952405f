"""From derivations to the blocks of a sheet, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Title
from derive.sheet.model import flows, forward, given, named
from derive.sheet.part import Part
from derive.sheet.picture import picture
from derive.sheet.steps import backward, gradients
from derive.sheet.values import values
from derive.sheet.verification import check
from derive.topics.expectation.page import expectations
from derive.topics.identities.page import identities
from derive.topics.limits.page import limits
from derive.topics.matrix_form.page import model_in_matrices
from derive.topics.stability.plots.page import plotted
from derive.topics.worked.page import numbers

if TYPE_CHECKING:
    from derive.topics.stability.conditions import Analysis


def sheet(parts: Sequence[Part], head: Title | None = None, detail: str = "brief") -> Iterator[Block]:
    """The blocks of a whole sheet; `detail` "full" prints every time step."""
    yield head or Title(say.plain(parts[0].derivation.model.title), say.DERIVED)
    for part in parts:
        if part.label is not None:
            yield Heading(say.READING(label=part.label), 0)
        yield from _part(part, detail)


def _part(part: Part, detail: str) -> Iterator[Block]:
    model = part.derivation.model
    yield from given(model.given or model)
    if part.asked:
        from derive.topics.jacobian.page.jacobian import derivatives

        yield from named(model)
        yield from derivatives(part)
        return
    yield from flows(part.derivation)
    yield from expectations(part)
    yield from picture(part)
    yield from forward(part, detail)
    yield from model_in_matrices(part)
    yield from identities(part)
    yield from values(part)
    if model.has_loss:
        yield from backward(part, detail)
        yield from gradients(part, detail)
    if part.rewritten is not None:
        from derive.topics.primitives.page import primitive_graph

        yield from primitive_graph(part)
    for analysis in part.analyses:
        yield from recurrence(part, analysis)
    yield from limits(part)
    if part.worked is not None:
        yield from numbers(part.derivation, part.worked, part.remark, part.steps)
    if part.training is not None:
        from derive.topics.training.page import training

        yield from training(part)
    yield from check(part)


def recurrence(part: Part, analysis: Analysis) -> Iterator[Block]:
    """What follows from a recurrence: the Jacobian of one step, when gradients explode or vanish, what helps."""
    from derive.topics.stability.measurements import measured_of
    from derive.topics.stability.page.conditions import (
        conditions,  # only a sheet with a recurrence in general needs them
    )
    from derive.topics.stability.page.remedies import remedies
    from derive.topics.stability.page.step_jacobian import transition

    measured = measured_of(part.report, analysis)
    yield from transition(analysis, part.derivation)
    yield from conditions(analysis, measured)
    yield from plotted(part, analysis, measured)
    yield from remedies(analysis, part.steps, measured)
