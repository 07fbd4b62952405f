"""The model's own loss, run through the recurrence: at which steps it reads the states, and the bound of its gradient.

With lambda_t for the adjoint of s_t by autograd, and the Jacobian J of each step, what the loss reads at step t is

    d+L/ds_t = lambda_t - J_(t+1)^T lambda_(t+1)

It is zero before the last step if the loss reads the last state only.
"""

from __future__ import annotations

import torch

from derive.check.gradients import Array, gradients, linked
from derive.check.samples import sampled
from derive.evaluate.passes import Change, inputs, unchanged
from derive.evaluate.store import Store
from derive.topics.stability.check.unrolled import Numbers, Unrolled
from derive.topics.stability.conditions import Analysis
from derive.topics.stability.losses import Reads

CLOSE = 1e-8
LARGE = 100.0


def reads_as_said(cell: Unrolled, analysis: Analysis, numbers: Numbers, seed: int) -> bool:
    """True if the loss reads the states at the steps that the claims about the whole gradient say."""
    if analysis.reads is not Reads.LAST:
        return True  # several steps may be read, and the bounds of all are added
    store, adjoints = _adjoints(cell, numbers, seed)
    kept = in_range(cell, store)
    with torch.no_grad():
        for t, later, now in zip(reversed(cell.times), adjoints, adjoints[1:], strict=False):
            for own, carried in zip(now, back(cell, store, t, later), strict=True):
                size = torch.maximum(own.abs(), carried.abs()).reshape(-1, own.shape[-1]).amax(dim=0)
                gap = torch.where((own - carried).isfinite(), own - carried, 0.0).abs()  # the loss may be log h
                if not bool((gap <= CLOSE * (1 + size.nan_to_num()))[..., kept].all()):
                    return False
    return True


def in_range(cell: Unrolled, store: Store) -> Array:
    """The points at which no state is beyond LARGE: there an exponential in a branch that is not taken overflows."""
    found = [store.slices[s.name][t] for s in cell.jacobian.states for t in cell.times]
    return torch.cat([a.reshape(-1, a.shape[-1]).abs() for a in found]).amax(dim=0) <= LARGE


def _adjoints(cell: Unrolled, numbers: Numbers, seed: int) -> tuple[Store, list[list[Array]]]:
    """The adjoints of the states under the loss of the model, from the last step back, and the store of the run."""
    store, points = cell.store(numbers), next(iter(numbers.values())).shape[-1]
    generator = torch.Generator().manual_seed(seed)
    for name, node in inputs(cell.derivation.model).items():
        if name not in {leaf.name for leaf in cell.leaves}:  # the partials of an abstract loss
            store.put(name, sampled((*cell.passes.shape(node), points), "real", generator), cell.passes.ranges(node))
    read = []
    for t in cell.times:
        read.append(cell.before(store, t, points))
        cell.step(store, t)
    read.append(cell.before(store, cell.times[-1] + cell.stage.direction, points))
    for stage in cell.later:
        cell.passes.compute(stage, store)
    loss = store.whole(str(cell.derivation.loss))
    loss = linked(loss) if not loss.requires_grad else loss
    seen = iter(gradients([loss], [v for values in read for v in values], [torch.ones_like(loss)]))
    return store, [[next(seen) for _ in values] for values in read][::-1]


def back(cell: Unrolled, store: Store, t: int, adjoints: list[Array], change: Change = unchanged) -> list[Array]:
    """The adjoints one step earlier, by the derived Jacobian at time t; by the sizes of its terms their sizes."""
    found = []
    for column in zip(*cell.jacobian.entries, strict=True):
        parts = [_times(cell.formula(e, store, t, change), a) for e, a in zip(column, adjoints, strict=True)]
        found.append(torch.stack(parts).sum(dim=0))
    return found


def _times(block: Array, adjoint: Array) -> Array:
    """The transpose of a block times an adjoint: their product, summed over the indices of what is differentiated."""
    axes = adjoint.dim() - 1
    rest = block.dim() - 1 - axes
    product = block * adjoint.reshape(*adjoint.shape[:-1], *[1] * rest, adjoint.shape[-1])
    return product.sum(dim=list(range(axes))) if axes else product
