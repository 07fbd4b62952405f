"""What was measured about a condition: the adjoint at growing distance, for values inside, on and outside of it."""

from __future__ import annotations

from typing import NamedTuple

from derive.topics.jacobian.paths import Entry
from derive.topics.stability.conditions import Analysis, Condition
from derive.topics.stability.gates import Gate

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


class Kept(NamedTuple):
    """The least product of a gate's factors over some steps, with the bias that should keep half."""

    gate: Gate
    steps: int
    least: float

    @property
    def ok(self) -> bool:
        """At least half was kept."""
        return self.least >= 0.5 * (1 - TOLERANCE)


class Remainder(NamedTuple):
    """What truncation after some steps dropped, and the bound of that: the largest of each, relative to what is whole.

    `ok` says that the bound held at every draw.
    """

    steps: int
    dropped: float
    bound: float
    ok: bool


class Preserved(NamedTuple):
    """The least and largest norm of the adjoint at a distance, relative to the end, under weights that keep norms."""

    steps: int
    least: float
    largest: float
    ok: bool


class Measured(NamedTuple):
    """What was measured about one recurrence.

    The worst relative error of each block of its Jacobian, at how many points, and of their products over several
    steps; the evidence for its conditions, for the biases of its gates, and for the remedies.
    """

    analysis: Analysis
    blocks: tuple[tuple[Entry, float], ...]
    points: int
    product: float
    findings: tuple[Finding, ...]
    kept: tuple[Kept, ...] = ()
    remainders: tuple[Remainder, ...] = ()
    preserved: tuple[Preserved, ...] = ()

    @property
    def ok(self) -> bool:
        """The Jacobian is autograd's, and no claim is contradicted."""
        claims = [c.ok for part in (self.findings, self.kept, self.remainders, self.preserved) for c in part]
        return not self.wrong and self.product <= TOLERANCE and all(claims)

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The blocks that are not autograd's."""
        return tuple(e for e, error in self.blocks if not error <= TOLERANCE)
