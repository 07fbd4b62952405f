"""Sums of squares, whose roots are norms: what is squared in them, and at which letters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from sympy import Add, Expr, Idx, Integer, Mul, Pow, S, Sum

from derive.expressions.indices import substitute
from derive.memo import memo


class Square(NamedTuple):
    """What is squared, and the indices over which it is summed."""

    base: Expr
    over: tuple[Idx, ...] = ()

    def is_term(self, expr: Expr, letters: Sequence[Idx]) -> bool:
        """True if an expression is what is squared, up to its sign, at some of the letters."""
        places = (dict(zip(self.over, choice, strict=True)) for choice in product(letters, repeat=len(self.over)))
        return any(expr in (found, -found) for place in places for found in [substitute(self.base, place)])


@memo
def squares(expr: Expr) -> tuple[Square, ...]:
    """Return what is squared in a sum of squares, x_1^2 + x_2^2 or Sum(x_i^2); nothing for any other expression.

    What a square is divided by, as in (x_1 - y_1)^2/l^2, is left out: it is not 0.
    """
    found = [_square(term) for term in Add.make_args(expr)]
    return tuple(s for s in found if s is not None) if None not in found else ()


def _square(term: Expr) -> Square | None:
    over: tuple[Idx, ...] = ()
    while isinstance(term, Sum):
        over, term = (*over, *(b[0] for b in term.limits)), term.function
    above = [f for f in Mul.make_args(term) if not (isinstance(f, Pow) and f.exp == -2)]  # of (x - y)^2/l^2 the first
    if len(above) != 1 or not isinstance(above[0], Pow) or above[0].exp != Integer(2):
        return None
    return Square(above[0].base, over)


def norm(expr: Expr) -> tuple[Square, ...]:
    """Return what is squared under a square root; nothing if the expression is no norm."""
    return squares(expr.base) if isinstance(expr, Pow) and expr.exp is S.Half else ()
