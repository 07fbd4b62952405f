"""Functions of the table: what a row is written like, read once, says how its arguments go together.

So that e^x and \\exp(x) are one thing, and 1[x > 0] is the comparison that it looks like. That the signs of the table
are those of its functions is tested by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from derive.expressions.functions import Row
from derive.expressions.matrix_functions import MatrixRow
from derive.proofread.numbers import Value
from derive.proofread.seen import Seen
from derive.read.reader import formula
from derive.read.tree import Node

HOLES = (
    "varpi",
    "varsigma",
    "vartheta",
    "varrho",
    "hbar",
    "emptyset",
    "intercal",
    "omicron",
)  # letters that no author has a name for


@cache
def pattern(latex: str, count: int) -> Node:
    """The pattern of a row as a tree, with letters for its arguments."""
    holes = [f"\\{name} " for name in HOLES[:count]]
    return formula(latex.format(*([", ".join(holes)] if "{}" in latex else holes)))


def function(row: Row, values: Sequence[Value]) -> Value:
    """The function at values."""
    return Seen((), dict(zip(HOLES, values, strict=False))).value(pattern(row.latex, len(values)))


def of_matrix(row: MatrixRow, positive: bool, matrix: Value) -> Value:
    """A function of a matrix, as it is written where the matrix is known to be positive definite or not."""
    latex = row.positive[0] if positive and row.positive else row.latex
    return Seen((), {HOLES[0]: matrix}).value(pattern(latex, 1))
