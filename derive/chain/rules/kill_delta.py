"""The rule that ends a sum over a Kronecker delta."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, Idx, KroneckerDelta, Mul, Sum

from derive.chain.derivation import Line, Term, product
from derive.chain.rules.order import number_in_front
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts, summed
from derive.expressions.contraction import delta_solutions
from derive.expressions.indices import Limits, is_position, substitute, sum_over
from derive.expressions.intervals import covers
from derive.language import Text

KILLED = Text("{delta} keeps only the term with {idx} = {value}", "{delta} 只保留 {idx} = {value} 的项")

Killed = tuple[KroneckerDelta, Idx, Expr]  # the delta, the index that it solves for, and the value of that index


def kill_delta(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A sum with a delta keeps one term; of a bracket with a delta, that part does.

    >>> show(kill_delta, Term((u[k], KroneckerDelta(i, k) - v[i]), over(k)))
    sum over k: u[k] * (KroneckerDelta(i, k) - v[i])
    = u[i] + sum over k: -u[k] * v[i]    (KroneckerDelta(i, k) keeps only the term with k = i)

    Positions are known to lie in their axis.

    >>> t = positions("t")
    >>> one = Fact(Sum(KroneckerDelta(t[i], k), *over(k)), S.One, (i,), Text("t is among 1, ..., n", "t 在 1, …, n 中"))
    >>> show(kill_delta, Term((u[k], KroneckerDelta(t[j], k)), over(k)), facts=(one,))
    sum over k: u[k] * KroneckerDelta(t[j], k)
    = u[t[j]]    (KroneckerDelta(t[j], k) keeps only the term with k = t[j])
    """
    found = [_split(_opened(t, facts), facts) for t in terms]
    while any(killed is not None for _, killed in found):
        delta, idx, value = next(killed for _, killed in found if killed is not None)
        terms = tuple(t for parts, _ in found for t in parts)
        yield Line(terms, KILLED(delta=delta, idx=idx, value=value))
        found = [_split(t, facts) for t in terms]


def _split(term: Term, facts: Facts) -> tuple[Terms, Killed | None]:
    """The terms that a sum falls into, those with a delta without their sum; and that delta."""
    for at, whole in enumerate(term.factors):
        for factor in Mul.make_args(whole):
            found = next((k for d in _deltas(factor) if (k := kills(d, term.sums, facts))), None)
            if found is not None:
                beside = Mul(*(f for f in Mul.make_args(whole) if f is not factor))
                before = (*term.factors[:at], *((beside,) if beside != 1 else ()))
                return _multiplied_out(term, before, factor, term.factors[at + 1 :], found), found
    return (term,), None


def _opened(term: Term, facts: Facts) -> Term:
    """The term with its first factor that is a sum with such a delta as a sum of the whole term."""
    for at, factor in enumerate(term.factors):
        if isinstance(factor, Sum) and factor.function.has(KroneckerDelta):
            body, sums = Mul.make_args(factor.function), tuple(tuple(s) for s in factor.limits)
            others = {*(s[0] for s in term.sums), *(i for f in term.factors if f is not factor for i in f.free_symbols)}
            if any(kills(d, sums, facts) for f in body for d in _deltas(f)) and others.isdisjoint(s[0] for s in sums):
                return product((*term.factors[:at], *body, *term.factors[at + 1 :]), (*term.sums, *sums))
    return term


def _deltas(factor: Expr) -> list[KroneckerDelta]:
    """The deltas that multiply an addend of the factor. One inside an inner sum belongs to that sum."""
    return [f for part in Add.make_args(factor) for f in Mul.make_args(part) if isinstance(f, KroneckerDelta)]


def _multiplied_out(
    term: Term, before: tuple[Expr, ...], bracket: Expr, after: tuple[Expr, ...], killed: Killed
) -> Terms:
    """The bracket multiplied out; a part with the delta without its sum, positive terms first."""
    parts = [Term((*before, *Mul.make_args(p), *after), term.sums) for p in Add.make_args(bracket)]
    kept = [without_delta(p, killed) for p in parts if killed[0] in p.factors]
    kept += [p for p in parts if killed[0] not in p.factors]
    return tuple(sorted(map(number_in_front, kept), key=lambda t: t.factors[0].could_extract_minus_sign()))


def kills(delta: KroneckerDelta, sums: tuple[Limits, ...], facts: Facts = ()) -> Killed | None:
    """The first summed index that the delta makes equal to another letter, a number or a position that it surely takes.

    It must take every value of the letter. None for such an index where a sum ends at it, as that over j = 1..k does.
    """
    solutions = (
        (idx, value)
        for idx, value in delta_solutions(delta.args[0], delta.args[1], sums)
        if _same_values(idx, value, sums) or _at_position(delta, idx, value, sums, facts)
    )
    return next(((delta, idx, value) for idx, value in solutions), None)


def _same_values(idx: Idx, value: Expr, sums: tuple[Limits, ...]) -> bool:
    """Does a summed index, at which no other sum ends, take all that its value is: a letter, or a number?"""
    if any(idx in end.free_symbols for s in sums for end in s[1:]):
        return False
    ends = {s[0]: s[1:] for s in sums}
    if value.is_Integer or value in ends:
        return covers(ends[idx], ends.get(value, (value, value)))
    return isinstance(value, Idx) and (value.lower, value.upper) == ends[idx]


def _at_position(delta: Expr, idx: Idx, value: Expr, sums: tuple[Limits, ...], facts: Facts) -> bool:
    """Is the value a position, of which the facts say that the sum over all of the index meets it once?"""
    ends = next(s for s in sums if s[0] == idx)
    return is_position(value) and summed(sum_over(delta, (ends,)), facts)[0] == 1


def without_delta(term: Term, killed: Killed) -> Term:
    """The one term that is left of a sum."""
    delta, idx, value = killed
    factors = (substitute(f, {idx: value}) for f in term.factors if f != delta)
    return product(factors, tuple(s for s in term.sums if s[0] != idx))
