"""Sums over indices, cases, and the conditions in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Expr, Ne, Piecewise

from derive.model import words
from derive.model.author_sum import Product, Sum
from derive.read.tree import (
    Big,
    Node,
    Relation,
    Rows,
    Words,
)
from derive.transcribe.formulas import Formula
from derive.transcribe.occurrences import letter, letters
from derive.transcribe.values import Value, scalar
from derive.transcribe.values import elementwise as each

_RELATIONS: dict[str, Callable[[Expr, Expr], Any]] = {
    **{"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b},
    **{"=": Eq, "!=": Ne},
}


def big_of(formula: Formula, node: Big) -> Value:
    """A sum, a product or an extreme over an index, with its condition."""
    if node.below is None:
        raise formula.error(node, f"over what does \\{node.operator} run? write \\{node.operator}_{{i=1}}^{{n}}")
    inner, limits, when = formula.names.indexing.summation(node.below, node.above, formula)
    body = inner.value(node.body)
    _depends(formula, node)
    binder = {"sum": Sum, "prod": Product, "max": words.amax, "min": words.amin}.get(node.operator)
    if binder is None:
        raise formula.error(node, f"\\{node.operator} has no derivative and is not read")
    if when is not True and node.operator != "sum":
        raise formula.error(node.below, "a condition stands below a sum only")
    return each(lambda b: binder(b if when is True else Piecewise((b, when), (0, True)), *limits), body)


def _depends(formula: Formula, node: Big) -> None:
    """A sum over a letter without ends, in which nothing has this letter, is one over samples that are not written."""
    own = letter(node.below) if node.below is not None else ""
    if node.above is None and own and own not in letters(node.body):
        raise formula.error(node, f"nothing in this {node.operator} depends on {own}; write the index at what changes")


def rows_of(formula: Formula, node: Rows) -> Value:
    """Cases by their conditions."""
    if "cases" not in node.kind:
        raise formula.error(node, "a matrix of single formulas is not read; define its elements")
    pieces = [(formula.number(row[0]), _when(formula, row[1:], node)) for row in node.rows]
    return scalar(Piecewise(*pieces))


def _when(formula: Formula, rest: tuple[Node, ...], node: Node) -> Any:
    said = [item for item in rest if not isinstance(item, Words)]
    if not said:
        return True
    if len(said) != 1 or not isinstance(said[0], Relation):
        raise formula.error(node, "each line of the cases needs one condition, as z > 0, or 'otherwise'")
    return condition(formula, said[0])


def _labels(formula: Formula, node: Relation) -> list[Expr]:
    """The sides of `y_i = k`, where k is an index and y_i the label of a sample; none for anything else."""
    bound = [letter(side) for side in node.sides if letter(side) in formula.scope]
    return formula.names.indexing.compared(node, formula.scope) if len(bound) == 1 and len(node.sides) == 2 else []


def condition(formula: Formula, node: Relation) -> Any:
    """A condition on numbers, as `z > 0`."""
    sides = _labels(formula, node) or [formula.number(side) for side in node.sides]
    if len(sides) != 2 or node.signs[0] not in _RELATIONS:
        raise formula.error(node, "a condition compares two numbers, as z > 0")
    return _RELATIONS[node.signs[0]](*sides)
