"""Sums whose terms say too little: what does not depend on the index leaves, equal terms are counted."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Sum

from derive.derivation import Term
from derive.indices import Limits, bound_indices, sum_over
from derive.language import Text
from derive.memo import memo

COUNTED = Text("the {count} terms of the sum over {idx} are equal", "对 {idx} 求和的 {count} 项都相等")


def parted(term: Term) -> tuple[Term, ...]:
    """A bracket of sums that stands alone, as the terms that it is made of."""
    alone = term.factors[0] if len(term.factors) == 1 and not term.sums else None
    if not isinstance(alone, Add) or not alone.has(Sum):
        return (term,)
    parts = sorted(alone.args, key=lambda a: a.could_extract_minus_sign())
    return tuple(Term((part,)) for part in parts)


@memo
def pulled(term: Term) -> Term:
    """Factors that a sum does not bind go in front of it, whether the sum is the term's own or one of its factors."""
    factors = [g for f in term.factors for g in Mul.make_args(f)]
    if term.sums:
        return _pulled(factors, term.sums) or term
    sums = [f for f in factors if isinstance(f, Sum)]
    if len(sums) != 1:
        return term
    before = [f for f in factors if f is not sums[0]]
    found = _pulled(list(Mul.make_args(sums[0].function)), tuple(tuple(limit) for limit in sums[0].limits))
    return Term((Mul(*before, found.factors[0]), found.factors[1])) if found else term


def _pulled(factors: list[Expr], sums: tuple[Limits, ...]) -> Term | None:
    bound = {s[0] for s in sums}
    inside = [f for f in factors if f.free_symbols & bound]
    outside = [f for f in factors if not f.free_symbols & bound]
    return Term((Mul(*outside), sum_over(Mul(*inside), sums))) if inside and outside else None


def counted(term: Term) -> tuple[Term, Text | None]:
    """The sum of a term that does not depend on the index as so many times the term, and why."""
    factors, sums = list(term.factors), list(term.sums)
    if not sums and len(factors) == 1 and isinstance(factors[0], Sum):
        factors, sums = [factors[0].function], [tuple(limit) for limit in factors[0].limits]
    used = set().union(
        *(f.free_symbols | bound_indices(f) for f in factors), *(e.free_symbols for s in sums for e in s[1:])
    )
    idle = next(((i, low, high) for i, low, high in sums if i not in used and _whole(low, high)), None)
    if idle is None:
        return term, None
    idx, low, high = idle
    count = high - low + 1
    return Term((Mul(count, *factors),), tuple(s for s in sums if s[0] != idx)), COUNTED(count=count, idx=idx)


def _whole(low: Expr, high: Expr) -> bool:
    """A range that is not empty whatever the sizes are: it begins at a number and ends at a size or a number."""
    return bool(low.is_Integer and (high.is_Symbol or high.is_Integer) and (high - low + 1).is_nonnegative is not False)
