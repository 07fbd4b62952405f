"""The mean of a product of random elements, from what is declared of them.

    E[x_1 ... x_n]  =  sum over the partitions of the factors into blocks:  product over blocks of cumulant * deltas

A block of independent elements has a cumulant only where all of it is one and the same element: the delta. The first
cumulant is the mean, the second the variance, so E[x_j x_k] = mu^2 + delta_jk sigma^2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sympy import Expr, KroneckerDelta, Mul, S, Symbol, diff

from derive.chain.rules.insert import at
from derive.errors import MomentError
from derive.expressions.indices import name_of
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


def moment(elements: Elements, laws: Mapping[str, Node]) -> tuple[Part, ...]:
    """Return E of a product: first the product of the means, then what equal elements add. Errors: MomentError."""
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
        KroneckerDelta(a, b)
        for other in others
        for a, b in zip(getattr(first, "indices", ()), getattr(other, "indices", ()), strict=True)
    )


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
