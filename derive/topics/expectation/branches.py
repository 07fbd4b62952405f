"""A quantity given by cases, as a sum over its branches: each times the step that is 1 where its condition holds.

x if x > 0, else 0   =   1[x > 0] x                  Huber's loss   =   1[|x| <= 1] x^2/2 + 1[|x| > 1] (|x| - 1/2)
"""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any

from sympy import Abs, And, Expr, Ge, Gt, Le, Lt, Not, Or, Piecewise, S

from derive.expressions.elementwise import step


def by_branches(*pairs: Any) -> Expr | None:
    """The sum of the branches, each where no earlier one is taken; None for a condition that is no inequality."""
    found, left = S.Zero, S.One
    for value, condition in pairs:
        here = indicator(condition)
        if here is None:
            return None
        found, left = found + left * here * value, left * (1 - here)
    return found if left == 0 else None


def indicator(condition: Any) -> Expr | None:
    """1 where a condition holds and 0 elsewhere, in steps 1[u > 0]; equality counts as it is written."""
    if condition in (S.true, S.false):
        return S.One if condition == S.true else S.Zero
    if isinstance(condition, (And, Or, Not)):
        parts = [p for c in condition.args if (p := indicator(c)) is not None]
        if len(parts) < len(condition.args):
            return None
        if isinstance(condition, And):
            return reduce(mul, parts)
        none: Expr = reduce(mul, (1 - p for p in parts))
        return none if isinstance(condition, Not) else 1 - none
    if not isinstance(condition, (Gt, Lt, Ge, Le)):
        return None
    if (condition.lhs - condition.rhs).is_integer:  # of indices
        return Piecewise((S.One, condition), (S.Zero, True))
    above = isinstance(condition, (Gt, Le))
    first, second = condition.args if above else reversed(condition.args)
    return exceeds(first, second) if isinstance(condition, (Gt, Lt)) else 1 - exceeds(first, second)


def exceeds(high: Expr, low: Expr) -> Expr:
    """1[high > low]; |u| exceeds c where u > c or u < -c, and never both unless c is negative.

    u = -c has the probability 0, so 1[u < -c] is 1 - 1[u > -c].
    """
    if isinstance(high, Abs):
        right, left = step(high.args[0] - low), 1 - step(high.args[0] + low)
        return right + left - (0 if low.is_nonnegative else right * left)
    if isinstance(-high, Abs):
        return exceeds(-low, -high)
    if isinstance(low, Abs):
        return step(high + low.args[0]) * step(high - low.args[0])
    return step(high - low)
