"""The rule that uses that a triangular matrix is 0 above its diagonal."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Idx, Indexed, Mul, S, Sum

from derive.chain.derivation import Line, Term, product
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import Limits, name_of, substitute, sum_over
from derive.expressions.intervals import inside
from derive.expressions.traverse import rewrite
from derive.language import Text, clauses

LEFT = Text("{reason}, so only the term with {idx} = {place} is not 0", "{reason}，故只有 {idx} = {place} 的项不为 0")


def use_triangle(terms: Terms, facts: Facts) -> Iterator[Line]:
    """Of a sum from the diagonal of a lower triangular matrix on, along a row, the diagonal is left.

    >>> w = node("w", (i, j), a).symbol
    >>> L = Fact(inside(j, i + 1, n) * w[i, j], S.Zero, (i, j), Text("w is lower triangular", "w 是下三角矩阵"))
    >>> show(use_triangle, Term((w[i, k], u[k]), ((k, i, n),)), facts=(L,))
    sum over k: w[i, k] * u[k]
    = w[i, i] * u[i]    (w is lower triangular, so only the term with k = i is not 0)
    """
    known = [fact for fact in facts if fact.right is S.Zero and isinstance(fact.left, Mul) and fact.left.has(inside)]
    if not known:
        return
    triangles = {name_of(f): fact for fact in known for f in fact.left.args if isinstance(f, Indexed)}
    used: dict[Text, None] = {}

    def left(factors: tuple[Expr, ...], limit: Limits) -> Expr | None:
        """The place of the only term that is not 0."""
        for factor in (f for f in factors if isinstance(f, Indexed) and name_of(f) in triangles):
            *_, row, column = factor.indices
            if _only(row, column, limit):
                place = row if column == limit[0] else column
                used[LEFT(reason=triangles[name_of(factor)].reason, idx=limit[0], place=place)] = None
                return place
        return None

    def shorter(total: Expr) -> Expr | None:
        if not isinstance(total, Sum):
            return None
        body, bounds = rewrite(total.function, shorter), [tuple(b) for b in total.limits]
        for limit in total.limits:
            if (place := left(Mul.make_args(body), tuple(limit))) is not None:
                bounds.remove(tuple(limit))
                body, bounds = _at(limit[0], place, body, bounds)
        return sum_over(body, bounds)

    found = []
    for term in terms:
        factors, sums = tuple(rewrite(f, shorter) for f in term.factors), list(term.sums)
        for limit in term.sums:
            if (place := left(tuple(Term(factors).flat), limit)) is not None:
                sums.remove(limit)
                factors = tuple(substitute(f, {limit[0]: place}) for f in factors)
        found.append(product(factors, tuple(sums)))
    if used:
        yield Line(tuple(found), clauses([*used]))


def _only(row: Expr, column: Expr, limit: Limits) -> bool:
    """Does a sum along a row begin at the diagonal, or one along a column end there?"""
    idx, low, high = limit
    if column == idx and isinstance(row, Idx):
        return bool(low == row and high == idx.upper)
    return bool(row == idx and isinstance(column, Idx) and high == column and low == idx.lower)


def _at(idx: Idx, place: Expr, body: Expr, bounds: list[Limits]) -> tuple[Expr, list[Limits]]:
    """The body and the other sums with a letter at its place."""
    by = {idx: place}
    return substitute(body, by), [(i, substitute(a, by), substitute(b, by)) for i, a, b in bounds]
