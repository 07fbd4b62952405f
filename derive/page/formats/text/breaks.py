"""Where a long formula breaks: before a relation, then before a plus or minus, then within a product."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from derive.page.formats.text.words import columns

RELATIONS = frozenset(["=", "≈", "←", "<", ">", "≤", "≥", "≠"])
SUMMING = frozenset(["+", "-", "−"])
FACTORS = frozenset(["·", "⊙"])
HOLDING = ("Σ", "Π", "lim", "log", "D_")  # what reads what follows: no break behind
DEEPER, INDENT = 4, 2  # a break inside brackets is worse than any outside
RATHER_NOT = 100  # behind a sum sign, or inside a name
EARLY = 0.4  # of a line; a break before is worse, for it leaves the line empty


class Break(NamedTuple):
    """A blank at which a line may end, the cost of ending it there, and the sign that the next line begins with."""

    at: int
    cost: int
    sign: str = ""


def broken(text: str, width: int) -> list[str]:
    """Break a formula into lines of at most `width` columns, the later ones indented; wider if nothing can break."""
    lines: list[str] = []
    while columns(text) > (room := width - (INDENT if lines else 0)):
        best = _best(text, room)
        if best is None:
            break
        lines.append(text[: best.at])
        text = best.sign + text[best.at + 1 :]
    lines.append(text)
    return [line if at == 0 else " " * INDENT + line for at, line in enumerate(lines)]


def _best(text: str, width: int) -> Break | None:
    """The break with the least cost whose line fits, the last of equal ones; if no line fits, the first break.

    Breaks come from left to right, so that nothing is read behind the first one that does not fit.
    """
    fitting: list[Break] = []
    for found in _breaks(text):
        if columns(text[: found.at]) > width:
            return _least(fitting, width) if fitting else found
        fitting.append(found)
    return _least(fitting, width) if fitting else None


def _least(breaks: list[Break], width: int) -> Break:
    early = EARLY * width
    return min(breaks, key=lambda b: (b.cost + DEEPER * (b.at < early), -b.at))


def _breaks(text: str) -> Iterator[Break]:
    tokens, at, depth = text.split(" "), -1, 0
    for before, after in itertools.pairwise(tokens):
        at += len(before) + 1
        depth += sum(before.count(c) for c in "([{") - sum(before.count(c) for c in ")]}")
        kind = _kind(before, after)
        if kind is not None and at > 1:
            yield Break(at, DEEPER * max(0, depth) + kind, "· " if kind == 3 else "")


def _kind(before: str, after: str) -> int | None:
    """The cost of a break between two tokens, not counting brackets; None where a break would mislead the reader."""
    if before in RELATIONS or before in SUMMING or before in FACTORS:
        return None
    if any(part.lstrip("([{-").startswith(HOLDING) for part in (before, before.rpartition("(")[2])):  # also exp(Σ
        return RATHER_NOT
    if after in RELATIONS:
        return 0
    if after in SUMMING or before.endswith((",", ";", ":")):
        return 1
    return 2 if after in FACTORS else 3
