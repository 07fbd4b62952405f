"""The check that a sheet and every value of the API share: all steps of a derivation, compared once."""

from __future__ import annotations

from collections.abc import Mapping

from derive.chain.derived import Derived
from derive.check.report import Report
from derive.check.steps import NONE, Comparison, verify
from derive.check.threads import one_thread


@one_thread()
def compared(
    derived: Derived, points: int = 1000, seed: int = 0, comparisons: Mapping[str, Comparison] = NONE
) -> Report:
    """Compare every adjoint, step and closed form of a derivation, and what else is to be compared beside them."""
    steps = (*derived.steps, *derived.closed_steps)
    return verify(derived.derivation, steps, derived.sizes, points, seed, derived.values, comparisons)


def checked(derived: Derived) -> Report:
    """Return the report of a derivation in which everything agrees; it is made the first time only.

    Errors: VerificationError where something disagrees, UsageError where the loss hardly ever exists.
    """
    return derived.once("checked", lambda: compared(derived).required())
