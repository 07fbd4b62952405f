"""Lines of LaTeX: how wide a formula will be, and where a line that is too long breaks."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from unicodedata import combining, east_asian_width

from derive.memo import memo
from derive.page.print.order import signed

TOKEN = re.compile(r"\\frac|\\tfrac|\\sqrt|\\mathrm|\\text|\\mathbf|\\[A-Za-z]+|\\.|[{}_^]|.", re.DOTALL)
WORDS = {
    "\\log": 1.4, "\\tanh": 2.2, "\\sin": 1.3, "\\cos": 1.5, "\\max": 1.9, "\\sum": 1.5, "\\prod": 1.5,
    "\\partial": 0.57, "\\cdot": 0.75, "\\times": 1.3, "\\approx": 1.3, "\\le": 1.3, "\\cdots": 1.5, "\\dots": 1.5,
    "\\,": 0.17, "\\left": 0.1, "\\right": 0.1, "\\Bigl": 0.2, "\\Bigr": 0.2,
}  # fmt: skip
SCRIPT = 0.72


@lru_cache(maxsize=20_000)
def width(latex: str) -> float:
    """An estimate in em of the current size; fractions count their wider half, scripts their smaller size."""
    tokens = TOKEN.findall(latex)
    return _run(tokens, [0])


def worded(text: str) -> float:
    """An estimate in em of words with formulas in Unicode among them: a Chinese character is one em wide."""
    return sum(0.0 if combining(c) else 1.0 if east_asian_width(c) in "WF" else 0.48 for c in text)


def _run(tokens: list[str], at: list[int]) -> float:
    total = 0.0
    while at[0] < len(tokens) and tokens[at[0]] != "}":
        total += _next(tokens, at)
    at[0] += 1
    return total


def _next(tokens: list[str], at: list[int]) -> float:
    token = tokens[at[0]]
    at[0] += 1
    if token == "{":
        return _run(tokens, at)
    if token in ("\\frac", "\\tfrac"):
        scale = 0.72 if token == "\\tfrac" else 1.0
        return scale * max(_next(tokens, at), _next(tokens, at)) + 0.25
    if token in ("_", "^"):
        return SCRIPT * _next(tokens, at) if at[0] < len(tokens) else 0.0
    if token == "\\sqrt":
        return _next(tokens, at) + 0.9
    if token in ("\\mathrm", "\\text", "\\mathbf", "\\bar", "\\tilde", "\\hat"):
        return _next(tokens, at)
    return _glyph(token)


@cache
def _glyph(token: str) -> float:
    if token in WORDS:
        return WORDS[token]
    if token in "+-=":
        return 1.3
    if token == " ":
        return 0.0
    return 0.55 if len(token) > 1 or token.isalnum() else 0.4


def summands(latex: str) -> tuple[str, ...]:
    """The terms of a written sum: parted before each plus and minus outside all brackets."""
    found, depth = [""], 0
    for token in re.split(r"(?<= )([+-] |[{}()[\]])|([{}()[\]])", latex):
        depth += (token or " ") in "{(["
        depth -= (token or " ") in "})]"
        if token in ("+ ", "- ") and not depth:
            found.append("-" if token == "- " else "")
        else:
            found[-1] += token or ""
    return tuple(term.strip() for term in found)


@memo
def broken(terms: tuple[str, ...], room: float) -> list[str]:
    """Terms joined to lines no wider than `room` em, broken before a plus or a minus."""
    lines: list[list[str]] = [[]]
    used = 0.0
    for term in terms:
        wide = width(term) + 1.3
        if lines[-1] and used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(term)
        used += wide
    joined = [signed(line) for line in lines]
    return [joined[0], *(line if line.startswith("-") else f"+ {line}" for line in joined[1:])]
