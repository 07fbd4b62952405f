"""The rule of gradient descent on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.chain.derivation import Step, Term
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Paragraph, Row
from derive.page.numerals import Numeral
from derive.topics.update.topic import Rule
from derive.topics.worked.page import RATE


def rule(found: Rule, steps: Sequence[Step]) -> Iterator[Block]:
    """w <- w - eta dL/dw in symbols, with the gradient put in."""
    rate = Numeral(found.rate) if found.rate is not None else None
    yield Paragraph(say.RULE_OF_UPDATE(rate=RATE) if rate is None else say.UPDATE(rate=RATE, value=rate))
    rows = []
    for step in (s for s in steps if s.node.kind == "parameter"):
        element = step.target.args[1]
        rows.append(Row(element, (Term((element,)), Term((-RATE, step.target))), sign="<-"))
        rows.append(Row(None, (Term((element,)), Term((-RATE, step.value)))))
    yield Equations(tuple(rows))
