"""A picture as one <svg> element: no script, no external font, colours from CSS variables, dark where the reader's is.

The variables are --derive-paper, --derive-ink, --derive-soft, --derive-back, --derive-parameter, --derive-input,
--derive-target, --derive-constant, --derive-random, --derive-node, --derive-loss, --derive-kept, and the kinds again
with -fill; a page that sets none gets the fallbacks below.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.page.pictures import colours
from derive.page.pictures.diagram import Diagram, Vertex
from derive.page.pictures.labels import Rectangle
from derive.page.pictures.layout import PAIR, Curve, Layout, Route
from derive.page.pictures.legend import BAR, Item, legend
from derive.page.pictures.mathematics import escape, spans, wide
from derive.page.pictures.writing import SMALL, TEXT, Medium, Writing

MEDIUM = Medium("scripts", wide, "⋯")
FORMULA = "KaTeX_Main,'STIX Two Text','Latin Modern Roman','Times New Roman',serif"
EDGE = 8.0  # margin


def svg(drawn: Diagram, laid: Layout, writing: Writing, lang: str, title: str, description: str) -> str:
    """The element, with a title and a description for who cannot see it."""
    items, below = legend(drawn, lang, max(laid.width, 460))
    head = BAR if laid.columns else 0.0
    width, height = max(laid.width, max(i.x + i.width for i in items)) + 2 * EDGE, head + laid.height + below + 2 * EDGE
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="derive-graph" role="img" style="max-width:100%;height:auto" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{colours.STYLE}",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
        f'<g transform="translate({EDGE:.0f} {EDGE + head:.0f})">',
        *_columns(drawn, laid, writing),
        *(line for route in laid.routes for line in _route(route)),
        *(_box(v, laid.boxes[v.key], writing.vertex(v)) for v in drawn.vertices),
        *(_label(route, writing) for route in laid.routes if route.label is not None),
        f'</g><g transform="translate({EDGE:.0f} {EDGE + head + laid.height:.0f})">',
        *(_item(item, lang) for item in items),
        "</g></svg>",
    ]
    return "\n".join(parts)


def _columns(drawn: Diagram, laid: Layout, writing: Writing) -> Iterator[str]:
    """A bar with its time above each column."""
    for time, (left, right) in laid.columns.items():
        mark = writing.time(time)
        if mark:
            middle = (left + right) / 2
            yield f'<path class="bar" d="M{left:.1f} -6H{right:.1f}"/>'
            yield f'<text class="formula time" x="{middle:.1f}" y="-11" font-size="{SMALL}">{spans(mark, SMALL)}</text>'


def _route(route: Route) -> Iterator[str]:
    back = route.edge.backward
    forward = route.shifted(-PAIR if back else 0)
    yield f'<path class="forward" d="{_path(forward)}"/>{_head(forward[-1][3], 1, "ink")}'
    if back:
        line = route.shifted(PAIR)
        yield f'<path class="backward" d="{_path(line)}"/>{_head(line[0][0], -1, "back")}'


def _path(curves: tuple[Curve, ...]) -> str:
    (x, y), *_ = curves[0]
    pieces = "".join(f"C{b[0]:.1f} {b[1]:.1f} {c[0]:.1f} {c[1]:.1f} {d[0]:.1f} {d[1]:.1f}" for _, b, c, d in curves)
    return f"M{x:.1f} {y:.1f}{pieces}"


def _head(tip: tuple[float, float], side: int, kind: str) -> str:
    x, y = tip
    return f'<path class="head {kind}" d="M{x:.1f} {y:.1f}l{-6 * side} -2.6v5.2z"/>'


def _box(vertex: Vertex, box: Rectangle, text: str) -> str:
    x, y = box.middle
    middle = (
        f'<text class="formula" x="{x:.1f}" y="{y + TEXT * 0.33:.1f}" font-size="{TEXT}">{spans(text, TEXT)}</text>'
    )
    if vertex.kind == "dots":
        return middle
    return shape(vertex.kind, box, vertex.needed) + middle


def shape(kind: str, box: Rectangle, needed: bool) -> str:
    """The outline of a kind, with a dot in its corner where the backward pass needs the value."""
    radius = colours.radius(kind, box.width, box.height)
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    outline = f'<rect class="{kind}" {place} rx="{radius:.1f}"/>'
    dot = f'<circle class="kept" cx="{box.right - 3:.1f}" cy="{box.y + 3:.1f}" r="3.6"/>' if needed else ""
    return outline + dot


def _label(route: Route, writing: Writing) -> str:
    assert route.label is not None
    x, y = route.label.box.middle
    text = spans(writing.edge(route.edge), SMALL)
    return f'<text class="formula partial" x="{x:.1f}" y="{y + SMALL * 0.33:.1f}" font-size="{SMALL}">{text}</text>'


def _item(item: Item, lang: str) -> str:
    x, y = item.x, item.y
    word = f'<text class="word" x="{item.text_x:.1f}" y="{y + 4:.1f}">{escape(item.text.pick(lang))}</text>'
    if item.kind == "forward":
        return f'<path class="forward" d="M{x:.1f} {y:.1f}h24"/>{_head((x + 26, y), 1, "ink")}{word}'
    if item.kind == "backward":
        return f'<path class="backward" d="M{x + 4:.1f} {y:.1f}h24"/>{_head((x, y), -1, "back")}{word}'
    if item.kind == "dots":
        return f'<text class="formula" x="{x + 13:.1f}" y="{y + 4:.1f}" font-size="{TEXT}">{MEDIUM.dots}</text>{word}'
    if item.kind == "kept":
        return f'<circle class="kept" cx="{x + 13:.1f}" cy="{y:.1f}" r="3.6"/>{word}'
    return shape(item.kind, Rectangle(x, y - 6.5, 26, 13), False) + word
