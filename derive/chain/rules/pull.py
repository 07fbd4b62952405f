"""The rule that takes constant factors out of a sum."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Mul, Sum

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import sum_over
from derive.language import Text
from derive.memo import memo

PULLED = Text("move factors that do not depend on {idx} out of the sum", "与 {idx} 无关的因子提到求和号外")


def pull(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Factors that do not depend on the index of a sum go in front of it.

    >>> show(pull, Term((a, u[k], v[i]), over(k)))
    sum over k: a * u[k] * v[i]
    = a*v[i] * Sum(u[k], (k, 1, n))    (move factors that do not depend on k out of the sum)
    """
    moved = tuple(constants_in_front(t) for t in terms)
    if moved != terms:
        first = next(t for t, m in zip(terms, moved, strict=True) if t != m)
        sums = first.sums or next(f.limits for f in first.flat if isinstance(f, Sum))
        yield Line(moved, PULLED(idx=[s[0] for s in sums]))


@memo
def constants_in_front(term: Term) -> Term:
    """The term with constant factors in front of its sum, whether it is the term's own or the one sum among its
    factors; the term itself where there are none."""
    if term.sums:
        return _pulled(term) or term
    sums = [f for f in term.flat if isinstance(f, Sum)]
    if len(sums) != 1:
        return term
    before = [f for f in term.flat if f is not sums[0]]
    found = _pulled(Term((sums[0].function,), tuple(tuple(limit) for limit in sums[0].limits)))
    return Term((Mul(*before, found.factors[0]), found.factors[1])) if found else term


def _pulled(term: Term) -> Term | None:
    """The factors without an index of the sums times the sum over the others; None where either are missing."""
    outside, inside = term.parted(*(s[0] for s in term.sums))
    return Term((Mul(*outside), sum_over(Mul(*inside), term.sums))) if inside and outside else None


def split_bracket(term: Term) -> Terms:
    """A bracket that stands alone and holds sums, as the terms that it is made of, positive ones first."""
    alone = term.factors[0] if len(term.factors) == 1 and not term.sums else None
    if not isinstance(alone, Add) or not alone.has(Sum):
        return (term,)
    parts = sorted(alone.args, key=lambda a: a.could_extract_minus_sign())
    return tuple(Term((part,)) for part in parts)
