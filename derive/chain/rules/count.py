"""The rule that counts equal terms."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Mul, Sum

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import bound_indices
from derive.language import Text

COUNTED = Text("the {count} terms of the sum over {idx} are equal", "对 {idx} 求和的 {count} 项都相等")


def count(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A sum of equal terms is their number times one of them.

    >>> show(count, Term((a, u[i]), over(k)))
    sum over k: a * u[i]
    = a*n*u[i]    (the n terms of the sum over k are equal)
    >>> show(count, Term((u[i],), over(j, k)))
    sum over j: sum over k: u[i]
    = n**2*u[i]    (the n**2 terms of the sum over j, k are equal)
    """
    found = [_counted(t) for t in terms]
    reasons = [why for _, why in found if why is not None]
    if reasons:
        yield Line(tuple(t for t, _ in found), reasons[0])


def _counted(term: Term) -> tuple[Term, Text | None]:
    """The number of terms times one of them, where sums are over indices that the terms do not have; and why."""
    factors, sums = list(term.factors), list(term.sums)
    if not sums and len(factors) == 1 and isinstance(factors[0], Sum):
        factors, sums = [factors[0].function], [tuple(limit) for limit in factors[0].limits]
    if not sums:
        return term, None
    used = set().union(
        *(f.free_symbols | bound_indices(f) for f in factors), *(e.free_symbols for s in sums for e in s[1:])
    )
    idle = [s for s in sums if s[0] not in used and _never_empty(*s[1:])]
    if not idle:
        return term, None
    number = Mul(*(high - low + 1 for _, low, high in idle))
    left = tuple(s for s in sums if s not in idle)
    return Term((Mul(number, *factors),), left), COUNTED(count=number, idx=[s[0] for s in idle])


def _never_empty(low: Expr, high: Expr) -> bool:
    """Is the range not empty whatever the sizes are? It begins at a number and ends at a size or a number."""
    return bool(low.is_Integer and (high.is_Symbol or high.is_Integer) and (high - low + 1).is_nonnegative is not False)
