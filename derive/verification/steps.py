"""The Jacobian of one step against torch.autograd, block by block, at random states, inputs and parameters."""

from __future__ import annotations

import torch

from derive.analysis.conditions import Analysis
from derive.analysis.evidence import Measured
from derive.derivation import Derivation
from derive.verification.evidence import SIZE, evidence
from derive.verification.trial import Array, Numbers, Trial

POINTS = 200
SPREAD = 1.25


def measured(derivation: Derivation, analysis: Analysis, seed: int = 0) -> Measured:
    """Everything that is measured about one recurrence."""
    trial = Trial(derivation, analysis.jacobian, dict.fromkeys(derivation.model.sizes, SIZE))
    store, t = trial.store(_random(trial, seed)), trial.times[0]
    truth = trial.truth(store, t, POINTS)
    blocks = [
        (entry, _error(trial.formula(entry, store, t).detach(), block))
        for row, blocks in zip(analysis.jacobian.entries, truth, strict=True)
        for entry, block in zip(row, blocks, strict=True)
    ]
    return Measured(analysis, tuple(blocks), POINTS, evidence(derivation, analysis, seed))


def _random(trial: Trial, seed: int) -> Numbers:
    """Leaves, and states before the first step, on both sides of every kink."""
    generator = torch.Generator().manual_seed(seed)
    numbers = {}
    for node in (*trial.leaves, *trial.jacobian.states):
        unit = torch.rand((*trial.shape(node), POINTS), generator=generator, dtype=torch.float64)
        free = node.domain == "real"
        numbers[node.name] = (2 * unit - 1) * SPREAD if free else 0.05 + 0.9 * unit
    return numbers


def _error(found: Array, truth: Array) -> float:
    """The worst relative error; infinite where it is no number."""
    error = float(((found - truth).abs() / truth.abs().clamp(min=1.0)).max())
    return error if error == error else float("inf")
