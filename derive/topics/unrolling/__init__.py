"""Unrolling as a subject: one derivation for every number of steps beside one for each, by measurement.

What is counted is counted anew each time: nothing in the table is typed. A sentence says only what its rows have in
common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.errors import UsageError
from derive.topics.topic import Ask, Context, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.check.report import Report
    from derive.language import Text
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.unrolling.unrolling import Measured


class UnrollingTopic(Topic):
    """A problem asks by `unrolled=Unrolled("T", (1, 2, 4), build)`, where build(T) makes the graph of T steps."""

    asks = {"unrolled": None}
    measures = True

    def find(self, derived: Derived, ask: Ask) -> tuple[Measured, ...]:
        from derive.topics.unrolling.unrolling import Unrolled, measured

        asked = ask.get("unrolled")
        if asked is None:
            return ()
        if not isinstance(asked, Unrolled):
            raise UsageError(f"unrolled: expected Unrolled(size, at, build), found {asked!r}")
        return (measured(derived, asked),)

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report:
        from derive.topics.unrolling.check.same import compared

        return compared(found)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.unrolling.page import measurement

        for each in found:
            yield from measurement(each)

    def argued(self, found: Sequence[Any], context: Context) -> Iterator[Text]:
        from derive.topics.unrolling.page import MEASURED

        if found:
            yield MEASURED

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"measured": [_data(each) for each in found]} if found else {}


def _data(found: Measured) -> dict[str, Any]:
    """The rows, by what was counted, and the seed."""
    return {"size": str(found.size), "seed": found.seed, "rows": [row._asdict() for row in found.rows]}


TOPIC = UnrollingTopic()
