"""Derivatives inside definitions against autograd alone: their formulas are used neither for values nor for slopes.

The model is evaluated with every derivative computed by `torch.autograd.grad(..., create_graph=True)`; the values of
the derivatives and the gradients of the leaves must be those of the derivation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch

from derive.chain.derived import Derived
from derive.check.compare import Array, relative
from derive.check.gradients import gradients
from derive.check.report import Report, Row
from derive.check.rounding import adjoint_sizes
from derive.check.samples import SEEDS, Sample, fill, over_samples
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes, inputs
from derive.evaluate.store import Store
from derive.expressions.symbols import Partial
from derive.model.model import Node
from derive.topics.derivatives.page import COMPARED
from derive.topics.jacobian.check.compare import Evaluation, worst
from derive.topics.jacobian.jacobian import Jacobian

POINTS = 5


class Differentiating(Passes):
    """The passes in which a derivative is what autograd computes from the values, and can be differentiated again."""

    def _family(self, node: Node, store: Store) -> None:
        if node.derivative is None:
            super()._family(node, store)
            return
        of, wrt = map(store.whole, node.derivative)
        store.put(node.name, differentiable(of, wrt), [(a, b) for _, a, b in self.own(node)])


def differentiable(of: Array, wrt: Array) -> Array:
    """The derivative of every element of `of`, as part of autograd's own graph. Shape (*of, *wrt, points)."""
    rows = [_row(row, wrt) for row in of.reshape(-1, of.shape[-1])]
    return torch.stack(rows).reshape(*of.shape[:-1], *wrt.shape)


def _row(of: Array, wrt: Array) -> Array:
    grad = torch.autograd.grad(of.sum(), wrt, create_graph=True, allow_unused=True)[0] if of.requires_grad else None
    return torch.zeros_like(wrt) if grad is None else grad


def compare(found: Sequence[Jacobian], derived: Derived) -> Report:
    """Compare the lines of all derivatives, their values, and the gradients of all leaves through them."""
    report = over_samples(derived.derivation, derived.sizes, SEEDS, POINTS, partial(_rows, found))
    return Report(report.own, notes=(COMPARED,), listed=False)


def _rows(found: Sequence[Jacobian], sample: Sample) -> Iterator[Row]:
    passes, ours = sample.passes, sample.store()
    with torch.no_grad():
        passes.forward(ours)
        passes.backward(ours)
        sizes = adjoint_sizes(passes, ours)
    theirs = Store(passes.backend)
    leaves = {name: array.detach().clone().requires_grad_() for name, array in sample.numbers.items()}
    with torch.enable_grad():
        by_autograd = Differentiating(sample.derivation, sample.sizes, TorchBackend())
        by_autograd.forward(fill(theirs, by_autograd, leaves))
    for one in found:
        (node,) = (n for n in sample.derivation.model.nodes.values() if n.derivative == (one.of.name, one.wrt.name))
        yield Row(one.symbol, *_value(sample, one, theirs.whole(node.name).detach(), ours))
    yield from _gradients(sample, theirs, ours, sizes, leaves)


def _value(sample: Sample, one: Jacobian, truth: Array, store: Store) -> tuple[int, float, str]:
    """The lines of a derivative, which its definition ends with, against autograd's."""
    return truth.numel(), *worst(sample, one, truth, Evaluation(store, one.indices))


def _gradients(
    sample: Sample, theirs: Store, ours: Store, sizes: Store, leaves: dict[str, Array]
) -> Iterator[Row]:  # fmt: skip
    """The gradient of every leaf that has one; second derivatives are in it."""
    d = sample.derivation
    wanted = [n for n in inputs(d.model).values() if n.name in d.adjoints and n.name in leaves]
    if not wanted:
        return
    loss = theirs.whole(d.model.loss.name)
    grads = gradients([loss], [leaves[n.name] for n in wanted], [torch.ones_like(loss)])
    good = torch.isfinite(loss).reshape(-1, loss.shape[-1]).all(dim=0).expand(sample.points)
    for node, truth in zip(wanted, grads, strict=True):
        name = f"adjoint {node.name}"
        error = relative(ours.whole(name), truth, good, terms=lambda: sizes.whole(name).expand_as(truth))  # noqa: B023
        yield Row(Partial(d.loss, node.generic), truth.numel(), error, "with create_graph=True")
