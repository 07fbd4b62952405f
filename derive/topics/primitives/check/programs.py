"""Is a program of primitive operations the model that it was written from? Values and gradients at random points.

The program is evaluated forward, and its derived adjoints backward, end to end; compared are all values with the
model's own, and all gradients with those of torch.autograd on the model.
"""

from __future__ import annotations

import torch
from sympy import Expr

from derive.chain.derivation import Derivation
from derive.check.autograd import Truth
from derive.check.report import Report, Row
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Sweeps, cotangents, leaves
from derive.evaluate.store import Store
from derive.expressions.symbols import Partial

Array = torch.Tensor
ROUNDS = range(1, 5)  # what the sizes are in turn


def compare(written: Derivation, original: Derivation, points: int = 200, seed: int = 0) -> Report:
    """One row for each value and each gradient: the program against the model that it was written from."""
    report: Report | None = None
    sizes = original.model.sizes
    for n in ROUNDS if sizes else ROUNDS[:1]:
        chosen = {s: 1 + (n - 1 + 2 * k) % len(ROUNDS) for k, s in enumerate(sizes)}
        truth = Truth(original, Sweeps(original, chosen, TorchBackend()), points, seed + n)
        found = _round(Sweeps(written, chosen, TorchBackend()), truth)
        report = found if report is None else report.merged(found)
    assert report is not None
    return report


@torch.no_grad()
def _round(sweeps: Sweeps, truth: Truth) -> Report:
    store = Store(sweeps.backend)
    for node in leaves(sweeps.model):
        store.put(node.name, truth.store.whole(node.name).detach(), sweeps.ranges(node))
    for name, node in cotangents(sweeps.model):
        store.put(name, truth.store.whole(name).detach(), sweeps.ranges(node))
    sweeps.forward(store)
    sweeps.backward(store)
    model, d = truth.derivation.model, truth.derivation
    rows: list[tuple[Expr, str]] = [(n.generic, n.name) for n in model.nodes.values() if not n.is_leaf]
    reached = [name for name in d.wanted if name in d.adjoints]
    rows += [(Partial(d.loss, model.nodes[name].generic), f"adjoint {name}") for name in reached]
    known = {f"adjoint {name}" for name in sweeps.derivation.adjoints} | sweeps.model.nodes.keys()
    found = []
    for quantity, key in rows:
        theirs = truth.store.whole(key)
        found.append(_row(quantity, store.whole(key) if key in known else torch.zeros_like(theirs), theirs, truth))
    return Report(tuple(found))


def _row(quantity: Expr, ours: Array, theirs: Array, truth: Truth) -> Row:
    """The worst relative error at the points where the model exists."""
    error = ((ours - theirs).abs() / theirs.abs().clamp(min=1.0)).expand(*theirs.shape[:-1], truth.points)
    kept = error[..., truth.finite]
    return Row(quantity, kept.numel(), float(kept.max()) if kept.numel() else 0.0)
