"""From the raw product of a chain rule to the form that a textbook prints, as lines that a student can follow.

Each move is small and named: factors that do not depend on a sum leave it, a sum that has a name already is written by
it, fractions get a common denominator, equal factors cancel, brackets are multiplied out, like terms are collected.
A path is kept only where its end is shorter than its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from derive.chain.derivation import Line, Term
from derive.chain.facts import Facts
from derive.chain.rules.cancel import _cancel
from derive.chain.rules.combine import _combine
from derive.chain.rules.count import _count
from derive.chain.rules.kill_delta import _kill
from derive.chain.rules.order import _order
from derive.chain.rules.pull import _pull
from derive.chain.rules.share import _share
from derive.chain.rules.use_facts import _use


def develop(terms: tuple[Term, ...], facts: Facts) -> Iterator[Line]:
    """The lines after the raw product `terms`, ending in the final form; `facts` may be used, each by its name."""
    yield from _moved(terms, (_cancel, _kill, _count, _pull, lambda t: _use(t, facts), _combine, _share, _order))


def tidied(terms: tuple[Term, ...]) -> Iterator[Line]:
    """The same without multiplying out: of a closed form, whose sums and products sympy must not expand."""
    yield from _moved(terms, (_pull, _order))


def _moved(current: tuple[Term, ...], moves: Sequence[Callable[[tuple[Term, ...]], Iterator[Line]]]) -> Iterator[Line]:
    for move in moves:
        for line in move(current):
            if line.terms != current:
                yield line
                current = line.terms
