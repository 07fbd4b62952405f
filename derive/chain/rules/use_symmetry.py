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
from derive.language import clauses


def use_symmetry(terms: Terms, facts: Facts) -> Iterator[Line]:
    """The indices of an element of a symmetric matrix stand in one order: those that are summed come last.

    >>> w = node("w", (i, j), a).symbol
    >>> S = Fact(w[j, i], w[i, j], (i, j), Text("w is symmetric", "w 是对称矩阵"))
    >>> show(use_symmetry, Term((w[k, i], u[k]), over(k)), facts=(S,))
    sum over k: w[k, i] * u[k]
    = sum over k: w[i, k] * u[k]    (w is symmetric)
    """
    symmetric = {_name(f.left): f for f in facts if isinstance(f.left, (Indexed, Partial))}
    if not symmetric:
        return
    used: list[Fact] = []
    summed: Collection[Expr] = ()

    def turned(part: Expr) -> Expr | None:
        whole = part if isinstance(part, (Indexed, Partial)) else None
        if whole is None or _name(whole) not in symmetric:  # an adjoint of a symmetric matrix need not be symmetric
            return whole if isinstance(part, Partial) else None
        element = part.wrt if isinstance(part, Partial) else part
        *batch, row, column = element.indices
        turn = sorted((row, column), key=lambda e: (not e.free_symbols.isdisjoint(summed), str(e)))
        places = (*batch, *turn)
        if places != element.indices:
            used.append(symmetric[_name(part)])
        found = element.base[places]
        return Partial(part.of, found) if isinstance(part, Partial) else found

    found = []
    for term in terms:
        summed = {s[0] for s in term.sums}.union(*map(bound_indices, term.factors))
        found.append(Term(tuple(rewrite(f, turned) for f in term.factors), term.sums))
    if used:
        yield Line(tuple(found), clauses([f.reason for f in dict.fromkeys(used)]))


def _name(part: Expr) -> tuple[str, bool]:
    """The family of an element or of an adjoint, and which of the two it is."""
    return (name_of(part.wrt), True) if isinstance(part, Partial) else (name_of(part), False)
