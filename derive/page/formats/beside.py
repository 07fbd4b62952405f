"""Statements beside each other: in how many columns, and which of them stand on one line.

Typst measures its formulas and does the same in a function of its page; see `derive/page/formats/typst/design.py`. A
browser fills its lines by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST = 3  # columns


class Beside(NamedTuple):
    """The widths of the columns, and the numbers of the statements of each line, from the left."""

    widths: tuple[float, ...]
    lines: tuple[tuple[int, ...], ...]


def beside(needs: Sequence[float], room: float, gap: float, wide: bool = True) -> Beside:
    """The fewest columns that make the fewest lines, in reading order: of equal width, where a statement that is too
    wide for a column has a line of its own, or, where none may be `wide`, all of them fit; or as wide as their widest
    statements.

    >>> beside([10, 10, 25, 10, 10, 10], 40, 2).lines
    ((0, 1), (2,), (3, 4, 5))
    >>> beside([25, 10, 24, 10], 40, 2)
    Beside(widths=(25, 13), lines=((0, 1), (2, 3)))
    """
    found = [_placed(needs, room, gap, count) for count in range(1, MOST + 1)]
    fitting = [each for each in found if wide or len(each.widths) == 1 or max(needs) <= each.widths[0]]
    own = [each for count in range(2, MOST + 1) if (each := _own_widths(needs, room, gap, count)) is not None]
    return min([*fitting, *own], key=lambda each: (len(each.lines), len(each.widths)))


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
    return Beside((width,) * count, tuple(map(tuple, lines)))


def _own_widths(needs: Sequence[float], room: float, gap: float, count: int) -> Beside | None:
    """Columns as wide as their widest statements, the last one with the rest; None where there is no room for them."""
    if len(needs) < count:
        return None
    widths = [max(needs[column::count]) for column in range(count)]
    left = room - sum(widths) - gap * (count - 1)
    lines = tuple(tuple(range(n, min(n + count, len(needs)))) for n in range(0, len(needs), count))
    return None if left < 0 else Beside((*widths[:-1], widths[-1] + left), lines)
