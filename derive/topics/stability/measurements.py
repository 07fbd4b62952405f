"""What was measured about one recurrence, as data: the adjoints of random cells at growing distance from the loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from sympy import Expr

    from derive.check.report import Claim, Report
    from derive.topics.jacobian.paths import Entry
    from derive.topics.stability.conditions import Analysis, Condition
    from derive.topics.stability.gates import Gate

TOLERANCE = 1e-9
DISTANCES = (1, 10, 25, 50, 100)


class Setting(NamedTuple):
    """What `draws` random cells showed that all have the same value of a condition's measure.

    `norms` are, at each distance k of DISTANCES, the least and largest norm of the factor ds_T/ds_{T-k}. For a claim
    about the whole gradient they are instead the size of the sum of the contributions of the last k steps, relative to
    the sum of the sizes of all contributions (0 if nothing contributes). `rates` are the least and largest factor per
    step over the far half of the distances. `ok` is true if all this agrees with the claim and its bounds.
    """

    measure: float
    draws: int
    norms: tuple[tuple[float, float], ...]
    rates: tuple[float, float]
    ok: bool


class Finding(NamedTuple):
    """The evidence for one condition, empty if the claim was not measured."""

    condition: Condition
    settings: tuple[Setting, ...] = ()

    @property
    def ok(self) -> bool:
        """No setting contradicts the claim."""
        return all(s.ok for s in self.settings)

    def complaint(self) -> str | None:
        """A sentence about the claim if a setting contradicts it, else None."""
        c = self.condition
        claim = f"the {c.strength} claim that the gradient {c.kind} under {c.claim}"
        return None if self.ok else f"{claim} is contradicted by torch.autograd"


class Kept(NamedTuple):
    """The least product of a gate's factors over `steps` steps, if its bias is the one that should keep half."""

    gate: Gate
    steps: int
    least: float

    @property
    def ok(self) -> bool:
        """True if at least half was kept."""
        return self.least >= 0.5 * (1 - TOLERANCE)

    def complaint(self) -> str | None:
        """A sentence about how much was kept if this is less than half, else None."""
        kept = f"the bias {self.gate.bias} that should keep half over {self.steps} steps keeps {self.least:.2g}"
        return None if self.ok else kept


class Remainder(NamedTuple):
    """The largest part of the gradient that truncation after `steps` steps dropped: of the whole, and of its bound.

    The bound relative to the whole says nothing: where contributions cancel, the whole may be as small as one likes.
    The cells are those in which `measure` is `value`. `ok` is true if the bound held in every random cell.
    """

    steps: int
    dropped: float
    of_bound: float
    ok: bool
    measure: Expr
    value: float

    def complaint(self) -> str | None:
        """A sentence if more was dropped than the bound allows, else None."""
        dropped = f"truncation after {self.steps} steps drops more than its bound allows"
        return None if self.ok else dropped


class Preserved(NamedTuple):
    """The least and largest norm of the adjoint `steps` steps before the end, under weights that should keep it.

    The norms are relative to that at the end. `ok` is true if no norm grew, and in a linear cell none shrank.
    """

    steps: int
    least: float
    largest: float
    ok: bool

    def complaint(self) -> str | None:
        """A sentence about the distance and the norms if these are not kept, else None."""
        changed = f"weights that keep norms change the adjoint over {self.steps} steps"
        return None if self.ok else f"{changed}, from {self.least:.2g} to {self.largest:.2g}"


class Measured(NamedTuple):
    """All that was measured about one recurrence.

    `blocks` holds the worst relative error of each block of its Jacobian at `points` points, and `product` that of the
    products of Jacobians over several steps. `bounded` is true if no step back multiplied the norms of adjoints by more
    than its bounds allow, `read` if the loss of the model reads the states at the steps that the analysis says. The
    rest is the evidence for its conditions (`findings`), for the biases of its gates (`kept`) and for the other
    remedies.
    """

    analysis: Analysis
    blocks: tuple[tuple[Entry, float], ...]
    points: int
    product: float
    findings: tuple[Finding, ...]
    kept: tuple[Kept, ...] = ()
    remainders: tuple[Remainder, ...] = ()
    preserved: tuple[Preserved, ...] = ()
    bounded: bool = True
    read: bool = True

    @property
    def ok(self) -> bool:
        """True if the Jacobian is autograd's and no claim is contradicted."""
        return self.complaint() is None

    def complaint(self) -> str | None:
        """A sentence about the first thing that disagrees, None if nothing does."""
        return next(self._complaints(), None)

    def _complaints(self) -> Iterator[str]:
        for entry in self.wrong:
            yield f"the Jacobian d {entry.of} / d {entry.wrt} disagrees with torch.autograd"
        if not self.product <= TOLERANCE:
            yield "the product of the Jacobians of several steps disagrees with torch.autograd"
        if not self.bounded:
            yield "a step back multiplies the norm of an adjoint by more than its bound allows"
        if self.analysis.conditions and not self.read:  # else nothing is said about the whole gradient
            yield "the loss reads states of more steps than the claims about the whole gradient say"
        claims: tuple[Claim, ...] = (*self.findings, *self.kept, *self.remainders, *self.preserved)
        yield from filter(None, (claim.complaint() for claim in claims))

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The blocks of the Jacobian that differ from autograd's."""
        return tuple(e for e, error in self.blocks if not error <= TOLERANCE)


def measured_of(report: Report | None, analysis: Analysis) -> Measured | None:
    """What a report says about one recurrence; None where nothing was measured."""
    claims = report.claims if report is not None else ()
    return next((m for m in claims if isinstance(m, Measured) and m.analysis is analysis), None)
