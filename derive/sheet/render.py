"""The sheet of a solution in one of the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from derive.errors import UsageError
from derive.expressions.said import Said
from derive.language import LANGUAGES
from derive.model.model import Model, lettered
from derive.page import sentences as say
from derive.page.blocks import Block, Notation, Title
from derive.page.formats.formats import DETAILS, ENGINES, FORMATS, Document
from derive.page.front import Front
from derive.page.print.formulas import Formulas
from derive.page.terminal import PLAIN, Page
from derive.sheet.blank import exercise
from derive.sheet.excerpt import excerpt
from derive.sheet.part import Part
from derive.sheet.sheet import sheet
from derive.topics.topic import topic

PLAIN_FRONT = Front()


def render(
    parts: Sequence[Part],
    format: str = "tex",
    lang: str = "en",
    detail: str = "brief",
    head: Title | None = None,
    page: Page = PLAIN,
    engine: str = "typst",
    front: Front = PLAIN_FRONT,
    steps: range | None = None,
    blank: int | None = None,
) -> str | bytes:
    """Write the sheet in one format and language; a PDF is bytes. `page` is the terminal or file that text is set for,
    `front` what the one who hands it out wishes of its head and paper, `steps` the numbers of the only steps to show;
    `blank` leaves out that many lines of each step, 0 all answers.

    Errors: UsageError for an unknown format, language, detail or engine, or for steps that are not there.
    """
    for what, value, known in (
        ("format", format, tuple(FORMATS)),
        ("lang", lang, LANGUAGES),
        ("detail", detail, DETAILS),
        ("engine", engine, ENGINES),
    ):
        if value not in known:
            raise UsageError(f"unknown {what} {value!r}; choose one of {', '.join(known)}")
    form = FORMATS[format]
    formulas = Formulas(form.notation, *notation(parts))
    head = front.head(head or Title(say.plain(parts[0].derived.model.title), say.DERIVED))
    data = partial(_data, parts, lang, head)
    shown: Callable[[str], Iterable[Block]] = partial(sheet, parts, head)
    if steps is not None:
        if format == "json":
            raise UsageError("--steps is for pages; the data hold every step")
        shown = partial(excerpt, shown, steps)
    shown = partial(_exercise, shown, blank, form.both)
    return form.render(Document(shown, formulas, lang, detail, page, data, engine, front.paper, blank))


def notation(parts: Sequence[Part]) -> Notation:
    """Return how the formulas of a task are printed."""
    sizes = tuple(parts[0].derived.sizes.items())
    return Notation(_order(parts), sizes, _words(parts), lettered(_models(parts)))


def _exercise(sheet: Callable[[str], Iterable[Block]], last: int | None, both: bool, detail: str) -> Iterable[Block]:
    return exercise(sheet(detail), last, both)


def _data(parts: Sequence[Part], lang: str, head: Title) -> dict[str, Any]:
    """Return the derivation as data; it is computed only if the format asks for it."""
    from derive.sheet.as_json import data

    return data(parts, lang, head)


def _words(parts: Sequence[Part]) -> tuple[Said, ...]:
    """Return the words by which the authors of the models wrote formulas."""
    return tuple(dict.fromkeys(w for p in parts for w in p.derived.model.said))


def _models(parts: Sequence[Part]) -> list[Model]:
    """Return the models of every reading, and those of the subjects."""
    models = [p.derived.model for p in parts]
    return models + [m for p in parts for name, found in p.found.items() for m in topic(name).models(found)]


def _order(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the names in the author's order: the parameters of every reading, then everything as it was defined."""
    models = _models(parts)
    parameters = [n.name for m in models for n in m.of_kind("parameter")]
    return tuple(dict.fromkeys([*parameters, *(name for m in models for name in m.order)]))
