"""What a notebook shows of each object: the blocks of a sheet that are about this object, written as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from derive.chain.derivation import Derivation, Step
from derive.check.report import Report
from derive.errors import ModelError
from derive.expressions.letters import Letters
from derive.graph import Graph
from derive.language import Text
from derive.model.model import Model
from derive.page import sentences as say
from derive.page import verdicts
from derive.page.blocks import Block, Heading, Paragraph
from derive.page.formats import text
from derive.page.formats.formats import FORMATS, Document
from derive.page.formats.markdown import render
from derive.page.print.formulas import Formulas
from derive.sheet.model import flows, given
from derive.sheet.part import Part
from derive.sheet.results import results
from derive.sheet.steps import backward, gradients, one_step
from derive.sheet.values import values
from derive.solution import Solution
from derive.topics.topic import Ask, Place, find, home

UNFINISHED = Text("This graph is not complete: {reason}.", "此计算图尚不完整：{reason}。")


def markdown(thing: Any) -> str:
    """Write the object as Markdown, in English; `Solution.to_markdown("zh")` gives the whole sheet in Chinese."""
    return render(_document(thing, "latex"))


def plain(thing: Any) -> str:
    """Write the object as text, as IPython shows it in a terminal."""
    return text.render(_document(thing, FORMATS["text"].notation))


def _document(thing: Any, notation: str) -> Document:
    sizes = dict(thing.sizes) if isinstance(thing, (Solution, Step)) else {}
    order, letters = _names(thing)
    return Document(lambda detail: blocks(thing), Formulas(notation, order, tuple(sizes.items()), (), letters))


def _names(thing: Any) -> tuple[tuple[str, ...], Letters]:
    """Return the order of names in which formulas are written, and the letters, where the object knows them."""
    if isinstance(thing, Step):
        return thing.order, thing.letters
    if isinstance(thing, Graph):
        thing = _complete(thing)
    model = getattr(getattr(thing, "derivation", thing), "model", thing)
    return (model.order, model.letters) if isinstance(model, Model) else ((), ())


def _complete(graph: Graph) -> Model | ModelError:
    """Show the model of a graph, or say what it lacks."""
    try:
        return graph.model()
    except ModelError as error:
        return error


@singledispatch
def blocks(thing: Any) -> Iterator[Block]:
    """Return the blocks of an object. An object of a subject is shown by the subject in whose folder its class lies.
    Errors: TypeError for an object that nothing shows.
    """
    subject = home(thing)
    if subject is None:
        raise TypeError(f"{type(thing).__name__} has no view in a notebook")
    return subject.view(thing)


@blocks.register
def _(graph: Graph) -> Iterator[Block]:
    yield Heading(say.plain(graph.title), 0)
    model = _complete(graph)
    if isinstance(model, Model):
        yield from given(model.given or model)
    else:
        yield Paragraph(UNFINISHED(reason=str(model)))


@blocks.register
def _(derivation: Derivation) -> Iterator[Block]:
    yield Heading(say.plain(derivation.model.title), 0)
    yield from given(derivation.model)
    yield from flows(derivation)


@blocks.register
def _(solution: Solution) -> Iterator[Block]:
    model, part = solution.derivation.model, Part(solution, find(solution, Ask(), [Place.MODEL]))
    yield Heading(say.plain(model.title), 0)
    yield from given(model.given or model)
    yield from results(part)
    yield from values(part)
    if model.has_loss:
        yield from backward(part)
        yield from gradients(part)


@blocks.register
def _(step: Step) -> Iterator[Block]:
    yield from one_step(step)


@blocks.register
def _(report: Report) -> Iterator[Block]:
    yield verdicts.table(report.rows)
