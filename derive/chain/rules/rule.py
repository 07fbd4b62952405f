"""What a rule is: from the terms of a line, and what is known besides, to the line that follows with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from derive.chain.derivation import Line, Term
from derive.chain.sums import Facts

Terms = tuple[Term, ...]
Rule = Callable[[Terms, Facts], Iterator[Line]]
"""A rule yields no line where it has nothing to change, and several where it is only worth its while as a whole."""


def follow(rules: Sequence[Rule], terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Apply the rules one after the other, each to what the one before has left; yield the lines that are new.

    >>> show(lambda terms, facts: follow((kill_delta, order), terms), Term((KroneckerDelta(i, k), u[k], u[i]), over(k)))
    sum over k: KroneckerDelta(i, k) * u[k] * u[i]
    = u[i] * u[i]    (KroneckerDelta(i, k) keeps only the term with k = i)
    = u[i]**2    (collect factors)
    """
    for rule in rules:
        for line in rule(terms, facts):
            if line.terms != terms:
                yield line
                terms = line.terms
