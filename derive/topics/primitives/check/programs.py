"""Compares a program of primitive operations with the model that it was written from, at random points.

The program is evaluated forward, and its derived adjoints backward, from end to end. All values are compared with those
of the model, and all gradients with those of torch.autograd on the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import torch
from sympy import Expr

from derive.chain.derivation import Derivation
from derive.check.autograd import AutogradValues
from derive.check.compare import relative
from derive.check.report import Report, Row
from derive.check.rounding import adjoint_sizes, definition_terms
from derive.check.samples import fill, sizes_in_turn
from derive.check.threads import one_thread
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes, inputs
from derive.evaluate.store import Store
from derive.expressions.symbols import Partial
from derive.model.sizes import fitting

Array = torch.Tensor
ROUNDS = 4  # choices of sizes


@one_thread()
def compare(written: Derivation, original: Derivation, points: int = 200, seed: int = 0) -> Report:
    """Return one row for each value and each gradient: the program against the model it was written from."""
    report, names = Report(), original.model.sizes
    for n in range(1, ROUNDS + 1 if names else 2):
        sizes = fitting(original.model, sizes_in_turn(names, n, ROUNDS), {})
        truth = AutogradValues(original, Passes(original, sizes, TorchBackend()), points, seed + n)
        report = report.merged(_round(Passes(written, sizes, TorchBackend()), truth))
    return report


@torch.no_grad()
def _round(passes: Passes, truth: AutogradValues) -> Report:
    numbers = {name: truth.store.whole(name).detach() for name in inputs(passes.model)}
    store = fill(Store(passes.backend), passes, numbers)
    return Report((*_values(passes, truth, store), *_gradients(passes, truth, store)))


def _values(passes: Passes, truth: AutogradValues, store: Store) -> Iterator[Row]:
    """Run the program forward. From what has been compared it goes on with the model's own numbers."""
    nodes = truth.derivation.model.nodes
    for stage in passes.derivation.stages:
        passes.compute(stage, store)
        for node in (nodes[name] for name in stage.families if name in nodes and not nodes[name].is_leaf):
            theirs = truth.store.whole(node.name).detach()
            size = partial(definition_terms, truth.passes, truth.store, node)
            yield _row(node.generic, store.whole(node.name), theirs, truth, size)
            if not stage.time:
                store.put(node.name, theirs, truth.passes.ranges(node))


def _gradients(passes: Passes, truth: AutogradValues, store: Store) -> Iterator[Row]:
    """Run the derived adjoints of the program backward, from end to end."""
    passes.backward(store)
    model, d = truth.derivation.model, truth.derivation
    both = cache(lambda: [adjoint_sizes(passes, store), adjoint_sizes(truth.passes, truth.store)])
    for node in (model.nodes[name] for name in d.wanted if name in d.adjoints):
        key = f"adjoint {node.name}"
        theirs = truth.store.whole(key)
        ours = store.whole(key) if node.name in passes.derivation.adjoints else torch.zeros_like(theirs)

        def size(key: str = key, like: Array = theirs) -> Array:
            return sum((s.whole(key).expand_as(like) for s in both() if key in s.low), torch.zeros_like(like))

        yield _row(Partial(d.loss, node.generic), ours, theirs, truth, size)


def _row(quantity: Expr, ours: Array, theirs: Array, truth: AutogradValues, size: Callable[[], Array]) -> Row:
    count = theirs[..., 0].numel() * truth.count
    return Row(quantity, count, relative(ours, theirs, truth.kept, terms=size))
