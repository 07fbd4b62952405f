"""What was measured about a condition: the adjoint at growing distance, for values inside, on and outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from derive.check.report import Claim, Report
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

    def complaint(self) -> str | None:
        """The claim that is contradicted; None where it holds."""
        c = self.condition
        claim = f"the {c.strength} claim that the gradient {c.kind} under {c.claim}"
        return None if self.ok else f"{claim} is contradicted by torch.autograd"


class Kept(NamedTuple):
    """The least product of a gate's factors over some steps, with the bias that should keep half."""

    gate: Gate
    steps: int
    least: float

    @property
    def ok(self) -> bool:
        """At least half was kept."""
        return self.least >= 0.5 * (1 - TOLERANCE)

    def complaint(self) -> str | None:
        """How much was kept, where it is too little; None elsewhere."""
        kept = f"the bias {self.gate.bias} that should keep half over {self.steps} steps keeps {self.least:.2g}"
        return None if self.ok else kept


class Remainder(NamedTuple):
    """What truncation after some steps dropped, and the bound of that: the largest of each, relative to what is whole.

    `ok` says that the bound held at every draw.
    """

    steps: int
    dropped: float
    bound: float
    ok: bool

    def complaint(self) -> str | None:
        """What was dropped, where it is more than its bound; None elsewhere."""
        dropped = f"truncation after {self.steps} steps drops more than its bound allows"
        return None if self.ok else dropped


class Preserved(NamedTuple):
    """The least and largest norm of the adjoint at a distance, relative to the end, under weights that keep norms."""

    steps: int
    least: float
    largest: float
    ok: bool

    def complaint(self) -> str | None:
        """At which distance the norm is not kept; None where it is."""
        changed = f"weights that keep norms change the adjoint over {self.steps} steps"
        return None if self.ok else f"{changed}, from {self.least:.2g} to {self.largest:.2g}"


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
        return self.complaint() is None

    def complaint(self) -> str | None:
        """The first thing that disagrees; None where nothing does."""
        return next(self._complaints(), None)

    def _complaints(self) -> Iterator[str]:
        for entry in self.wrong:
            yield f"the Jacobian d {entry.of} / d {entry.wrt} disagrees with torch.autograd"
        if not self.product <= TOLERANCE:
            yield "the product of the Jacobians of several steps disagrees with torch.autograd"
        claims: tuple[Claim, ...] = (*self.findings, *self.kept, *self.remainders, *self.preserved)
        yield from filter(None, (claim.complaint() for claim in claims))

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The blocks that are not autograd's."""
        return tuple(e for e, error in self.blocks if not error <= TOLERANCE)


def measured_of(report: Report | None, analysis: Analysis) -> Measured | None:
    """What a report says about one recurrence; None where nothing was measured."""
    claims = report.claims if report is not None else ()
    return next((m for m in claims if isinstance(m, Measured) and m.analysis is analysis), None)
