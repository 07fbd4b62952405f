"""From derivations to the blocks of a sheet, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Paragraph, Title
from derive.sheet.algorithm import shown as algorithm
from derive.sheet.model import flows, forward, given, named
from derive.sheet.part import Part
from derive.sheet.picture import picture
from derive.sheet.results import results
from derive.sheet.steps import backward, gradients
from derive.sheet.values import values
from derive.sheet.verification import check
from derive.topics.topic import Place


def sheet(parts: Sequence[Part], head: Title, detail: str = "brief") -> Iterator[Block]:
    """Yield the blocks of a whole sheet: in detail "answer" its results, in "brief" the derivation with steps that are
    alike put together, in "full" every step and every time step."""
    yield head
    for part in (p._replace(detail=detail) for p in parts):
        if part.label is not None:
            yield Heading(say.READING(label=part.label), 0)
        yield from _alone(part) if part.alone else _part(part)


def _part(part: Part) -> Iterator[Block]:
    derived, model, detail = part.derived, part.derived.model, part.detail
    yield from given(model.given or model)
    if detail == "full":
        yield from flows(derived.derivation)
    yield from part.sections(Place.PREMISES)
    yield from forward(derived, part.known, detail)
    yield from results(part)
    if detail == "answer":
        yield from check(part)
        return
    yield from picture(part)
    yield from part.sections(Place.MODEL)
    yield from values(derived)
    if model.has_loss:
        yield from backward(part)
        yield from gradients(part)
        yield from algorithm(derived, detail)
    yield from part.sections(Place.RESULTS)
    if not model.has_loss:
        yield from map(Paragraph, part.notes)  # else below the gradients
    yield from check(part)


def _alone(part: Part) -> Iterator[Block]:
    """Show the model, and what is shown instead of the derivation."""
    model = part.derived.model
    yield from given(model.given or model)
    yield from named(model)
    yield from part.sections(Place.ALONE)
