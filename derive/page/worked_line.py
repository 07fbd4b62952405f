"""One worked value: a formula, the numbers put in, and what comes out. A cell of a table or a place of a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sympy import Add, Expr

from derive.chain.derivation import Term
from derive.page.blocks import Worked
from derive.page.numerals import Numeral


class WorkedLine(NamedTuple):
    """left = right = right with `values` put in = value.

    `right` is an expression, or a sum of products as they stand. Within words and in a table only the numbers and the
    value are shown; `together` makes the block that shows all of it.
    """

    left: Expr
    right: Expr | tuple[Term, ...]
    values: Mapping[Expr, Expr]
    value: Numeral | Expr


def worked(left: Expr, right: Expr | tuple[Term, ...], values: Mapping[Expr, Expr]) -> WorkedLine:
    """Work a formula out exactly at these values, which are numbers or expressions.

    >>> from sympy import Integer, symbols
    >>> n, k, c = symbols("n k c")
    >>> worked(n, k * k * c, {k: Integer(5), c: Integer(64)}).value
    1600
    """
    whole = right if isinstance(right, Expr) else Add(*(term.expr for term in right))
    return WorkedLine(left, right, values, whole.xreplace(dict(values)))


def together(lines: Iterable[WorkedLine]) -> Worked:
    """Lines below each other, each with its formula: left = right = right with numbers = value."""
    rows, values = [], dict[Expr, Numeral | Expr]()
    for line in lines:
        rows.append((line.left, line.right, line.value))
        values.update(line.values)
    return Worked(tuple(rows), values)
