"""From derivations to the blocks of a sheet, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derive.rendering import sentences as say
from derive.rendering.argument import backward, gradients
from derive.rendering.blocks import Block, Heading, Title
from derive.rendering.evidence import check
from derive.rendering.expectations import expectations
from derive.rendering.identities import identities
from derive.rendering.limits import limits
from derive.rendering.matrix_form import model_in_matrices
from derive.rendering.numbers import numbers
from derive.rendering.part import Part
from derive.rendering.pictures import picture
from derive.rendering.plots import plotted
from derive.rendering.premises import flows, forward, given, named
from derive.rendering.values import values

if TYPE_CHECKING:
    from derive.analysis.conditions import Analysis


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
        from derive.rendering.derivatives import derivatives

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
        from derive.rendering.primitive_graph import primitive_graph

        yield from primitive_graph(part)
    for analysis in part.analyses:
        yield from recurrence(part, analysis)
    yield from limits(part)
    if part.worked is not None:
        yield from numbers(part.derivation, part.worked, part.remark, part.steps)
    if part.training is not None:
        from derive.rendering.training import training

        yield from training(part)
    yield from check(part)


def recurrence(part: Part, analysis: Analysis) -> Iterator[Block]:
    """What follows from a recurrence: the Jacobian of one step, when gradients explode or vanish, what helps."""
    from derive.rendering.conditions import conditions  # only a sheet with a recurrence in general needs them
    from derive.rendering.remedies import remedies
    from derive.rendering.transition import transition

    found = part.report.measured if part.report is not None else ()
    measured = next((m for m in found if m.analysis is analysis), None)
    yield from transition(analysis, part.derivation)
    yield from conditions(analysis, measured)
    yield from plotted(part, analysis, measured)
    yield from remedies(analysis, part.steps, measured)
