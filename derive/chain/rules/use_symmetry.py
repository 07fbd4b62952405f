"""The rule that writes an element of a symmetric matrix with its indices in one order."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sympy import Expr, Indexed

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Fact, Facts
from derive.expressions.indices import bound_indices, name_of
from derive.expressions.symbols import Partial
from derive.expressions.traverse import rewrite
from derive.language import listing


def use_symmetry(terms: Terms, facts: Facts) -> Iterator[Line]:
    """The indices of an element of a symmetric matrix stand in one order: those that are summed come last.

    >>> w = node("w", (i, j), a).symbol
    >>> S = Fact(w[j, i], w[i, j], (i, j), Text("w is symmetric", "w 是对称矩阵"))
    >>> show(use_symmetry, Term((w[k, i], u[k]), over(k)), facts=(S,))
    sum over k: w[k, i] * u[k]
    = sum over k: w[i, k] * u[k]    (w is symmetric)
    """
    symmetric = {name_of(f.left): f for f in facts if isinstance(f.left, Indexed)}
    if not symmetric:
        return
    used: list[Fact] = []
    summed: Collection[Expr] = ()

    def turned(part: Expr) -> Expr | None:
        if isinstance(part, Partial):  # an adjoint of a symmetric matrix need not be symmetric
            return part
        if not isinstance(part, Indexed) or name_of(part) not in symmetric:
            return None
        places = sorted(part.indices, key=lambda e: (not e.free_symbols.isdisjoint(summed), str(e)))
        if tuple(places) != part.indices:
            used.append(symmetric[name_of(part)])
        return part.base[tuple(places)]

    found = []
    for term in terms:
        summed = {s[0] for s in term.sums}.union(*map(bound_indices, term.factors))
        found.append(Term(tuple(rewrite(f, turned) for f in term.factors), term.sums))
    if used:
        yield Line(tuple(found), listing(f.reason for f in dict.fromkeys(used)))
