"""Measures what remedies do: the bias of a gate, the remainder of truncation, weights that keep norms."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from sympy import Idx, Integer

from derive.check.gradients import Array
from derive.expressions.indices import name_of
from derive.topics.stability.check.experiment import TARGETS, Experiment
from derive.topics.stability.check.flow import SLACK
from derive.topics.stability.check.unrolled import Numbers
from derive.topics.stability.gates import Gate
from derive.topics.stability.losses import Reads
from derive.topics.stability.measurements import DISTANCES, Kept, Preserved, Remainder
from derive.topics.stability.remedies import bounding, linear, norm_keeping

HALVES = (10, 50, 100)  # steps over which a bias shall keep half
CUTS = (1, 10, 25, 50)
TINY = 1e-300  # below, nothing is left to divide by


def kept(experiment: Experiment, gate: Gate) -> Iterator[Kept]:
    """What is left of the direct path after several numbers of steps, with the least bias that the claim allows."""
    rest = experiment.measure(gate.value, experiment.drawn.base)
    name = name_of(gate.bias)
    for k in HALVES:
        bias = gate.sign * (rest + float(gate.least(Integer(k))))
        numbers = experiment.drawn.base | {name: bias.expand(experiment.drawn.base[name].shape)}
        yield Kept(gate, k, float(_share(experiment, gate, numbers)[-k:].prod(dim=0).min()))


def _share(experiment: Experiment, gate: Gate, numbers: Numbers) -> Array:
    """The factor of the direct path at every time, shape (times, *sizes of the gate, points)."""
    cell = experiment.cell
    store = cell.store(numbers)
    own = [i for i in gate.element.indices if isinstance(i, Idx) and i != cell.jacobian.index]
    ranges = cell.passes.over(own)
    found = []
    with torch.no_grad():
        for t in cell.times:
            cell.step(store, t)
            found.append(cell.passes.partials.evaluate(gate.share, store, ranges, {cell.jacobian.index: t}))
    return torch.stack(found)


def remainders(experiment: Experiment) -> Iterator[Remainder]:
    """What truncation drops if the gain of a step is below 1, and the bound of this by the powers of the gain."""
    claim = bounding(experiment.analysis)
    if claim is None or experiment.analysis.reads is Reads.PARTS:
        return
    flow = experiment.of(claim)
    at = flow.valid & (experiment.drawn.targets.repeat(len(flow.valid) // experiment.drawn.points) == TARGETS[0])
    whole = flow.parts.sum(dim=0).abs().sum(dim=0)
    for k in CUTS if bool(at.any()) else ():
        dropped, most = flow.dropped(k)[at], flow.remainder(k)[at]
        ok = bool((dropped <= most * (1 + SLACK)).all())
        of_whole, of_bound = (float((dropped / part.clamp(min=TINY)).max()) for part in (whole[at], most))
        yield Remainder(k, of_whole, of_bound, ok, claim.measure, TARGETS[0])


def preserved(experiment: Experiment) -> Iterator[Preserved]:
    """The norms of the adjoint if the recurrent weight is orthogonal (if it is a number: 1 or -1)."""
    weight = norm_keeping(experiment.analysis)
    if weight is None:
        return
    base = experiment.drawn.base[str(weight)]
    turned = base.sign() if base.dim() == 1 else torch.linalg.qr(base.movedim(-1, 0))[0].movedim(0, -1)
    numbers = experiment.drawn.base | {str(weight): turned}
    numbers = numbers | experiment.cell.starts(numbers, experiment.drawn.points)
    norms = experiment.run(numbers, torch.ones(experiment.drawn.points, dtype=torch.bool)).norms
    for k in DISTANCES:
        least, largest = float(norms[k].min()), float(norms[k].max())
        held = largest <= 1 + SLACK and (least >= 1 - SLACK or not linear(experiment.analysis))
        yield Preserved(k, least, largest, held)
