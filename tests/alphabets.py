"""Text in which h_t and h with a small t are the same: a block of equations is written in one of the two."""

from __future__ import annotations

import re
import unicodedata


def letters(text: str) -> str:
    """A formula without its subscripts and superscripts being such."""
    return re.sub(r"[_^{}]", "", unicodedata.normalize("NFKD", text).replace("\u2212", "-"))
