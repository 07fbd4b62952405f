"""Text in which h_t and h with a small t are the same: a block of equations is written in one of the two."""

from __future__ import annotations

import re
import unicodedata
from typing import Any


def letters(text: Any) -> Any:
    """A formula, or several, without subscripts and superscripts being such."""
    if not isinstance(text, str):
        return [letters(each) for each in text]
    return re.sub(r"[_^{}]", "", unicodedata.normalize("NFKD", text).replace("\u2212", "-"))
