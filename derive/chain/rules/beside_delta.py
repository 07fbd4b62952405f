"""The rule by which a factor cancels that need only be read where a Kronecker delta is not 0."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Idx, KroneckerDelta, Mul

from derive.chain.derivation import Line, Term
from derive.chain.rules.cancel import above_and_below
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import substitute
from derive.language import Text

BESIDE = Text(
    "{delta} is 0 unless {idx} = {value}, and there {factor} cancels",
    "仅当 {idx} = {value} 时 {delta} 不为 0，此时 {factor} 约去",
)


def beside_delta(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A factor cancels if it does where a delta beside it is not 0.

    >>> show(beside_delta, Term((a, KroneckerDelta(i, k), v[i] / v[k])))
    a * KroneckerDelta(i, k) * v[i]/v[k]
    = a*KroneckerDelta(i, k)    (KroneckerDelta(i, k) is 0 unless i = k, and there v[i] cancels)
    """
    found = [_cancelled(t) for t in terms]
    reasons = [why for _, why in found if why is not None]
    if reasons:
        yield Line(tuple(t for t, _ in found), reasons[0])


def _cancelled(term: Term) -> tuple[Term, Text | None]:
    """The term without what cancels beside one of its deltas, and the reason; the term itself where nothing does."""
    flat = term.flat
    for delta in (f for f in flat if isinstance(f, KroneckerDelta)):
        for idx, value in (delta.args, delta.args[::-1]):
            for factor in (f for f in flat if f != delta and isinstance(idx, Idx) and f.has(idx)):
                others: list[Expr] = [f for f in flat if f is not factor]
                read = substitute(factor, {idx: value})
                if above_and_below(Term((read, *others))):
                    product = Mul(read, *others)
                    return Term((product,), term.sums), BESIDE(delta=delta, idx=idx, value=value, factor=factor)
    return term, None
