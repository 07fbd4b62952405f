"""Where the label of an edge stands: beside its curve, on no box, on no other label, and off the other curves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import ceil, dist, hypot, inf
from typing import NamedTuple

from derive.memo import memo

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
Weights = tuple[float, float, float, float]
ALONG, ELSEWHERE = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9), (0.5, 0.2, 0.8)
AWAY = (5.5, 8.5, 12.5, 19.0, 0.0)  # distances of a label from the middle of its pair of lines; the last is on it
MARGIN = 1.5  # the least distance from boxes and other labels
TOUCH = 3.4  # a label nearer than that to the middle of a pair of lines touches one of them
STEP = 3.0  # between the points of a line
CELL = 16.0
LOST = 1000.0
OWN, MISTAKEN = 0.25, 0.25  # what a point of its own line costs under a label, and one of another line beside it
Cells = dict[tuple[int, int], list[tuple[Point, int]]]


class Rectangle(NamedTuple):
    """x and y of the upper left corner, width and height; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of the lower side."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def meets(self, other: Rectangle, margin: float = 0.0) -> bool:
        """Do the two overlap, or come nearer than the margin?"""
        return (
            self.x < other.right + margin
            and other.x < self.right + margin
            and self.y < other.bottom + margin
            and other.y < self.bottom + margin
        )

    def holds(self, point: Point) -> bool:
        """Does the point lie inside?"""
        return self.x < point[0] < self.right and self.y < point[1] < self.bottom


class Label(NamedTuple):
    """The box of an edge's label."""

    box: Rectangle

    def moved(self, by: float) -> Label:
        """The box moved down by `by`."""
        return Label(self.box._replace(y=self.box.y + by))

    def aside(self, by: float) -> Label:
        """The box moved to the right by `by`."""
        return Label(self.box._replace(x=self.box.x + by))


@memo
def placed(
    lines: tuple[tuple[Curve, ...], ...],
    sizes: tuple[tuple[float, float], ...],
    boxes: tuple[Rectangle, ...],
    most: float,
) -> tuple[tuple[Label | None, ...], float]:
    """The best place for the label of every line, the longest first, None where there is none (and for no label); and
    how much of the lines the labels cover, where a label without a place counts as LOST. Once they cover `most`, the
    rest has no place."""
    cells = _cells(lines)
    found: list[Label | None] = [None] * len(lines)
    taken: list[Rectangle] = []
    total = 0.0
    for edge in sorted((e for e, (width, _) in enumerate(sizes) if width), key=lambda e: -sizes[e][0]):
        if total >= most:
            break
        line, size = lines[edge], sizes[edge]
        near = [_around(box) for box in (*boxes, *taken) if _beside(box, line, size[0])]
        best, least, covered = None, inf, LOST
        for cost, x, y, away in sorted(_spots(line, size)):
            if cost >= least:
                break
            if not _free(x, y, size, near):
                continue
            box = Rectangle(x, y, *size)
            under = _covered(box, edge, cells, away, least - cost)
            if cost + under < least:
                best, least, covered = box, cost + under, under
        total += covered
        if best is not None:
            found[edge] = Label(best)
            taken.append(best)
    return tuple(found), total


def _around(box: Rectangle) -> tuple[float, float, float, float]:
    """The left, upper, right and lower side of a box with its margin."""
    return box.x - MARGIN, box.y - MARGIN, box.right + MARGIN, box.bottom + MARGIN


def _free(x: float, y: float, size: tuple[float, float], near: Sequence[tuple[float, float, float, float]]) -> bool:
    """Whether a label with this corner comes near none of the boxes, as `Rectangle.meets` has it; asked very often."""
    right, bottom = x + size[0], y + size[1]
    for left, top, end, low in near:  # noqa: SIM110, a generator costs more than what it asks
        if x < end and left < right and y < low and top < bottom:
            return False
    return True


