"""Curves on two logarithmic axes: where each mark of a chart goes, in units of a point on paper."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, log10
from typing import NamedTuple

from sympy import Expr, Integer, Pow

from derive.page.plots.labels import apart
from derive.page.plots.look import MARKS

WIDTH, HEIGHT = 330.0, 170.0  # of the frame
LEFT, RIGHT, TOP, BOTTOM = 38.0, 42.0, 10.0, 30.0  # room around it for labels
LABEL = 12.0  # from one label to the next
DASHES = ((), (6, 2.5), (1.5, 2), (7, 2, 1.5, 2))  # on and off, so that the curves differ in grey too

Point = tuple[float, float]


class Curve(NamedTuple):
    """A quantity and its values, as pairs (x, y) of positive numbers."""

    label: Expr
    points: tuple[Point, ...]


class Mark(NamedTuple):
    """A point with a label."""

    x: float
    y: float
    label: Expr


class Stroke(NamedTuple):
    """A line through points; `look` is the number of its curve, or None for what is behind the curves."""

    points: tuple[Point, ...]
    look: int | None = None


class Dot(NamedTuple):
    """A filled circle."""

    at: Point


class Word(NamedTuple):
    """A formula at a point: with its left end there, its right end, or its middle; `look` as that of a stroke."""

    formula: Expr
    at: Point
    anchor: str  # "left", "right", "middle"
    look: int | None = None


Shape = Stroke | Dot | Word


class Curves(NamedTuple):
    """What is drawn: curves against the quantity `across`, and points on them."""

    across: Expr
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...]


def colour(look: int | None) -> str:
    """The colour of a curve and of its label."""
    return "#222222" if look is None else MARKS[look % len(MARKS)].colour


def dashes(look: int | None) -> tuple[float, ...]:
    """The dashes of a curve."""
    return () if look is None else DASHES[look % len(DASHES)]


def size() -> tuple[float, float]:
    """The width and the height of a chart with its labels."""
    return LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM


class _Axes(NamedTuple):
    """The decades that are shown, and where a point goes."""

    low: Point
    high: Point

    def at(self, x: float, y: float) -> Point:
        """The place of a point, from the upper left corner."""
        right = (log10(x) - self.low[0]) / (self.high[0] - self.low[0])
        up = (log10(y) - self.low[1]) / (self.high[1] - self.low[1])
        return LEFT + WIDTH * right, TOP + HEIGHT * (1 - up)


def _axes(drawn: Curves) -> _Axes:
    points = [p for curve in drawn.curves for p in curve.points]
    xs, ys = [log10(x) for x, _ in points], [log10(y) for _, y in points]
    return _Axes((min(xs), floor(min(ys))), (max(xs), ceil(max(ys))))


def shapes(drawn: Curves) -> Iterator[Shape]:
    """The marks of a chart, from the back to the front."""
    axes = _axes(drawn)
    yield from _grid(drawn, axes)
    for look, curve in enumerate(drawn.curves):
        yield Stroke(tuple(axes.at(*p) for p in curve.points), look)
    yield from _names(drawn, axes)
    for mark in drawn.marks:
        x, y = axes.at(mark.x, mark.y)
        yield Dot((x, y))
        yield Word(mark.label, (x + 5, y + 9), "left")


def _grid(drawn: Curves, axes: _Axes) -> Iterator[Shape]:
    """Lines at the powers of ten with their numbers, and the name of the quantity across."""
    for power in range(ceil(axes.low[0]), floor(axes.high[0]) + 1):
        x, _ = axes.at(10.0**power, 1)
        yield Stroke(((x, TOP), (x, TOP + HEIGHT)))
        yield Word(_ten(power, axes.high[0]), (x, TOP + HEIGHT + 9), "middle")
    low, high = int(axes.low[1]), int(axes.high[1])
    for power in range(low, high + 1, max(1, (high - low) // 5)):
        _, y = axes.at(1, 10.0**power)
        yield Stroke(((LEFT, y), (LEFT + WIDTH, y)))
        yield Word(_ten(power, axes.high[1]), (LEFT - 5, y), "right")
    yield Word(drawn.across, (LEFT + WIDTH / 2, TOP + HEIGHT + 21), "middle")


def _ten(power: int, highest: float) -> Expr:
    """A power of ten: as a number on an axis that ends at a thousand, else as a power."""
    return Integer(10**power) if highest <= 3 else Pow(10, power, evaluate=False)


def _names(drawn: Curves, axes: _Axes) -> Iterator[Word]:
    """The name of each curve at its end, apart from those of its neighbours."""
    ends = [axes.at(*curve.points[-1]) for curve in drawn.curves]
    places = apart([y for _, y in ends], LABEL, TOP, TOP + HEIGHT)
    for look, (curve, (x, _), y) in enumerate(zip(drawn.curves, ends, places, strict=True)):
        yield Word(curve.label, (x + 6, y), "left", look)
