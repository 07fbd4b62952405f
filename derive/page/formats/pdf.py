"""PDF: the LaTeX page, byte for byte, set by the TeX that has what it needs."""

from __future__ import annotations

from collections.abc import Iterable

from derive.page import blocks
from derive.page.formats import tex
from derive.page.print.formulas import Formulas
from derive.page.typesetting import pdf


def render(sheet: Iterable[blocks.Block], formulas: Formulas, lang: str) -> bytes:
    """The PDF file. Errors: UsageError where no TeX can set the page."""
    return pdf(tex.render(sheet, formulas, lang))
