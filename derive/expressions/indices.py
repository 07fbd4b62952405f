"""Indices and what binds them: ranges, substitution that captures nothing, linear index expressions and their solution.

A range is inclusive, as on paper: t = 1..T. The classic bug of index notation, capture (two sums with the same letter),
lives here and nowhere else. That a solved delta shifts a range (h_{t+1} does not exist at t = T) is `contraction`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from math import lcm

from sympy import Add, Basic, Expr, Idx, Indexed, IndexedBase, Integer, Product, Sum, Symbol, Tuple, expand
from sympy.core.relational import Relational

from derive.expressions.extremes import Body, Extreme
from derive.expressions.letters import LETTERS, Letter, Letters, numbered
from derive.memo import memo

Limits = tuple[Idx, Expr, Expr]
BINDERS = (Sum, Product, Extreme, Body)


def name_of(expr: Basic) -> str:
    """The name of a symbol, an index or a family, that of its family for an element."""
    found: str = expr.base.name if isinstance(expr, Indexed) else expr.name
    return found


@memo
def index(name: str, lower: Expr | int, upper: Expr | int) -> Idx:
    """An index that runs from `lower` to `upper`, both included."""
    return Letter(name, (lower, upper))


@memo
def family(name: str) -> IndexedBase:
    """The symbol of a family of real numbers over index ranges."""
    return IndexedBase(name, real=True)


class Positions(IndexedBase):  # type: ignore[misc]
    """A family of whole numbers that say where in an axis: W[y[n], d]."""


@memo
def positions(name: str) -> Positions:
    """The symbol of a family of positions, which count from 1."""
    return Positions(name, integer=True, positive=True)


def is_position(place: Basic) -> bool:
    """Is this index value an element of a family of positions?"""
    return isinstance(place, Indexed) and isinstance(place.base, Positions)


def limits(idx: Idx) -> Limits:
    """(index, lower, upper)."""
    return idx, idx.lower, idx.upper


def fresh(idx: Idx, taken: Iterable[Basic], preferred: Iterable[Idx] = ()) -> Idx:
    """An index over the same range with a letter not in `taken`; one of `preferred` where it fits."""
    taken = [t for t in taken if not isinstance(t, Indexed)]
    used = {name_of(t) for t in taken} | {s.name for t in (idx, *taken) if isinstance(t, Idx) for s in _sizes(t)}
    for other in preferred:
        if name_of(other) not in used and (other.lower, other.upper) == (idx.lower, idx.upper):
            return other
    name = next(a for a in chain(LETTERS, numbered(1, 100)) if a not in used)
    return index(name, idx.lower, idx.upper)


@memo
def _sizes(idx: Idx) -> frozenset[Basic]:
    """The symbols at which its range ends."""
    return frozenset((idx.lower + idx.upper).free_symbols)


def substitute(expr: Basic, mapping: Mapping[Basic, Basic]) -> Expr:
    """Replace free occurrences; an index bound by a Sum or a Product is left alone, and renamed where it would capture.

    Unlike xreplace it never looks inside an index (its range is part of its identity); unlike subs it is fast, and
    what was substituted once is remembered: an int must not be, for it equals the Integer that others put in.
    """
    if not mapping:
        return expr
    return _substituted(expr, tuple((k, v if isinstance(v, Basic) else Integer(v)) for k, v in mapping.items()))


@memo
def _substituted(expr: Basic, pairs: tuple[tuple[Basic, Basic], ...]) -> Expr:
    mapping = dict(pairs)
    if expr in mapping:
        return mapping[expr]
    if isinstance(expr, BINDERS):
        return _substitute_bound(expr, mapping)
    return through(expr, lambda part: _substituted(part, pairs))


def through(expr: Basic, inner: Callable[[Basic], Basic]) -> Expr:
    """The expression with `inner` of each of its parts in its place; the very same where that changes none.

    Of a sum or a product that is what stands under the sign, not its limits. An index has no parts.
    """
    if not expr.args or isinstance(expr, Idx):
        return expr
    if isinstance(expr, BINDERS):
        body = inner(expr.function)
        return expr if body is expr.function else bound(expr.func, body, expr.limits)
    args = [inner(a) for a in expr.args]
    return expr.func(*args) if any(a is not b for a, b in zip(args, expr.args, strict=True)) else expr


def _substitute_bound(expr: Sum | Product, mapping: Mapping[Basic, Basic]) -> Expr:
    """The outermost index first: its range lies outside of its scope, the other indices and the body inside."""
    body, (idx, low, high) = _outermost(expr)
    inner = {k: v for k, v in mapping.items() if k != idx}
    incoming = set().union(*(v.free_symbols for v in inner.values()))
    if any(isinstance(v, Idx) and v.name == idx.name for v in incoming):  # over another range it reads alike
        body, idx = _renamed(body, idx, incoming.union(*(k.free_symbols for k in inner)))
    ends = idx, substitute(low, mapping), substitute(high, mapping)
    return bound(expr.func, substitute(body, inner), [ends])


def _outermost(expr: Sum | Product) -> tuple[Expr, Limits]:
    """The outermost limit, and what is summed (or multiplied) over it."""
    *rest, limit = expr.limits
    return (bound(expr.func, expr.function, rest) if rest else expr.function), limit


def _renamed(body: Expr, idx: Idx, taken: set[Basic], preferred: Iterable[Idx] = ()) -> tuple[Expr, Idx]:
    """What an index is summed over, in another letter, and that letter."""
    other = fresh(idx, taken | body.free_symbols | bound_indices(body) | {idx}, preferred)
    return substitute(body, {idx: other}), other


def apart(expr: Expr, taken: Iterable[Basic], preferred: Iterable[Idx] = ()) -> Expr:
    """The expression with other letters for bound indices that are in `taken`, so that none is read as that one."""
    used = set(taken)
    names = {name_of(t) for t in used if isinstance(t, Idx)}
    if not any(name_of(i) in names for i in bound_indices(expr)):
        return expr
    if isinstance(expr, BINDERS):
        body, (idx, low, high) = _outermost(expr)
        if name_of(idx) in names:
            body, idx = _renamed(body, idx, used, preferred)
        return bound(expr.func, apart(body, {*used, idx}, preferred), [(idx, low, high)])
    return through(expr, lambda part: apart(part, used, preferred))


def respelled(expr: Expr, letters: Letters) -> Expr:
    """The expression with the letters that are printed; each is one of its own, so nothing is captured."""
    return _respelled(expr, letters) if letters else expr


@memo
def _respelled(expr: Expr, letters: Letters) -> Expr:
    if isinstance(expr, Idx):
        ends = (_respelled(end, letters) for end in (expr.lower, expr.upper))
        return index(dict(letters).get(name_of(expr), name_of(expr)), *ends)
    if isinstance(expr, BINDERS):
        limits_ = [tuple(_respelled(part, letters) for part in limit) for limit in expr.limits]
        return bound(expr.func, _respelled(expr.function, letters), limits_)
    args = [_respelled(a, letters) for a in expr.args]
    return expr.func(*args) if any(a is not b for a, b in zip(args, expr.args, strict=True)) else expr


def without_single(expr: Expr) -> Expr:
    """The expression with every sum or product that has a single term, k = 1, ..., 1, as that term."""
    if isinstance(expr, BINDERS):
        body, (idx, low, high) = _outermost(expr)
        return without_single(substitute(body, {idx: low})) if low == high else through(expr, without_single)
    return through(expr, without_single)


def sized(expr: Expr, sizes: Mapping[Symbol, int]) -> Expr:
    """The expression with numbers for the sizes that have one."""
    return substitute(expr, {s: Integer(n) for s, n in sizes.items()})


def bound(kind: type[Expr], body: Expr, bounds: Iterable[Limits]) -> Expr:
    """A Sum or a Product as it is written, inner limits first.

    sympy's constructor would pull a Piecewise out of an inner sum whose index its condition holds. An index that is
    summed beyond its own range gets a wider one: sympy refuses to look into such a sum.
    """
    limits_ = [Tuple(*b) for b in bounds]
    for idx, low, high in limits_:
        if (low - idx.lower).is_negative or (high - idx.upper).is_positive:
            wider = {idx: index(name_of(idx), low, high)}
            body = substitute(body, wider)
            limits_ = [Tuple(*(substitute(e, wider) for e in b)) for b in limits_]
    if isinstance(body, kind):
        body, limits_ = body.function, [*body.limits, *limits_]
    made: Expr = Expr.__new__(kind, body, *limits_)
    made.is_commutative = True
    return made


def sum_over(body: Expr, bounds: Iterable[Limits]) -> Expr:
    """Sum with explicit limits; the body itself where there are none."""
    bounds = tuple(bounds)
    return bound(Sum, body, bounds) if bounds else body


@memo
def bound_indices(expr: Basic) -> frozenset[Idx]:
    """Every index bound by a Sum or a Product anywhere inside."""
    if not expr.args:
        return frozenset()
    own = [b[0] for b in expr.limits] if isinstance(expr, BINDERS) else []
    return frozenset(own).union(*map(bound_indices, expr.args))


@memo
def linear(expr: Expr, idx: Idx) -> tuple[int, Expr] | None:
    """(a, b) with expr = a*idx + b, a an integer and b free of idx; None where that is not its form."""
    slope, rest = 0, []
    for term in Add.make_args(expr):
        if not term.has(idx):
            rest.append(term)
            continue
        factor = term / idx
        if not isinstance(factor, Integer):
            return None
        slope += int(factor)
    return slope, Add(*rest)


def denominator(expr: Expr) -> int:
    """The common denominator of an index expression: 2 for (i + 1)/2."""
    return lcm(*(int(term.as_coeff_Mul()[0].q) for term in Add.make_args(expr) if term.as_coeff_Mul()[0].is_Rational))


def bounded(relation: Relational) -> tuple[Idx, str, Expr] | None:
    """(i, sign, end) of a comparison of a single index with sizes: i <= 2K, which sympy turns around and halves."""
    gap = relation.lhs - relation.rhs
    found = [i for i in gap.free_symbols if isinstance(i, Idx)]
    whole = all(isinstance(s, Idx) or (s.is_Symbol and s.is_integer) for s in gap.free_symbols)
    form = linear(expand(gap * denominator(gap)), found[0]) if whole and len(found) == 1 else None
    end = expand(-form[1] / form[0]) if form is not None and form[0] != 0 else None
    if form is None or end is None or not end.is_integer:
        return None
    return found[0], (relation if form[0] > 0 else relation.reversed).rel_op, end


def solve(position: Expr, target: Expr, candidates: Iterable[Idx]) -> tuple[Idx, Expr] | None:
    """An index among the candidates, and its value, for which position = target; None without a coefficient +-1."""
    for idx in candidates:
        form = linear(position, idx) if position.has(idx) else None
        if form and form[0] in (1, -1):
            return idx, form[0] * (target - form[1])
    return None
