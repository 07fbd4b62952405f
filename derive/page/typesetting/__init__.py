"""From a LaTeX page to a PDF: what the page needs, which TeX has it, and a run that can do no harm."""

from __future__ import annotations


def pdf(page: str) -> bytes:
    """The PDF of a complete LaTeX document, whose very bytes are compiled.

    Errors: UsageError where no installed TeX has what the page needs, or where TeX stops.
    """
    from derive.page.typesetting.engines import chosen
    from derive.page.typesetting.needs import needs
    from derive.page.typesetting.typeset import typeset

    return typeset(page, chosen(needs(page))).pdf
