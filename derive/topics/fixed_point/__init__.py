"""Fixed points as a subject: what z = f(z) supposes, and the equation that its adjoint solves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.model.model import Node
from derive.topics.topic import Ask, Context, Place, Topic

if TYPE_CHECKING:  # a subject that has nothing to say loads nothing
    from derive.language import Text
    from derive.page.blocks import Block


class FixedPoint(Topic):
    """Nothing needs to be asked: the model says what is a fixed point."""

    place = Place.MODEL

    def find(self, derived: Derived, ask: Ask) -> tuple[Node, ...]:
        adjoints = derived.derivation.adjoints
        return tuple(n for n in derived.model.nodes.values() if n.implicit and n.name in adjoints)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.page.blocks import Paragraph
        from derive.topics.fixed_point.page import ASSUMED, ASSUMED_OF_NUMBER

        for node in found:
            yield Paragraph((ASSUMED if node.indices else ASSUMED_OF_NUMBER)(z=node.matrix))

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.fixed_point.page import section

        for node in found:
            yield from section(node, context.derived.loss, context.derived.model.nodes)

    def argued(self, found: Sequence[Any], context: Context) -> Iterator[Text]:
        from derive.topics.fixed_point.page import CHECKED

        yield CHECKED(names=[node.generic for node in found])


TOPIC = FixedPoint()
