"""The rule that uses what is known of a value."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Mul

from derive.chain.derivation import Line, Term
from derive.chain.facts import Facts, with_sums
from derive.language import Text

FACTS = Text("{reasons}", "{reasons}")


def _use(terms: tuple[Term, ...], facts: Facts) -> Iterator[Line]:
    """Sums are written by what is known of them."""
    known = [with_sums(t.expr if t.sums else Mul(*t.factors), facts) for t in terms]
    used = [fact for _, because in known for fact in because]
    if used:
        moved = tuple(
            t if t.sums and not because else Term((value,)) for t, (value, because) in zip(terms, known, strict=True)
        )
        yield Line(moved, FACTS(reasons=[f.reason for f in dict.fromkeys(used)]))
