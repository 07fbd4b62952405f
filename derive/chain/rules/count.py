"""The rule that counts equal terms."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Mul, Sum

from derive.chain.derivation import Line, Term
from derive.expressions.indices import bound_indices
from derive.language import Text


def _count(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Equal terms of a sum are counted."""
    found = [counted(t) for t in terms]
    reasons = [why for _, why in found if why is not None]
    if reasons:
        yield Line(tuple(t for t, _ in found), reasons[0])


COUNTED = Text("the {count} terms of the sum over {idx} are equal", "对 {idx} 求和的 {count} 项都相等")


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
