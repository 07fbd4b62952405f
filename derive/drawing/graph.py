"""The picture of a computational graph: what a sheet, a notebook and `derive graph` show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from sympy import Symbol

from derive.derivation import Derivation
from derive.drawing.computation import diagram
from derive.drawing.copies import copied
from derive.drawing.diagram import Diagram
from derive.drawing.layout import Layout, layout
from derive.drawing.times import Times, times
from derive.drawing.writing import Medium, Writing
from derive.language import Text

TITLE = Text("Computational graph: {title}", "计算图：{title}")
DESCRIPTION = Text(
    "{uses}. Solid arrows: forward; dashed arrows: backward, with the local partials.",
    "{uses}。实线箭头为前向计算，虚线箭头为反向传播并标有局部偏导数。",
)
USE = Text("{node} is computed from {sources}", "{node} 由 {sources} 计算")


class GraphPicture:
    """The graph of a derivation for some sizes; `values` writes beside each node what it equals.

    `svg(lang)` is one <svg> element, `tikz(lang)` one tikzpicture; a notebook shows the former.
    """

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int] | None = None, values: bool = False):
        self.derivation, self.sizes, self.values = derivation, dict(sizes or {}), values

    @cached_property
    def diagram(self) -> Diagram:
        """What is drawn."""
        return copied(diagram(self.derivation, self.sizes, self.values))

    @cached_property
    def times(self) -> Times:
        """The times that are drawn."""
        return times(self.derivation, self.sizes)

    def svg(self, lang: str = "en") -> str:
        """One <svg> element."""
        from derive.drawing import svg as screen

        laid, writing = self.laid(screen.MEDIUM)
        title = TITLE(title=self.derivation.model.title).pick(lang)
        return screen.svg(self.diagram, laid, writing, lang, title, self._description(lang))

    def tikz(self, lang: str = "en") -> str:
        """One tikzpicture."""
        from derive.drawing import tikz as paper

        laid, writing = self.laid(paper.MEDIUM)
        return paper.tikz(self.diagram, laid, writing, lang)

    def document(self, lang: str = "en") -> str:
        """A LaTeX document with nothing but the picture: pdflatex, or xelatex with ctex for Chinese."""
        from derive.drawing import tikz as paper

        return paper.document(self.tikz(lang), lang)

    def laid(self, medium: Medium) -> tuple[Layout, Writing]:
        """Where everything goes in a medium, and what is written there."""
        return layout(
            self.diagram, [Writing(medium, self.diagram, self.sizes, self.times, sparing) for sparing in (False, True)]
        )

    def _description(self, lang: str) -> str:
        writing = Writing(Medium("text", len, "…"), self.diagram, self.sizes, self.times)
        names = {v.key: writing.vertex(v) for v in self.diagram.vertices}
        sources: dict[str, list[str]] = {}
        for edge in self.diagram.edges:
            sources.setdefault(edge.target, []).append(names[edge.source])
        uses = [USE(node=names[target], sources=list(found)) for target, found in sources.items()]
        return DESCRIPTION(uses=uses).pick(lang)

    def _repr_svg_(self) -> str:
        return self.svg("en")
