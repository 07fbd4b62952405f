"""What was measured about a condition: the adjoint at growing distance, for values inside, on and outside of it."""

from __future__ import annotations

from typing import NamedTuple

from derive.analysis.conditions import Analysis, Condition
from derive.analysis.jacobian import Entry

TOLERANCE = 1e-9
DISTANCES = (1, 10, 25, 50, 100)


class Setting(NamedTuple):
    """One value of the measure, at several random draws of everything else.

    `norms` are, at each of DISTANCES, the least and largest norm of dL/ds_{T-k} relative to that of k = 0; of a claim
    about the whole gradient, the sum of the contributions of the last k steps, relative to the largest of them. `rates`
    are the least and largest factor per step over the far half; `ok` says whether this agrees with the claim.
    """

    measure: float
    draws: int
    norms: tuple[tuple[float, float], ...]
    rates: tuple[float, float]
    ok: bool


class Finding(NamedTuple):
    """The evidence for one condition; none of it for a claim that was not measured."""

    condition: Condition
    settings: tuple[Setting, ...] = ()

    @property
    def ok(self) -> bool:
        """No setting contradicts the claim."""
        return all(s.ok for s in self.settings)


class Measured(NamedTuple):
    """What was measured about one recurrence: the worst relative error of each block of its Jacobian, at how many
    points, and the evidence for its conditions.
    """

    analysis: Analysis
    blocks: tuple[tuple[Entry, float], ...]
    points: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """The Jacobian is autograd's, and no condition is contradicted."""
        return not self.wrong and all(f.ok for f in self.findings)

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The blocks that are not autograd's."""
        return tuple(e for e, error in self.blocks if not error <= TOLERANCE)
