"""The rule that brings terms and factors into the order of the textbook."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, Indexed, Mul, Pow, S, Symbol

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.coefficients import number_of
from derive.expressions.products import powers_as_one
from derive.language import Text
from derive.memo import memo

ORDERED = Text("collect factors", "整理各因子")


def order(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Numbers and signs go to the front and equal factors become powers; terms that are 0 are left out.

    >>> show(order, Term((u[i], S(2), u[i])), Term((S.Zero,)))
    u[i] * 2 * u[i] + 0
    = 2*u[i]**2    (collect factors)

    >>> show(order, Term((2 * u[i] - 2 * v[i], a)))
    (2*u[i] - 2*v[i]) * a
    = 2*a*(u[i] - v[i])    (collect factors)

    A minus in front of a bracket turns the signs in it where that leaves fewer.

    >>> show(order, Term((-a, u[i] - v[i])))
    -a * (u[i] - v[i])
    = a*(-u[i] + v[i])    (collect factors)

    A product that is tidy already stays as it is written.
    """
    moved = tuple(_ordered(t) for t in terms)
    moved = tuple(t for t in moved if t.factors != (S.Zero,)) or (Term((S.Zero,)),)
    if moved != terms:
        yield Line(moved, ORDERED)


@memo
def _ordered(term: Term) -> Term:
    apart = [_in_front(f) for f in term.flat]
    flat = [*(n for n, _ in apart if n != 1), *(f for _, f in apart)] if len(apart) > 1 else term.flat
    product = _turned(powers_as_one(Mul(*flat)))
    evaluated = Mul.make_args(product)
    numbers = any(f.is_Number for f in flat[1:]) or _fraction_before_name(term) or _divides_twice(term)
    if len(evaluated) == len(flat) and set(evaluated) == set(flat) and not numbers and flat[-len(apart) :] == term.flat:
        return term
    return Term((product,), term.sums)


def _in_front(factor: Expr) -> tuple[Expr, Expr]:
    """What stands in front of a bracket, and the bracket: -1 and a + b of -a - b, 2 and a - b of 2a - 2b."""
    number, rest = number_of(factor)
    negative = isinstance(rest, Add) and all(a.as_coeff_Mul()[0].is_negative for a in rest.args)
    return (-number, -rest) if negative else (number, rest)


def _fraction_before_name(term: Term) -> bool:
    """Is it a fraction with something above its line, and then a plain name, as in sigmoid(x)/n * b?"""
    fraction, *rest = term.factors
    parts = Mul.make_args(fraction)
    divided = any(isinstance(f, Pow) and f.exp.is_negative for f in parts)
    above = any(not f.is_number and not isinstance(f, Pow) for f in parts)
    return not term.sums and divided and above and bool(rest) and all(isinstance(f, (Symbol, Indexed)) for f in rest)


def _divides_twice(term: Term) -> bool:
    """Are two of its factors only divisors, as in 1/n * 1/a * (b + c)?"""
    below = [f for f in term.factors if all(isinstance(g, Pow) and g.exp == -1 for g in Mul.make_args(f))]
    return len(below) > 1


def _turned(product: Expr) -> Expr:
    """The product without a minus in front, where a bracket has as many terms with a minus as without; 1 - p stays."""
    number, factors = product.as_coeff_mul()
    if not number.is_negative:
        return product
    for at, factor in enumerate(factors):
        parts = factor.args if isinstance(factor, Add) else ()
        negative = sum(a.as_coeff_Mul()[0].is_negative for a in parts)
        if negative and 2 * negative >= len(parts) and not any(a.is_number for a in parts):
            return Mul(-number, *factors[:at], -factor, *factors[at + 1 :])
    return product


def number_in_front(term: Term) -> Term:
    """Multiply the numbers of a term and put them in front: as one with the first factor, or beside a bracket."""
    number = Mul(*(f for f in term.factors if f.is_number))
    first, *rest = [f for f in term.factors if not f.is_number] or [S.One]
    front = (number, first) if isinstance(first, Add) and number != 1 else (number * first,)
    return Term((*front, *rest), term.sums)
