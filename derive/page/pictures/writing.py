"""What is written in a picture, in the style of its medium: the labels of vertices and edges, and their sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import NamedTuple

from sympy import Expr, Symbol

from derive.chain.derivation import Term
from derive.model.program import as_product
from derive.page.pictures.diagram import Diagram, Edge, Vertex
from derive.page.pictures.numbers import Numbers, lines
from derive.page.pictures.times import Times
from derive.page.print.formulas import Formulas

LONG = 6.5  # em: a longer local partial is written as its symbol
TEXT, SMALL = 13.0, 10.5  # sizes of letters in boxes and beside edges
NUMBER = 13.0  # height of a line with a number in a box
APART, SHORT = 8.0, 90.0  # room between a name and its numbers in a row, and how wide these are at most
NONE: Numbers = {}


class Medium(NamedTuple):
    """How a medium prints formulas, measures their width in em, and writes the dots between time steps.

    A picture wider than `ample` has labels only in its last column, one wider than `room`, or taller than `tallest`,
    has fewer columns; and one that is too wide all the same has its labels in the style `narrow`, if there is one.
    """

    style: str
    width: Callable[[str], float]
    dots: str
    ample: float = 1000.0
    room: float = inf
    narrow: str = ""
    tallest: float = inf


class Writing:
    """The words of one picture in one medium."""

    def __init__(
        self,
        medium: Medium,
        drawn: Diagram,
        sizes: Mapping[Symbol, int],
        times: Times,
        sparing: bool = False,
        narrow: bool = False,
        numbers: Numbers = NONE,
    ):
        self.medium, self.times = medium, times
        formulas = Formulas(medium.style, drawn.order, tuple(sizes.items()), (), drawn.letters)
        self.show = formulas.plain
        self.beside_lines = formulas.styled(medium.narrow if narrow else medium.style).plain
        columns = {v.key: v.column for v in drawn.vertices}
        self.written: dict[Vertex | Edge, str] = {}
        self.numbers = lines(numbers, drawn, self.show.style.latex) if numbers else {}
        self.silent = {
            e for e in drawn.edges if sparing and columns[e.target] is not None and columns[e.target] != times.last
        }

    def vertex(self, vertex: Vertex) -> str:
        """The formula in a box; dots for the steps that are not drawn."""
        if vertex not in self.written:
            self.written[vertex] = self._box(vertex)
        return self.written[vertex]

    def _box(self, vertex: Vertex) -> str:
        names = ", ".join(self.show(e) for e in vertex.label) or self.medium.dots
        if vertex.value is None:
            return names
        factors = as_product(vertex.value)
        value = self.show(vertex.value) if factors is None else self.show.term(Term(factors), self.show.style.dot)
        return f"{names} = {value}"

    def beside(self, vertex: Vertex) -> tuple[str, ...]:
        """The value and the derivative of a box, as far as they are known: none, the value, or both lines."""
        value, slope = self.numbers.get(vertex.key, ("", ""))
        return (value, slope) if slope else (value,) if value else ()

    def widths(self, vertex: Vertex) -> list[float]:
        """The widths of the formula in a box and of its numbers."""
        name, *numbers = self.vertex(vertex), *self.beside(vertex)
        return [self.medium.width(name) * TEXT, *(self.medium.width(n) * SMALL for n in numbers)]

    def in_a_row(self, vertex: Vertex) -> bool:
        """Do the numbers stand beside the formula, or are they so long that they stand below it?"""
        return sum(self.widths(vertex)[1:]) <= SHORT

    def edge(self, edge: Edge) -> str:
        """The local partials of an edge, those that are too long by their symbols; "" where nothing is written.

        A `sparing` picture writes them only in the last column: those of the others differ in the time alone.
        """
        if edge in self.silent:
            return ""
        if edge not in self.written:
            self.written[edge] = ", ".join(self._short(p, s) for p, s in zip(edge.partials, edge.symbols, strict=True))
        return self.written[edge]

    def _short(self, partial: Expr, symbol: Expr) -> str:
        text = self.beside_lines(partial)
        return text if self.medium.width(text) <= LONG else self.beside_lines(symbol)

    def time(self, column: int) -> str:
        """What stands above a column: t = 1; nothing above dots and start values."""
        if self.times.first is None or not self.times.first <= column <= self.times.last:
            return ""
        return f"{self.show(self.times.letter)} = {self.show(self.times.written(column))}"

    def size(self, drawn: Vertex | Edge) -> tuple[float, float]:
        """Width and height of the formula of a vertex, or of the label of an edge; (0, 0) if there is no label."""
        if isinstance(drawn, Vertex):
            wide = self.widths(drawn)
            if self.in_a_row(drawn):
                return sum(wide) + APART * (len(wide) - 1), TEXT * 1.25
            return max(wide), TEXT * 1.25 + NUMBER * (len(wide) - 1)
        text = self.edge(drawn)
        height = SMALL * (2.6 if tall(text) else 1.3)
        return (self.medium.width(text) * SMALL + 2, height) if text else (0.0, 0.0)


def tall(label: str) -> bool:
    """Does a label have a fraction of two lines?"""
    return "\\frac" in label
