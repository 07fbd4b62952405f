"""The blocks a sheet is made of. Every format renders these and nothing else; none of them knows a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from sympy import Expr, Idx, Symbol

from derive.chain.derivation import Term
from derive.expressions.letters import Letters
from derive.expressions.said import Said
from derive.language import Text
from derive.page.numerals import Numeral


class Title(NamedTuple):
    """The head of a sheet: what it is about, where it comes from, the task, and who hands it out, where and when."""

    title: Text
    subtitle: Text | None
    statement: Text | None = None
    author: Text | None = None
    course: Text | None = None
    date: Text | None = None

    @property
    def byline(self) -> tuple[Text, ...]:
        """Who hands it out, where and when, as far as that is wished."""
        return tuple(line for line in (self.author, self.course, self.date) if line is not None)


class Heading(NamedTuple):
    """A section; level 2 for a part of one, 0 for a reading of a task, -1 for a task among others; `boxed` if the
    section stands in a box."""

    text: Text
    level: int = 1
    boxed: bool = False


class Paragraph(NamedTuple):
    """A sentence or two; `asked` is what an exercise says in their place, where they name what it asks for."""

    text: Text
    asked: Text | None = None


class Row(NamedTuple):
    """left = right, and why. A row without `left` goes on with the equality above it.

    `right` is an expression, or a sum of products as they stand; `dots` puts a dot between factors (a chain rule),
    `gap` some space above; `sign` stands between left and right, "<-" for an assignment. Where `named`, the reason
    says what the left side is, and an exercise keeps it.
    """

    left: Expr | None
    right: Expr | tuple[Term, ...]
    reason: Text | None = None
    dots: bool = False
    gap: bool = False
    sign: str = "="
    named: bool = False


class Equations(NamedTuple):
    """Aligned rows; `boxed` for a result; `joined` where equalities share a line as long as there is room; `listed`
    where each row is a statement of its own, so that short ones stand beside each other, read from left to right."""

    rows: tuple[Row, ...]
    boxed: bool = False
    joined: bool = False
    listed: bool = False


class Unrolled(NamedTuple):
    """The same rows for each value of an index: templates, printed once and filled in. None stands for dots."""

    index: Idx
    rows: tuple[Row, ...]
    times: tuple[int | None, ...]


class Expanded(NamedTuple):
    """left = front (a sum written out), one term for each value of the index; None stands for dots."""

    left: Expr
    front: tuple[Expr, ...]
    term: Term
    index: Idx
    times: tuple[int | None, ...]
    reason: Text | None = None


class Table(NamedTuple):
    """A table; a cell is a Text, an expression, a number, a list of those, or plain words.

    An exercise has it with its first `given` columns and leaves the others empty; without any it leaves it out.
    """

    header: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]
    given: int = 0


class Worked(NamedTuple):
    """Equations with numbers put in: left = right = right in numbers = value; each is a statement of its own.

    `values` are the numbers of the quantities, or expressions where a size has none; `sign` stands between left and
    right (an arrow for an update).
    """

    rows: tuple[tuple[Expr, Expr | tuple[Term, ...], Numeral | Expr], ...]
    values: Mapping[Expr, Numeral] | Mapping[Expr, Numeral | Expr]
    sign: str = "="


class Drawing(Protocol):
    """What can be drawn: a graph, a plot. Labels are in the language that is asked for."""

    def svg(self, lang: str) -> str:
        """One <svg> element; its colours come from CSS variables with light-mode defaults."""

    def tikz(self, lang: str) -> str:
        """One tikzpicture or pgfpicture for LaTeX."""

    def typst(self, lang: str) -> str:
        """One expression of Typst's code, in the functions of its page."""


class Notation(NamedTuple):
    """From here on formulas are printed with these: the order of names, the sizes with numbers, the words for formulas,
    and the letters in place of those that are names.

    It stands before the heading of each task of a sheet, for tasks share no notation.
    """

    order: tuple[str, ...]
    sizes: tuple[tuple[Symbol, int], ...]
    words: tuple[Said, ...]
    letters: Letters = ()


class Picture(NamedTuple):
    """A drawing with its caption; where nothing can be drawn, the caption stands alone."""

    drawing: Drawing
    caption: Text


class Code(NamedTuple):
    """A listing in Python, in plain ASCII, line for line as it is."""

    text: str

    @property
    def heads(self) -> Code:
        """The first line of each function, with room for the others."""
        lines = self.text.splitlines()
        return Code("\n".join(line if line.startswith("def ") else "" for line in lines))


class Answer(NamedTuple):
    """What an exercise leaves out of its solution: `block`, and `question` in its place; either may be nothing.

    The first `kept` rows of the equations are given all the same. Paper has one of the two, a page in a browser both.
    """

    block: Block | None
    question: Block | None
    kept: int = 0


Block = (
    Notation | Picture | Worked | Title | Heading | Paragraph | Equations | Unrolled | Expanded | Table | Code | Answer
)
