"""The rule that ends a sum over a Kronecker delta."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, Idx, KroneckerDelta, Mul, S

from derive.chain.derivation import Line, Term
from derive.chain.rules.order import _signed
from derive.expressions.indices import Limits, solve, substitute
from derive.language import Text

KILLED = Text("{delta} keeps only the term {idx} = {value}", "{delta} 只保留 {idx} = {value} 的一项")


def _kill(terms: tuple[Term, ...]) -> Iterator[Line]:
    """A sum with a delta keeps one term; of a bracket with a delta, that part."""
    found = [_killed(t) for t in terms]
    deltas = [d for _, d in found if d is not None]
    if deltas:
        delta, idx, value = deltas[0]
        yield Line(tuple(t for parts, _ in found for t in parts), KILLED(delta=delta, idx=idx, value=value))


Killed = tuple[KroneckerDelta, Idx, Expr]  # the delta, the index that it solves for, and the value of that index


def _killed(term: Term) -> tuple[tuple[Term, ...], Killed | None]:
    """The terms that a sum falls into, those with a delta without it."""
    for at, whole in enumerate(term.factors):
        for factor in Mul.make_args(whole):
            found = next((k for d in factor.atoms(KroneckerDelta) if (k := kills(d, term.sums))), None)
            if found is not None:
                beside = Mul(*(f for f in Mul.make_args(whole) if f is not factor))
                before = (*term.factors[:at], *((beside,) if beside != 1 else ()))
                return _parts(term, before, factor, term.factors[at + 1 :], found), found
    return (term,), None


def _parts(
    term: Term, before: tuple[Expr, ...], bracket: Expr, after: tuple[Expr, ...], killed: Killed
) -> tuple[Term, ...]:
    """The bracket multiplied out; a part with the delta without its sum, positive terms first."""
    parts = [(*before, *Mul.make_args(p), *after) for p in Add.make_args(bracket)]
    kept = [_without(Term(f, term.sums), killed) for f in parts if killed[0] in f]
    kept += [_signed(Term(f, term.sums)) for f in parts if killed[0] not in f]
    return tuple(sorted(kept, key=lambda t: t.factors[0].could_extract_minus_sign()))


def kills(delta: KroneckerDelta, sums: tuple[Limits, ...]) -> Killed | None:
    """A summed index that runs over all values of the letter which the delta makes it equal to."""
    for idx, low, high in sums:
        found = solve(delta.args[0] - delta.args[1], S.Zero, [idx])
        value = found[1] if found else None
        if isinstance(value, Idx) and (value.lower, value.upper) == (low, high):
            return delta, idx, value
    return None


def _without(term: Term, killed: Killed) -> Term:
    """The one term that is left of a sum."""
    delta, idx, value = killed
    factors = tuple(substitute(f, {idx: value}) for f in term.factors if f != delta)
    return _signed(Term(factors, tuple(s for s in term.sums if s[0] != idx)))
