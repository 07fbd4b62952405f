"""Exponents: the greatest of a sum, when one may be positive, and the sigmoid and softplus among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from sympy import (
    Abs,
    Add,
    Expr,
    Float,
    Function,
    Idx,
    Integer,
    Mul,
    Pow,
    Rational,
    Sum,
    cosh,
    exp,
    log,
    sign,
    sinh,
    tanh,
)

from derive.expressions.activations import relu, sigmoid, softplus
from derive.expressions.canonical import canonical
from derive.expressions.elementary import exp2, expm1, log1p, log2, log10
from derive.expressions.indices import substitute, sum_over
from derive.expressions.intervals import at_least
from derive.expressions.traverse import free_indices
from derive.memo import memo

LEAST = Float(-1e30)  # what stands for the peak of a sum without terms: no difference to an exponent is nan


class Greatest(Function):
    """The greatest of its arguments; unlike sympy's Max it compares none of them."""

    is_real = True


class Peak(Function):
    """The greatest value of what stands under the sum sign of its argument."""

    is_real = True


def peak(exponent: Expr, limits: Sequence[Any]) -> Expr:
    """Return the greatest value of an exponent over its limits: of z_i less the greatest of all z it is 0.

    So a mean whose weights are a softmax has no exponent: what is made of it is as large as what is averaged.
    """
    for term in Add.make_args(exponent):
        if isinstance(-term, Peak) and canonical(sum_over(exponent - term, limits)) == canonical((-term).args[0]):
            return Integer(0)
    return Peak(canonical(sum_over(exponent, limits)))


class Scaled(NamedTuple):
    """first * exp(exponent), both as they are evaluated."""

    first: Expr
    exponent: Expr = Integer(0)

    @property
    def log(self) -> Expr:
        """The logarithm."""
        if isinstance(self.first, Pow) and self.first.exp == -1:
            return self.exponent - log(self.first.base)
        return self.exponent + log(self.first)


# cosh u = (e^|u| + e^-|u|)/2, sinh u = sign(u) (e^|u| - e^-|u|)/2, e^u - 1 = sign(u) (1 - e^-|u|) e^relu(u)
EXPONENTIALS: dict[type[Expr], Callable[[Expr], Scaled]] = {
    exp2: lambda u: Scaled(Integer(1), u * log(2)),
    cosh: lambda u: Scaled(Rational(1, 2), Abs(u) + softplus(-2 * Abs(u))),
    sinh: lambda u: Scaled(-sign(u) * expm1(-2 * Abs(u)) / 2, Abs(u)),
    expm1: lambda u: Scaled(-sign(u) * expm1(-Abs(u)), relu(u)),
}
LOGARITHMS = (log, log1p, log2, log10)
BASES: dict[type[Expr], Expr] = {log2: log(2), log10: log(10)}


@memo
def complement(expr: Expr) -> Scaled | None:
    """Return 1 + c exp(u), 1 - sigmoid(u) and 1 - tanh(u)^2 as exponentials; None for any other expression."""
    if not (isinstance(expr, Add) and len(expr.args) == 2 and 1 in expr.args):
        return None
    (other,) = (a for a in expr.args if a != 1)
    number, power = other.as_coeff_Mul()
    if number.is_positive and isinstance(power, exp):
        return Scaled(Integer(1), softplus(power.args[0] + log(number)))
    if isinstance(-other, sigmoid):
        return Scaled(Integer(1), -softplus((-other).args[0]))
    if isinstance(-other, Pow) and (-other).exp == 2 and isinstance((-other).base, tanh):
        twice = 2 * (-other).base.args[0]
        return Scaled(Integer(4), -softplus(twice) - softplus(-twice))
    return None


@memo
def exponential(exponent: Expr) -> Expr:
    """Return exp(exponent), with a sigmoid for every softplus that is subtracted: 1 / (1 + e^u) is sigmoid(-u).

    Where only the softplus keeps the exponent from overflowing, it stays: sigmoid times exponential would be 0 inf.
    """
    factors, whole = list[Expr](), exponent
    for term in Add.make_args(exponent):
        number, inner = term.as_coeff_Mul()
        if not (isinstance(inner, softplus) and number.is_Integer and number < 0):
            continue
        u = inner.args[0]
        for _ in range(-int(number)):
            above = {t for t in Add.make_args(u) if not t.is_number} <= set(Add.make_args(exponent))
            factors.append(sigmoid(u) if above else sigmoid(-u))
            exponent = exponent + inner - (u if above else 0)
    return exp(whole) if overflows(exponent) and not overflows(whole) else Mul(*factors, exp(exponent))


@memo
def overflows(exponent: Expr) -> bool:
    """False if an exponent is surely not positive: -u^2, -softplus(u), an element minus the greatest of all."""
    rest = exponent
    for term in Add.make_args(_rising(exponent)):
        number, inner = term.as_coeff_Mul()
        if number.is_negative and isinstance(inner, (Peak, Greatest)):
            without = (rest - number * inner + number * value for value in _below(inner, free_indices(rest)))
            rest = min((rest, *without), key=lambda e: len(Add.make_args(_rising(e))))
    return not _rising(rest).is_nonpositive


def _rising(exponent: Expr) -> Expr:
    """Return an exponent without the terms that are surely not positive."""
    return Add(*(t for t in Add.make_args(exponent) if not (t.is_nonpositive or _falls(t))))


def _falls(term: Expr) -> bool:
    """True for a softplus, which is positive, with a negative number before it, and for the greatest of such terms."""
    number, rest = term.as_coeff_Mul()
    if number.is_positive and isinstance(rest, Peak):
        return not overflows(rest.args[0].function)
    if number.is_positive and isinstance(rest, Greatest):
        return not any(map(overflows, rest.args))
    return bool(number.is_negative) and isinstance(rest, softplus)


def _below(greatest: Expr, letters: Sequence[Idx]) -> Iterator[Expr]:
    """Yield values that are at most a greatest one: its arguments, or the terms of its sum at some letters."""
    if isinstance(greatest, Greatest):
        yield from (v for a in greatest.args for v in (_below(a, letters) if isinstance(a, Peak) else [a]))
        return
    total = greatest.args[0]
    if any(end.atoms(Idx) for _, *ends in total.limits for end in ends):
        return  # an element need not be one of those that are summed
    own = [b[0] for b in total.limits]
    places = (dict(zip(own, choice, strict=True)) for choice in product(letters, repeat=len(own)))
    values = [substitute(total.function, place) for place in places]
    yield from (v for value in values for v in (value.args if isinstance(value, Greatest) else [value]))


def filled(total: Sum) -> bool:
    """True if a sum surely has a term, of whatever sizes."""
    for _, low, high in total.limits:
        first, last = substitute(low, {i: i.lower for i in low.atoms(Idx)}), high
        last = substitute(high, {i: i.upper for i in high.atoms(Idx)})
        if not at_least(last - first, Integer(0)):
            return False
    return True
