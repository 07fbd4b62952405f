"""A chart as one expression of Typst: a box in which every mark has its place; formulas are those of the page."""

from __future__ import annotations

from collections.abc import Iterable

from derive.page.charts.marks import Dot, Point, Shape, Stroke, Word, colour, dashes, size
from derive.page.plots.look import INK, LINE
from derive.page.print.formulas import Formulas
from derive.page.print.typst import equation

WIDE = 80.0  # of the box of a label that begins or ends at a point


def typst(drawn: Iterable[Shape], formulas: Formulas) -> str:
    """The box."""
    width, height = size()
    marks = "\n".join(_mark(shape, formulas) for shape in drawn)
    return f"box(width: {width:.1f}pt, height: {height:.1f}pt, {{\n{marks}\n}})"


def _mark(shape: Shape, formulas: Formulas) -> str:
    if isinstance(shape, Stroke):
        first, *rest = shape.points
        found = dashes(shape.look)
        dash = f", dash: ({', '.join(f'{n}pt' for n in found)})" if found else ""
        paint, thick = (LINE, 0.4) if shape.look is None else (colour(shape.look), 1.1)
        lines = "".join(f", curve.line({_at(p)})" for p in rest)
        return f'path((paint: rgb("{paint}"), thickness: {thick}pt{dash}), curve.move({_at(first)}){lines})'
    if isinstance(shape, Dot):
        x, y = shape.at
        return f'place(dx: {x - 2.2:.1f}pt, dy: {y - 2.2:.1f}pt, circle(radius: 2.2pt, fill: rgb("{INK}")))'
    return _word(shape, formulas)


def _word(word: Word, formulas: Formulas) -> str:
    x, y = word.at
    body = f'text(size: 8pt, fill: rgb("{colour(word.look)}"), {equation("m", formulas.show(word.formula))})'
    if word.anchor == "middle":
        return f"at({x:.1f}pt, {y:.1f}pt, {body})"
    left = x if word.anchor == "left" else x - WIDE
    box = f"box(width: {WIDE}pt, height: 20pt, align({word.anchor} + horizon, {body}))"
    return f"place(dx: {left:.1f}pt, dy: {y - 10:.1f}pt, {box})"


def _at(point: Point) -> str:
    return f"({point[0]:.1f}pt, {point[1]:.1f}pt)"
