"""PDF: the LaTeX page, unchanged, typeset by an installed TeX that has all the packages it needs."""

from __future__ import annotations

from derive.page.formats import tex
from derive.page.formats.formats import Document
from derive.page.typesetting import pdf


def render(document: Document) -> bytes:
    """The PDF file. Errors: UsageError where no TeX can set the page."""
    return pdf(tex.render(document))
