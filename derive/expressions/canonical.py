"""One spelling for expressions that differ only in the letters of their sums; like terms and equal factors by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, permutations, product

from sympy import Basic, Expr, Idx, Mul, Pow, Sum

from derive.expressions.indices import BINDERS, Limits, bound, index, substitute, through
from derive.expressions.traverse import elements
from derive.memo import memo

MOST = 120  # ways to give the letters of one sum to its places; beyond them, sums in other letters stay apart


@memo
def canonical(expr: Expr) -> Expr:
    """The expression with the letters _0, _1, ... for the indices of its sums, so that equal sums compare equal.

    Sums over the same range may stand in any order: sum_jk X_ij X_jk is sum_jk X_ik X_kj. The letters must not depend
    on what stands around a sum, so those of the inner sums come first.
    """
    if not isinstance(expr, Sum):
        return through(expr, canonical)
    first = depth(expr.function)
    found = [_lettered(expr, order, first) for order in _orders(expr)]
    return found[0] if len(found) == 1 else min(found, key=str)  # to write one out takes long


def _lettered(total: Sum, order: Sequence[Limits], first: int) -> Expr:
    """The sum with its limits in an order, which gives their letters."""
    letters: dict[Basic, Idx] = {idx: index(f"_{first + n}", low, high) for n, (idx, low, high) in enumerate(order)}
    bounds = [(letters[i], substitute(a, letters), substitute(b, letters)) for i, a, b in order]
    return bound(Sum, canonical(substitute(total.function, letters)), bounds)


def depth(expr: Basic) -> int:
    """How many letters the sums inside need, one within the other."""
    own = len(expr.limits) if isinstance(expr, Sum) else 0
    return own + max(map(depth, (expr.function,) if isinstance(expr, BINDERS) else expr.args), default=0)


def _orders(total: Sum) -> Iterator[tuple[Limits, ...]]:
    """The orders of the limits that can be meant: as written where one ends at another, else those that look alike."""
    limits = [tuple(limit) for limit in total.limits]
    if len(limits) == 1 or any(idx in end.free_symbols for idx, *_ in limits for limit in limits for end in limit[1:]):
        yield tuple(limits)
        return
    looks = {limit: _look(total, limit[0]) for limit in limits}
    limits.sort(key=looks.__getitem__)
    groups = [list(alike) for _, alike in groupby(limits, key=looks.__getitem__)]
    for n, chosen in enumerate(product(*map(permutations, groups))):
        if n == MOST:
            return
        yield tuple(limit for part in chosen for limit in part)


def _look(total: Sum, idx: Idx) -> str:
    """How a sum looks from one of its letters, whatever the others are called."""
    marked: dict[Basic, Idx] = {i: index("_me" if i == idx else "_other", low, high) for i, low, high in total.limits}
    own = next((low, high) for i, low, high in total.limits if i == idx)
    return f"{own} {canonical(substitute(total.function, marked))}"


def one_spelling(factors: Iterable[Expr]) -> list[Expr]:
    """The factors of a product, those that are powers of equal sums with the letters of the first: they cancel then."""
    found = list(factors)
    sums = [f for f in found if isinstance(_base(f), Sum)]
    if len(sums) < 2:
        return found
    spelling: dict[Expr, Expr] = {}
    for factor in sums:
        spelling.setdefault(canonical(_base(factor)), _base(factor))
    same = {f: spelling[canonical(_base(f))] for f in sums}
    return [f if f not in same else same[f] ** f.exp if isinstance(f, Pow) else same[f] for f in found]


def _base(factor: Expr) -> Expr:
    return factor.base if isinstance(factor, Pow) else factor


def collected(terms: Iterable[Expr]) -> list[Expr]:
    """The terms, those that are equal in other letters as one, in the letters of the first."""
    found: dict[tuple[object, ...], list[tuple[Expr, Expr]]] = {}
    for term in terms:
        number, rest = term.as_coeff_Mul()
        found.setdefault(_kind(rest), []).append((number, rest))
    return [term for alike in found.values() for term in _added(alike)]


def _kind(term: Expr) -> tuple[object, ...]:
    """What like terms have in common whatever their letters are: cheap to find."""
    return len(Mul.make_args(term)), frozenset(getattr(e, "base", e) for e in elements(term)), term.has(Sum) or term


def _added(alike: Sequence[tuple[Expr, Expr]]) -> list[Expr]:
    if len(alike) == 1:
        return [Mul(*alike[0])]
    numbers: dict[Expr, Expr] = {}
    spelling: dict[Expr, Expr] = {}
    for number, rest in alike:
        key = canonical(rest)
        numbers[key] = numbers.get(key, 0) + number
        spelling.setdefault(key, rest)
    return [number * spelling[key] for key, number in numbers.items() if number != 0]
