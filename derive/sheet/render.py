"""The formats by name: each turns the parts of a sheet into one string."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from derive.errors import UsageError
from derive.page.blocks import Title
from derive.page.formats.formats import FORMATS
from derive.page.print.formulas import Formulas
from derive.page.terminal import PLAIN, Page
from derive.sheet.part import Part
from derive.sheet.sheet import sheet


def render(
    parts: Sequence[Part],
    format: str = "tex",
    lang: str = "en",
    detail: str = "brief",
    head: Title | None = None,
    page: Page = PLAIN,
) -> str | bytes:
    """A sheet in one format and language, a PDF as bytes; `page` is what text is set for.

    Errors: UsageError for an unknown format, language or detail.
    """
    for what, value, known in (
        ("format", format, tuple(FORMATS)),
        ("lang", lang, ("en", "zh")),
        ("detail", detail, ("brief", "full")),
    ):
        if value not in known:
            raise UsageError(f"unknown {what} {value!r}; choose one of {', '.join(known)}")
    if format == "json":
        from derive.sheet import as_json as data

        return data.render(parts, lang, head)
    first = parts[0]
    order = _order(parts)
    formulas = Formulas(FORMATS[format], order, tuple(first.sizes.items()))
    if format == "html":  # both details, and both languages, are in the page
        from derive.page.formats import html

        return html.render(sheet(parts, head, "brief"), sheet(parts, head, "full"), formulas, lang, detail)
    writer = importlib.import_module(f"derive.page.formats.{format}")  # only the one that is asked for
    for_page = (page,) if format == "text" else ()
    document: str | bytes = writer.render(sheet(parts, head, detail), formulas, lang, *for_page)
    return document


def _order(parts: Sequence[Part]) -> tuple[str, ...]:
    """The names as an author orders them: the parameters of every reading first, then everything as it was defined."""
    models = [p.derivation.model for p in parts]
    models += [p.rewritten.program.model for p in parts if p.rewritten is not None]
    parameters = [n.name for m in models for n in m.of_kind("parameter")]
    return tuple(dict.fromkeys([*parameters, *(name for m in models for name in m.order)]))
