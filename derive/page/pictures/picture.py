"""The picture of a computational graph: what a sheet, a notebook and `derive graph` show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from math import inf

from sympy import Symbol

from derive.chain.derivation import Derivation
from derive.errors import ModelError
from derive.language import Text
from derive.page.pictures.computation import Walk
from derive.page.pictures.copies import copied
from derive.page.pictures.diagram import Diagram, Vertex, forward
from derive.page.pictures.layout import SQUEEZES, Layout, layout, least
from derive.page.pictures.numbers import Numbers
from derive.page.pictures.times import Times, times
from derive.page.pictures.writing import NONE, Medium, Writing
from derive.page.print.typst import string

TITLE = Text("Computational graph: {title}", "计算图：{title}")
DESCRIPTION = Text(
    "{uses}. Solid arrows: forward; dashed arrows: backward, with the local partials.",
    "{uses}。实线箭头为前向计算，虚线箭头为反向传播并标有局部偏导数。",
)
ALONE = "#set page(width: auto, height: auto, margin: 4pt)"  # a page as large as the picture
VALUE = Text("{node} has the value {value}.", "{node} 的值为 {value}。")
SLOPE = Text("The derivative of the loss with respect to {node} is {slope}.", "损失对 {node} 的导数为 {slope}。")
USE = Text("{node} is computed from {sources}", "{node} 由 {sources} 计算")


class GraphPicture:
    """The graph of a derivation for some sizes; `values` writes beside each node what it equals, `numbers` into
    its box its value and the derivative of the loss; without `backward` nothing flows back.

    `svg(lang)` is one <svg> element, `tikz(lang)` one tikzpicture; a notebook shows the former.
    """

    def __init__(
        self,
        derivation: Derivation,
        sizes: Mapping[Symbol, int] | None = None,
        values: bool = False,
        numbers: Numbers = NONE,
        backward: bool = True,
    ):
        if any(stage.time and not stage.stepwise for stage in derivation.stages):
            raise ModelError(
                "a recurrence through several indices, or over the whole past, has no picture with a column for a step"
            )
        self.derivation, self.sizes, self.values, self.numbers = derivation, dict(sizes or {}), values, numbers
        self.backward = backward
        self._drawn: dict[int, Diagram] = {}

    @cached_property
    def times(self) -> Times:
        """The times that are drawn where there is room."""
        return times(self.derivation, self.sizes)

    @cached_property
    def diagram(self) -> Diagram:
        """What is drawn where there is room."""
        return self.drawn(self.times)

    @cached_property
    def narrowest(self) -> Diagram:
        """What is drawn where there is little room."""
        *_, clock = self.times.choices()
        return self.drawn(clock)

    def drawn(self, clock: Times) -> Diagram:
        """What is drawn with a choice of columns of time."""
        if clock.most not in self._drawn:
            drawn = copied(self._walk.diagram(clock))
            self._drawn[clock.most] = drawn if self.backward else forward(drawn)
        return self._drawn[clock.most]

    @cached_property
    def _walk(self) -> Walk:
        return Walk(self.derivation, self.times, self.values)

    def svg(self, lang: str = "en") -> str:
        """One <svg> element."""
        from derive.page.pictures import svg as screen

        drawn, laid, writing = self.fitted(screen.MEDIUM)
        title = TITLE(title=self.derivation.model.title).pick(lang)
        return screen.svg(drawn, laid, writing, lang, title, self._description(drawn, lang))

    def tikz(self, lang: str = "en") -> str:
        """One tikzpicture for a page, with as many columns of time as can be read there."""
        from derive.page.pictures import tikz as paper

        return paper.tikz(*self.fitted(paper.PAGE), lang)

    def typst(self, lang: str = "en") -> str:
        """One expression for Typst, drawn where its page has drawn the rest."""
        from derive.page.pictures import typst as page

        return page.typst(*self.fitted(page.MEDIUM), lang)

    def page(self, lang: str = "en") -> str:
        """A Typst document with nothing but the picture."""
        from derive.page.formats.typst.design import preamble
        from derive.page.pictures import typst as page

        drawn, laid, writing = self.fitted(page.MEDIUM._replace(ample=inf, room=inf))
        title = string(TITLE(title=self.derivation.model.title).pick(lang))
        shown = f"#figure(alt: {string(self._description(drawn, lang))}, {page.typst(drawn, laid, writing, lang)})"
        return f"{preamble(lang)}#set document(title: {title}, date: none)\n{ALONE}\n{shown}\n"

    def document(self, lang: str = "en") -> str:
        """A LaTeX document with nothing but the picture: pdflatex, or xelatex with ctex for Chinese."""
        from derive.page.pictures import tikz as paper

        return paper.document(paper.tikz(*self.fitted(paper.MEDIUM), lang), lang)

    def fitted(self, medium: Medium) -> tuple[Diagram, Layout, Writing]:
        """The widest picture that a medium has room for and that is not too tall, else the narrowest.

        With it: where everything goes, and what is written there.
        """
        *wider, narrowest = self.times.choices()
        for clock in wider:
            drawn = self.drawn(clock)
            writings = self._writings(medium, drawn)[:2]
            if least(drawn, writings[-1]) <= medium.room:
                laid, writing = layout(drawn, writings, medium.ample)
                if laid.width <= medium.room and laid.height <= medium.tallest:
                    return drawn, laid, writing
        drawn = self.drawn(narrowest)
        return drawn, *layout(drawn, self._writings(medium, drawn), medium.ample, SQUEEZES)

    def _writings(self, medium: Medium, drawn: Diagram) -> list[Writing]:
        """All labels, those of the last column alone, and these with fractions that are tall instead of wide."""
        looks = [(False, False), (True, False), *([(True, True)] if medium.narrow else [])]
        return [Writing(medium, drawn, self.sizes, self.times, *look, self.numbers) for look in looks]

    def _description(self, drawn: Diagram, lang: str) -> str:
        writing = Writing(Medium("text", len, "…"), drawn, self.sizes, self.times, numbers=self.numbers)
        names = {v.key: writing.vertex(v) for v in drawn.vertices}
        sources: dict[str, list[str]] = {}
        for edge in drawn.edges:
            sources.setdefault(edge.target, []).append(names[edge.source])
        uses = [USE(node=names[target], sources=list(found)) for target, found in sources.items()]
        about = DESCRIPTION(uses=uses).pick(lang)
        return " ".join([about, *(s.pick(lang) for v in drawn.vertices for s in _spoken(writing, v, names[v.key]))])

    def __repr__(self) -> str:
        return f"<the computational graph of {self.derivation.model.title}>"

    def _repr_svg_(self) -> str:
        return self.svg("en")


def _spoken(writing: Writing, vertex: Vertex, node: str) -> Iterator[Text]:
    """The numbers in a box as sentences."""
    for said, number in zip((VALUE, SLOPE), writing.beside(vertex), strict=False):
        if number:
            yield said(node=node, value=number, slope=number)
