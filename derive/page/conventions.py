"""What is said about the points where a function of a model has no derivative: which slope is taken there."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Max, preorder_traversal

from derive.expressions.extremes import Extreme
from derive.expressions.functions import BY_TIES, argument, row_or_extremum
from derive.expressions.several import EXTREME
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model
from derive.model.ranges import Ranges


def conventions(model: Model) -> Iterator[Text]:
    """Yield the sentences that say which slope is taken at a kink, once for each function that the model uses."""
    ranges = Ranges(model)
    parts = [part for node in model.nodes.values() for case in node.cases for part in _kinked(case.expr)]
    found = {text.en: text for part in parts if (text := _convention(part, ranges)) is not None}
    yield from found.values()


def _convention(expr: Expr, ranges: Ranges) -> Text | None:
    """Return what to say of one function; nothing of a root whose argument is never 0."""
    if isinstance(expr, Max) and len(expr.args) > 2:
        return BY_TIES
    if isinstance(expr, Extreme):
        return EXTREME
    row = row_or_extremum(expr)
    if row is None or (row.name == "sqrt" and ranges.positive(argument(expr))):
        return None
    return row.convention


@memo
def _kinked(expr: Expr) -> tuple[Expr, ...]:
    """Return the functions in an expression of which there is something to say, outermost first."""
    found = ((part, row_or_extremum(part)) for part in preorder_traversal(expr))
    return tuple(p for p, row in found if isinstance(p, Extreme) or (row is not None and row.convention is not None))
