"""The value of a sum by what is known of it, whole or part by part."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from sympy import Add, Expr, Idx, KroneckerDelta, Mul, Pow, Sum, expand

from derive.chain.rules.tidy import tidy
from derive.expressions.canonical import canonical
from derive.expressions.contraction import delta_solutions
from derive.expressions.indices import Limits, substitute, sum_over
from derive.expressions.symbols import Partial
from derive.expressions.traverse import free_indices, mentioned, rewrite
from derive.expressions.weight import weight
from derive.language import Text
from derive.memo import memo

MANY = 32  # terms; a product of more is not multiplied out to find what cancels
TERM_BY_TERM = Text("term by term, the sums over {idx} cancel", "对 {idx} 逐项求和后各和式相消")


class Fact(NamedTuple):
    """left = right for all values of the indices: left is a Sum, or a product."""

    left: Expr
    right: Expr
    indices: tuple[Idx, ...]
    reason: Text


Facts = tuple[Fact, ...]


def instances(fact: Fact, places: Sequence[Expr]) -> Iterator[tuple[Expr, Expr]]:
    """Both sides of a fact at every choice of those letters and numbers that fit the ranges of its indices.

    An index with a single value may stand at that value.
    """
    single = {w: [w.lower] if w.lower == w.upper else [] for w in fact.indices}
    fitting = [[*dict.fromkeys(single[w] + [p for p in places if _fits(p, w)])] for w in fact.indices]
    for chosen in itertools.product(*fitting):
        by = dict(zip(fact.indices, chosen, strict=True))
        yield substitute(fact.left, by), substitute(fact.right, by)


def _fits(place: Expr, index: Idx) -> bool:
    """Is a place one of the values of an index: a letter with the same range, or a number or a size inside it?"""
    if isinstance(place, Idx):
        return (place.lower, place.upper) == (index.lower, index.upper)
    return bool((place - index.lower).is_nonnegative and (index.upper - place).is_nonnegative)


@memo
def summed(total: Sum, facts: Facts, always: bool = False) -> tuple[Expr, Facts]:
    """The value of a sum, part by part, where that is shorter or `always`; and the facts used."""
    used: list[Fact] = []
    facts = tuple(f for f in facts if isinstance(f.left, Sum) and mentioned(f.left) <= mentioned(total))
    if not facts and not always and not total.function.has(Sum):
        return total, ()
    found = _whole(total, facts, used)
    if found is None:
        found = _by_parts(total, facts, used) if multiplied(total) <= MANY else total
    shorter = bool(used) and weight(found) <= weight(total)
    return (found, tuple(dict.fromkeys(used))) if shorter or always else (total, ())


@memo
def multiplied(expr: Expr) -> int:
    """How many terms there are when products are multiplied out."""
    if isinstance(expr, Add):
        return sum(map(multiplied, expr.args))
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp > 0:
        return multiplied(expr.base) ** min(int(expr.exp), MANY)
    inner = expr.args if isinstance(expr, Mul) else (expr.function,) if isinstance(expr, Sum) else ()
    return prod(map(multiplied, inner))


def _whole(total: Sum, facts: Facts, used: list[Fact]) -> Expr | None:
    """What a fact says about this very sum: one that reads the same families, which is a cheap first test."""
    read = mentioned(total)
    for fact in (f for f in facts if mentioned(f.left) == read):
        for left, right in instances(fact, free_indices(total)):
            if canonical(left) == canonical(total):
                used.append(fact)
                return right
    return None


def _by_parts(total: Sum, facts: Facts, used: list[Fact]) -> Expr:
    """A sum as the sum of its parts. That parts cancel, sum_k (x_k - 1/n sum_j x_j) = 0, is a fact of its own."""
    indices = [limit[0] for limit in total.limits]
    front, body = total.function.as_independent(*indices, as_Add=False)
    parts = Add.make_args(expand(body))
    found = Add(*(_part(part, total, facts, used) for part in parts))
    if len(parts) > 1 and body.has(Sum) and not (value := canonical(found)).has(Sum):
        found = value
        used += [] if used else [Fact(total, front * value, (), TERM_BY_TERM(idx=indices))]
    return front * found


def _part(part: Expr, total: Sum, facts: Facts, used: list[Fact]) -> Expr:
    """The sum of one part: its constant factors in front, what a fact says of the rest, or the rest as a sum."""
    factors = Mul.make_args(tidy(sum_over(part, total.limits)))
    return Mul(*(_some(f, facts, used) if isinstance(f, Sum) else f for f in factors))


def _some(total: Sum, facts: Facts, used: list[Fact]) -> Expr:
    """What a fact says of a sum, or of the part of it that runs over one of its indices; the sum itself without any."""
    found = _whole(total, facts, used)
    if found is not None or len(total.limits) == 1:
        return total if found is None else found
    for limit in total.limits:
        others = [tuple(other) for other in total.limits if other is not limit]
        front, body = total.function.as_independent(limit[0], as_Add=False)
        if not any(limit[0] in end.free_symbols for _, *ends in others for end in ends):
            found = _whole(sum_over(body, [tuple(limit)]), facts, used)
            if found is not None:
                return tidy(_ended(front * found, others))
    return total


def _ended(body: Expr, bounds: Sequence[Limits]) -> Expr:
    """The sum of a product over its indices; a delta of two indices of one range ends the sum over one of them."""
    for delta in (f for f in Mul.make_args(body) if isinstance(f, KroneckerDelta)):
        for idx, value in delta_solutions(delta.args[0], delta.args[1], bounds):
            ends = next((low, high) for k, low, high in bounds if k == idx)
            if isinstance(value, Idx) and (value.lower, value.upper) == ends:
                left = [bound for bound in bounds if bound[0] != idx]
                return _ended(substitute(body / delta, {idx: value}), left)
    return sum_over(body, bounds)


@memo
def with_sums(expr: Expr, facts: Facts) -> tuple[Expr, Facts]:
    """The expression with its outermost sums by facts, and those used."""
    used: list[Fact] = []

    def value(part: Expr) -> Expr | None:
        if not isinstance(part, Sum):
            return part if isinstance(part, Partial) else None
        found, because = summed(part, facts)
        used.extend(because)
        return found

    found = rewrite(expr, value)
    return (found, tuple(dict.fromkeys(used))) if used else (expr, ())
