"""The rule that makes a product of sums of a sum over several indices."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic, Expr, Idx, Mul

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import sum_over
from derive.language import Text

PARTED = Text("sum over each index separately", "对每个指标分别求和")


def part_sums(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A sum over several indices of which no factor has two is the product of the sums over each.

    >>> show(part_sums, Term((a, u[i], v[k]), over(i, k)))
    sum over i: sum over k: a * u[i] * v[k]
    = a * Sum(u[i], (i, 1, n)) * Sum(v[k], (k, 1, n))    (sum over each index separately)
    """
    moved = tuple(_parted(t) for t in terms)
    if moved != terms:
        yield Line(moved, PARTED)


def _parted(term: Term) -> Term:
    """The term with a sum of its own for each group of factors that share indices; itself where there is one group."""
    sums = term.sums
    if len(sums) < 2:
        return term
    groups: list[tuple[set[Basic], list[Expr]]] = []
    outside, inside = term.parted(*(s[0] for s in sums))
    for factor in inside:
        own, factors = {s[0] for s in sums} & factor.free_symbols, [factor]
        for group in [g for g in groups if g[0] & own]:
            groups.remove(group)
            own, factors = own | group[0], [*group[1], *factors]
        groups.append((own, factors))
    moving = any(e.atoms(Idx) for _, *ends in sums for e in ends)
    if len(groups) < 2 or moving or sum(len(own) for own, _ in groups) < len(sums):
        return term
    return Term((*outside, *(sum_over(Mul(*factors), [s for s in sums if s[0] in own]) for own, factors in groups)))
