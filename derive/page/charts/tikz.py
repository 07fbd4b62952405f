"""A chart as one tikzpicture: base TikZ and xcolor, every coordinate given, formulas in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

from derive.page.charts.marks import Dot, Shape, Stroke, Word, colour, dashes
from derive.page.plots.look import INK, LINE, MARKS
from derive.page.print.formulas import Formulas

ANCHORS = {"left": "west", "right": "east", "middle": "center"}


def tikz(drawn: Iterable[Shape], formulas: Formulas) -> str:
    """The tikzpicture."""
    named = {"chartink": INK, "chartline": LINE, **{f"chart{n}": colour(n) for n in range(len(MARKS))}}
    return "\n".join(
        [
            r"\begin{tikzpicture}[x=1pt,y=-1pt,every node/.style={inner sep=0pt,outer sep=0pt,font=\scriptsize}]",
            *(rf"\definecolor{{{name}}}{{HTML}}{{{value[1:].upper()}}}" for name, value in named.items()),
            *(_mark(shape, formulas) for shape in drawn),
            r"\end{tikzpicture}",
        ]
    )


def _mark(shape: Shape, formulas: Formulas) -> str:
    if isinstance(shape, Stroke):
        path = " -- ".join(f"({x:.1f},{y:.1f})" for x, y in shape.points)
        found = dashes(shape.look)
        pattern = " ".join(f"{'off' if n % 2 else 'on'} {length:g}pt" for n, length in enumerate(found))
        look = f"{_colour(shape.look, 'chartline')},line width={0.4 if shape.look is None else 1.1}pt"
        return rf"\draw[{look}{f',dash pattern={pattern}' if found else ''}] {path};"
    if isinstance(shape, Dot):
        return rf"\fill[chartink] ({shape.at[0]:.1f},{shape.at[1]:.1f}) circle (2.2pt);"
    return _word(shape, formulas)


def _word(word: Word, formulas: Formulas) -> str:
    look = f"{_colour(word.look, 'chartink')},anchor={ANCHORS[word.anchor]}"
    return rf"\node[{look}] at ({word.at[0]:.1f},{word.at[1]:.1f}) {{${formulas.show(word.formula)}$}};"


def _colour(look: int | None, plain: str) -> str:
    return plain if look is None else f"chart{look % len(MARKS)}"
