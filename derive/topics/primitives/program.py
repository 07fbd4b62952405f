"""A model in primitive operations, derived: its program, its derivation, and the evidence that it is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from derive.chain.derivation import Derivation
from derive.chain.rule import derive
from derive.model.primitives import program
from derive.model.program import Program

if TYPE_CHECKING:
    from derive.check.report import Report
    from derive.topics.primitives.check.saved_by_torch import Saved


class Rewritten(NamedTuple):
    """A program with its derivation, compared with the model in `report`.

    `saved` is what torch keeps of it. Both are None if nothing was checked.
    """

    program: Program
    derivation: Derivation
    report: Report | None = None
    saved: Saved | None = None


def rewritten(derivation: Derivation, operations: Sequence[str], check: bool = False) -> Rewritten:
    """Write the model of a derivation in these operations, and derive the same gradients.

    Errors: UsageError for an unknown operation, ModelError for a missing one, VerificationError where it differs.
    """
    made = program(derivation.model, operations)
    found = Rewritten(made, derive(made.model, derivation.wanted if derivation.model.has_loss else None))
    if not check:
        return found
    from derive.topics.primitives.check.programs import compare
    from derive.topics.primitives.check.saved_by_torch import saved

    report = compare(found.derivation, derivation).required()
    return found._replace(report=report, saved=saved(made, found.derivation))
