"""The rule that brings terms and factors into the order of the textbook."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Mul, S

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.coefficients import number_of
from derive.expressions.products import powers_as_one
from derive.language import Text
from derive.memo import memo

ORDERED = Text("collect the factors", "整理各因子")


def order(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Numbers and signs go to the front and equal factors become powers; terms that are 0 are left out.

    >>> show(order, Term((u[i], S(2), u[i])), Term((S.Zero,)))
    u[i] * 2 * u[i] + 0
    = 2*u[i]**2    (collect the factors)

    >>> show(order, Term((2 * u[i] - 2 * v[i], a)))
    (2*u[i] - 2*v[i]) * a
    = 2*a*(u[i] - v[i])    (collect the factors)

    A product that is tidy already stays as it is written.
    """
    moved = tuple(_ordered(t) for t in terms)
    moved = tuple(t for t in moved if t.factors != (S.Zero,)) or (Term((S.Zero,)),)
    if moved != terms:
        yield Line(moved, ORDERED)


@memo
def _ordered(term: Term) -> Term:
    apart = [number_of(f) for f in term.flat]
    flat = [*(n for n, _ in apart if n != 1), *(f for _, f in apart)] if len(apart) > 1 else term.flat
    product = powers_as_one(Mul(*flat))
    evaluated = Mul.make_args(product)
    numbers = any(f.is_Number for f in flat[1:])
    if len(evaluated) == len(flat) and set(evaluated) == set(flat) and not numbers and flat[-len(apart) :] == term.flat:
        return term
    return Term((product,), term.sums)


def number_in_front(term: Term) -> Term:
    """Multiply the numbers of a term and put them in front: as one with the first factor, or beside a bracket."""
    number = Mul(*(f for f in term.factors if f.is_number))
    first, *rest = [f for f in term.factors if not f.is_number] or [S.One]
    front = (number, first) if isinstance(first, Add) and number != 1 else (number * first,)
    return Term((*front, *rest), term.sums)
