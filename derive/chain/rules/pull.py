"""Sums whose terms say too little: what does not depend on the index leaves, equal terms are counted."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, Mul, Sum

from derive.chain.derivation import Line, Term
from derive.expressions.indices import Limits, sum_over
from derive.language import Text
from derive.memo import memo


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


PULLED = Text("factors that do not depend on {idx} leave the sum", "与 {idx} 无关的因子提到求和号外")


def _pull(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Factors that a sum does not bind go in front of it."""
    moved = tuple(pulled(t) for t in terms)
    if moved != terms:
        first = next(t for t, m in zip(terms, moved, strict=True) if t != m)
        sums = first.sums or next(f.limits for g in first.factors for f in Mul.make_args(g) if isinstance(f, Sum))
        yield Line(moved, PULLED(idx=[s[0] for s in sums]))
