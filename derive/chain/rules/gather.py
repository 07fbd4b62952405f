"""The rules for values in closed form, whose powers b^t sympy leaves apart: gather them, and multiply out."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Mul, expand_mul

from derive.chain.derivation import Line, Term
from derive.chain.rules.cancel import CANCELLED, above_and_below
from derive.chain.rules.combine import COLLECTED, EXPANDED
from derive.chain.rules.order import ORDERED
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.products import gathered
from derive.expressions.weight import weight
from derive.language import clauses


def gather(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Equal bases of a product become one power, or cancel.

    >>> show(gather, Term((a, a**i)), Term((b, u[i], 1 / b)))
    a * a**i + b * u[i] * 1/b
    = a**(i + 1) + u[i]    (cancel b)
    """
    found = tuple(Term((gathered(Mul(*t.flat)),)) for t in terms)
    if any(len(f.flat) != len(t.flat) for f, t in zip(found, terms, strict=True)):
        gone = [f for t in terms for f in above_and_below(t)]
        yield Line(found, CANCELLED(factors=gone) if gone else ORDERED)


def multiply_out_powers(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Brackets are multiplied out, their powers gathered and like terms collected, where the result is lighter.

    >>> show(multiply_out_powers, Term((a, a**i - 1)), Term((a,)))
    a * (a**i - 1) + a
    = a**(i + 1)    (multiply out; collect like terms)
    """
    opened = gathered(expand_mul(Add(*(t.expr for t in terms))))
    if weight(opened) < sum(weight(t.expr) for t in terms):
        yield Line(tuple(Term((part,)) for part in Add.make_args(opened)), clauses((EXPANDED, COLLECTED)))
