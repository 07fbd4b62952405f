"""Numbers in a product: what the terms of a bracket have in common cancels against the number in front of it.

sympy multiplies a number into a bracket, 2 (m - x) becomes 2 m - 2 x, and then does not cancel it against a 1/2.
"""

from __future__ import annotations

from math import gcd, prod

from sympy import Add, Expr, Integer, Mul, Pow, Rational, Sum, count_ops, expand_mul

from derive.indices import bound
from derive.memo import memo


@memo
def reduced(expr: Expr) -> Expr:
    """(2 m - 2 x)/(2 s) as (m - x)/s, also under a sum and in the terms of one; an equal expression in any case."""
    if isinstance(expr, Sum):
        return bound(Sum, reduced(expr.function), expr.limits)
    if isinstance(expr, Add):
        return _over_one(Add(*map(reduced, expr.args)))
    return _cancelled(expr) if isinstance(expr, Mul) else expr


def _cancelled(product: Mul) -> Expr:
    front = prod((f for f in product.args if isinstance(f, Rational)), start=Rational(1))
    factors = [f for f in product.args if not isinstance(f, Rational)]
    for at, factor in enumerate(factors):
        if isinstance(factor, Add):
            content, rest = factor.primitive()
            if isinstance(content, Rational) and gcd(int(content.p), int(front.q)) > 1:
                front, factors[at] = front * content, rest
    return Mul(front, *map(reduced, factors))


def _over_one(total: Expr) -> Expr:
    """1/(1 - p) + p/(1 - p)^2 as 1/(1 - p)^2: terms over their common denominator, where that is shorter."""
    below: dict[Expr, Integer] = {}
    for power in (f for term in Add.make_args(total) for f in Mul.make_args(term) if isinstance(f, Pow)):
        if isinstance(power.base, Add) and power.exp.is_Integer and power.exp.is_negative:
            below[power.base] = max(below.get(power.base, Integer(1)), -power.exp)
    common = Mul(*(base**power for base, power in below.items()))
    top = Add(*(expand_mul(term * common, deep=False) for term in Add.make_args(total)))
    return min(total, top / common, key=count_ops) if below else total
