"""A chart as one <svg> element: colours from CSS variables, formulas as text."""

from __future__ import annotations

from collections.abc import Iterable

from derive.page.charts.marks import Dot, Shape, Stroke, Word, colour, dashes, size
from derive.page.pictures.mathematics import escape, spans
from derive.page.plots.look import INK, LINE, MARKS
from derive.page.print.formulas import Formulas

SCALE = 1.35  # pixels of a unit
LETTERS = 9.5
FONT = "KaTeX_Main,'STIX Two Text','Latin Modern Roman','Times New Roman',serif"
ANCHORS = {"left": "start", "right": "end", "middle": "middle"}


def svg(drawn: Iterable[Shape], formulas: Formulas, said: str) -> str:
    """The element; its title is what is `said` of it."""
    width, height = size()
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" style="max-width:100%;height:auto" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" width="{SCALE * width:.0f}" height="{SCALE * height:.0f}">',
            f"<title>{escape(said)}</title>",
            *(_mark(shape, formulas) for shape in drawn),
            "</svg>",
        ]
    )


def _mark(shape: Shape, formulas: Formulas) -> str:
    if isinstance(shape, Stroke):
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shape.points)
        line = f"var(--derive-line,{LINE})" if shape.look is None else _variable(shape.look)
        dash = f' stroke-dasharray="{" ".join(f"{n:g}" for n in found)}"' if (found := dashes(shape.look)) else ""
        thick = 0.5 if shape.look is None else 1.4
        return f'<path d="{path}" fill="none" stroke="{line}" stroke-width="{thick}"{dash}/>'
    if isinstance(shape, Dot):
        return f'<circle cx="{shape.at[0]:.1f}" cy="{shape.at[1]:.1f}" r="2.6" fill="var(--derive-ink,{INK})"/>'
    return _word(shape, formulas)


def _word(word: Word, formulas: Formulas) -> str:
    x, y = word.at
    text = spans(formulas.show(word.formula), LETTERS)
    look = f'font-family="{FONT}" font-size="{LETTERS}" text-anchor="{ANCHORS[word.anchor]}"'
    fill = f"var(--derive-ink,{INK})" if word.look is None else _variable(word.look)
    return f'<text x="{x:.1f}" y="{y + LETTERS * 0.33:.1f}" {look} fill="{fill}">{text}</text>'


def _variable(look: int) -> str:
    return f"var(--derive-mark-{look % len(MARKS) + 1},{colour(look)})"
