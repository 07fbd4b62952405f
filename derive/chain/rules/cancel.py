"""The rule that cancels what stands above and below a fraction line."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Mul, Pow

from derive.chain.derivation import Line, Term
from derive.chain.rules.order import number_in_front
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.language import Text

CANCELLED = Text("cancel {factors}", "约去 {factors}")


def cancel(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """What stands above and below the fraction line of a product under a sum goes.

    >>> show(cancel, Term((u[k], v[k] / u[k]), over(k)))
    sum over k: u[k] * v[k]/u[k]
    = sum over k: v[k]    (cancel u[k])
    """
    gone = [f for t in terms if t.sums for f in above_and_below(t)]
    if gone:
        yield Line(tuple(_evaluated(t) if t.sums else t for t in terms), CANCELLED(factors=gone))


def above_and_below(term: Term) -> list[Expr]:
    """The factors that stand both above and below the fraction line of a product."""
    flat = term.flat
    below = [g.base for g in flat if isinstance(g, Pow) and g.exp.is_negative]
    return [b for b in below if any(g == b or (isinstance(g, Pow) and g.base == b and g.exp.is_positive) for g in flat)]


def _evaluated(term: Term) -> Term:
    """Evaluate the product; the factors that are left stand where they stood."""
    flat = term.flat
    left = Mul.make_args(Mul(*flat))
    return number_in_front(Term((*(f for f in flat if f in left), *(f for f in left if f not in flat)), term.sums))
