"""The rule of gradient descent as a subject: in symbols, where a problem or a learning rate asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from derive.chain.derived import Derived
from derive.page.blocks import Block
from derive.topics.topic import Ask, Context, Topic
from derive.topics.worked.example import learning_rate, own


class Rule(NamedTuple):
    """w <- w - rate dL/dw; without a number the rate is a symbol."""

    rate: Fraction | None = None


class Update(Topic):
    """`update=True` of a problem; a learning rate, unless numbers are worked; a training."""

    asks = {"update": None}

    def find(self, derived: Derived, ask: Ask) -> tuple[Rule, ...]:
        if not derived.model.has_loss:
            return ()
        rate = learning_rate(derived, ask)
        alone = rate is not None and own(ask) is None
        wanted = ask.get("update", False) or ask.get("train") is not None or alone
        return (Rule(rate),) if wanted else ()

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.update.page import rule

        for each in found:
            yield from rule(each, context.derived.steps)


TOPIC = Update()
