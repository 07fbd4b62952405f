"""Derivatives inside definitions as a subject: each is derived path by path, before it is used as a quantity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.page.as_data import equality
from derive.topics.topic import Ask, Context, Place, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.check.report import Report
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.jacobian.jacobian import Jacobian


class Derivatives(Topic):
    """It speaks where an author has written `g.derivative(f, x)`."""

    place = Place.MODEL

    def find(self, derived: Derived, ask: Ask) -> tuple[Jacobian, ...]:
        wanted = [n.derivative for n in derived.model.nodes.values() if n.derivative is not None]
        if not wanted:
            return ()
        from derive.topics.derivatives.definition import lines

        return tuple(lines(derived.model, *names) for names in wanted)

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report:
        from derive.topics.derivatives.check import compare

        return compare(found, derived)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.derivatives.page import section

        return section(found, context.derived.model)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.derivatives.page import answers as page

        return page(found, context.derived.model)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"derivatives": [equality(one.symbol, one.lines, show, lang) for one in found]}


TOPIC = Derivatives()
