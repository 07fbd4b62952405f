"""Formulas as SVG text: letters slanted, numbers and words upright, scripts raised and lowered; and their widths."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from derive.page.print.style import LEVEL, LOWER, RAISED

SCRIPT = 0.7  # size of a script
SHIFT = {LOWER: 0.28, RAISED: -0.38}  # how far it is lowered, in em of its surroundings
TOKEN = re.compile(rf"[{LOWER}{RAISED}{LEVEL}]|[^\W\d_]+[\u0300-\u036f]*|[^{LOWER}{RAISED}{LEVEL}]", re.UNICODE)
WIDE = {"m": 0.88, "w": 0.72, "x": 0.57, "h": 0.57, "M": 0.89, "W": 0.94}
WIDE |= {"i": 0.3, "j": 0.3, "l": 0.3, "t": 0.33, "f": 0.33, "r": 0.42}
SIGNS = {" ": 0.33, ",": 0.25, ".": 0.25, "(": 0.35, ")": 0.35, "|": 0.25, "·": 0.3, "/": 0.32, "[": 0.35, "]": 0.35}
SIGNS |= {"+": 0.78, "−": 0.78, "=": 0.78, "Σ": 0.7, "∂": 0.52, "≤": 0.65, ">": 0.65, "⋯": 1.0, "√": 0.6}


SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def escape(text: str) -> str:
    """Plain text for XML."""
    return text.translate(SPECIAL)


class Run(NamedTuple):
    """Letters of one kind: their size and how far they are lowered, in em of the whole."""

    text: str
    slanted: bool
    size: float
    lowered: float


@cache
def runs(marked: str) -> tuple[Run, ...]:
    """The runs of a formula printed in the style "scripts"."""
    found: list[Run] = []
    stack = [(1.0, 0.0)]
    for token in TOKEN.findall(marked.replace("-", "−")):
        size, lowered = stack[-1]
        if token in SHIFT:
            stack.append((size * SCRIPT, lowered + SHIFT[token] * size))
        elif token == LEVEL:
            stack.pop()
        else:
            found.append(Run(token, _slanted(token), size, lowered))
    return tuple(_joined(found))


def _slanted(token: str) -> bool:
    """Letters are slanted, words such as tanh are not; nor are capital Greek letters."""
    bare = "".join(c for c in token if not combining(c))
    return bare.isalpha() and len(bare) <= 2 and not any("Α" <= c <= "Ω" for c in bare) and bare not in ("log", "∂")


def _joined(found: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in found:
        if joined and joined[-1][1:] == run[1:]:
            joined[-1] = run._replace(text=joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined


def spans(marked: str, size: float) -> str:
    """The formula as tspans within a <text> of that font size."""
    parts, at = [], 0.0
    for run in runs(marked):
        move = f' dy="{(run.lowered - at) * size:.2f}"' if abs(run.lowered - at) > 1e-9 else ""
        small = f' font-size="{run.size * size:.2f}"' if run.size != 1 else ""
        slant = ' font-style="italic"' if run.slanted else ""
        at = run.lowered
        text = escape(run.text)
        parts.append(f"<tspan{move}{small}{slant}>{text}</tspan>" if move or small or slant else text)
    return "".join(parts)


@cache
def wide(marked: str) -> float:
    """The width of a formula in em."""
    return sum(sum(_glyph(c) for c in run.text) * run.size for run in runs(marked))


def _glyph(character: str) -> float:
    if combining(character):
        return 0.0
    if character in SIGNS:
        return SIGNS[character]
    if east_asian_width(character) in "WF":
        return 1.0
    return WIDE.get(character, 0.72 if character.isupper() else 0.5)
