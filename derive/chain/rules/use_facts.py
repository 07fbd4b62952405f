"""The rule that uses what is known of a sum."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Mul

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts, with_sums
from derive.language import clauses


def use_facts(terms: Terms, facts: Facts) -> Iterator[Line]:
    """A sum whose value is declared or defined is written by that value.

    >>> one = Fact(Sum(u[k], *over(k)), S.One, (), Text("u sums to 1", "u 之和为 1"))
    >>> show(use_facts, Term((a, Sum(u[j], *over(j)))), facts=(one,))
    a * Sum(u[j], (j, 1, n))
    = a    (u sums to 1)
    """
    known = [with_sums(t.expr if t.sums else Mul(*t.factors), facts) for t in terms]
    used = [fact for _, because in known for fact in because]
    if used:
        moved = tuple(
            t if t.sums and not because else Term((value,)) for t, (value, because) in zip(terms, known, strict=True)
        )
        yield Line(moved, clauses([f.reason for f in dict.fromkeys(used)]))
