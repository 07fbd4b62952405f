"""Jacobians against torch.autograd, for random sizes from 1 to 6. Every line of the chain is evaluated in float64."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from sympy import Idx, Symbol

from derive.chain.derivation import Derivation
from derive.check.gradients import jacobian as autograd
from derive.check.gradients import variable
from derive.check.report import Report, Row
from derive.check.samples import SEEDS, Array, Sample, over_samples
from derive.check.threads import one_thread
from derive.evaluate.store import Store
from derive.model.schedule import Stage
from derive.topics.jacobian.check.compare import Evaluation, worst
from derive.topics.jacobian.jacobian import Jacobian

POINTS = 5


@one_thread()
def verify_jacobian(d: Derivation, found: Jacobian, sizes: Mapping[Symbol, int], seeds: range = SEEDS) -> Report:
    """Compare every line of a Jacobian with that of autograd, for random sizes."""
    return over_samples(d, sizes, seeds, POINTS, lambda sample: iter([_jacobian_row(sample, found)]))


def _jacobian_row(sample: Sample, found: Jacobian) -> Row:
    stage = next(s for s in sample.derivation.stages if found.of.name in s.families)
    axis = stage.time.get(found.of.name)
    store = sample.store()
    sample.passes.forward(store)
    if axis is None:
        again = sample.store()
        (wrt,) = sample.variables([found.wrt], again, sample.points)
        of = again.whole(found.of.name)
        fixed: dict[Idx, int] = {}
    else:
        first, last = sample.passes.span(stage.loops[0])
        t = random.Random(sample.points + last).randint(first, last)
        fixed = {found.of.indices[axis]: t}
        of, wrt = _one_step(sample, found, store, t)
    truth = autograd(of, wrt)
    own = [*found.entry.of.indices] if found.of.indices else []
    own += [*found.entry.wrt.indices] if found.wrt.indices else []
    return Row(found.symbol, truth.numel(), *worst(sample, found, truth, Evaluation(store, own, fixed)))


def _one_step(sample: Sample, found: Jacobian, store: Store, t: int) -> tuple[Array, Array]:
    """Compute one step of the recurrence once more, with everything before it held fixed."""
    stage, passes = next(s for s in sample.derivation.stages if found.of.name in s.families), sample.passes
    name, earlier = found.wrt.name, t - stage.direction
    wrt = None
    if name not in stage.time:
        wrt = variable(store.whole(name), sample.points, passes.shape(found.wrt))
        store.put(name, wrt, passes.ranges(found.wrt))
        for between in _between(sample.derivation.stages, name, stage):
            passes.compute(between, store)
    elif found.earlier:
        own = passes.over(i for i in found.entry.wrt.indices if isinstance(i, Idx))
        wrt = variable(store.slices[name][earlier], sample.points, [b - a + 1 for _, a, b in own])
        store.put_slice(name, earlier, wrt)
    for family in stage.families:
        node = sample.derivation.model.nodes[family]
        passes.recurrence(node, stage.time[family]).step(store, t)
        if family == name and not found.earlier:
            wrt = variable(store.slices[family][t], sample.points)
            store.put_slice(family, t, wrt)
    assert wrt is not None
    return store.slices[found.of.name][t], wrt


def _between(stages: Sequence[Stage], name: str, end: Stage) -> Sequence[Stage]:
    """Return the stages between a family and the end, without recurrences, for no path leads through another one."""
    first = next((n for n, s in enumerate(stages) if name in s.families), -1)
    return [s for s in stages[first + 1 : stages.index(end)] if not s.time]
