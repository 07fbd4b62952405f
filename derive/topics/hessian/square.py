"""One square of the sum that shows why a Hessian is positive semidefinite."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Add, Expr, Idx, Integer

from derive.chain.derivation import Term, product
from derive.expressions.functions import Row
from derive.expressions.indices import Limits, fresh, substitute, sum_over


class Square(NamedTuple):
    """The sum over `sums` of weight * (sum of `parts`)^2, and why the weight is not negative.

    It lies between `low` and `high`, by the slope of `row` where it is one. If it is a variance, `share` sums to 1 over
    `over`, and the square is the sum of share * (parts - their mean)^2.
    """

    weight: Expr
    sums: tuple[Limits, ...]
    parts: tuple[Term, ...]
    low: Expr
    high: Expr
    row: Row | None = None
    share: Expr | None = None
    over: Limits | None = None

    @property
    def linear(self) -> Expr:
        """The quantity u that is squared; it is linear in the direction."""
        return Add(*(p.expr for p in self.parts))

    @property
    def mean(self) -> Expr:
        """The mean sum_k share_k u_k of a variance; 0 for another square."""
        if self.share is None or self.over is None:
            return Integer(0)
        idx, low, high = self.over
        other = fresh(idx, (*self.linear.atoms(Idx), *self.share.atoms(Idx), *self.weight.atoms(Idx)))
        return sum_over(substitute(self.share * self.linear, {idx: other}), [(other, low, high)])

    @property
    def term(self) -> Term:
        """The whole square as one term."""
        over = (self.over,) if self.over is not None else ()
        factors = (self.weight, self.share or Integer(1), (self.linear - self.mean) ** 2)
        return product(factors, (*over, *self.sums))
