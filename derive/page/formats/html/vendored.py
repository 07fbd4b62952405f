"""KaTeX as it lies in this package: its script, and its style with the fonts inside."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files

HERE = files("derive.page.formats.html")
SOURCES = re.compile(r"src:url\((fonts/[\w-]+\.woff2)\)[^;}]*")


@cache
def text(path: str) -> str:
    """A text file of this package."""
    return HERE.joinpath(path).read_text(encoding="utf-8")


@cache
def katex_style() -> str:
    """KaTeX's style sheet; every font is a data URL, so nothing is fetched."""
    return SOURCES.sub(lambda found: f'src:url({_data(found[1])}) format("woff2")', text("katex/katex.min.css"))


def _data(font: str) -> str:
    encoded = base64.b64encode(HERE.joinpath("katex", font).read_bytes())
    return f"data:font/woff2;base64,{encoded.decode()}"
