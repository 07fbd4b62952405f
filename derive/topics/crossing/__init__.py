"""Crossings as a subject: where two costs in closed form are equal, and which of them is smaller on either side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.errors import UsageError
from derive.topics.topic import Ask, Context, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.check.report import Report
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.crossing.crossing import Crossing, Crossings


def crossings_of(solution: Derived, asked: Crossings, check: bool = True) -> tuple[Crossing, ...]:
    """Find where pairs of values in closed form are equal, as one letter grows.

    Errors: ModelError where a value has no closed form, or its difference from the other is not linear in the letter up
    to a positive factor; VerificationError where numbers disagree.
    """
    from derive.topics.crossing.crossing import Crossings, crossing

    if not isinstance(asked, Crossings):
        raise UsageError(f"crossings: expected Crossings(variable, pairs), found {asked!r}")
    found = tuple(crossing(solution.model, solution.values, asked, *pair) for pair in asked.pairs)
    if check:
        TOPIC.check(found, solution, 0).require()
    return found


class CrossingTopic(Topic):
    """A problem asks by `crossings=Crossings("n", (("F", "G"),))`; with numbers the curves are drawn too."""

    asks = {"crossings": None}
    offers = {"crossings": crossings_of}

    def find(self, derived: Derived, ask: Ask) -> tuple[Crossing, ...]:
        asked = ask.get("crossings")
        return () if asked is None else crossings_of(derived, asked, check=False)

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report:
        from derive.topics.crossing.check.crossings import on_both_sides

        return on_both_sides(found, seed)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.crossing.page import crossings

        return crossings(found, context.derived)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.crossing.page import answer

        yield from (answer(each) for each in found)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"crossings": [_data(each) for each in found]}


def _data(found: Crossing) -> dict[str, Any]:
    """The two values, and where they are equal, as sympy writes it; None where they are nowhere."""
    equal = None if found.equal is None else str(found.equal)
    return {"one": found.one.node.name, "other": found.other.node.name, "variable": str(found.variable), "equal": equal}


TOPIC = CrossingTopic()
