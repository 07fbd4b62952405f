"""Hessians and their products with a vector against torch.autograd, which differentiates its own gradient.

Random sizes from 1 to 6, random numbers in float64. Every line of every block is evaluated. The sample points are
independent of each other: with a copy of every point for each element of the gradient, and another element taken at
each, one backward pass through the gradient gives all rows of the Hessian.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from sympy import Symbol

from derive.chain.derivation import Derivation
from derive.check.compare import LEAST as FEW
from derive.check.compare import relative
from derive.check.report import Report, Row
from derive.check.samples import SEEDS, Array, Sample, over_samples
from derive.evaluate.store import Store
from derive.expressions.indices import name_of
from derive.expressions.symbols import Partial, Tangent
from derive.topics.hessian.check.tangents import carry, regular
from derive.topics.hessian.definite import QUADRATIC
from derive.topics.hessian.hessian import Block, Hessian
from derive.topics.hessian.tangents import computed, stored_name
from derive.topics.jacobian.check.compare import Evaluation, worst

LEAST = Symbol("lamda_min", real=True)
POINTS = 2


def verify_hessian(d: Derivation, found: Hessian, sizes: Mapping[Symbol, int], seeds: range = SEEDS) -> Report:
    """Compare every line of every block, and H v, with the second derivatives of torch.autograd."""
    return over_samples(
        d, sizes, seeds, POINTS, lambda sample: _rows(sample, found), lambda sample: regular(sample, found.along)
    )


def _rows(sample: Sample, found: Hessian) -> Iterator[Row]:
    truth = autograd(sample, found)
    store = sample.store()
    with torch.no_grad():
        sample.passes.forward(store)
        sample.passes.backward(store)
        for carried in found.carried:
            carry(sample, carried, store)
    for blocks, row in zip(found.blocks, truth, strict=True):
        for block, true in zip(blocks, row, strict=True):
            yield _block(sample, block, store, true)
    directions = [sample.random(w) for w in found.wrt]
    product = [times(row, directions) for row in truth]
    yield from _products(sample, found, store, directions, product)
    if found.squares:
        yield _quadratic(sample, found, store, directions, product)
        yield _eigenvalue(truth)


def autograd(sample: Sample, found: Hessian) -> list[list[Array]]:
    """Return d^2 L / d w d u for all pairs, each of shape (*w, *u, points)."""
    shapes = [sample.passes.shape(w) for w in found.wrt]
    counts = [math.prod(s) for s in shapes]
    total, points = sum(counts), sample.points
    store = sample.store({name: n.repeat_interleave(total, -1) for name, n in sample.numbers.items()})
    values = sample.variables(found.wrt, store, points * total)
    gradient = _gradient(store.whole(sample.derivation.model.loss.name).sum(), values)
    flat = torch.cat([g.reshape(n, points, total) for g, n in zip(gradient, counts, strict=True)])
    rows = _gradient(flat.diagonal(dim1=0, dim2=2).sum(), values)
    turned = [r.reshape(*s, points, total).movedim(-1, 0) for r, s in zip(rows, shapes, strict=True)]
    cut = zip(*(r.detach().split(counts) for r in turned), strict=True)
    return [[part.reshape(*s, *part.shape[1:]) for part in row] for s, row in zip(shapes, cut, strict=True)]


def _gradient(of: Array, values: Sequence[Array]) -> list[Array]:
    """Return the gradient; it is zero with respect to what `of` does not depend on."""
    if not of.requires_grad:
        return [torch.zeros_like(v) for v in values]
    return list(torch.autograd.grad(of, values, create_graph=True, materialize_grads=True))


def times(row: Sequence[Array], directions: Sequence[Array]) -> Array:
    """Return one block row of H v: the sum over all elements of v, in each of its blocks."""
    pairs = zip(row, directions, strict=True)
    parts = ((true * v).reshape(*true.shape[: true.dim() - v.dim()], -1, v.shape[-1]).sum(-2) for true, v in pairs)
    return torch.stack(list(parts)).sum(0)


def _block(sample: Sample, block: Block, store: Store, truth: Array) -> Row:
    own = [*block.of.indices, *(block.entry.wrt.indices if block.wrt.indices else ())]

    at = Evaluation(store, own, {}, lambda expr: computed(expr, sample.derivation.loss))
    return Row(block.symbol, truth.numel(), *worst(sample, block, truth, at))


def _products(
    sample: Sample, found: Hessian, store: Store, directions: Sequence[Array], truth: Sequence[Array]
) -> Iterator[Row]:
    for symbol, w, value in zip(found.directions, found.wrt, directions, strict=True):
        store.put(name_of(symbol), value, sample.passes.ranges(w))
    with torch.no_grad():
        carry(sample, found.along, store)
    moved = {a.node.name for a in found.along}
    for w, true in zip(found.wrt, truth, strict=True):
        target = Tangent(Partial(sample.derivation.loss, w.generic))
        known = f"adjoint {w.name}" in moved
        value = store.whole(stored_name(target.args[0])) if known else torch.zeros_like(true)
        yield Row(target, true.numel(), relative(value, true))


def _quadratic(
    sample: Sample, found: Hessian, store: Store, directions: Sequence[Array], product: Sequence[Array]
) -> Row:
    """Return v^T H v as the sum of squares gives it."""
    value = torch.stack([sample.value(s.term.expr, store, ()).expand(sample.points) for s in found.squares]).sum(0)
    pairs = zip(directions, product, strict=True)
    truth = torch.stack([(v * h).reshape(-1, sample.points).sum(0) for v, h in pairs]).sum(0)
    return Row(QUADRATIC, sample.points, relative(value, truth))


def _eigenvalue(truth: Sequence[Sequence[Array]]) -> Row:
    """Return how far the least eigenvalue of autograd's Hessian lies below 0, relative to the largest."""
    sizes = [math.isqrt(math.prod(row[n].shape[:-1])) for n, row in enumerate(truth)]
    rows = [torch.cat([b.reshape(n, -1, b.shape[-1]) for b in row], 1) for n, row in zip(sizes, truth, strict=True)]
    found = torch.linalg.eigvalsh(torch.cat(rows).movedim(-1, 0))
    return Row(LEAST, found.numel(), float((-found[:, 0]).clamp(min=0).div(found.abs().amax(-1).clamp(min=FEW)).max()))
