"""Hessians and their products with a vector against torch.autograd, which differentiates its own gradient.

Random sizes from 1 to 6, random numbers in float64. Every line of every block is evaluated. The sample points are
independent of each other: with a copy of every point for each element of the gradient, and another element taken at
each, one backward pass through the gradient gives all rows of the Hessian.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial

import torch
from sympy import Symbol

from derive.chain.derivation import Derivation
from derive.check.compare import relative
from derive.check.report import Report, Row
from derive.check.rounding import adjoint_sizes, terms
from derive.check.samples import SEEDS, Array, Sample, over_samples
from derive.check.threads import one_thread
from derive.evaluate.store import Store
from derive.expressions.indices import name_of
from derive.expressions.symbols import Partial, Tangent
from derive.model.model import Node
from derive.topics.hessian.check.places import by_places
from derive.topics.hessian.check.tangents import carry, regular
from derive.topics.hessian.definite import QUADRATIC
from derive.topics.hessian.hessian import Block, Hessian
from derive.topics.hessian.tangents import computed, stored_name
from derive.topics.jacobian.check.compare import Evaluation, worst

LEAST = Symbol("lamda_min", real=True)
POINTS = 2
Sizes = Callable[[], Store]
Blocks = Sequence[Sequence[Array]]  # of shape (*w, *u, points)


@one_thread()
def verify_hessian(d: Derivation, found: Hessian, sizes: Mapping[Symbol, int], seeds: range = SEEDS) -> Report:
    """Compare every line of every block, and H v, with the second derivatives of torch.autograd."""
    return over_samples(
        d, sizes, seeds, POINTS, lambda sample: _rows(sample, found), lambda sample: regular(sample, found.along)
    )


def _rows(sample: Sample, found: Hessian) -> Iterator[Row]:
    truth = autograd(sample, found)
    store, directions = sample.store(), [sample.random(w) for w in found.wrt]
    with torch.no_grad():
        sample.passes.forward(store)
        sample.passes.backward(store)
        for carried in found.carried:
            carry(sample, carried, store)
    for added in (_sizes, _sizes_by_places):  # the second is looked at only where the first are too small
        sizes = cache(partial(added, sample, found, store, directions))
        rows = list(_compared(sample, found, store, truth, directions, sizes))
        if all(row.ok for row in rows):
            break
    yield from rows


def _compared(
    sample: Sample, found: Hessian, store: Store, truth: Blocks, directions: Sequence[Array], sizes: Sizes
) -> Iterator[Row]:  # fmt: skip
    for blocks, row in zip(found.blocks, truth, strict=True):
        for block, true in zip(blocks, row, strict=True):
            at = _evaluation(sample, block, store, sizes)
            yield Row(block.symbol, true.numel(), *worst(sample, block, true, at))
    product = [times(row, directions) for row in truth]
    yield from _products(sample, found, store, sizes, directions, product)
    if found.squares:
        yield _quadratic(sample, found, store, sizes, directions, product)
        yield _eigenvalue(truth, lambda: _entry_sizes(sample, found, truth, store, sizes))


@torch.no_grad()
def _sizes(sample: Sample, found: Hessian, values: Store, directions: Sequence[Array]) -> Store:
    """The same values, with the size of what every derivative adds up, from the loss and the parameters on."""
    store = adjoint_sizes(sample.passes, values)
    for symbol, w, value in zip(found.directions, found.wrt, directions, strict=True):
        store.put(name_of(symbol), value.abs(), sample.passes.ranges(w))
    for carried in (*found.carried, found.along):
        carry(sample, carried, store, terms)
    return store


@torch.no_grad()
def _sizes_by_places(sample: Sample, found: Hessian, values: Store, directions: Sequence[Array]) -> Store:
    """The same, with the size of what autograd adds up, and that of every block as a family of its own."""
    store = _sizes(sample, found, values, directions)
    for carried in by_places(sample.derivation, found):
        carry(sample, carried, store, terms)
    return store


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


def _evaluation(sample: Sample, block: Block, store: Store, sizes: Sizes) -> Evaluation:
    own = [*block.of.indices, *(block.entry.wrt.indices if block.wrt.indices else ())]
    return Evaluation(store, own, {}, lambda expr: computed(expr, sample.derivation.loss), sizes, block.symbol)


def _products(
    sample: Sample, found: Hessian, store: Store, sizes: Sizes, directions: Sequence[Array], truth: Sequence[Array]
) -> Iterator[Row]:
    for symbol, w, value in zip(found.directions, found.wrt, directions, strict=True):
        store.put(name_of(symbol), value, sample.passes.ranges(w))
    with torch.no_grad():
        carry(sample, found.along, store)
    for w, true in zip(found.wrt, truth, strict=True):
        value = _product(sample, w, lambda: store, true)
        size = partial(_product, sample, w, sizes, true)
        yield Row(_along_v(sample, w), true.numel(), relative(value, true, terms=size))


def _along_v(sample: Sample, w: Node) -> Tangent:
    return Tangent(Partial(sample.derivation.loss, w.generic))


def _product(sample: Sample, w: Node, store: Sizes, like: Array) -> Array:
    """Return the block of H v of one parameter; it is zero where no path leads."""
    name, known = stored_name(_along_v(sample, w).args[0]), store()
    return known.whole(name).expand_as(like) if name in known.low else torch.zeros_like(like)


def _quadratic(
    sample: Sample, found: Hessian, store: Store, sizes: Sizes, directions: Sequence[Array], product: Sequence[Array]
) -> Row:
    """Return v^T H v as the sum of squares gives it."""
    value = torch.stack([sample.value(s.term.expr, store, ()).expand(sample.points) for s in found.squares]).sum(0)

    def along(blocks: Iterable[Array]) -> Array:
        """The sum over all elements of v, times what is given for each."""
        parts = ((v * h).reshape(-1, sample.points).sum(0) for v, h in zip(directions, blocks, strict=True))
        return torch.stack(list(parts)).sum(0)

    def size() -> Array:
        blocks = zip(found.wrt, directions, product, strict=True)
        return along(_product(sample, w, sizes, h) * v.sign() for w, v, h in blocks)

    return Row(QUADRATIC, sample.points, relative(value, along(product), terms=size))


def _eigenvalue(truth: Blocks, sizes: Callable[[], Blocks]) -> Row:
    """Return how far the least eigenvalue of autograd's Hessian lies below 0.

    The error is relative to the largest one; rounding of the terms of which the entries are made is forgiven.
    """
    found = torch.linalg.eigvalsh(_as_matrix(truth).movedim(-1, 0))
    below, largest = (-found[:, 0]).clamp(min=0), found.abs().amax(-1)
    error = relative(largest - below, largest, terms=lambda: _as_matrix(sizes()).amax(dim=(0, 1)))
    return Row(LEAST, found.numel(), error)


def _entry_sizes(sample: Sample, found: Hessian, truth: Blocks, store: Store, sizes: Sizes) -> Blocks:
    """Return how large the terms are that the first line of every block adds up, in the shapes of the blocks."""
    pairs = (zip(*row, strict=True) for row in zip(found.blocks, truth, strict=True))
    return [[_evaluation(sample, b, store, sizes).added(sample, [b.lines[0].expr], t) for b, t in row] for row in pairs]


def _as_matrix(blocks: Blocks) -> Array:
    """Return the whole Hessian, shape (n, n, points), from its blocks (*w, *u, points)."""
    lengths = [math.isqrt(math.prod(row[n].shape[:-1])) for n, row in enumerate(blocks)]
    rows = [torch.cat([b.reshape(n, -1, b.shape[-1]) for b in row], 1) for n, row in zip(lengths, blocks, strict=True)]
    return torch.cat(rows)
