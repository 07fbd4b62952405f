"""JSON: the derivation as data."""

from __future__ import annotations

import json

from derive.page.formats.formats import Document


def render(document: Document) -> str:
    """One JSON object."""
    return json.dumps(document.data(), ensure_ascii=False, indent=1) + "\n"
