"""The mean of a product of random elements, from what is declared of them.

    E[x_1 ... x_n]  =  sum over the partitions of the factors into blocks:  product over blocks of cumulant * deltas

A block of independent elements has a cumulant only where all of it is one and the same element: the delta. The first
cumulant is the mean, the second the variance, so E[x_j x_k] = mu^2 + delta_jk sigma^2.

Of normal quantities there are no others (Isserlis 1918): a block is one factor, with its mean, or a pair, with its
covariance. Those blocks are made one by one, and equal products are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sympy import Expr, Idx, Indexed, KroneckerDelta, Mul, S, Symbol, diff

from derive.chain.rules.insert import at
from derive.errors import MomentError
from derive.expressions.indices import name_of
from derive.expressions.intervals import at_least
from derive.expressions.moments import Law
from derive.memo import memo
from derive.model.model import Node

Elements = tuple[Expr, ...]


class Part(NamedTuple):
    """One addend of a moment: a product of cumulants, where the deltas say that elements are the same."""

    deltas: tuple[Expr, ...]
    value: Expr

    @property
    def expr(self) -> Expr:
        """The product."""
        return Mul(*self.deltas, self.value)

    def times(self, other: Part) -> Part:
        """Return the product of two addends."""
        return Part(self.deltas + other.deltas, self.value * other.value)


def moment(elements: Elements, laws: Mapping[str, Node]) -> tuple[Part, ...]:
    """Return E of a product: first the product of the means, then what equal elements add; a power of what is 0 or 1
    has the mean of the element itself. Errors: MomentError."""
    if is_power(elements, laws):
        return moment(elements[:1], laws)
    normal = tuple(e for e in elements if _law(laws, e).normal)
    others = tuple(e for e in elements if not _law(laws, e).normal)
    if not normal:
        return _of_blocks(elements, laws)
    parts = isserlis(normal, laws)
    return tuple(a.times(b) for b in _of_blocks(others, laws) for a in parts) if others else parts


def is_power(elements: Elements, laws: Mapping[str, Node]) -> bool:
    """True for a power, from the square on, of one element that is 0 or 1: it is the element itself."""
    if not (len(elements) > 1 and len(set(elements)) == 1 and isinstance(elements[0], (Symbol, Indexed))):
        return False  # the square of a sum that is not multiplied out yet is none
    return _law(laws, elements[0]).binary


def isserlis(elements: Elements, laws: Mapping[str, Node]) -> tuple[Part, ...]:
    """Return E of a product of normal elements: the product of their means, then all ways to take pairs."""
    if not elements:
        return (Part((), S.One),)
    first, *rest = elements
    found: dict[tuple[tuple[Expr, ...], Expr], Expr] = {}

    def add(part: Part, others: tuple[Expr, ...], count: int) -> None:
        for after in isserlis(others, laws):
            made = part.times(after)
            if made.value != 0 or not found:
                number, value = made.value.as_coeff_Mul() if made.value != 0 else (S.One, S.Zero)
                key = tuple(sorted(made.deltas, key=str)), value
                found[key] = found.get(key, S.Zero) + number * count

    mean = at(laws[name_of(first)], _mean(laws, first), first)
    add(Part((), mean), tuple(rest), 1)
    for other in dict.fromkeys(rest):
        without = list(rest)
        without.remove(other)
        part = covariance(first, other, laws)
        if part.value != 0 and S.Zero not in part.deltas:
            add(part, tuple(without), rest.count(other))
    return tuple(Part(deltas, number * value) for (deltas, value), number in found.items())


def covariance(one: Expr, other: Expr, laws: Mapping[str, Node]) -> Part:
    """Return the covariance of two normal elements: of one family, where it has one at these places."""
    node = laws[name_of(one)]
    law = _law(laws, one)
    if name_of(other) != name_of(one):
        return Part((), S.Zero)
    if law.covariance is None:
        assert law.variance is not None
        return Part(tuple(d for d in same((one, other)) if d != 1), at(node, law.variance, one))
    deltas = same((one, other))[:-1]
    return Part(tuple(d for d in deltas if d != 1), law.covariance[one.indices[-1], other.indices[-1]])


def _mean(laws: Mapping[str, Node], element: Expr) -> Expr:
    mean = _law(laws, element).mean
    assert mean is not None
    return mean


def _of_blocks(elements: Elements, laws: Mapping[str, Node]) -> tuple[Part, ...]:
    _known_together(elements, laws)
    found = []
    for blocks in partitions(elements):
        if all(len({name_of(e) for e in b}) == 1 for b in blocks):
            deltas = tuple(d for b in blocks for d in same(b) if d != 1)
            if S.Zero not in deltas:
                found.append(Part(deltas, Mul(*(cumulant(laws[name_of(b[0])], b) for b in blocks))))
    return tuple(found)


def _known_together(elements: Elements, laws: Mapping[str, Node]) -> None:
    """Refuse a product whose joint moment is not known: dependent elements have one only with themselves."""
    loose = {e for e in elements if not _law(laws, e).independent}
    if loose and len(set(elements)) > 1 and not (len(loose) == 1 and _others_independent(elements, loose, laws)):
        shown = "*".join(map(str, elements))
        names = ", ".join(sorted({name_of(e) for e in loose}))
        raise MomentError(
            f"E[{shown}] is not known: {names} is not declared independent; say g.random(..., independent=True)"
        )


def _others_independent(elements: Elements, loose: set[Expr], laws: Mapping[str, Node]) -> bool:
    return all(_law(laws, e).independent for e in elements if e not in loose)


def partitions(elements: Elements) -> Iterator[tuple[Elements, ...]]:
    """Return all ways to put elements into blocks; the one in which each is alone comes first."""
    if not elements:
        yield ()
        return
    first, rest = elements[:1], elements[1:]
    for blocks in partitions(rest):
        yield (first, *blocks)
    for blocks in partitions(rest):
        for n, block in enumerate(blocks):
            yield (*blocks[:n], first + block, *blocks[n + 1 :])


def same(block: Elements) -> tuple[Expr, ...]:
    """Return the deltas that say that all elements of a block are one."""
    first, *others = block
    return tuple(
        S.Zero if surely_apart(a, b) else KroneckerDelta(a, b)
        for other in others
        for a, b in zip(getattr(first, "indices", ()), getattr(other, "indices", ()), strict=True)
    )


def surely_apart(a: Expr, b: Expr) -> bool:
    """True for places that differ whatever the sizes are, such as 1 and N for N >= 2."""
    fixed = not (isinstance(a, Idx) or isinstance(b, Idx))
    return fixed and bool(at_least(a - b, S.One) or at_least(b - a, S.One))


def cumulant(node: Node, block: Elements) -> Expr:
    """Return the cumulant of an element, of the order of the block. Errors: MomentError where it is not declared."""
    law, order = _law({node.name: node}, block[0]), len(block)
    if law.mean is None:
        raise MomentError(f"E[{block[0]}] is not declared; say g.random({node.name!r}, ..., mean=...)")
    if order == 1:
        return at(node, law.mean, block[0])
    if law.binary:
        return at(node, _bernoulli(order, law.mean), block[0])
    if order == 2 and law.variance is not None:
        return at(node, law.variance, block[0])
    if order == 2:
        raise MomentError(f"Var[{block[0]}] is not declared; say g.random({node.name!r}, ..., variance=...)")
    raise MomentError(
        f"E[{block[0]}**{order}] is not known: of {node.name} only mean and variance are declared; "
        "a moment of higher order follows only where its domain is binary"
    )


@memo
def _bernoulli(order: int, mean: Expr) -> Expr:
    """Return a cumulant of what is 0 or 1: the next one is q (1 - q) times the derivative of the last one in q."""
    q = Symbol("q", real=True)
    found = q
    for _ in range(order - 1):
        found = q * (1 - q) * diff(found, q) if found != q else q * (1 - q)
    return found.subs(q, mean)


def _law(laws: Mapping[str, Node], element: Expr) -> Law:
    law = laws[name_of(element)].law
    assert law is not None
    return law
