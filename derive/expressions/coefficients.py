"""Numbers in a product: what the terms of a bracket have in common cancels against the number in front of it.

sympy multiplies a number into a bracket, 2 (m - x) becomes 2 m - 2 x, and then does not cancel it against a 1/2.
"""

from __future__ import annotations

from math import gcd, prod

from sympy import Add, Expr, Integer, Mul, Pow, Rational, Sum, count_ops, expand_mul

from derive.expressions.indices import through
from derive.memo import memo


@memo
def reduced(expr: Expr) -> Expr:
    """(2 m - 2 x)/(2 s) as (m - x)/s, also under a sum and in the terms of one; an equal expression in any case."""
    if isinstance(expr, Sum):
        return through(expr, reduced)
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
    """1/(1 - p) + p/(1 - p)^2 as 1/(1 - p)^2: terms that share a denominator over its highest power, where shorter."""
    terms = Add.make_args(total)
    shared = set.intersection(*({base for base, _ in _below(term)} for term in terms))
    highest = {base: max(dict(_below(term))[base] for term in terms) for base in shared}
    common = Mul(*(base**power for base, power in highest.items()))
    top = Add(*(expand_mul(term * common, deep=False) for term in terms))
    return min(total, top / common, key=count_ops) if shared else total


def _below(term: Expr) -> list[tuple[Expr, Integer]]:
    """The sums that a product is divided by, and their powers."""
    powers = [f for f in Mul.make_args(term) if isinstance(f, Pow) and isinstance(f.base, Add)]
    return [(f.base, -f.exp) for f in powers if f.exp.is_Integer and f.exp.is_negative]
