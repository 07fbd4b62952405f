"""The rule that cancels what stands above and below a fraction line."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Mul, Pow

from derive.chain.derivation import Line, Term
from derive.chain.rules.order import _signed
from derive.language import Text

CANCELLED = Text("cancel {factors}", "约去 {factors}")


def _cancel(terms: tuple[Term, ...]) -> Iterator[Line]:
    """What stands above and below the fraction line goes, also under a sum."""
    gone = [b for t in terms if t.sums for b in _cancelled((t,))]
    if gone:
        yield Line(tuple(_reduced(t) if t.sums else t for t in terms), CANCELLED(factors=gone))


def _reduced(term: Term) -> Term:
    """The product evaluated, its factors where they stood."""
    flat = [g for f in term.factors for g in Mul.make_args(f)]
    left = Mul.make_args(Mul(*flat))
    return _signed(Term((*(f for f in flat if f in left), *(f for f in left if f not in flat)), term.sums))


def _cancelled(terms: tuple[Term, ...]) -> list[Expr]:
    """The factors that stand above and below the fraction line of a single term."""
    if len(terms) != 1:
        return []
    flat = [g for f in terms[0].factors for g in Mul.make_args(f)]
    below = [g.base for g in flat if isinstance(g, Pow) and g.exp.is_negative]
    return [b for b in below if any(g == b or (isinstance(g, Pow) and g.base == b and g.exp.is_positive) for g in flat)]
