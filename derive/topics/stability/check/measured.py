"""Measures all that is claimed about one recurrence: its Jacobian, products of it, its conditions and the remedies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from derive.chain.derivation import Derivation
from derive.check.compare import Array, relative
from derive.check.rounding import terms
from derive.check.samples import counted, sampled, structured
from derive.check.threads import one_thread
from derive.evaluate.store import Store
from derive.progress import MEASURING, doing
from derive.topics.jacobian.paths import Entry
from derive.topics.stability.check.conditions import findings
from derive.topics.stability.check.experiment import Experiment, sizes
from derive.topics.stability.check.own_loss import back, in_range, reads_as_said
from derive.topics.stability.check.remedies import kept, preserved, remainders
from derive.topics.stability.check.unrolled import Numbers, Unrolled
from derive.topics.stability.conditions import Analysis
from derive.topics.stability.measurements import Measured

POINTS = 200
LENGTH = 8  # steps of the product of Jacobians that is compared


@one_thread()
def measured(derivation: Derivation, analysis: Analysis, seed: int = 0) -> Measured:
    """Measure everything that is claimed about one recurrence, with random numbers from the seed."""
    if analysis.jacobian.lag > 1:  # nothing is claimed
        return Measured(analysis, (), 0, 0.0, ())
    derivation = analysis.within(derivation)
    doing(MEASURING, what=derivation.model.title)
    cell = Unrolled(derivation, analysis.jacobian, sizes(derivation, analysis, LENGTH))
    experiment = Experiment(derivation, analysis, seed)
    numbers = _random(cell, seed)
    return Measured(
        analysis,
        tuple(_blocks(cell, numbers)),
        POINTS,
        _product(cell, numbers),
        findings(experiment),
        tuple(k for gate in analysis.gates for k in kept(experiment, gate)),
        tuple(remainders(experiment)),
        tuple(preserved(experiment)),
        experiment.bounded(),
        reads_as_said(cell, analysis, numbers, seed),
    )


def _random(cell: Unrolled, seed: int) -> Numbers:
    """Random numbers for the leaves and for the states before the first step."""
    generator = torch.Generator().manual_seed(seed)
    numbers = {}
    for node in (*cell.leaves, *cell.jacobian.states):
        domain = counted(node.domain, cell.passes.number)
        found = sampled((*cell.shape(node), POINTS), domain, generator, node.sums_to)
        numbers[node.name] = structured(found, node.structure) if node.structure else found
    return numbers


def _blocks(cell: Unrolled, numbers: Numbers) -> Iterator[tuple[Entry, float]]:
    """Each block of the Jacobian of the first step with its worst relative error against autograd."""
    store, t = cell.store(numbers), cell.times[0]
    truth = cell.truth(store, t, POINTS)
    after = [store.slices[s.name][t].expand(*cell.shape(s), POINTS) for s in cell.jacobian.states]
    finite = torch.stack([a.reshape(-1, POINTS).isfinite().all(0) for a in after]).all(0)  # no matrix nearly singular
    for row, blocks in zip(cell.jacobian.entries, truth, strict=True):
        for entry, block in zip(row, blocks, strict=True):
            size = partial(_entry_size, cell, entry, store, t, block)
            yield entry, relative(cell.formula(entry, store, t), block, finite, terms=size)


def _entry_size(cell: Unrolled, entry: Entry, store: Store, t: int, like: Array) -> Array:
    return cell.formula(entry, store, t, terms).expand_as(like)


def _product(cell: Unrolled, numbers: Numbers) -> float:
    """The worst relative error of adjoints that the derived Jacobians carry back over all steps, against autograd.

    Points at which the model overflows before the end, or a state is out of range, are left out.
    """
    final = [torch.ones(*cell.shape(s), POINTS, dtype=torch.float64) for s in cell.jacobian.states]
    truth, _ = cell.adjoints(numbers, final)
    finite = torch.stack([a.reshape(-1, POINTS).isfinite().all(0) for row in truth for a in row]).all(0)
    store = cell.store(numbers)
    with torch.no_grad():
        for t in cell.times:
            cell.step(store, t)
        finite &= in_range(cell, store)
        carried, sizes, errors = final, final, []
        for t, wanted in zip(reversed(cell.times), truth[1:], strict=True):
            carried, sizes = back(cell, store, t, carried), back(cell, store, t, sizes, terms)
            for found, right, size in zip(carried, wanted, sizes, strict=True):
                errors.append(relative(found, right, finite, terms=partial(size.expand_as, right)))
    return max(errors)
