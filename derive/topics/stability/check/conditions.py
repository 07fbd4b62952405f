"""Evidence for conditions: random cells are scaled so that the measure of a condition is below, at and above 1.

The adjoints by autograd then show whether the gradient vanishes or explodes; a claim that they contradict fails the
check.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from derive.check.gradients import Array
from derive.expressions.norms import Norm, SpectralRadius
from derive.topics.stability.check.experiment import HALF, SLACK, Experiment, GradientFlow
from derive.topics.stability.check.random_cells import SPREADS
from derive.topics.stability.conditions import Condition
from derive.topics.stability.measurements import DISTANCES, Finding, Setting

LOOSE = 0.03  # tolerance of the rate of a matrix: the norms of its powers are not exactly geometric


def findings(experiment: Experiment) -> tuple[Finding, ...]:
    """What was measured for each condition, in the order of the conditions."""
    return tuple(Finding(c, tuple(_settings(experiment, c))) for c in experiment.analysis.conditions)


def _settings(experiment: Experiment, condition: Condition) -> Iterator[Setting]:
    """The evidence for one condition, one setting for each value that its measure was set to."""
    flow, whole = experiment.of(condition), condition.about == "whole"
    points = len(flow.valid)
    constant = condition.measure.is_number  # a claim that no weight can change
    targets = experiment.drawn.targets.repeat(points // experiment.drawn.points)
    targets = torch.full_like(targets, float(condition.measure)) if constant else targets
    driven = torch.arange(points) % len(SPREADS) > 0  # with inputs, so that there is something to add up
    shown = flow.sums / flow.largest.clamp(min=1e-300) if whole else flow.norms
    for target in targets.unique().tolist():
        at = flow.valid & (targets == target) & (driven if whole else True)
        if bool(at.any()):
            norms = tuple(_ends(shown[d - 1 if whole else d][at]) for d in DISTANCES)
            yield Setting(target, int(at.sum()), norms, _ends(flow.rates()[at]), _agrees(condition, target, flow, at))


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _agrees(condition: Condition, target: float, flow: GradientFlow, at: Array) -> bool:
    """True if what was measured where the measure is `target` agrees with what the condition says there."""
    if not bool(flow.bounded()[at].all()):
        return False
    holds = bool(condition.claim.func(target, 1))
    seen = _settled(flow, at) if condition.about == "whole" else _seen(condition, flow.rates()[at])
    if holds and condition.strength != "necessary":
        return bool(seen.all())
    if not holds and condition.strength != "sufficient":
        return not bool(seen.any())
    return True


def _seen(condition: Condition, rates: Array) -> Array:
    """For each cell, true if its rate is below, above or at 1, as the kind of the condition says."""
    slack = LOOSE if condition.measure.has(SpectralRadius) or condition.measure.has(Norm) else SLACK
    if condition.kind == "vanishes":
        return rates < 1 - slack
    return rates > 1 + slack if condition.kind == "explodes" else (rates - 1).abs() <= slack


def _settled(flow: GradientFlow, at: Array) -> Array:
    """True if the far half of the steps adds little to the gradient, so that the gradient has nearly converged.

    Little is a tenth of what these steps would add if no step made the adjoint smaller, or as much as the bounds allow.
    """
    allowed = 0.1 * flow.immediate * flow.blocks[0].sum(dim=0)
    if flow.bound is not None:
        most = flow.remainder(HALF)
        allowed = torch.where(most.isfinite(), torch.maximum(allowed, most), allowed)
    return (flow.dropped(HALF) <= allowed)[at]
