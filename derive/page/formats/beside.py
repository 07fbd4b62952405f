"""Statements beside each other: in how many columns of equal width, and which of them stand on one line.

Typst measures its formulas and does the same in a function of its page; see `derive/page/formats/typst/design.py`. A
browser fills its lines by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST = 3  # columns


class Beside(NamedTuple):
    """How many columns there are, their width, and the numbers of the statements of each line, from the left."""

    number: int
    width: float
    lines: tuple[tuple[int, ...], ...]


def beside(needs: Sequence[float], room: float, gap: float, wide: bool = True) -> Beside:
    """The fewest columns that make the fewest lines, in reading order; a statement that is too wide for a column has a
    line of its own, or, where none may be `wide`, all of them fit.

    >>> beside([10, 10, 25, 10, 10, 10], 40, 2).lines
    ((0, 1), (2,), (3, 4, 5))
    """
    found = [_placed(needs, room, gap, count) for count in range(1, MOST + 1)]
    fitting = [each for each in found if wide or each.number == 1 or max(needs) <= each.width]
    return min(fitting, key=lambda each: (len(each.lines), each.number))


def _placed(needs: Sequence[float], room: float, gap: float, count: int) -> Beside:
    width = (room + gap) / count - gap
    lines: list[list[int]] = []
    free = 0
    for number, need in enumerate(needs):
        if need > width or not free:
            lines.append([])
            free = count
        lines[-1].append(number)
        free = 0 if need > width else free - 1
    return Beside(count, width, tuple(map(tuple, lines)))