def _cells(lines: Sequence[tuple[Curve, ...]]) -> Cells:
    """Points along all curves, a STEP apart, each with the number of its line, sorted into squares CELL wide."""
    cells: Cells = {}
    for edge, curves in enumerate(lines):
        for curve in curves:
            (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
            for a, b, c, d in _evenly(max(2, ceil(_length(curve) / STEP))):
                x, y = a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
                cells.setdefault((int(x // CELL), int(y // CELL)), []).append(((x, y), edge))
    return cells


def _length(curve: Curve) -> float:
    """About the length of a curve: the mean of its chord and of the way over its control points."""
    return (dist(curve[0], curve[3]) + sum(dist(a, b) for a, b in pairwise(curve))) / 2


def _beside(box: Rectangle, curves: tuple[Curve, ...], width: float) -> bool:
    """Can a label of that width beside these curves meet the box?"""
    return box.right > curves[0][0][0] - width and box.x < curves[-1][3][0] + width


def _spots(curves: tuple[Curve, ...], size: tuple[float, float]) -> list[tuple[float, float, float, float]]:
    """What a label costs, its upper left corner, and its distance from the line, on both sides of it and on it: best in
    the middle of the gap after the source."""
    found = []
    w, h = size
    wanted = max(curves[:2], key=lambda c: c[3][0] - c[0][0])
    for curve in curves:
        for t in ALONG if curve is wanted else ELSEWHERE:
            (x, y), (dx, dy) = point(curve, t), _across(curve, t)
            span = (abs(dx) * w + abs(dy) * h) / 2
            far = 0.0 if curve is wanted else 1.0 + dist(point(wanted, 0.5), (x, y)) / 40
            far += 2.5 * abs(t - 0.5)
            for rank, away in enumerate(AWAY):
                reach = away + span if away else 0.0
                for side, better in ((1, 0.0), (-1, 0.1)):  # the way back lies below
                    found.append(
                        (far + 0.6 * rank + better, x + side * dx * reach - w / 2, y + side * dy * reach - h / 2, away)
                    )
    return found


def _across(curve: Curve, t: float) -> Point:
    """The direction of length 1 that leads from a point of the curve off it, downwards."""
    (x0, y0), (x1, y1) = point(curve, t - 0.02), point(curve, t + 0.02)
    length = hypot(x1 - x0, y1 - y0) or 1.0
    return (y0 - y1) / length, (x1 - x0) / length


def _covered(box: Rectangle, edge: int, cells: Cells, away: float, most: float) -> float:
    """How much of lines lies under a label or touches it, that of others is worse than its own; and how much of others
    is as near as its own or nearer, so that the label could be theirs. What is
    above `most` need not be known."""
    (x, y), wide, high = box.middle, box.width / 2, box.height / 2
    near, nearer, cost = max(away, AWAY[0]) + 2.5, max(away - 2, TOUCH), 0.0
    columns = range(int((box.x - near) // CELL), int((box.right + near) // CELL) + 1)
    rows = range(int((box.y - near) // CELL), int((box.bottom + near) // CELL) + 1)
    left, right, top, low = x - wide - near, x + wide + near, y - high - near, y + high + near
    for square in product(columns, rows):
        for (a, b), owner in cells.get(square, ()):
            if not (left < a < right and top < b < low):  # most points are far away
                continue
            across, down = (a - x if a > x else x - a) - wide, (b - y if b > y else y - b) - high
            gap = across if across > down else down  # asked very often: what `max` and `abs` say, without a call
            if owner == edge:
                cost += OWN if gap < TOUCH else 0.0
            elif gap < near:
                cost += 1.0 if gap < nearer else MISTAKEN
        if cost >= most:
            break
    return cost


@memo
def _evenly(count: int) -> tuple[Weights, ...]:
    """The weights of points that cut a curve into so many pieces."""
    return tuple(_weights(n / count) for n in range(count + 1))


@memo
def _weights(t: float) -> Weights:
    """How much each of its four points counts at a place of a cubic Bezier curve: the Bernstein polynomials."""
    s = 1 - t
    return s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t


def point(curve: Curve, t: float) -> Point:
    """A point of a cubic Bezier curve."""
    a, b, c, d = _weights(t)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
