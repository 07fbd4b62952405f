"""Typst, a typesetter in a wheel: a page becomes a PDF in this process, without a file, a package or the network.

A page of derive's own writer needs nothing but its own text: words and pictures are strings in it. What could reach
for more (an import, a file that is read, a package) is refused before Typst sees it, and the root is an empty folder.
"""

from __future__ import annotations

import re
import tempfile
from functools import cache
from typing import Any

from derive.errors import UsageError
from derive.page.look import CHINESE as FONTS
from derive.page.look import FEW

STANDARD = "ua-1"  # PDF/UA-1: tagged, with a text for every formula and picture
HARMLESS = re.compile(r'\\.|"(?:[^"\\]|\\.)*"', re.DOTALL)  # a sign that is written with a backslash, or a string
FORBIDDEN = re.compile(
    r"\b(?:import|include|read|plugin|json|csv|yaml|toml|xml|cbor|bibliography|eval|sys)\b|\bimage\((?!bytes\()|[@`]"
)
CHINESE = re.compile("[\u3400-\u9fff]")
# what a document of derive says of its lines, see `derive/page/formats/typst/design.py`
LOOSE, CLOSER = "#let closer = false", "#let closer = true"
LEAVES = re.compile(rb"/Kids\[([^]]*)\]")
HEADINGS = re.compile(rb"\[(\d+) 0 R/XYZ [\d.]+ ([\d.]+) ")  # the page that each is on, and its height there
HEIGHT = re.compile(rb"/MediaBox\[0 0 [\d.]+ ([\d.]+)\]")
# what the fonts of Typst may not have; to look for those of the system takes a third as long as to set a page
ELSEWHERE = re.compile("[^\0-\u052f\u1d00-\u2bff\U0001d400-\U0001d7ff]")


def typeset(page: str, format: str = "pdf") -> bytes:
    """The PDF of a page, or its only page as "png", at 200 points an inch.

    Where a PDF would end on a page with almost nothing on it, its lines stand closer, if that saves the page.
    Errors: UsageError where it asks for more than its own text, or where Typst stops.
    """
    refuse(page)
    found = _set(page, format)
    if LOOSE in page and format == "pdf" and _ends_early(found):
        return min(found, _set(page.replace(LOOSE, CLOSER, 1), format), key=lambda pdf: len(_pages(pdf)))
    return found


def _pages(pdf: bytes) -> list[bytes]:
    """The numbers of the objects that are its pages."""
    return LEAVES.findall(pdf)[-1].split()[::3]


def _ends_early(pdf: bytes) -> bool:
    """Does no heading begin further down its last page, of several, than this page may be empty?"""
    last, tall = _pages(pdf)[-1], float(HEIGHT.findall(pdf)[-1])
    begun = [float(y) for page, y in HEADINGS.findall(pdf) if page == last]
    return len(_pages(pdf)) > 1 and all(y > (1 - FEW) * tall for y in begun)


def _set(page: str, format: str) -> bytes:
    """The file, by the fonts of Typst or else of the system."""
    compiler = typst()
    if CHINESE.search(page) and not chinese_fonts():
        raise UsageError("a page with Chinese needs a font for it; install one (Debian: fonts-noto-cjk)")
    standards = [STANDARD] if format == "pdf" else []
    # a sign that no font has, as in a user's title, is looked for in the system, and then done without
    tries = [(_own_fonts, standards), (_fonts, standards), (_fonts, [])][bool(ELSEWHERE.search(page)) :]
    with tempfile.TemporaryDirectory(prefix="derive-") as root:
        words = {
            "root": root, "package_path": root, "package_cache_path": root, "format": format, "timestamp": 0,
            "ppi": 200.0,
        }  # fmt: skip
        for fonts, wanted in tries:
            try:
                return bytes(compiler.compile(page.encode(), font_paths=fonts(), pdf_standards=wanted, **words))
            except compiler.TypstError as error:
                said = error.message
            if "PDF/UA" not in said:
                break
    raise UsageError(f"Typst stopped: {said}; the page is what --format typst writes")


def refuse(page: str) -> None:
    """Errors: UsageError where a page, outside of its strings and signs, asks for anything that is not in it."""
    found = FORBIDDEN.search(HARMLESS.sub('""', page))
    if found is not None:
        raise UsageError(f"the page was refused: it asks Typst for {found[0]!r}")


@cache
def typst() -> Any:
    """The module. Errors: UsageError where it is not installed."""
    try:
        import typst as module
    except ImportError:
        raise UsageError("no typst here: pip install typst, or set the page by TeX, --engine tex") from None
    return module


def chinese_fonts() -> list[str]:
    """The fonts with Chinese characters that a page asks for and that are here, the first choice first."""
    here = set(_fonts().families())
    return [name for name in FONTS if name in here]


@cache
def _own_fonts() -> Any:
    """The fonts of Typst itself."""
    return typst().Fonts(include_system_fonts=False)


@cache
def _fonts() -> Any:
    """The fonts of the system and of Typst itself, looked for once."""
    return typst().Fonts()
