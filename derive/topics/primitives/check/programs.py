"""Compares a program of primitive operations with the model that it was written from, at random points.

The program is evaluated forward, and its derived adjoints backward, from end to end. All values are compared with those
of the model, and all gradients with those of torch.autograd on the model.
"""

from __future__ import annotations

import torch
from sympy import Expr

from derive.chain.derivation import Derivation
from derive.check.autograd import AutogradValues
from derive.check.compare import relative
from derive.check.report import Report, Row
from derive.check.samples import fill, sizes_in_turn
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes, inputs
from derive.evaluate.store import Store
from derive.expressions.symbols import Partial

Array = torch.Tensor
ROUNDS = 4  # choices of sizes


def compare(written: Derivation, original: Derivation, points: int = 200, seed: int = 0) -> Report:
    """Return one row for each value and each gradient: the program against the model it was written from."""
    report, names = Report(), original.model.sizes
    for n in range(1, ROUNDS + 1 if names else 2):
        sizes = sizes_in_turn(names, n, ROUNDS)
        truth = AutogradValues(original, Passes(original, sizes, TorchBackend()), points, seed + n)
        report = report.merged(_round(Passes(written, sizes, TorchBackend()), truth))
    return report


@torch.no_grad()
def _round(passes: Passes, truth: AutogradValues) -> Report:
    numbers = {name: truth.store.whole(name).detach() for name in inputs(passes.model)}
    store = fill(Store(passes.backend), passes, numbers)
    passes.forward(store)
    passes.backward(store)
    model, d = truth.derivation.model, truth.derivation
    rows: list[tuple[Expr, str]] = [(n.generic, n.name) for n in model.nodes.values() if not n.is_leaf]
    reached = [name for name in d.wanted if name in d.adjoints]
    rows += [(Partial(d.loss, model.nodes[name].generic), f"adjoint {name}") for name in reached]
    known = {f"adjoint {name}" for name in passes.derivation.adjoints} | passes.model.nodes.keys()
    found = []
    for quantity, key in rows:
        theirs = truth.store.whole(key)
        ours = store.whole(key) if key in known else torch.zeros_like(theirs)
        count = theirs[..., 0].numel() * truth.count
        found.append(Row(quantity, count, relative(ours, theirs, kept=truth.kept)))
    return Report(tuple(found))
