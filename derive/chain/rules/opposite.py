"""The rule that writes a bracket and its opposite, a - b and b - a, in one way, where terms are alike then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sympy import Add, Expr, Mul

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.language import Text

OPPOSITE = Text("{bracket} = -({other}); collect like terms", "{bracket} = -({other})，合并同类项")


def opposite(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Of two opposite brackets the rarer is written by the other, if there are fewer terms then.

    >>> show(opposite, Term((c, a * (b - a))), Term((c, a * (a - b))), Term((a,)))
    c * a*(-a + b) + c * a*(a - b) + a
    = a    (-a + b = -(a - b); collect like terms)
    """
    addends = Add.make_args(Add(*(t.expr for t in terms))) if not any(t.sums for t in terms) else ()
    brackets = Counter(b for addend in addends for b, _ in _brackets(addend))
    for bracket in sorted(brackets, key=lambda b: (brackets[b], not b.could_extract_minus_sign(), str(b))):
        if -bracket in brackets and brackets[-bracket] >= brackets[bracket]:
            left = Add(*(_turned(addend, bracket) for addend in addends))
            if len(Add.make_args(left)) < len(addends):
                found = tuple(Term((part,)) for part in Add.make_args(left))
                yield Line(found, OPPOSITE(bracket=bracket, other=-bracket))
                return


def _brackets(product: Expr) -> Iterator[tuple[Expr, Expr]]:
    """The sums among the factors, each with its power, which is a whole number."""
    powers = (factor.as_base_exp() for factor in Mul.make_args(product))
    yield from ((base, power) for base, power in powers if isinstance(base, Add) and power.is_Integer)


def _turned(product: Expr, bracket: Expr) -> Expr:
    """The product with (-b)^n (-1)^n for b^n."""
    powers = [power for base, power in _brackets(product) if base == bracket]
    return product / bracket ** powers[0] * (-1) ** powers[0] * (-bracket) ** powers[0] if powers else product
