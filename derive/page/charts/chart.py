"""A chart: curves on logarithmic axes with labelled points, as every format draws it.

The page draws it by itself, in the fonts of its formulas; matplotlib is not needed.
"""

from __future__ import annotations

from typing import NamedTuple

from derive.language import Text
from derive.page.charts import svg, tikz, typst
from derive.page.charts.marks import Curves, shapes
from derive.page.print.formulas import Formulas


class Chart(NamedTuple):
    """What is drawn, the order of the names in its formulas, and its caption."""

    drawn: Curves
    order: tuple[str, ...]
    caption: Text

    def svg(self, lang: str) -> str:
        """One <svg> element; the caption is its title."""
        said = self.caption.pick(lang, self._formulas("text").show)
        return svg.svg(shapes(self.drawn), self._formulas("scripts"), said)

    def tikz(self, lang: str) -> str:
        """One tikzpicture."""
        return tikz.tikz(shapes(self.drawn), self._formulas("inline"))

    def typst(self, lang: str) -> str:
        """One expression of Typst's code."""
        return typst.typst(shapes(self.drawn), self._formulas("inline"))

    def _formulas(self, style: str) -> Formulas:
        return Formulas(style, self.order, ())
