"""Gains: bounds of the norm of a path's local partials, and so of a block of the Jacobian.

Slopes come from the functions table, coefficients from the bounds of values; norms multiply where the path is a
product of matrices.
"""

from __future__ import annotations

from sympy import Abs, Expr, Idx, Indexed, KroneckerDelta, Mul, S, Symbol, oo

from derive.expressions.functions import Row, row_of
from derive.expressions.norms import Norm
from derive.model.model import Node
from derive.topics.jacobian.paths import Link, Path
from derive.topics.stability.bounds import Bounds, Interval, times
from derive.topics.stability.matrix_products import is_matrix_product, letters, repetitions


class Gains(Bounds):
    """The bounds of values, and of what a path multiplies by."""

    def gain(self, path: Path, wrt: Expr) -> Interval:
        """The least and largest norm of the product of a path's local partials; oo where there is no bound."""
        if not is_matrix_product(path, wrt, self.time, self._leaf, self.order == "2"):
            return S.Zero, oo
        lows, highs = zip(*(self.link(link) for link in path.links), strict=True)
        repeated = repetitions(path, wrt, self.time)
        often = Mul(*(high - low + 1 for _, low, high in repeated))
        return times(*lows) if not repeated and path.delta == 1 else S.Zero, times(often, *highs)

    def link(self, link: Link) -> Interval:
        """The least and largest absolute value (norm) of one local partial."""
        row = activation(link.node)
        if row is not None:
            low, high = (abs(S(end)) for end in row.slope_range)
            return (low if S(row.slope_range[0]).is_positive else S.Zero, max(low, high))
        factors = [f for f in Mul.make_args(link.value) if not isinstance(f, KroneckerDelta)]
        high = times(*(self._factor(f) for f in factors))
        still = [f for f in factors if not f.is_number and not self.constant(f)]
        constant = all(self._leaf(f) and not f.has(self.time) for f in still)
        return (high if constant else S.Zero, high)

    def _factor(self, factor: Expr) -> Expr:
        if isinstance(factor, Indexed) and self._leaf(factor):
            return Norm(factor.base, self.order if len(letters(factor, self.time)) == 2 else "largest")
        return Abs(factor) if self.constant(factor) else self.magnitude(factor)

    def constant(self, expr: Expr) -> bool:
        """Made of scalar parameters only, so that it is the same number at every step."""
        names = [s.name for s in expr.free_symbols if isinstance(s, Symbol) and s.name in self.model.nodes]
        return not expr.has(Indexed, Idx) and all(self.model.nodes[n].kind in ("parameter", "constant") for n in names)


def activation(node: Node) -> Row | None:
    """The row of a node that is an activation of another node and nothing else."""
    expr = node.cases[0].expr
    row = row_of(expr)
    return row if row is not None and isinstance(expr.args[0], (Symbol, Indexed)) else None
