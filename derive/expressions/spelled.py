"""Functions of the table that an author has spelled out: 1/(1 + e^(-z)) is sigmoid(z), log(1 + e^z) is softplus(z).

    e^a/(e^a + e^b) = sigmoid(a - b)             (e^a - e^b)/(e^a + e^b) = tanh((a - b)/2)
    z sigmoid(z) = silu(z), spelled out          z (1 + erf(z/sqrt(2)))/2 = gelu(z)

where e^0 is 1. Each of these is an identity, so the model stays the same function of the same quantities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import Add, Expr, Mul, Pow, S, erf, exp, expand, log, sqrt, tanh

from derive.expressions.activations import gelu, sigmoid, silu, softplus
from derive.expressions.indices import through
from derive.memo import memo


class Spelling(NamedTuple):
    """A part as an author spells it, and the function that it is."""

    spelled: Expr
    function: Expr


@memo
def spelled(expr: Expr) -> tuple[Expr, tuple[Spelling, ...]]:
    """The expression by functions of the table, and which parts of it these are, each once, outermost first.

    >>> from sympy.abc import a, b
    >>> spelled(2 / (1 + exp(-a)) + b)
    (b + 2*sigmoid(a), (Spelling(spelled=1/(1 + exp(-a)), function=sigmoid(a)),))
    """
    found: dict[Spelling, None] = {}
    return (_by_functions(expr, found) if expr.has(exp, erf) else expr), tuple(found)


def _by_functions(expr: Expr, found: dict[Spelling, None]) -> Expr:
    """The expression by functions of the table; the parts that these are go into `found`."""
    if not expr.has(exp, erf):
        return expr
    for hit in _hits(expr):
        found[hit] = None
        return _by_functions(expr / hit.spelled, found) * _by_functions(hit.function, found)
    return through(expr, lambda part: _by_functions(part, found))


def _hits(expr: Expr) -> Iterator[Spelling]:
    """What the expression, or some of its factors, is one function of the table of."""
    if isinstance(expr, log):
        pair = _two_exponentials(expr.args[0])
        if pair is not None and pair[0] == 0 and pair[2] == 1:
            yield Spelling(expr, softplus(pair[1]))
    elif isinstance(expr, Add):
        yield from _shifted_sigmoid(expr)
    elif isinstance(expr, (Mul, Pow)):
        factors = Mul.make_args(expr)
        for factor in factors:
            yield from _gelu(factor, expr)
            if isinstance(factor, Pow) and factor.exp.is_Integer and factor.exp.is_negative:
                yield from _over_exponentials(factor, factors)


def _over_exponentials(below: Pow, factors: tuple[Expr, ...]) -> Iterator[Spelling]:
    """A fraction over (e^a + e^b)^n: a tanh, or a product of sigmoids."""
    pair = _two_exponentials(below.base)
    if pair is None:
        return
    a, b, number = pair
    for base, exponent in (f.as_base_exp() for f in factors):
        other = _two_exponentials(base, sign=-1)
        if other is not None and {other[0], other[1]} == {a, b} and exponent.is_positive:
            sign = 1 if other[0] == a else -1
            yield Spelling(base / below.base, sign * other[2] / number * tanh((a - b) / 2))
    above = next((f for f in factors if isinstance(f, exp)), S.One)
    n = int(-below.exp)
    whole = [(k, above) for k in range(n + 1) if expand(_power(above) - k * a - (n - k) * b) == 0]
    for k, used in whole or ([(n, S.One)] if a == 0 else []):  # e^c/(1 + e^b) is e^c sigmoid(-b)
        yield from _silu(used * below, number, a - b if k else b - a, factors) if n == 1 else ()
        yield Spelling(used * below, number**-n * _sigmoids(a - b, k, n - k))


def _sigmoids(z: Expr, k: int, m: int) -> Expr:
    """sigmoid(z)^k sigmoid(-z)^m, of which one is 1 minus the other where there are both."""
    if not (k and m):
        return sigmoid(z) ** k * sigmoid(-z) ** m
    z, k, m = (-z, m, k) if z.could_extract_minus_sign() else (z, k, m)
    return sigmoid(z) ** k * (1 - sigmoid(z)) ** m


def _silu(fraction: Expr, number: Expr, z: Expr, factors: tuple[Expr, ...]) -> Iterator[Spelling]:
    """z e^z/(1 + e^z), where the fraction is the sigmoid of z over a number."""
    if _contained(z, factors):
        yield Spelling(z * fraction, silu(z) / number)


def _gelu(factor: Expr, product: Expr) -> Iterator[Spelling]:
    """z (1 + erf(z/sqrt(2)))."""
    number, bracket = factor.as_content_primitive() if isinstance(factor, Add) else (S.One, factor)
    inner = bracket - 1 if isinstance(bracket, Add) else S.Zero
    z = sqrt(2) * inner.args[0] if isinstance(inner, erf) else S.Zero
    if z != 0 and _contained(z, Mul.make_args(product)):
        yield Spelling(z * factor, 2 * number * gelu(z))


def _shifted_sigmoid(expr: Add) -> Iterator[Spelling]:
    """2/(1 + e^(-2z)) - 1, or with the other sign."""
    number, term = expr.as_coeff_Add()
    twice, rest = term.as_coeff_Mul()
    if not (number in (1, -1) and twice == -2 * number and isinstance(rest, Pow) and rest.exp == -1):
        return
    pair = _two_exponentials(rest.base)
    if pair is not None and pair[0] == 0 and pair[2] == 1:
        yield Spelling(expr, number * tanh(pair[1] / 2))


def _contained(z: Expr, factors: tuple[Expr, ...]) -> bool:
    """Are the factors of z, which has no minus in front, among those of a product?"""
    number, parts = z.as_coeff_mul()
    return bool(number.is_positive) and all(p in factors for p in parts)


def _two_exponentials(expr: Expr, sign: int = 1) -> tuple[Expr, Expr, Expr] | None:
    """(a, b, number) where the expression is number (e^a + e^b), or number (e^a - e^b) with the sign -1."""
    if not isinstance(expr, Add) or len(expr.args) != 2:
        return None
    (first, one), (second, other) = sorted((t.as_coeff_Mul() for t in expr.args), key=lambda t: t[1] != 1)
    if second != sign * first or not all(t == 1 or isinstance(t, exp) for t in (one, other)):
        return None
    return _power(one), _power(other), first


def _power(expr: Expr) -> Expr:
    """a of e^a."""
    return expr.args[0] if isinstance(expr, exp) else S.Zero
