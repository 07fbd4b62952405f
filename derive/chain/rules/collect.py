"""The rule that counts terms which are the same sum in other letters."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import S, Sum

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.canonical import collected
from derive.language import Text

LIKE = Text("the sums differ only in the name of the index", "各求和式只是指标的记号不同")


def collect(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Sums that differ only in their letters are one sum.

    >>> show(collect, Term((a, Sum(u[j] * v[k], *over(j, k)))), Term((a, Sum(u[k] * v[j], *over(j, k)))))
    a * Sum(u[j]*v[k], (j, 1, n), (k, 1, n)) + a * Sum(u[k]*v[j], (j, 1, n), (k, 1, n))
    = 2*a*Sum(u[j]*v[k], (j, 1, n), (k, 1, n))    (the sums differ only in the name of the index)
    """
    if sum(bool(t.sums) or t.expr.has(Sum) for t in terms) < 2:
        return
    found = collected(t.expr for t in terms)
    if len(found) < len(terms):
        yield Line(tuple(Term((e,)) for e in found) or (Term((S.Zero,)),), LIKE)
