"""PDF: the page as Typst or as LaTeX, unchanged, typeset by the engine that was asked for."""

from __future__ import annotations

from derive.page.formats.formats import FORMATS, Document
from derive.page.typesetting import by_tex, by_typst


def render(document: Document) -> bytes:
    """The PDF file. Errors: UsageError where the engine cannot set the page."""
    page = str(FORMATS[document.engine].render(document))
    return by_tex(page) if document.engine == "tex" else by_typst(page)
