"""A figure as one pgfpicture that needs no preamble but pgf and xcolor, and no run of TeX to make.

matplotlib's own pgf output measures words by running LaTeX, and uses internal macros and category codes that are lost
where the picture is the argument of a macro. Here words are measured by mathtext, and nothing of the kind is written.
"""

from __future__ import annotations

import io
from typing import Any

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_pgf import RendererPgf

ESCAPED = {"%": r"\%", "&": r"\&", "#": r"\#", "\N{MINUS SIGN}": "$-$", r"\mathdefault": ""}
ACROSS = {"left": "left", "right": "right", "center": ""}
UP = {"top": "top", "bottom": "bottom", "baseline": "base", "center": ""}


def pgfpicture(figure: Any) -> str:
    """The figure, laid out first, then written."""
    figure.canvas.draw()
    figure.set_layout_engine("none")
    stream = io.StringIO()
    width, height = figure.get_size_inches()
    stream.write("\\begin{pgfpicture}%\n")
    stream.write(f"\\pgfpathrectangle{{\\pgfpointorigin}}{{\\pgfqpoint{{{width:.4f}in}}{{{height:.4f}in}}}}%\n")
    stream.write("\\pgfusepath{use as bounding box}%\n")
    figure.draw(Writing(figure, stream))
    stream.write("\\end{pgfpicture}")
    return stream.getvalue().replace("%\n", "%\n")


class Writing(RendererPgf):
    """Writes paths and words; markers are paths too."""

    def __init__(self, figure: Any, stream: io.StringIO):
        super().__init__(figure, stream)
        width, height = figure.get_size_inches()
        self._ruler = RendererAgg(width * figure.dpi, height * figure.dpi, figure.dpi)

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        found: tuple[float, float, float] = self._ruler.get_text_width_height_descent(s, prop, ismath)
        return found

    def draw_markers(self, *given: Any, **named: Any) -> None:
        RendererBase.draw_markers(self, *given, **named)

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        place = f"x={x / self.dpi:.4f}in,y={y / self.dpi:.4f}in,left,base"
        if mtext is not None and (angle == 0 or mtext.get_rotation_mode() == "anchor") and "\n" not in mtext.get_text():
            x, y = mtext.get_transform().transform(mtext.get_unitless_position())
            sides = (ACROSS[mtext.get_horizontalalignment()], UP.get(mtext.get_verticalalignment(), "base"))
            place = ",".join([f"x={x / self.dpi:.4f}in", f"y={y / self.dpi:.4f}in", *filter(None, sides)])
        turned = f",rotate={angle:g}" if angle else ""
        size = prop.get_size_in_points()
        red, green, blue = gc.get_rgb()[:3]
        colour = f"\\color[rgb]{{{red:.3f},{green:.3f},{blue:.3f}}}"
        font = f"\\fontsize{{{size:g}}}{{{1.2 * size:g}}}\\selectfont"
        self.fh.write(f"\\pgftext[{place}{turned}]{{{colour}{font} {_escaped(s)}}}%\n")


def _escaped(text: str) -> str:
    for sign, written in ESCAPED.items():
        text = text.replace(sign, written)
    return text
