"""Ranges of values in numbers: read from the domains of the leaves, through the definitions, to any expression.

`derive.topics.stability.bounds` asks the same of a recurrence, in the norms of its leaves instead of in numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from sympy import Add, Expr, Indexed, Integer, Mul, Pow, S, Sum, Symbol, exp, oo

from derive.expressions.activations import sigmoid
from derive.expressions.functions import Row, row_of
from derive.expressions.indices import name_of
from derive.expressions.intervals import UNBOUNDED, Interval, enclosure
from derive.model.domains import positive
from derive.model.model import Model, Node, Whole

T = TypeVar("T")
DOMAINS: Mapping[str, Interval] = {
    "positive": (S.Zero, oo), "probability": (S.Zero, S.One), "binary": (S.Zero, S.One),
    "sign": (S.NegativeOne, S.One),
}  # fmt: skip


def declared(leaf: Node) -> Interval:
    """The interval in which a leaf lies, by its domain."""
    if isinstance(leaf.domain, Whole):
        return S.One, leaf.domain.most
    return leaf.domain if isinstance(leaf.domain, tuple) else DOMAINS.get(leaf.domain, UNBOUNDED)


class Ranges:
    """The closed interval in which an expression of a model lies, for all values of its leaves in their domains."""

    def __init__(self, model: Model):
        self.model = model
        self._asked: set[str] = set()  # nodes whose range is being found; a fixed point stands in its own definition

    def of_weight(self, expr: Expr) -> tuple[Expr, Expr, Row | None]:
        """The range of a product, with the row of the functions table of which it is the slope, where it is one."""
        for node in self.model.nodes.values():
            row = row_of(node.cases[0].expr) if node.cases else None
            elements = [e for e in (expr.atoms(Indexed) | expr.atoms(Symbol)) if name_of(e) == node.name]
            slope = row.slope_in_value if row is not None else None
            if row is not None and slope is not None and any(expr == slope(e) for e in elements):
                return S(row.slope_range[0]), S(row.slope_range[1]), row
        return *self.of(expr), None

    def of(self, expr: Expr) -> Interval:
        """The least and greatest value, infinite where nothing is known."""
        return enclosure(expr, self._known)

    def positive(self, expr: Expr) -> bool:
        """Certainly not 0 and not negative: a positive leaf or size, e^x, and sums, products and powers of such."""
        if isinstance(expr, (Symbol, Indexed)):
            node = self.model.nodes.get(name_of(expr))
            if node is None or node.is_leaf:
                return bool(expr.is_positive) if node is None else positive(node)
            return self._defined(node, lambda: self.positive(node.cases[0].expr), False)
        if isinstance(expr, Add):
            low = [self.of(a)[0].is_nonnegative for a in expr.args]
            return all(low) and any(map(self.positive, expr.args))
        if isinstance(expr, Sum):
            return self.positive(expr.function)
        if isinstance(expr, (Mul, Pow)):
            return all(map(self.positive, expr.args[: len(expr.args) if isinstance(expr, Mul) else 1]))
        return isinstance(expr, (exp, sigmoid)) or bool(expr.is_number and expr.is_positive)

    def _known(self, expr: Expr) -> Interval | None:
        if not isinstance(expr, (Symbol, Indexed)):
            return None
        node = self.model.nodes.get(name_of(expr))
        if node is None:
            return (Integer(1), oo) if expr.is_positive and expr.is_integer else UNBOUNDED
        if node.is_leaf:
            return declared(node)
        return self._defined(node, lambda: self.of(node.cases[0].expr), UNBOUNDED)

    def _defined(self, node: Node, ask: Callable[[], T], unknown: T) -> T:
        """What is asked of the definition of a node; `unknown` where it has several, or where it is asked of itself."""
        if len(node.cases) != 1 or node.abstract is not None or node.name in self._asked:
            return unknown
        self._asked.add(node.name)
        try:
            return ask()
        finally:
            self._asked.discard(node.name)
