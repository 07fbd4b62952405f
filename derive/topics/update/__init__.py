"""The rule of gradient descent as a subject: in symbols, where a problem or a learning rate asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from sympy import Mul

from derive.chain.derivation import Step, Term
from derive.chain.derived import Derived
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Paragraph, Row
from derive.page.numerals import Numeral
from derive.topics.topic import Ask, Context, Topic
from derive.topics.worked.example import learning_rate, own


class Rule(NamedTuple):
    """w <- w - rate dL/dw; without a number the rate is a symbol."""

    rate: Fraction | None = None


class Update(Topic):
    """A problem asks for it by `update=True`; so does a learning rate, unless numbers are worked, and a training."""

    asks = {"update": None}

    def find(self, derived: Derived, ask: Ask) -> tuple[Rule, ...]:
        if not derived.model.has_loss:
            return ()
        rate = learning_rate(derived, ask)
        alone = rate is not None and own(ask) is None
        wanted = ask.get("update", False) or ask.get("train") is not None or alone
        return (Rule(rate),) if wanted else ()

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        for each in found:
            yield from _rule(each, context.derived.steps)


def _rule(found: Rule, steps: Sequence[Step]) -> Iterator[Block]:
    """Show w <- w - eta dL/dw in symbols, with the gradient put in."""
    from derive.topics.worked.page import RATE

    rate = Numeral(found.rate) if found.rate is not None else None
    yield Paragraph(say.RULE_OF_UPDATE(rate=RATE) if rate is None else say.UPDATE(rate=RATE, value=rate))
    rows = []
    for step in (s for s in steps if s.node.kind == "parameter"):
        element = step.target.args[1]
        rows.append(Row(element, (Term((element,)), Term((-RATE, step.target))), sign="<-"))
        taken = (-RATE * step.value,) if isinstance(step.value, Mul) else (-RATE, step.value)
        rows.append(Row(None, (Term((element,)), Term(taken))))
    yield Equations(tuple(rows))


TOPIC = Update()
