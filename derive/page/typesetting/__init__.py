"""From a page to a PDF: by Typst, which is installed with derive, or by the TeX of the system, confined."""

from __future__ import annotations

import sys


def by_typst(page: str) -> bytes:
    """The PDF of a complete Typst document, tagged for a screen reader. Errors: UsageError."""
    from derive.page.typesetting.typst import typeset

    return typeset(page)


def by_tex(page: str) -> bytes:
    """The PDF of a complete LaTeX document, whose very bytes are compiled; a line on standard error names the
    characters that no font has, which stand there by their code points.

    Errors: UsageError where no installed TeX has what the page needs, or where TeX stops.
    """
    from derive.page.typesetting.engines import chosen
    from derive.page.typesetting.needs import needs
    from derive.page.typesetting.typeset import typeset

    done = typeset(page, chosen(needs(page)))
    if done.unset and sys.stderr is not None:
        print(f"derive: no font here has {', '.join(done.unset)}; the page shows these codes", file=sys.stderr)
    return done.pdf
