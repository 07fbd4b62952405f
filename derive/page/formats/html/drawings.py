"""Drawings within a page: names inside an SVG belong to the whole page, so each drawing gets names of its own."""

from __future__ import annotations

import re
from hashlib import sha256

NAMED = re.compile(r"""\bid=(["'])([^"']+)\1""")
PROLOGUE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE[^>]*>", re.DOTALL)


def inlined(svg: str) -> str:
    """The <svg> element with a prefix before every name that it defines and refers to."""
    svg = PROLOGUE.sub("", svg).strip()
    names = {found[2] for found in NAMED.finditer(svg)}
    if not names:
        return svg
    prefix = f"d{sha256(svg.encode()).hexdigest()[:8]}-"
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.sub(rf"""(\bid=["']|href=["']\#|url\(["']?\#)({known})(?=["')])""", rf"\1{prefix}\2", svg)
