"""A picture as one tikzpicture: base TikZ and xcolor only, every coordinate given, formulas in LaTeX."""

from __future__ import annotations

from collections.abc import Iterator

from derive.page.pictures import colours
from derive.page.pictures.diagram import Diagram, Vertex
from derive.page.pictures.labels import Rectangle
from derive.page.pictures.layout import PAIR, Curve, Layout, Route
from derive.page.pictures.legend import Item, legend
from derive.page.pictures.writing import Medium, Writing
from derive.page.print.lines import width

MEDIUM = Medium("inline", lambda text: width(text) * 1.06, r"\cdots")
UNIT = 0.74  # points of a unit: letters of 13 units are those of \small
LINE, SMALLEST = 460.0, 0.8  # points of a line of a sheet; a picture shrunk below that share is hard to read
PAGE = MEDIUM._replace(ample=LINE / UNIT / SMALLEST, room=LINE / UNIT / SMALLEST)
DASH = {"target": "on 3pt off 2pt", "constant": "on 1pt off 1.5pt", "random": "on 4pt off 1.2pt"}


DOCUMENT = r"""\documentclass{@class}
\usepackage{amsmath,xcolor,tikz}
\pagestyle{empty}
\parindent=0pt
\newsavebox{\graph}
\begin{document}
\sbox{\graph}{%
@picture}
\hoffset=\dimexpr-1in+4pt\voffset=\hoffset
\pdfpagewidth=\dimexpr\wd\graph+8pt\pdfpageheight=\dimexpr\ht\graph+\dp\graph+8pt
\shipout\vbox{\usebox{\graph}}
\end{document}"""
CLASS = {"en": "article", "zh": "ctexart"}


def document(picture: str, lang: str) -> str:
    """A LaTeX document whose only page is as large as the picture."""
    return DOCUMENT.replace("@class", CLASS["zh" if lang == "zh" else "en"]).replace("@picture", picture)


def tikz(drawn: Diagram, laid: Layout, writing: Writing, lang: str) -> str:
    """The tikzpicture."""
    items, _ = legend(drawn, lang, max(laid.width, 460))
    lines = [
        *_colours(),
        *_columns(laid, writing),
        *(line for route in laid.routes for line in _route(route)),
        *(line for v in drawn.vertices for line in _box(v, laid.boxes[v.key], writing.vertex(v))),
        *(_label(route, writing) for route in laid.routes if route.label is not None),
        *(line for item in items for line in _item(item, laid.height, lang)),
    ]
    head = rf"\begin{{tikzpicture}}[x={UNIT}pt,y=-{UNIT}pt,every node/.style={{inner sep=0pt,outer sep=0pt}}]"
    return "\n".join([head, *lines, r"\end{tikzpicture}"])


def _colours() -> Iterator[str]:
    for name, value in colours.LIGHT.items():
        yield rf"\definecolor{{derive{name}}}{{HTML}}{{{value[1:].upper()}}}"
    for name, value in colours.FILLED.items():
        yield rf"\definecolor{{derive{name}fill}}{{HTML}}{{{value[1:].upper()}}}"


def _columns(laid: Layout, writing: Writing) -> Iterator[str]:
    for time, (left, right) in laid.columns.items():
        mark = writing.time(time)
        if mark:
            yield rf"\draw[derivesoft,line width=0.5pt] ({left:.1f},-6) -- ({right:.1f},-6);"
            yield rf"\node[derivesoft,font=\scriptsize] at ({(left + right) / 2:.1f},-15) {{${mark}$}};"


def _route(route: Route) -> Iterator[str]:
    back = route.edge.backward
    forward = route.shifted(-PAIR if back else 0)
    yield rf"\draw[deriveink,line width=0.6pt] {_path(forward)};{_head(forward[-1][3], 1, 'deriveink')}"
    if back:
        line = route.shifted(PAIR)
        dash = "dash pattern=on 2.6pt off 1.6pt"
        yield rf"\draw[deriveback,line width=0.6pt,{dash}] {_path(line)};{_head(line[0][0], -1, 'deriveback')}"


def _path(curves: tuple[Curve, ...]) -> str:
    (x, y), *_ = curves[0]
    pieces = "".join(
        f" .. controls ({b[0]:.1f},{b[1]:.1f}) and ({c[0]:.1f},{c[1]:.1f}) .. ({d[0]:.1f},{d[1]:.1f})"
        for _, b, c, d in curves
    )
    return f"({x:.1f},{y:.1f}){pieces}"


def _head(tip: tuple[float, float], side: int, colour: str) -> str:
    x, y = tip
    return rf"\fill[{colour}] ({x:.1f},{y:.1f}) -- ++({-6 * side},-2.6) -- ++(0,5.2) -- cycle;"


def _box(vertex: Vertex, box: Rectangle, text: str) -> Iterator[str]:
    if vertex.kind != "dots":
        yield from shape(vertex.kind, box, vertex.needed)
    x, y = box.middle
    yield rf"\node[font=\small] at ({x:.1f},{y:.1f}) {{\strut${text}$}};"


def shape(kind: str, box: Rectangle, needed: bool) -> Iterator[str]:
    """The outline of a kind, with a dot in its corner where the backward pass needs the value."""
    radius = colours.radius(kind, box.width, box.height) * UNIT
    dash = f",dash pattern={DASH[kind]}" if kind in DASH else ""
    look = f"draw=derive{kind},fill=derive{kind}fill,line width={colours.THICK[kind] * 0.6:.2f}pt{dash}"
    corners = f",rounded corners={radius:.1f}pt" if radius else ""
    yield rf"\path[{look}{corners}] ({box.x:.1f},{box.y:.1f}) rectangle ({box.right:.1f},{box.bottom:.1f});"
    if needed:
        yield rf"\fill[derivekept] ({box.right - 3:.1f},{box.y + 3:.1f}) circle (2.5pt);"


def _label(route: Route, writing: Writing) -> str:
    assert route.label is not None
    x, y = route.label.box.middle
    text = writing.edge(route.edge)
    return rf"\node[deriveback,fill=white,inner sep=0.6pt,font=\scriptsize] at ({x:.1f},{y:.1f}) {{${text}$}};"


def _item(item: Item, below: float, lang: str) -> Iterator[str]:
    x, y = item.x, item.y + below
    if item.kind == "forward":
        yield rf"\draw[deriveink,line width=0.6pt] ({x:.1f},{y:.1f}) -- ++(24,0);{_head((x + 26, y), 1, 'deriveink')}"
    elif item.kind == "backward":
        line = rf"\draw[deriveback,line width=0.6pt,dash pattern=on 2.6pt off 1.6pt] ({x + 4:.1f},{y:.1f}) -- ++(24,0);"
        yield line + _head((x, y), -1, "deriveback")
    elif item.kind == "dots":
        yield rf"\node[font=\small] at ({x + 13:.1f},{y:.1f}) {{${MEDIUM.dots}$}};"
    elif item.kind == "kept":
        yield rf"\fill[derivekept] ({x + 13:.1f},{y:.1f}) circle (2.5pt);"
    else:
        yield from shape(item.kind, Rectangle(x, y - 6.5, 26, 13), False)
    look = r"derivesoft,anchor=base west,font=\scriptsize"
    yield rf"\node[{look}] at ({item.text_x:.1f},{y + 3.5:.1f}) {{{item.text.pick(lang)}}};"
