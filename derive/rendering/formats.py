"""The formats by name: each turns the parts of a sheet into one string."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from derive.errors import UsageError
from derive.rendering.blocks import Title
from derive.rendering.formulas import Formulas
from derive.rendering.part import Part
from derive.rendering.sheet import sheet
from derive.terminal import PLAIN, Page

# Each format is the module of its name here, and the notation that its formulas are written in.
FORMATS = {"tex": "latex", "pdf": "latex", "text": "text", "json": "", "html": "latex", "markdown": "latex"}


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
        from derive.rendering import data

        return data.render(parts, lang, head)
    first = parts[0]
    order = _order(parts)
    formulas = Formulas(FORMATS[format], order, tuple(first.sizes.items()))
    if format == "html":  # both details, and both languages, are in the page
        from derive.rendering import html

        return html.render(sheet(parts, head, "brief"), sheet(parts, head, "full"), formulas, lang, detail)
    writer = importlib.import_module(f"derive.rendering.{format}")  # only the one that is asked for
    for_page = (page,) if format == "text" else ()
    document: str | bytes = writer.render(sheet(parts, head, detail), formulas, lang, *for_page)
    return document


def _order(parts: Sequence[Part]) -> tuple[str, ...]:
    """The names as an author orders them: the parameters of every reading first, then everything as it was defined."""
    models = [p.derivation.model for p in parts]
    models += [p.rewritten.program.model for p in parts if p.rewritten is not None]
    parameters = [n.name for m in models for n in m.of_kind("parameter")]
    return tuple(dict.fromkeys([*parameters, *(name for m in models for name in m.order)]))
