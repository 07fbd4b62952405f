"""The sheet of a solution in one of the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

from derive.errors import UsageError
from derive.language import LANGUAGES
from derive.page import sentences as say
from derive.page.blocks import Block, Title
from derive.page.formats.formats import DETAILS, ENGINES, FORMATS, Document
from derive.page.front import Front
from derive.page.print.formulas import Formulas
from derive.page.terminal import PLAIN, Page
from derive.sheet.excerpt import excerpt
from derive.sheet.notation import notation
from derive.sheet.part import Part
from derive.sheet.read_back import finished
from derive.sheet.sheet import sheet

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

    Errors: UsageError for an unknown format, language, detail or engine, or for steps that are not there;
    VerificationError for a page that does not say what was checked.
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
    whole = cache(lambda detail: tuple(_exercise(shown, blank, form.both, detail)))
    reread = finished(any(part.report is not None for part in parts))
    return form.render(Document(whole, formulas, lang, detail, page, data, engine, front.paper, blank, reread))


def _exercise(sheet: Callable[[str], Iterable[Block]], last: int | None, both: bool, detail: str) -> Iterable[Block]:
    if last is None and not both:
        return sheet(detail)
    from derive.sheet.blank import exercise

    return exercise(sheet(detail), last, both)


def _data(parts: Sequence[Part], lang: str, head: Title) -> dict[str, Any]:
    """Return the derivation as data; it is computed only if the format asks for it."""
    from derive.sheet.as_json import data

    return data(parts, lang, head)
