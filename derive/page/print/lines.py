"""Lines of LaTeX: how wide a formula will be, and where a line that is too long breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from unicodedata import combining, east_asian_width

from derive.memo import memo
from derive.page.print.order import signed

TOKEN = re.compile(r"\\frac|\\tfrac|\\sqrt|\\mathrm|\\text|\\mathbf|\\[A-Za-z]+|\\.|[{}_^]|.", re.DOTALL)
WORDS = {
    "\\log": 1.4, "\\tanh": 2.2, "\\sin": 1.3, "\\cos": 1.5, "\\max": 1.9, "\\partial": 0.57, "\\cdots": 1.5,
    "\\dots": 1.5, "\\quad": 1.0, "\\qquad": 2.0, "\\,": 0.17, "\\!": -0.17, "\\left": 0.25, "\\right": 0.25,
    "\\Bigl": 0.2, "\\Bigr": 0.2, " ": 0.0, "w": 0.72, "m": 0.88, "i": 0.35, "j": 0.41, "l": 0.3, "t": 0.36,
    "r": 0.45, "f": 0.55, "c": 0.43, "e": 0.47, "s": 0.47,
}  # fmt: skip
RELATIONS = frozenset(
    ["=", "<", ">", r"\le", r"\ge", r"\approx", r"\leftarrow", r"\to", r"\lt", r"\gt", r"\ne", r"\in"]
)
OPERATIONS = frozenset(["+", "-", r"\odot", r"\oslash", r"\times", r"\pm"])
LIMITS = frozenset([r"\sum", r"\prod"])  # what stands above and below is as wide as the wider of the two
SCRIPT = 0.72


@lru_cache(maxsize=20_000)
def width(latex: str) -> float:
    """An estimate in em of the current size; fractions count their wider half, scripts their smaller size."""
    tokens = TOKEN.findall(latex)
    return _run(tokens, [0])


def worded(text: str) -> float:
    """An estimate in em of words with formulas in Unicode among them: a Chinese character is one em wide, and the
    capitals and signs of shapes, as in N×D→N, are wider than other letters."""
    return sum(map(_letter, text))


@cache
def _letter(c: str) -> float:
    if combining(c):
        return 0.0
    return 1.0 if east_asian_width(c) in "WF" else 0.75 if c.isupper() else {"×": 1.2, "→": 1.5}.get(c, 0.48)


def _run(tokens: list[str], at: list[int]) -> float:
    total = widest = 0.0
    while at[0] < len(tokens) and tokens[at[0]] != "}":
        if tokens[at[0]] == "\\\\":
            total, widest = 0.0, max(widest, total)
        total += _next(tokens, at)
    at[0] += 1
    return max(total, widest)


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
    if token in LIMITS:
        return _limits(tokens, at)
    if token in ("\\begin", "\\end"):
        _next(tokens, at)
        return 0.5
    if token == "\\sqrt":
        return _next(tokens, at) + 0.9
    if token in ("\\mathrm", "\\text", "\\mathbf", "\\bar", "\\tilde", "\\hat"):
        return _next(tokens, at)
    return _glyph(token)


def _limits(tokens: list[str], at: list[int]) -> float:
    widest = 1.4
    while at[0] < len(tokens) and tokens[at[0]] in ("_", "^"):
        widest = max(widest, _next(tokens, at))
    return widest + 0.17


@cache
def _glyph(token: str) -> float:
    if token in WORDS:
        return WORDS[token]
    if token in RELATIONS:
        return 1.33
    if token in OPERATIONS:
        return 1.22
    if len(token) == 1 and token.isupper():
        return 0.74
    return 0.56 if len(token) > 1 or token.isalnum() else 0.39


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


def chained(parts: Sequence[tuple[str, str]], room: float, again: str = r"\quad") -> list[str]:
    """Each sign with what follows it, in lines of at most `room` em; a part that does not fit begins a new line, and
    one that is broken goes on behind `again`."""
    lines, used = [""], 0.0
    for sign, part in parts:
        pieces = broken(summands(part), room)
        if lines[-1] and used + width(pieces[0]) + 2 > room:
            lines, used = [*lines, ""], 0.0
        lines[-1] += f"{sign} {pieces[0]} "
        lines += [f"{again} {piece} " for piece in pieces[1:]]
        used = (used if len(pieces) == 1 else 0.0) + width(pieces[-1]) + 2
    return [line.rstrip() for line in lines]
