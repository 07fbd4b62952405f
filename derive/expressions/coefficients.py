"""Numbers in a product: what the terms of a bracket have in common cancels against the number in front of it.

sympy multiplies a number into a bracket, 2 (m - x) becomes 2 m - 2 x, and then does not cancel it against a 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, prod

from sympy import Abs, Add, Expr, Integer, Mul, Pow, Rational, Sum, count_ops, expand_mul, sign

from derive.expressions.canonical import collected, one_spelling
from derive.expressions.functions import row_of
from derive.expressions.indices import through
from derive.expressions.powers import is_symbolic, split
from derive.expressions.products import powers_as_one
from derive.memo import memo


@memo
def reduced(expr: Expr) -> Expr:
    """(2 m - 2 x)/(2 s) as (m - x)/s, also under a sum and in the terms of one; an equal expression in any case.

    Terms that are equal in other letters of their sums are added, an indicator and powers as u^(a - 1) of all terms
    stand in front, u u^(a - 1) is u^a, and a sum times the same sum in other letters is its square.
    """
    if isinstance(expr, Sum):
        return through(expr, reduced)
    if isinstance(expr, Add):
        return _over_one(_under_one(collected(map(reduced, expr.args))))
    return _cancelled(expr) if isinstance(expr, Mul) else expr


@memo
def number_of(total: Expr) -> tuple[Rational, Expr]:
    """The number that one takes out of a bracket, and the bracket without it: 2 and a - b of 2a - 2b; 1 and the whole
    where fewer numbers are not left, as in 4x + 2 and 1/2 + x."""
    coefficients = [a.as_coeff_Mul()[0] for a in total.args] if isinstance(total, Add) else []
    if not coefficients or any(abs(c) == 1 or not isinstance(c, Rational) for c in coefficients):
        return Rational(1), total
    content, rest = total.primitive()
    if not content.is_Integer and all(
        any(f.is_Pow and f.base.is_Integer for f in Mul.make_args(a)) for a in total.args
    ):
        return Rational(1), total  # a/sqrt(2) is sqrt(2) a/2 to sympy
    left = sum(abs(c) != abs(content) for c in coefficients)
    return (content, rest) if left + 1 < len(coefficients) else (Rational(1), total)


def number_in_front(total: Expr) -> Rational:
    """The number that stands in front of a bracket that stands alone. Halves only where one term is a number, as in
    1/2 (1 + erf(x)): those of an author's 1/2 sum r^2 + 1/2 lambda sum w^2 stay where they are."""
    number, rest = number_of(total)
    return number if number.is_Integer or any(a.is_number for a in rest.args) else Rational(1)


def _cancelled(product: Mul) -> Expr:
    front = prod((f for f in product.args if isinstance(f, Rational)), start=Rational(1))
    factors = [f for f in product.args if not isinstance(f, Rational)]
    for at, factor in enumerate(factors):
        if isinstance(factor, Add):
            content, rest = factor.primitive()
            if isinstance(content, Rational) and gcd(int(content.p), int(front.q)) > 1:
                front, factors[at] = front * content, rest
            elif len(factors) > 1:  # sympy multiplies the number back into a bracket that stands alone
                content, factors[at] = number_of(factor)
                front *= content
    return powers_as_one(_absolute(Mul(front, *one_spelling(map(reduced, factors)))))


def _absolute(product: Expr) -> Expr:
    """x sign(x) as |x|."""
    factors = Mul.make_args(product)
    for turned in (f for f in factors if isinstance(f, sign) and f.args[0] in factors):
        return Mul(*(f for f in factors if f not in (turned, turned.args[0])), Abs(turned.args[0]))
    return product


def _under_one(terms: Sequence[Expr]) -> Expr:
    """a 1[x > 0] + b 1[x > 0] as (a + b) 1[x > 0]; the same for powers with symbols above."""
    if len(terms) < 2 or not any(stands_apart(f) for f in Mul.make_args(terms[0])):
        return Add(*terms)
    front, rest = split([Mul.make_args(t) for t in terms])
    apart = [f for f in front if stands_apart(f)]
    return Mul(*apart, Add(*(Mul(r, *(f for f in front if f not in apart)) for r in rest)))


def stands_apart(factor: Expr) -> bool:
    """Is it a factor that one writes once, in front of a bracket: an indicator, or a power with symbols above?"""
    row = row_of(factor)
    return is_symbolic(factor) or (row is not None and row.indicator)


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
