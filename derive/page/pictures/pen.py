"""A picture from the back to the front, and its legend: what is drawn where. How a mark looks is the pen's affair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from derive.page.pictures.diagram import Diagram, Vertex
from derive.page.pictures.labels import Curve, Point, Rectangle
from derive.page.pictures.layout import PAIR, Layout, Route
from derive.page.pictures.legend import Item
from derive.page.pictures.writing import APART, NUMBER, TEXT, Writing


class Pen(Protocol):
    """The marks of a medium, each as text. A `kind` is that of a vertex, or "forward" or "backward" for lines."""

    def bar(self, left: float, right: float, time: str) -> str:
        """A bar above a column, and the time that it stands for."""

    def line(self, kind: str, curves: tuple[Curve, ...], thick: bool) -> str:
        """A line with its head: at the end if it leads forward, at the beginning if backward."""

    def outline(self, kind: str, box: Rectangle) -> str:
        """The outline of a vertex."""

    def dot(self, at: Point) -> str:
        """The mark of a value that the backward pass needs."""

    def formula(self, text: str, at: Point) -> str:
        """The formula of a vertex around a point."""

    def number(self, kind: str, text: str, at: Point) -> str:
        """A number of a worked exercise around a point: a "value", or a "slope" of the loss."""

    def label(self, text: str, at: Point) -> str:
        """The formula of an edge around a point."""

    def arrow(self, kind: str, at: Point) -> str:
        """The sign of a line in the legend."""

    def dots(self, at: Point) -> str:
        """The sign of the time steps that are left out, in the legend."""

    def words(self, text: str, at: Point) -> str:
        """Words of the legend that begin at a point."""


def picture(pen: Pen, drawn: Diagram, laid: Layout, writing: Writing) -> Iterator[list[str]]:
    """The marks of each thing, the columns of time first, labels last."""
    for time, (left, right) in laid.columns.items():
        if mark := writing.time(time):
            yield [pen.bar(left, right, mark)]
    for route in laid.routes:
        yield from ([line] for line in _lines(pen, route))
    for vertex in drawn.vertices:
        yield _vertex(pen, vertex, laid.boxes[vertex.key], writing)
    for route in laid.routes:
        if route.label is not None:
            yield [pen.label(writing.edge(route.edge), route.label.box.middle)]


def _lines(pen: Pen, route: Route) -> Iterator[str]:
    """An edge; where something flows back, a pair of lines."""
    yield pen.line("forward", route.shifted(-PAIR if route.edge.backward else 0), route.edge.carried)
    if route.edge.backward:
        yield pen.line("backward", route.shifted(PAIR), route.edge.carried)


def _vertex(pen: Pen, vertex: Vertex, box: Rectangle, writing: Writing) -> list[str]:
    """A box with its formula, and beside or below that its numbers, if there are any."""
    outline = [pen.outline(vertex.kind, box)] if vertex.kind != "dots" else []
    dot = [pen.dot((box.right - 3, box.y + 3))] if vertex.needed else []
    first, *rest = _points(vertex, box.middle, writing)
    marked = zip(("value", "slope"), writing.beside(vertex), rest, strict=False)
    numbers = [pen.number(kind, number, at) for kind, number, at in marked if number]
    return [*outline, *dot, pen.formula(writing.vertex(vertex), first), *numbers]


def _points(vertex: Vertex, middle: Point, writing: Writing) -> Iterator[Point]:
    """The middles of the formula and of the numbers: in a row, or one below the other."""
    widths, (x, y) = writing.widths(vertex), middle
    if writing.in_a_row(vertex):
        left = x - (sum(widths) + APART * (len(widths) - 1)) / 2
        for width in widths:
            yield left + width / 2, y
            left += width + APART
        return
    y -= NUMBER * (len(widths) - 1) / 2
    yield x, y
    yield from ((x, y + TEXT * 0.62 + NUMBER * (n + 0.5)) for n in range(len(widths) - 1))


def entry(pen: Pen, item: Item, lang: str) -> list[str]:
    """The marks of one entry of the legend: its sign and its words."""
    x, y = item.x, item.y
    if item.kind in ("forward", "backward", "carried"):
        sign = pen.arrow(item.kind, (x, y))
    elif item.kind == "dots":
        sign = pen.dots((x + 13, y))
    elif item.kind in ("value", "slope"):
        sign = pen.number(item.kind, "0.5", (x + 13, y))
    elif item.kind == "kept":
        sign = pen.dot((x + 13, y))
    else:
        sign = pen.outline(item.kind, Rectangle(x, y - 6.5, 26, 13))
    return [sign, pen.words(item.text.pick(lang), (item.text_x, y))]
