"""PDF: the LaTeX page, byte for byte, set by the TeX that has what it needs."""

from __future__ import annotations

from collections.abc import Iterable

from derive.publishing import pdf
from derive.rendering import blocks, tex
from derive.rendering.formulas import Formulas


def render(sheet: Iterable[blocks.Block], formulas: Formulas, lang: str) -> bytes:
    """The PDF file. Errors: UsageError where no TeX can set the page."""
    return pdf(tex.render(sheet, formulas, lang))
