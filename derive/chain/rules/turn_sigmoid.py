"""The rule that writes 1 - sigmoid(x) as one function."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.activations import sigmoid
from derive.language import Text

TURNED = Text("one minus {value} is {turned}", "1 减 {value} 等于 {turned}")


def turn_sigmoid(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """1 - sigmoid(x) as a factor is sigmoid(-x), where the sigmoid of x stands nowhere else.

    >>> show(turn_sigmoid, Term((a, 1 - sigmoid(b))))
    a * (1 - sigmoid(b))
    = a * sigmoid(-b)    (one minus sigmoid(b) is sigmoid(-b))
    """
    if not any(f.has(sigmoid) for t in terms for f in t.factors):
        return
    brackets = [f for t in terms for f in t.flat if any(isinstance(1 - g, sigmoid) for g in (f, -f))]
    others = [f for t in terms for f in t.flat if f not in brackets]
    bracket = brackets[0] if len(brackets) == 1 else None
    if bracket is None:
        return
    sign = 1 if isinstance(1 - bracket, sigmoid) else -1
    value = 1 - sign * bracket
    if not any(f.has(value) for f in others):
        turned = sigmoid(-value.args[0])
        yield Line(tuple(_with(t, bracket, sign * turned) for t in terms), TURNED(value=value, turned=turned))


def _with(term: Term, bracket: Expr, turned: Expr) -> Term:
    """The term with one of its factors replaced."""
    return Term(tuple(turned if f == bracket else f for f in term.flat), term.sums) if bracket in term.flat else term
