"""Text that is printed once with marks for index expressions, and filled in with numbers for each time step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat

PLACE = r"\x02-?\d+,-?\d+\x03"
TOKEN = re.compile(rf"(\^\{{{PLACE}\}}|\^\({PLACE}\)|{PLACE})")


def mark(slope: int, rest: object) -> str:
    """The mark of slope * t + rest."""
    return f"\x02{slope},{rest}\x03"


class Template:
    """Text with index marks; an exponent that is 1 is not written."""

    def __init__(self, text: str):
        self._pieces = TOKEN.split(text)  # words and marks in turn

    def at(self, times: Sequence[int | None], dots: str) -> list[str]:
        """The text at every time, `dots` for None."""
        steps = tuple(t for t in times if t is not None)
        n = len(steps)
        columns = [_column(p, steps) if at % 2 else repeat(p, n) for at, p in enumerate(self._pieces)]
        filled = list(map("".join, zip(*columns, strict=True)))
        for gap in (at for at, t in enumerate(times) if t is None):
            filled.insert(gap, dots)
        return filled


@lru_cache(maxsize=16)
def _column(mark: str, times: tuple[int, ...]) -> list[str]:
    """What stands at a mark, with the brackets of an exponent, at every time."""
    opened, a, b, closed = re.split("[\x02,\x03]", mark)
    numbers = [int(a) * t + int(b) for t in times]
    return ["" if opened and n == 1 else f"{opened}{n}{closed}" for n in numbers]
