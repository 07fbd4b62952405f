"""Sentences in columns: how wide text is, and where a sentence breaks in English and in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import combining, east_asian_width

KEPT = "\u00a0"  # a blank inside a formula, at which a sentence rather does not break
OPENING, CLOSING = "（《“‘", "，。；：！？、）》”’"
CJK = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uff65]"
UNIT = re.compile(rf"\s+|[{OPENING}]*(?:{CJK}|(?:(?!{CJK})[^\s{OPENING}{CLOSING}])+)[{CLOSING}]*|.")
SIGN = re.compile(" ([=≈≤≥<>×]) ")  # in a formula that an author typed among words
PAINT = re.compile(r"\x1b\[[\d;]*m")


def columns(text: str) -> int:
    """How many columns of a terminal a string takes: two for a Chinese character, none for an accent or a colour."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in PAINT.sub("", text))


def padded(text: str, width: int) -> str:
    """Fill the string with blanks until it has `width` columns."""
    return text + " " * max(0, width - columns(text))


def wrapped(text: str, width: int) -> list[str]:
    """Break a sentence into lines of at most `width` columns; only a single unit that is wider makes a line wider.

    It breaks at blanks and between Chinese characters, never before closing punctuation or after an opening one; inside
    a formula only where this alone is wider than a line.
    """
    lines, line, blank = [], "", ""
    for unit in _units(SIGN.sub(rf"{KEPT}\1{KEPT}", text), width):
        if unit.isspace() and KEPT not in unit:
            blank = " "
        elif line and columns(line + blank + unit) > width:
            lines.append(line)
            line, blank = unit, ""
        else:
            line, blank = (line + blank if line else "") + unit, ""
    return [each.replace(KEPT, " ") for each in (*lines, line)]


def _units(text: str, width: int) -> Iterator[str]:
    """Split a sentence into units that no line break divides; a formula wider than a line is divided at its blanks."""
    for unit in _joined(UNIT.findall(text)):
        if columns(unit) > width and KEPT in unit:
            yield from re.split(r"( )", unit.replace(KEPT, " "))
        else:
            yield unit


def _joined(units: Iterable[str]) -> Iterator[str]:
    """Join the units before and after a blank that belongs to a formula."""
    kept = ""
    for unit in units:
        if unit == KEPT or kept.endswith(KEPT):
            kept += unit
            continue
        if kept:
            yield kept
        kept = unit
    if kept:
        yield kept
