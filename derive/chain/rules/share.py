"""The rule that takes a factor out that all terms share."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Sum

from derive.chain.derivation import Line, Term
from derive.chain.facts import Facts
from derive.chain.rules.rule import Terms
from derive.expressions.powers import split
from derive.expressions.symbols import Partial
from derive.language import Text

SHARED = Text("take out the common factor", "提取公因子")


def share(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A factor of all terms goes in front of a bracket: an adjoint, or one of sums, which are not multiplied out.

    >>> show(share, Term((a, u[i])), Term((-a, Sum(v[k], *over(k)))))
    a * u[i] + -a * Sum(v[k], (k, 1, n))
    = a * (u[i] - Sum(v[k], (k, 1, n)))    (take out the common factor)
    """
    flat = [t.flat for t in terms]
    shared, rest = split(flat)
    worth = any(isinstance(f, Sum) for t in flat for f in t) or any(isinstance(f, Partial) for f in shared)
    if shared and worth and not any(t.sums for t in terms):
        yield Line((Term((*shared, Add(*rest))),), SHARED)
