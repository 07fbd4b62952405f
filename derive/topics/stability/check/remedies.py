"""What remedies do, measured: the bias of a gate, the remainder of truncation, weights that keep norms."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from sympy import Idx, Integer

from derive.check.gradients import Array
from derive.expressions.indices import name_of
from derive.topics.stability.check.runs import SLACK, TARGETS, Runs
from derive.topics.stability.check.trial import Numbers
from derive.topics.stability.gates import Gate
from derive.topics.stability.measurements import DISTANCES, Kept, Preserved, Remainder
from derive.topics.stability.remedies import linear, norm_keeping

HALVES = (10, 50, 100)  # steps over which a bias shall keep half
CUTS = (1, 10, 25, 50)


def kept(runs: Runs, gate: Gate) -> Iterator[Kept]:
    """The product of a gate's factors with the least bias that its claim allows, at all draws."""
    rest = runs.measure(gate.value, runs.draws.base)
    name = name_of(gate.bias)
    for k in HALVES:
        bias = gate.sign * (rest + float(gate.least(Integer(k))))
        numbers = runs.draws.base | {name: bias.expand(runs.draws.base[name].shape)}
        yield Kept(gate, k, float(_share(runs, gate, numbers)[-k:].prod(dim=0).min()))


def _share(runs: Runs, gate: Gate, numbers: Numbers) -> Array:
    """The factor of the direct path at every time, (times, *, points)."""
    trial = runs.trial
    store = trial.store(numbers)
    own = [i for i in gate.element.indices if isinstance(i, Idx) and i != trial.jacobian.index]
    ranges = trial.sweeps.over(own)
    found = []
    with torch.no_grad():
        for t in trial.times:
            trial.step(store, t)
            found.append(trial.sweeps.partials.evaluate(gate.share, store, ranges, {trial.jacobian.index: t}))
    return torch.stack(found)


def remainders(runs: Runs) -> Iterator[Remainder]:
    """What truncation drops where the gain of a step is below 1, and its bound by the powers of the gain."""
    claims = [c for c in runs.analysis.conditions if c.kind == "vanishes" and c.about == "distant"]
    if not claims:
        return
    run = runs.of(claims[-1])
    if run.bound is None:
        return
    at = run.valid & (runs.draws.targets.repeat(len(run.valid) // runs.draws.points) == TARGETS[0])
    whole = run.parts.sum(dim=0).abs().sum(dim=0).clamp(min=1e-300)
    for k in CUTS if bool(at.any()) else ():
        dropped, most = run.dropped(k)[at], run.remainder(k)[at]
        ok = bool((dropped <= most * (1 + SLACK)).all())
        yield Remainder(k, float((dropped / whole[at]).max()), float((most / whole[at]).max()), ok)


def preserved(runs: Runs) -> Iterator[Preserved]:
    """The norm of the adjoint under an orthogonal recurrent weight (of a number: its sign)."""
    weight = norm_keeping(runs.analysis)
    if weight is None:
        return
    base = runs.draws.base[str(weight)]
    turned = base.sign() if base.dim() == 1 else torch.linalg.qr(base.movedim(-1, 0))[0].movedim(0, -1)
    numbers = runs.draws.base | {str(weight): turned}
    numbers = numbers | runs.trial.starts(numbers, runs.draws.points)
    norms = runs.run(numbers, torch.ones(runs.draws.points, dtype=torch.bool)).norms
    for k in DISTANCES:
        least, largest = float(norms[k].min()), float(norms[k].max())
        held = largest <= 1 + SLACK and (least >= 1 - SLACK or not linear(runs.analysis))
        yield Preserved(k, least, largest, held)
