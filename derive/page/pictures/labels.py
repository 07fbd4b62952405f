"""Where the label of an edge stands: beside its curve, on no box, on no other label, and off the other curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
ALONG = (0.5, 0.35, 0.65, 0.22, 0.78, 0.12, 0.88)
MARGIN = 1.5  # the least distance from boxes and other labels
CELL = 24.0


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


def placed(
    lines: Mapping[Any, tuple[Curve, ...]], sizes: Mapping[Any, tuple[float, float]], boxes: Sequence[Rectangle]
) -> dict[Any, Label | None]:
    """The best place for every label, the longest first; None where there is none (and for no label)."""
    cells = _cells(lines)
    found: dict[Any, Label | None] = dict.fromkeys(lines)
    taken: list[Rectangle] = []
    for edge in sorted((e for e in lines if sizes[e][0]), key=lambda e: -sizes[e][0]):
        near = [box for box in (*boxes, *taken) if _beside(box, lines[edge][:2], sizes[edge][0])]
        best, least = None, 1e9
        for rank, box in enumerate(_spots(lines[edge], sizes[edge])):
            if any(box.meets(other, MARGIN) for other in near):
                continue
            cost = 0.15 * rank + (_covered(box, edge, cells) if 0.15 * rank < least else 0)
            if cost < least:
                best, least = box, cost
            if 0.15 * rank >= least:
                break
        if best is not None:
            found[edge] = Label(best)
            taken.append(best)
    return found


def _cells(lines: Mapping[Any, tuple[Curve, ...]]) -> dict[int, list[tuple[Point, Any]]]:
    """Points along all curves with their edges, sorted into columns CELL wide."""
    cells: dict[int, list[tuple[Point, Any]]] = {}
    for edge, curves in lines.items():
        for curve in curves:
            for n in range(13):
                x, y = point(curve, n / 12)
                cells.setdefault(int(x // CELL), []).append(((x, y), edge))
    return cells


def _beside(box: Rectangle, curves: tuple[Curve, ...], width: float) -> bool:
    """Can a label of that width beside these curves meet the box?"""
    return box.right > curves[0][0][0] - width and box.x < curves[-1][3][0] + width


def _spots(curves: tuple[Curve, ...], size: tuple[float, float]) -> Iterator[Rectangle]:
    """Boxes below, above and beside the line in the gap after its source, the nearest first."""
    w, h = size
    curve = max(curves[:2], key=lambda c: c[3][0] - c[0][0])
    for away in (4.5, 8.0, 13.0):
        for t in ALONG:
            x, y = point(curve, t)
            yield Rectangle(x - w / 2, y + away, w, h)
            yield Rectangle(x - w / 2, y - away - h, w, h)
            yield Rectangle(x + away, y - h / 2, w, h)
            yield Rectangle(x - away - w, y - h / 2, w, h)


def _covered(box: Rectangle, edge: Any, cells: Mapping[int, list[tuple[Point, Any]]]) -> float:
    """What lies under a label: other curves cost most, its own less."""
    columns = range(int(box.x // CELL), int(box.right // CELL) + 1)
    return sum((5.0 if e is not edge else 3.0) for c in columns for p, e in cells.get(c, ()) if box.holds(p))


def point(curve: Curve, t: float) -> Point:
    """A point of a cubic Bezier curve."""
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
