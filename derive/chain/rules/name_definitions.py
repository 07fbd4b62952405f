"""Products of powers, and the quantities that they contain: e^{z_i} / sum e^{z_k} is p_i, and the sum of x_d is D mu.

A definition is recognised in a product where each of its factors divides it, for any letters; equal sums are equal
whatever their letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from sympy import Expr, Idx, Indexed, Integer, Symbol

from derive.expressions.indices import substitute
from derive.expressions.powers import Powers, multiplied, powers
from derive.memo import memo
from derive.model.model import Model, Node

Definitions = tuple[Node, ...]


def definitions(model: Model) -> Definitions:
    """The families that a product may contain: those with a single definition."""
    return tuple(n for n in model.nodes.values() if len(n.cases) == 1 and n.abstract is None)


def instances(node: Node, letters: Sequence[Idx]) -> Iterator[tuple[Expr, Expr]]:
    """The elements of a family at the letters that fit its ranges, and the definition of each."""
    fitting = [[k for k in letters if (k.lower, k.upper) == (i.lower, i.upper)] for i in node.indices]
    for at in product(*fitting):
        yield node.at(*at), _law(node, at)


@memo
def _law(node: Node, at: tuple[Idx, ...]) -> Expr:
    return substitute(node.cases[0].expr, dict(zip(node.indices, at, strict=True)))


def named(
    factors: Sequence[Expr], laws: Definitions, letters: Sequence[Idx]
) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """The factors with the quantities that they contain written by name, and these names."""
    number, found = powers(factors)
    names: list[Expr] = []
    while (hit := next(_inside(found, laws, letters), None)) is not None:
        element, sign, inner = hit
        number, names = number * sign, [*names, element]
        found = {b: e for b in (*found, element) if (e := found.get(b, 0) - inner.get(b, 0) + (b == element)) != 0}
    return ((multiplied(number, found),) if names else tuple(factors)), tuple(dict.fromkeys(names))


def _inside(found: Powers, laws: Definitions, letters: Sequence[Idx]) -> Iterator[tuple[Expr, Expr, Powers]]:
    """The quantities whose definition divides a product, up to the sign; each with the powers of its definition.

    A product of names alone keeps its names: gamma u is not written o.
    """
    for node in laws:
        for element, law in instances(node, letters):
            number, inner = powers([law])
            for base in [b for b in inner if b not in found and -b in found]:
                inner, number = {(-b if b == base else b): e for b, e in inner.items()}, -number
            if abs(number) != 1 or all(isinstance(b, (Symbol, Indexed)) for b in inner):
                continue
            if all(_divides(e, found.get(b, Integer(0))) for b, e in inner.items()):
                yield element, number, inner


def _divides(part: Expr, whole: Expr) -> bool:
    return bool(0 < part <= whole or whole <= part < 0)
