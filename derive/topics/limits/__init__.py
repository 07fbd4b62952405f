"""Limits as a subject: what a value in closed form tends to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.errors import UsageError
from derive.topics.topic import Ask, Context, Topic, listed

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.check.report import Report
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.limits.limits import Limit, Limiting


def limit_of(solution: Derived, quantity: str, variable: str, to: str = "oo", check: bool = True) -> Limiting:
    """Find the limit of a value in closed form, towards "oo" or "0".

    Errors: ModelError where there is none, VerificationError where numbers disagree.
    """
    from derive.topics.limits.limits import Limit

    return limits_of(solution, [Limit(quantity, variable, to)], check)[0]


def limits_of(solution: Derived, asked: Iterable[Limit | Limiting], check: bool = True) -> tuple[Limiting, ...]:
    """Find several limits, each with the numbers that it asks for. Errors: those of `limit`."""
    from derive.topics.limits.limits import Limit, Limiting, limiting

    found = []
    for one in asked:
        if not isinstance(one, (Limit, Limiting)):
            raise UsageError(f"limits: expected Limit(quantity, variable, to), found {one!r}")
        found.append(one if isinstance(one, Limiting) else limiting(solution.model, solution.values, one))
    if check:
        TOPIC.check(found, solution, 0).require()
    return tuple(found)


class Limits(Topic):
    """A problem asks for limits by `limits=(Limit("theta", "t"),)`."""

    asks = {"limits": None}
    offers = {"limit": limit_of, "limits": limits_of}

    def find(self, derived: Derived, ask: Ask) -> tuple[Limiting, ...]:
        asked = ask.get("limits", ())
        return limits_of(derived, listed("limits", asked), check=False) if asked else ()

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report:
        from derive.topics.limits.check import in_the_limit

        return in_the_limit(derived.derivation, found, seed)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.limits.page import limits as page

        return page(found)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.limits.page import answers as page

        return page(found)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {
            "limits": [
                {"formula": show.show(x.symbol), "value": show.show(x.limit), "sympy": str(x.limit)} for x in found
            ]
        }


TOPIC = Limits()
