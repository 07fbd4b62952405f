"""Expectations as a subject: those that the model asks for, each with its argument, before the forward pass."""

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
    from derive.topics.expectation.argument import Expected


def expectations(solution: Derived) -> tuple[Expected, ...]:
    """Return the expectations, variances and covariances that the model asks for, each with its argument."""
    stated = solution.model.stated
    if stated is None:
        return ()
    from derive.topics.expectation.resolve import resolved

    return resolved(stated)[1]


def compared(solution: Derived) -> tuple[Expected, ...]:
    """The same, compared with the sum over all outcomes. Errors: VerificationError where something disagrees."""
    found = expectations(solution)
    if found:
        solution.once("expectations compared", lambda: TOPIC.check(found, solution, 0).required())
    return found


def expectation(solution: Derived, of: Any, check: bool = True) -> Expected:
    """Derive E of an expression, or a `Variance` or `Covariance`: its `lines`, the `premises` they use, its `value`.

    Errors: MomentError for a moment that is not declared, VerificationError where the outcomes disagree.
    """
    from derive.topics.expectation.resolve import asked

    found = asked(of, solution.model)
    if check:
        TOPIC.check((found,), solution, 0).require()
    return found


class Expectations(Topic):
    """Expectations need not be asked for: the model says what is random."""

    place = Place.PREMISES
    offers = {"expectations": property(compared), "expectation": expectation}

    def find(self, derived: Derived, ask: Ask) -> tuple[Expected, ...]:
        return expectations(derived)

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report:
        from derive.topics.expectation.check.expectations import verify_expectations

        return verify_expectations(derived.derivation, found, seed)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.expectation.page import expectations as page

        return page(found, context.derived.model, context.detail)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.expectation.page import results

        return results(found)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {
            "expectations": [
                equality(e.symbol, e.lines, show, lang)
                | {"moments": [equality(p.symbol, p.lines, show, lang) for p in e.premises]}
                for e in found
            ]
        }


TOPIC = Expectations()
