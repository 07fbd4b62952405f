"""Primitive operations as a subject: the model written in those given, and what backpropagation has to keep of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.topics.topic import Ask, Context, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.model.model import Model
    from derive.page.blocks import Block
    from derive.topics.primitives.program import Rewritten


def rewritten(solution: Derived, operations: Sequence[str], check: bool = True) -> Rewritten:
    """Write the model in operations such as ["dot", "add", "max"], and derive it.

    Errors: UsageError for an unknown operation, ModelError for a missing one, VerificationError where it differs.
    """
    from derive.topics.primitives import program

    return program.rewritten(solution.derivation, operations, check)


class Primitives(Topic):
    """A problem asks for it by `operations=("dot", "add", ...)`."""

    asks = {"operations": None}
    offers = {"rewritten": rewritten}

    def find(self, derived: Derived, ask: Ask) -> tuple[Rewritten, ...]:
        operations = ask.get("operations", ())
        return (rewritten(derived, operations, ask.check),) if operations else ()

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.primitives.page import primitive_graph

        for each in found:
            yield from primitive_graph(each, context.derived.sizes)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.primitives.page import to_keep

        for each in found:
            yield from to_keep(each, context.derived.model)

    def models(self, found: Sequence[Any]) -> Iterator[Model]:
        return (each.program.model for each in found)


TOPIC = Primitives()
