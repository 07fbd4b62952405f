"""The blocks a sheet is made of. Every format renders these and nothing else; none of them knows a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Idx

from derive.derivation import Term
from derive.language import Text
from derive.rendering.numerals import Numeral


@dataclass(frozen=True)
class Title:
    """The head of a sheet: what it is about, where it comes from, and the task."""

    title: Text
    subtitle: Text
    statement: Text | None = None


@dataclass(frozen=True)
class Heading:
    """A section; level 2 for a part of one."""

    text: Text
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two."""

    text: Text


@dataclass(frozen=True)
class Row:
    """left = right, and why. A row without `left` goes on with the equality above it.

    `right` is an expression, or a sum of products as they stand; `dots` puts a dot between factors (a chain rule),
    `gap` some space above; with `arrow` it is an assignment.
    """

    left: Expr | None
    right: Expr | tuple[Term, ...]
    reason: Text | None = None
    dots: bool = False
    gap: bool = False
    arrow: bool = False


@dataclass(frozen=True)
class Equations:
    """Aligned rows; `boxed` for a result."""

    rows: tuple[Row, ...]
    boxed: bool = False


@dataclass(frozen=True)
class Unrolled:
    """The same rows for each value of an index: templates, printed once and filled in. None stands for dots."""

    index: Idx
    rows: tuple[Row, ...]
    times: tuple[int | None, ...]


@dataclass(frozen=True)
class Expanded:
    """left = a sum written out, one term for each value of the index; None stands for dots."""

    left: Expr
    term: Term
    index: Idx
    times: tuple[int | None, ...]
    reason: Text | None = None


@dataclass(frozen=True)
class Table:
    """A table; a cell is a Text, an expression, a number, a list of those, or plain words."""

    header: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Worked:
    """Equations with numbers put in: left = right = right in numbers = value.

    `values` are the numbers of the quantities; `sign` stands between left and right (an arrow for an update).
    """

    rows: tuple[tuple[Expr, Expr | tuple[Term, ...], Numeral], ...]
    values: Mapping[Expr, Numeral]
    sign: str = "="


Block = Worked | Title | Heading | Paragraph | Equations | Unrolled | Expanded | Table
