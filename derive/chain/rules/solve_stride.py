"""The rule that ends a sum over the delta of a stride: 2j - 1 = i has a solution for odd i only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sympy import Add, And, Basic, Eq, Expr, Idx, KroneckerDelta, Mod, Mul, Piecewise, S, Sum

from derive.chain.derivation import Line, Term, product
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import Limits, apart, linear, substitute
from derive.expressions.intervals import at_least, inside
from derive.language import Text

SOLVED = Text(
    "each sum keeps only the term with {places}, where this is an integer", "各和式只保留 {places} 的项（须为整数）"
)


class Solution(NamedTuple):
    """A delta under a sum over `idx`, solved: the value of `idx` where `other` has the residue for this stride."""

    delta: KroneckerDelta
    idx: Idx
    value: Expr
    other: Idx
    stride: int
    residue: int
    within: Expr  # 1 where the value lies in the range of the sum


class Part(NamedTuple):
    """A term, and the residues of free indices at which it exists, by index and stride."""

    term: Term
    residues: Mapping[tuple[Idx, int], int]
    places: tuple[Basic, ...]  # the solutions that were used, k = i/2


def solve_stride(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A sum over the delta of a stride is one term for the indices that the stride reaches, by cases.

    >>> show(solve_stride, Term((u[k], KroneckerDelta(2 * k, i)), over(k)))
    sum over k: u[k] * KroneckerDelta(i, 2*k)
    = Piecewise((u[i/2], Eq(Mod(i, 2), 0)), (0, True))    \
(each sum keeps only the term with Eq(k, i/2), where this is an integer)
    """
    if not any(f.has(KroneckerDelta) for t in terms for f in t.factors):
        return
    parts = [part for t in terms for part in _parts(t)]
    places = [place for part in parts for place in part.places]
    if places:
        kept = tuple(part.term for part in parts if not part.residues)
        yield Line(
            (*kept, *(Term((cases,)) for cases in _by_residue(parts))), SOLVED(places=list(dict.fromkeys(places)))
        )


def _parts(term: Term) -> Iterator[Part]:
    """The term with its brackets multiplied out where they hold the delta of a stride, and these deltas solved."""
    for at, factor in enumerate(term.flat):
        others = [f for n, f in enumerate(term.flat) if n != at]
        addends = Add.make_args(factor)
        found = next((s for a in addends for d in Mul.make_args(a) if (s := solution(d, term.sums))), None)
        if found is None and not any(_holds_one(f) for a in addends for f in Mul.make_args(a)):
            continue
        for addend in addends:
            whole = Term((*others, *Mul.make_args(addend)), term.sums)
            yield from _solved(whole, found) if found is not None else _parts(_unfolded(whole))
        return
    yield Part(term, {}, ())


def _holds_one(factor: Expr) -> bool:
    """Is the factor a sum over the delta of a stride?"""
    if not isinstance(factor, Sum):
        return False
    return any(solution(d, _limits(factor)) for d in factor.function.atoms(KroneckerDelta))


def _unfolded(term: Term) -> Term:
    """The term with its first such sum around all of its factors."""
    at = next((n for n, f in enumerate(term.factors) if _holds_one(f)), None)
    if at is None:
        return term
    others = (*term.factors[:at], *term.factors[at + 1 :])
    taken = set().union(*(f.free_symbols for f in others), (s[0] for s in term.sums))
    total = apart(term.factors[at], taken)
    return Term((*others, *Mul.make_args(total.function)), (*_limits(total), *term.sums))


def _limits(total: Sum) -> tuple[Limits, ...]:
    return tuple(tuple(limit) for limit in total.limits)


def _solved(term: Term, found: Solution) -> Iterator[Part]:
    """The term with one delta solved, if it has that delta, and then the others."""
    if found.delta not in term.factors:
        yield from _parts(term)
        return
    factors = (substitute(f, {found.idx: found.value}) for f in term.factors if f != found.delta)
    rest = product((*factors, found.within), tuple(s for s in term.sums if s[0] != found.idx))
    place = Eq(found.idx, found.value, evaluate=False)
    for part in _parts(rest):
        yield Part(part.term, {**part.residues, (found.other, found.stride): found.residue}, (place, *part.places))


def solution(delta: Expr, sums: tuple[Limits, ...]) -> Solution | None:
    """The summed index that the delta decides at a stride of 2 or more, where the other side is a free index."""
    if not isinstance(delta, KroneckerDelta):
        return None
    gap, summed = delta.args[0] - delta.args[1], {s[0] for s in sums}
    for idx, low, high in sums:
        form = linear(gap, idx)
        free = [i for i in form[1].free_symbols if isinstance(i, Idx)] if form is not None else []
        other = linear(form[1], free[0]) if form is not None and len(free) == 1 and free[0] not in summed else None
        moving = any(idx in end.free_symbols for s in sums for end in s[1:]) or bool((low + high).atoms(Idx))
        if form is None or other is None or moving or abs(form[0]) < 2 or abs(other[0]) != 1:
            continue
        stride, sign, rest = abs(form[0]), other[0], other[1]
        residue = _residue(-sign * rest, stride)
        if residue is not None:
            ends = [-sign * (form[0] * end + rest) for end in (low, high)]
            first, last = ends if -sign * form[0] > 0 else reversed(ends)
            value = -(sign * free[0] + rest) / form[0]
            return Solution(delta, idx, value, free[0], stride, residue, _within(free[0], first, last, stride))
    return None


def _residue(expr: Expr, stride: int) -> int | None:
    """The residue of a number, beside which multiples of the stride may stand, such as 2K for the stride 2."""
    number, rest = expr.as_coeff_Add()
    multiples = all((a.as_coeff_Mul()[0] / stride).is_Integer for a in Add.make_args(rest))
    return int(number) % stride if number.is_Integer and (rest == 0 or multiples) else None


def _within(idx: Idx, first: Expr, last: Expr, stride: int) -> Expr:
    """1 if every value of the index with the right residue lies between first and last, else the condition."""
    whole = at_least(idx.lower - 1, first - stride) and at_least(last + stride, idx.upper + 1)
    return S.One if whole else inside(idx, first, last)


def _by_residue(parts: list[Part]) -> Iterator[Expr]:
    """One function by cases for all parts that ask for residues of the same indices."""
    groups: dict[frozenset[tuple[Idx, int]], dict[tuple[tuple[Idx, int, int], ...], list[Expr]]] = {}
    for part in (p for p in parts if p.residues):
        case = tuple((i, stride, r) for (i, stride), r in sorted(part.residues.items(), key=str))
        groups.setdefault(frozenset(part.residues), {}).setdefault(case, []).append(part.term.expr)
    for keys, cases in groups.items():
        rows = [(Add(*values), _condition(case)) for case, values in cases.items()]
        complete = len(rows) == Mul(*(stride for _, stride in keys))
        yield Piecewise(*rows, *(() if complete else ((S.Zero, S.true),)), evaluate=False)


def _condition(case: tuple[tuple[Idx, int, int], ...]) -> Basic:
    return And(*(Eq(Mod(i, stride), residue) for i, stride, residue in case))
