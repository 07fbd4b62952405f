"""A picture as one <svg> element: no script, no external font, colours from CSS variables, dark where the reader's is.

The variables are --derive-paper, --derive-ink, --derive-soft, --derive-back, --derive-parameter, --derive-input,
--derive-target, --derive-constant, --derive-random, --derive-node, --derive-loss, --derive-kept,
--derive-value, and the kinds again with -fill; a page that sets none gets the fallbacks below.
"""

from __future__ import annotations

from derive.page.pictures import colours
from derive.page.pictures.diagram import Diagram
from derive.page.pictures.labels import Curve, Point, Rectangle
from derive.page.pictures.layout import Layout
from derive.page.pictures.legend import BAR, legend
from derive.page.pictures.mathematics import escape, spans, wide
from derive.page.pictures.pen import entry, picture
from derive.page.pictures.writing import SMALL, TEXT, Medium, Writing

MEDIUM = Medium("scripts", wide, "⋯")
FORMULA = "KaTeX_Main,'STIX Two Text','Latin Modern Roman','Times New Roman',serif"
EDGE = 8.0  # margin
SMALLEST = 0.75  # a window that is narrower than so much of the picture scrolls: letters of 10 pixels would be 6


def svg(drawn: Diagram, laid: Layout, writing: Writing, lang: str, title: str, description: str) -> str:
    """The element, with a title and a description for who cannot see it."""
    pen = _Pen()
    items, below = legend(drawn, writing, lang, max(laid.width, 460))
    laid = laid.centred(max(item.x + item.width for item in items))
    head = BAR if laid.columns else 0.0
    width, height = laid.width + 2 * EDGE, head + laid.height + below + 2 * EDGE
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="derive-graph" role="img" '
        f'style="max-width:100%;min-width:{SMALLEST * width:.0f}px;height:auto" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{colours.STYLE}",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
        f'<g transform="translate({EDGE:.0f} {EDGE + head:.0f})">',
        *("".join(marks) for marks in picture(pen, drawn, laid, writing)),
        f'</g><g transform="translate({EDGE:.0f} {EDGE + head + laid.height:.0f})">',
        *("".join(entry(pen, item, lang)) for item in items),
        "</g></svg>",
    ]
    return "\n".join(parts)


class _Pen:
    """The marks as elements."""

    def bar(self, left: float, right: float, time: str) -> str:
        x, text = (left + right) / 2, spans(time, SMALL)
        mark = f'<text class="formula time" x="{x:.1f}" y="-11" font-size="{SMALL}">{text}</text>'
        return f'<path class="bar" d="M{left:.1f} -6H{right:.1f}"/>\n{mark}'

    def line(self, kind: str, curves: tuple[Curve, ...], thick: bool) -> str:
        tip = curves[-1][3] if kind == "forward" else curves[0][0]
        return f'<path class="{kind}{" carried" * thick}" d="{_path(curves)}"/>{_head(kind, tip)}'

    def outline(self, kind: str, box: Rectangle) -> str:
        radius = colours.radius(kind, box.width, box.height)
        place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        return f'<rect class="{kind}" {place} rx="{radius:.1f}"/>'

    def dot(self, at: Point) -> str:
        return f'<circle class="kept" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.6"/>'

    def formula(self, text: str, at: Point) -> str:
        return _formula(text, (at[0], at[1] + TEXT * 0.33), TEXT)

    def number(self, kind: str, text: str, at: Point) -> str:
        return _formula(text, (at[0], at[1] + SMALL * 0.33), SMALL, kind)

    def label(self, text: str, at: Point) -> str:
        return _formula(text, (at[0], at[1] + SMALL * 0.33), SMALL, "partial")

    def arrow(self, kind: str, at: Point) -> str:
        x, y = at
        start, tip = (x + 4, x) if kind == "backward" else (x, x + 26)
        look = "forward carried" if kind == "carried" else kind
        return f'<path class="{look}" d="M{start:.1f} {y:.1f}h24"/>{_head(kind, (tip, y))}'

    def dots(self, at: Point) -> str:
        return _formula(MEDIUM.dots, (at[0], at[1] + 4), TEXT)

    def words(self, text: str, at: Point) -> str:
        return f'<text class="word" x="{at[0]:.1f}" y="{at[1] + 4:.1f}">{escape(text)}</text>'


def _formula(text: str, at: Point, size: float, kind: str = "") -> str:
    """A formula on a base line, centred."""
    look = f"formula {kind}".strip()
    return f'<text class="{look}" x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{size}">{spans(text, size)}</text>'


def _path(curves: tuple[Curve, ...]) -> str:
    (x, y), *_ = curves[0]
    pieces = "".join(f"C{b[0]:.1f} {b[1]:.1f} {c[0]:.1f} {c[1]:.1f} {d[0]:.1f} {d[1]:.1f}" for _, b, c, d in curves)
    return f"M{x:.1f} {y:.1f}{pieces}"


def _head(kind: str, tip: Point) -> str:
    """The head of a line: to the right if it leads forward, else to the left."""
    colour, back = ("back", 6) if kind == "backward" else ("ink", -6)
    return f'<path class="head {colour}" d="M{tip[0]:.1f} {tip[1]:.1f}l{back} -2.6v5.2z"/>'
