"""A picture as one tikzpicture: base TikZ and xcolor only, every coordinate given, formulas in LaTeX."""

from __future__ import annotations

from collections.abc import Iterator

from derive.page.pictures import colours
from derive.page.pictures.diagram import Diagram
from derive.page.pictures.labels import Curve, Point, Rectangle
from derive.page.pictures.layout import Layout
from derive.page.pictures.legend import legend
from derive.page.pictures.pen import entry, picture
from derive.page.pictures.writing import Medium, Writing, tall
from derive.page.print.lines import width

MEDIUM = Medium("inline", lambda text: width(text) * 1.06, r"\cdots")
UNIT = 0.74  # points of a unit: letters of 13 units are those of \small
THICK = 1.3  # points of the line of what is carried on
LINE, SMALLEST = (
    460.0,
    0.82,
)  # points of a line of a sheet; labels of 8 points shrink to 6.5, what is less is hard to read
ROOM = LINE / UNIT
TALLEST = 300.0  # with its legend about a third of a page
PAGE = MEDIUM._replace(ample=ROOM / SMALLEST, room=ROOM / SMALLEST, narrow="latex", tallest=TALLEST)
DASH = {"target": "on 3pt off 2pt", "constant": "on 1pt off 1.5pt", "random": "on 4pt off 1.2pt"}
LINES = {
    "forward": "deriveink,line width=0.6pt",
    "backward": "deriveback,line width=0.6pt,dash pattern=on 2.6pt off 1.6pt",
}
CARRIED = f",line width={THICK}pt"
LINES["carried"] = LINES["forward"] + CARRIED

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
    pen = _Pen()
    items, _ = legend(drawn, writing, lang, max(laid.width, ROOM))
    laid = laid.centred(max(item.x + item.width for item in items))
    lines = [
        *_colours(bool(writing.numbers)),
        *(mark for marks in picture(pen, drawn, laid, writing) for mark in marks),
        *(mark for item in items for mark in entry(pen, item._replace(y=item.y + laid.height), lang)),
    ]
    head = rf"\begin{{tikzpicture}}[x={UNIT}pt,y=-{UNIT}pt,every node/.style={{inner sep=0pt,outer sep=0pt}}]"
    return "\n".join([head, *lines, r"\end{tikzpicture}"])


def _colours(numbers: bool) -> Iterator[str]:
    for name, value in colours.LIGHT.items():
        if name == "value" and not numbers:
            continue
        yield rf"\definecolor{{derive{name}}}{{HTML}}{{{value[1:].upper()}}}"
    for name, value in colours.FILLED.items():
        yield rf"\definecolor{{derive{name}fill}}{{HTML}}{{{value[1:].upper()}}}"


class _Pen:
    """The marks as TikZ commands."""

    def bar(self, left: float, right: float, time: str) -> str:
        bar = rf"\draw[derivesoft,line width=0.5pt] ({left:.1f},-6) -- ({right:.1f},-6);"
        return bar + "\n" + rf"\node[derivesoft,font=\scriptsize] at ({(left + right) / 2:.1f},-15) {{${time}$}};"

    def line(self, kind: str, curves: tuple[Curve, ...], thick: bool) -> str:
        tip = curves[-1][3] if kind == "forward" else curves[0][0]
        return rf"\draw[{LINES[kind]}{CARRIED * thick}] {_path(curves)};{_head(kind, tip)}"

    def outline(self, kind: str, box: Rectangle) -> str:
        radius = colours.radius(kind, box.width, box.height) * UNIT
        dash = f",dash pattern={DASH[kind]}" if kind in DASH else ""
        look = f"draw=derive{kind},fill=derive{kind}fill,line width={colours.THICK[kind] * 0.6:.2f}pt{dash}"
        corners = f",rounded corners={radius:.1f}pt" if radius else ""
        return rf"\path[{look}{corners}] ({box.x:.1f},{box.y:.1f}) rectangle ({box.right:.1f},{box.bottom:.1f});"

    def dot(self, at: Point) -> str:
        return rf"\fill[derivekept] ({at[0]:.1f},{at[1]:.1f}) circle (2.5pt);"

    def formula(self, text: str, at: Point) -> str:
        return rf"\node[font=\small] at ({at[0]:.1f},{at[1]:.1f}) {{\strut${text}$}};"

    def number(self, kind: str, text: str, at: Point) -> str:
        look = rf"derive{colours.NUMBERS[kind]},font=\scriptsize"
        return rf"\node[{look}] at ({at[0]:.1f},{at[1]:.1f}) {{${text}$}};"

    def label(self, text: str, at: Point) -> str:
        look = r"deriveback,fill=white,inner sep=0.6pt,font=\scriptsize"
        style = r"\displaystyle " if tall(text) else ""
        return rf"\node[{look}] at ({at[0]:.1f},{at[1]:.1f}) {{${style}{text}$}};"

    def arrow(self, kind: str, at: Point) -> str:
        x, y = at
        start, tip = (x + 4, x) if kind == "backward" else (x, x + 26)
        return rf"\draw[{LINES[kind]}] ({start:.1f},{y:.1f}) -- ++(24,0);{_head(kind, (tip, y))}"

    def dots(self, at: Point) -> str:
        return rf"\node[font=\small] at ({at[0]:.1f},{at[1]:.1f}) {{${MEDIUM.dots}$}};"

    def words(self, text: str, at: Point) -> str:
        look = r"derivesoft,anchor=base west,font=\scriptsize"
        return rf"\node[{look}] at ({at[0]:.1f},{at[1] + 3.5:.1f}) {{{text}}};"


def _path(curves: tuple[Curve, ...]) -> str:
    (x, y), *_ = curves[0]
    pieces = "".join(
        f" .. controls ({b[0]:.1f},{b[1]:.1f}) and ({c[0]:.1f},{c[1]:.1f}) .. ({d[0]:.1f},{d[1]:.1f})"
        for _, b, c, d in curves
    )
    return f"({x:.1f},{y:.1f}){pieces}"


def _head(kind: str, tip: Point) -> str:
    """The head of a line: to the right if it leads forward, else to the left."""
    colour, back = ("deriveback", 6) if kind == "backward" else ("deriveink", -6)
    return rf"\fill[{colour}] ({tip[0]:.1f},{tip[1]:.1f}) -- ++({back},-2.6) -- ++(0,5.2) -- cycle;"
