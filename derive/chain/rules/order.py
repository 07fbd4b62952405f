"""The rule that brings terms and factors into the order of the textbook."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Mul, S

from derive.chain.derivation import Line, Term
from derive.language import Text
from derive.memo import memo

ORDERED = Text("collect the factors", "整理各因子")


def _signed(term: Term) -> Term:
    """The numbers in front, as one with the first factor."""
    number = Mul(*(f for f in term.factors if f.is_number))
    first, *rest = [f for f in term.factors if not f.is_number] or [S.One]
    front = (number, first) if isinstance(first, Add) and number != 1 else (number * first,)
    return Term((*front, *rest), term.sums)


def _order(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Numbers and signs to the front, equal factors to powers; products that are tidy already stay as they are."""
    moved = tuple(_ordered(t) for t in terms)
    moved = tuple(t for t in moved if t.factors != (S.Zero,)) or (Term((S.Zero,)),)
    if moved != terms:
        yield Line(moved, ORDERED)


@memo
def _ordered(term: Term) -> Term:
    flat = [g for f in term.factors for g in Mul.make_args(f)]
    product = Mul(*flat)
    evaluated = Mul.make_args(product)
    numbers = any(f.is_Number for f in flat[1:])
    if len(evaluated) == len(flat) and set(evaluated) == set(flat) and not numbers:
        return term
    return Term((product,), term.sums)
