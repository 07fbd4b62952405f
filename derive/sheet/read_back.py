"""The formulas of a page are read back, where the derivation was checked, and the page says so.

First as they are printed in LaTeX, then on the finished page, in the format that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block
from derive.page.formats.formats import Document
from derive.page.print.formulas import Formulas
from derive.sheet.notation import notation
from derive.sheet.part import Part


def read_back(parts: Sequence[Part], blocks: Sequence[Block]) -> Iterator[Text]:
    """Say that what the blocks print in LaTeX was read back, and how much of it where that is not all.

    Errors: VerificationError for a formula that does not say what was checked.
    """
    if all(part.report is None for part in parts):
        return
    from derive.proofread.proofread import proofread

    found = proofread(blocks, Formulas("latex", *notation(parts))).required()
    if not found.unread:
        yield say.READ_BACK
    elif found.agree:
        yield say.READ_BACK_IN_PART(read=str(found.agree), all=str(found.agree + len(found.unread)))


def finished(reports: bool) -> Callable[[str, str, Document], None] | None:
    """What reads a finished page, where there are reports of what was checked."""
    if not reports:
        return None
    from derive.proofread.pages.pages import require

    return require
