"""Evidence for conditions: random cells are scaled so that the measure of a condition is below, at and above 1.

Each claim is held against the bound that proves it, at every distance, with no margin but that of rounding: a right
claim is not refused for bad luck, and a claim that autograd's factors contradict fails the check.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from sympy import Symbol

from derive.check.gradients import Array
from derive.expressions.norms import SpectralRadius, value
from derive.topics.stability.check.experiment import Experiment
from derive.topics.stability.check.flow import LAST, SLACK, TINY, GradientFlow, powers
from derive.topics.stability.check.norms import radius
from derive.topics.stability.check.random_cells import HIT
from derive.topics.stability.conditions import Condition
from derive.topics.stability.measurements import DISTANCES, Finding, Setting

CUTS = (0, 1, 10, 50)
HELD = 10  # steps over which rounding does not drive a state away from a fixed point
DRIFT = 1e-4


def findings(experiment: Experiment) -> tuple[Finding, ...]:
    """What was measured for each condition, in the order of the conditions."""
    return tuple(Finding(c, tuple(_settings(experiment, c))) for c in experiment.analysis.conditions)


def _settings(experiment: Experiment, condition: Condition) -> Iterator[Setting]:
    """The evidence for one condition, one setting for each value that its measure was set to."""
    flow = experiment.of(condition)
    targets = experiment.drawn.targets.repeat(len(flow.valid) // experiment.drawn.points)
    if (number := value(condition.measure)).is_number:  # a claim that no weight can change
        targets = torch.full_like(targets, float(number))
    agrees = _agrees(condition, targets, flow)
    shown = flow.norms[list(DISTANCES)] if condition.about == "distant" else flow.sums()[[d - 1 for d in DISTANCES]]
    for target in targets.unique().tolist():
        at = flow.valid & (targets == target)
        if bool(at.any()):
            norms = tuple(_ends(own[at]) for own in shown)
            yield Setting(target, int(at.sum()), norms, _ends(flow.rates()[at]), bool(agrees[at].all()))


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _agrees(condition: Condition, targets: Array, flow: GradientFlow) -> Array:
    """True at the points where what was measured agrees with what the condition says for the value of its measure."""
    said = {t: bool(condition.claim.func(t, 1)) for t in {*targets.tolist()}}
    holds = torch.tensor([said[t] for t in targets.tolist()])
    seen = _seen(condition, targets, flow)
    held = flow.bounded & _proved(condition, targets, flow)
    if condition.strength != "necessary":
        held = held & (seen | ~holds)
    if condition.strength != "sufficient":
        held = held & (~seen | holds)
    return held


def _proved(condition: Condition, targets: Array, flow: GradientFlow) -> Array:
    """True where the factors obey what the proof of the condition says about them."""
    if condition.about != "distant":
        return torch.ones_like(flow.valid)
    if condition.strength == "exact":
        return flow.same(LAST, SLACK) & ((flow.radius - targets).abs() <= flow.margin + HIT * targets)
    if condition.strength == "local":
        return flow.same(HELD, DRIFT)
    if condition.kind == "explodes" and condition.strength == "sufficient":
        low = (targets * (1 - HIT)) ** torch.arange(LAST + 1).unsqueeze(1)
        return (flow.norms[: LAST + 1] >= low * (1 - SLACK)).all(dim=0)
    if _by_powers(condition, flow) and not condition.measure.has(SpectralRadius):
        assert flow.bound is not None
        near = (targets - 1).abs() < 2 * HIT
        if not bool((near | ((radius(flow.bound) < 1) == (targets < 1))).all()):
            return torch.zeros_like(flow.valid)  # the number does not tell whether the powers of the bounds vanish
    norms = flow.norms[: LAST + 1]  # a recurrence that begins later has a step more
    return (norms <= _allowed(condition, targets, flow) * (1 + SLACK) + TINY).all(dim=0)


def _allowed(condition: Condition, targets: Array, flow: GradientFlow) -> Array:
    """The bound of the norm of the factor at each distance: the powers of a gain, or the norms of those of B."""
    if _by_powers(condition, flow):
        assert flow.bound is not None
        return flow.norm(powers(flow.bound, LAST))
    return (targets * (1 + HIT)) ** torch.arange(LAST + 1).unsqueeze(1)


def _by_powers(condition: Condition, flow: GradientFlow) -> bool:
    """Do the powers of the matrix of the bounds prove the claim: of several states, and of several lags?"""
    several = flow.bound is not None and len(flow.bound) > 1
    return several and (condition.measure == SpectralRadius(Symbol("B")) or not condition.measure.has(SpectralRadius))


def _seen(condition: Condition, targets: Array, flow: GradientFlow) -> Array:
    """True at the points where what the condition speaks of was measured to behave as its kind says."""
    if condition.about != "distant":
        return _seen_whole(condition, targets, flow)
    if condition.kind == "stays":
        one = torch.eye(len(flow.step), dtype=torch.float64).unsqueeze(-1)
        square = torch.einsum("kabp,kcbp->kacp", flow.factor, flow.factor)
        return (square - one).abs().amax(dim=(0, 1, 2)) <= 1e-3
    if condition.strength in ("exact", "local"):
        low, high = flow.radius < 1 - flow.margin, flow.radius > 1 + flow.margin
        return low if condition.kind == "vanishes" else high if condition.kind == "explodes" else ~low & ~high
    least = condition.kind == "explodes" and condition.strength == "sufficient"
    bound = torch.ones_like(targets) if least else _allowed(condition, targets, flow)[-1]
    if condition.kind == "vanishes":  # far enough back even a bound that tends to zero may still be above 1
        return flow.norms[LAST] < torch.where(targets < 1, bound.clamp(min=1.0), 1.0)
    return flow.norms[LAST] > torch.where(targets <= 1, bound.clamp(min=1.0), 1.0) * (1 + SLACK)


def _seen_whole(condition: Condition, targets: Array, flow: GradientFlow) -> Array:
    """Where the bounds of the whole gradient and its parts hold; without inputs, where all contributions are equal."""
    if condition.kind == "vanishes":
        same = flow.same(LAST, SLACK) & (flow.radius < 1 - flow.margin)
        size = flow.parts.abs().amax(dim=(0, 1))
        equal = (flow.parts - flow.parts[:1]).abs().amax(dim=(0, 1)) <= SLACK * size
        return same & equal if condition.strength == "exact" else same
    held = torch.full_like(flow.valid, condition.kind == "bounded")  # no bound proves anything else
    for kept in CUTS:
        most = _series(condition, targets, flow, kept)
        held = held & most.isfinite() & (flow.dropped(kept) <= most * (1 + SLACK) + TINY)
    return held


def _series(condition: Condition, targets: Array, flow: GradientFlow, kept: int) -> Array:
    """The bound of what is dropped after `kept` steps by the measure of the condition, infinite if it diverges."""
    if _by_powers(condition, flow):
        return flow.remainder(kept)
    if condition.measure.has(SpectralRadius):
        return flow.summed_powers(kept)
    gain = targets * (1 + HIT)
    total = flow.immediate * flow.adjoint[0].sum(dim=0) * gain**kept / (1 - gain)
    return torch.where(gain < 1, total, torch.inf)
