"""A picture as one expression of Typst: a box in which every mark has its place; formulas are those of the page."""

from __future__ import annotations

from derive.page.pictures import colours
from derive.page.pictures.diagram import Diagram
from derive.page.pictures.labels import Curve, Point, Rectangle
from derive.page.pictures.layout import Layout
from derive.page.pictures.legend import BAR, legend
from derive.page.pictures.pen import entry, picture
from derive.page.pictures.tikz import PAGE, ROOM, THICK, UNIT
from derive.page.pictures.writing import Writing, tall
from derive.page.print.typst import equation, string

MEDIUM = PAGE
DASH = {"target": (3, 2), "constant": (1, 1.5), "random": (4, 1.2), "backward": (2.6, 1.6)}
INK = {"forward": colours.LIGHT["ink"], "backward": colours.LIGHT["back"], "carried": colours.LIGHT["ink"]}


def typst(drawn: Diagram, laid: Layout, writing: Writing, lang: str) -> str:
    """The box, with its legend."""
    items, below = legend(drawn, writing, lang, max(laid.width, ROOM))
    laid = laid.centred(max(item.x + item.width for item in items))
    pen = _Pen(BAR if laid.columns else 0.0)
    marks = [mark for found in picture(pen, drawn, laid, writing) for mark in found]
    marks += [mark for item in items for mark in entry(pen, item._replace(y=item.y + laid.height), lang)]
    size = f"width: {_pt(laid.width)}, height: {_pt(pen.head + laid.height + below)}"
    return f"box({size}, {{\n" + "\n".join(marks) + "\n})"


def _pt(length: float) -> str:
    return f"{length * UNIT:.2f}pt"


def _look(colour: str, thick: float, kind: str) -> str:
    dash = f", dash: ({', '.join(f'{n}pt' for n in DASH[kind])})" if kind in DASH else ""
    return f'(paint: rgb("{colour}"), thickness: {thick:.2f}pt{dash})'


class _Pen:
    """The marks as calls; everything is moved down by the height of what stands above the picture."""

    def __init__(self, head: float):
        self.head = head

    def bar(self, left: float, right: float, time: str) -> str:
        look = _look(colours.LIGHT["soft"], 0.5, "")
        bar = f"path({look}, {self._move((left, -6))}, curve.line({self._at((right, -6))}))"
        return f"{bar}\n{self._text(equation('m', time), ((left + right) / 2, -15), 8, 'soft')}"

    def line(self, kind: str, curves: tuple[Curve, ...], thick: bool) -> str:
        tip = curves[-1][3] if kind == "forward" else curves[0][0]
        cubic = "".join(f", curve.cubic({', '.join(map(self._at, rest))})" for _, *rest in curves)
        look = _look(INK[kind], THICK if thick else 0.6, kind)
        return f"path({look}, {self._move(curves[0][0])}{cubic})\n{self._head(kind, tip)}"

    def outline(self, kind: str, box: Rectangle) -> str:
        radius = _pt(colours.radius(kind, box.width, box.height))
        look = _look(colours.LIGHT[kind], colours.THICK[kind] * 0.6, kind)
        size = (
            f'width: {_pt(box.width)}, height: {_pt(box.height)}, radius: {radius}, fill: rgb("{colours.FILLED[kind]}")'
        )
        return f"place(dx: {_pt(box.x)}, dy: {_pt(box.y + self.head)}, rect({size}, stroke: {look}))"

    def dot(self, at: Point) -> str:
        x, y = _pt(at[0] - 3.4), _pt(at[1] + self.head - 3.4)
        return f'place(dx: {x}, dy: {y}, circle(radius: {_pt(3.4)}, fill: rgb("{colours.LIGHT["kept"]}")))'

    def formula(self, text: str, at: Point) -> str:
        return self._text(equation("m", text), at, 9, "ink")

    def number(self, kind: str, text: str, at: Point) -> str:
        return self._text(equation("m", text), at, 8, colours.NUMBERS[kind])

    def label(self, text: str, at: Point) -> str:
        return self._text(f"box(fill: white, outset: 0.6pt, {equation('m', text, tall(text))})", at, 8, "back")

    def arrow(self, kind: str, at: Point) -> str:
        x, y = at
        start, tip = (x + 4, x) if kind == "backward" else (x, x + 26)
        look = _look(INK[kind], THICK if kind == "carried" else 0.6, kind)
        line = f"path({look}, {self._move((start, y))}, curve.line({self._at((start + 24, y))}))"
        return f"{line}\n{self._head(kind, (tip, y))}"

    def dots(self, at: Point) -> str:
        return self._text('m("…", $⋯$)', at, 9, "ink")

    def words(self, text: str, at: Point) -> str:
        look = f'size: 8pt, fill: rgb("{colours.LIGHT["soft"]}")'
        x, y = _pt(at[0]), _pt(at[1] + self.head - 20)
        return f"place(dx: {x}, dy: {y}, box(height: {_pt(40)}, align(left + horizon, text({look}, {string(text)}))))"

    def _text(self, body: str, at: Point, size: int, colour: str) -> str:
        x, y = _pt(at[0]), _pt(at[1] + self.head)
        return f'at({x}, {y}, text(size: {size}pt, fill: rgb("{colours.LIGHT[colour]}"), {body}))'

    def _at(self, point: Point) -> str:
        return f"({_pt(point[0])}, {_pt(point[1] + self.head)})"

    def _move(self, point: Point) -> str:
        return f"curve.move({self._at(point)})"

    def _head(self, kind: str, tip: Point) -> str:
        """The head of a line: to the right if it leads forward, else to the left."""
        back = 6 if kind == "backward" else -6
        corners = [(tip[0] + back, tip[1] - 2.6), (tip[0] + back, tip[1] + 2.6)]
        lines = ", ".join(f"curve.line({self._at(c)})" for c in corners)
        return f'path(none, fill: rgb("{INK[kind]}"), {self._move(tip)}, {lines}, curve.close())'
