"""Jacobians against torch.autograd; Hessians and their products with a vector against torch.func.

Random sizes from 1 to 6, random numbers in float64. Every line of every chain is evaluated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from sympy import Expr, Idx, IndexedBase, Symbol

from derive.analysis.between import Jacobian
from derive.analysis.second import Along, Block, Hessian
from derive.derivation import Derivation
from derive.errors import ShapeError
from derive.model import Node
from derive.norms import InOrder, Transposed
from derive.partials import Tangent
from derive.store import Store
from derive.sweeps import Sweeps, cotangents, leaves
from derive.verification.matrices import Evaluator
from derive.verification.report import Report, Row
from derive.verification.torch_backend import TorchBackend
from derive.verification.trial import jacobian as autograd
from derive.verification.truth import sampled

Array = torch.Tensor
V = IndexedBase("v")
QUADRATIC = InOrder(Transposed(V), IndexedBase("H"), V)
LEAST = Symbol("lamda_min", real=True)
DRAWS = range(8)  # seeds, each with sizes of its own
POINTS = 5
LARGEST = 6  # of a size that is left symbolic


class Draw:
    """One choice of sizes, and random numbers for the leaves at a few points."""

    def __init__(self, d: Derivation, given: Mapping[Symbol, int], seed: int, points: int):
        rng, self.generator = random.Random(seed), torch.Generator().manual_seed(seed)
        self.derivation, self.points = d, points
        self.sizes = {s: given[s] if s in given else rng.randint(1, LARGEST) for s in d.model.sizes}
        self.sweeps = Sweeps(d, self.sizes, TorchBackend())
        self.numbers = {n.name: self.random(n, n.domain) for n in leaves(d.model)}
        self.partials = {name: (node, self.random(node)) for name, node in cotangents(d.model)}

    def random(self, node: Node, domain: str = "real") -> Array:
        """Numbers in the shape of a family."""
        return sampled((*self.shape(node), self.points), domain, self.generator)

    def shape(self, node: Node) -> tuple[int, ...]:
        """How many elements a family has along each axis."""
        return tuple(b - a + 1 for a, b in self.sweeps.ranges(node))

    def store(self, numbers: Mapping[str, Array]) -> Store:
        """A store with the leaves."""
        store = Store(self.sweeps.backend)
        for leaf in leaves(self.derivation.model):
            store.put(leaf.name, numbers[leaf.name], self.sweeps.ranges(leaf))
        for name, (node, value) in self.partials.items():
            store.put(name, value, self.sweeps.ranges(node))
        return store

    def value(self, expr: Expr, store: Store, indices: Sequence[Expr], fixed: Mapping[Idx, int] | None = None) -> Array:
        """An expression over the ranges of its own indices."""
        ranges = [
            (i, self.sweeps.number(i.lower), self.sweeps.number(i.upper))
            for i in indices
            if isinstance(i, Idx) and i not in (fixed or {})
        ]
        with torch.no_grad():
            found: Array = self.sweeps.partials.evaluate(expr, store, ranges, dict(fixed or {}))
        return found

    def worst(
        self, found: Jacobian | Block, truth: Array, store: Store, value: Callable[[Expr], Array]
    ) -> tuple[float, str]:
        """The worst relative error of all lines and of the matrix form, and where it is."""
        worst, where = 0.0, ""
        for number, expr in enumerate((line.expr for line in found.lines), 1):
            error = float(((value(expr) - truth).abs() / truth.abs().clamp(min=1.0)).max())
            if not error <= worst:
                worst, where = (error if error == error else float("inf")), f"line {number}"
        error = self.matrix(found.matrix, truth, store) if found.matrix is not None else 0.0
        return (worst, where) if error <= worst else (error, "the matrix form")

    def matrix(self, form: Expr, truth: Array, store: Store) -> float:
        """The relative error of a matrix form; infinite where its shape is another."""
        try:
            with torch.no_grad():
                value = Evaluator(self.sweeps, store, torch.ones(self.points)).value(form, ())
                wanted = truth.movedim(-1, 0).reshape(-1, *value.shape[-2:])[: len(value)]
                error = float(((value - wanted).abs() / wanted.abs().clamp(min=1.0)).max())
        except (ShapeError, RuntimeError):
            return float("inf")
        return error if error == error else float("inf")


def verify_jacobian(d: Derivation, found: Jacobian, sizes: Mapping[Symbol, int], draws: range = DRAWS) -> Report:
    """Every line of a Jacobian against autograd's, for random sizes."""
    return _report(d, sizes, draws, POINTS, lambda draw: iter([_jacobian_row(draw, found)]))


def _jacobian_row(draw: Draw, found: Jacobian) -> Row:
    stage = next(s for s in draw.derivation.stages if found.of.name in s.families)
    axis = stage.time.get(found.of.name)
    store = draw.store(draw.numbers)
    draw.sweeps.forward(store)
    if axis is None:
        of, wrt = _recomputed(draw, found)
        fixed: dict[Idx, int] = {}
    else:
        first, last = draw.sweeps.span(stage)
        t = random.Random(draw.points + last).randint(first, last)
        fixed = {found.of.indices[axis]: t}
        of, wrt = _one_step(draw, found, store, t)
    truth = autograd(of, wrt)
    own = [*found.entry.of.indices] if found.of.indices else []
    own += [*found.entry.wrt.indices] if found.wrt.indices else []
    worst, where = draw.worst(found, truth, store, lambda e: draw.value(e, store, own, fixed))
    return Row(found.symbol, truth.numel(), worst, where)


def _recomputed(draw: Draw, found: Jacobian) -> tuple[Array, Array]:
    """The model once more, `wrt` a variable of its own."""
    store, sweeps = draw.store(draw.numbers), draw.sweeps
    for stage in draw.derivation.stages:
        sweeps.compute(stage, store)
        if found.wrt.name in stage.families:
            wrt = _variable(store.whole(found.wrt.name), draw.points)
            store.put(found.wrt.name, wrt, sweeps.ranges(found.wrt))
    return store.whole(found.of.name), wrt


def _one_step(draw: Draw, found: Jacobian, store: Store, t: int) -> tuple[Array, Array]:
    """One step of the recurrence once more, everything before it held fixed."""
    stage, sweeps = next(s for s in draw.derivation.stages if found.of.name in s.families), draw.sweeps
    name, earlier = found.wrt.name, t - stage.direction
    wrt = None
    if name not in stage.time:
        wrt = _variable(store.whole(name), draw.points)
        store.put(name, wrt, sweeps.ranges(found.wrt))
    elif found.earlier:
        wrt = _variable(store.slices[name][earlier], draw.points, found, sweeps)
        store.put_slice(name, earlier, wrt)
    for family in stage.families:
        node = draw.derivation.model.nodes[family]
        _, idx, law, own, _, _ = sweeps.law(node, stage.time[family])
        store.put_slice(family, t, law(store, own, {idx: t}))
        if family == name and not found.earlier:
            wrt = _variable(store.slices[family][t], draw.points)
            store.put_slice(family, t, wrt)
    assert wrt is not None
    return store.slices[found.of.name][t], wrt


def _variable(value: Array, points: int, found: Jacobian | None = None, sweeps: Sweeps | None = None) -> Array:
    """The numbers as a variable of its own at every point, a start value at every element."""
    shape: tuple[int, ...] = tuple(value.shape[:-1])
    if found is not None and sweeps is not None:
        own = [i for i in found.entry.wrt.indices if isinstance(i, Idx)]
        shape = tuple(sweeps.number(i.upper) - sweeps.number(i.lower) + 1 for i in own)
    return value.detach().expand(*shape, points).clone().requires_grad_()


# second order


def verify_hessian(d: Derivation, found: Hessian, sizes: Mapping[Symbol, int], draws: range = DRAWS) -> Report:
    """Every line of every block, and H v, against torch.func.hessian and the jvp of torch.func.grad."""
    return _report(d, sizes, draws, 1, lambda draw: _second(draw, found))


def _second(draw: Draw, found: Hessian) -> Iterator[Row]:
    store = draw.store(draw.numbers)
    with torch.no_grad():
        draw.sweeps.forward(store)
        draw.sweeps.backward(store)
    values = [store.whole(w.name).expand(*draw.shape(w), 1).squeeze(-1) for w in found.wrt]
    loss, slots = _loss(draw, found), tuple(range(len(values)))
    truth = torch.func.hessian(loss, slots)(*values)
    for row, true_row in zip(found.blocks, truth, strict=True):
        for block, true in zip(row, true_row, strict=True):
            yield _block(draw, block, store, true.unsqueeze(-1))
    directions = [draw.random(w) for w in found.wrt]
    moved = tuple(v.squeeze(-1) for v in directions)
    product = torch.func.jvp(torch.func.grad(loss, slots), tuple(values), moved)[1]
    yield from _products(draw, found, store, directions, product)
    if found.squares:
        yield _quadratic(draw, found, store, sum(float((a * b).sum()) for a, b in zip(moved, product, strict=True)))
        yield _eigenvalue(truth)


def _loss(draw: Draw, found: Hessian) -> Callable[..., Array]:
    """The loss as a function of the parameters alone."""

    def loss(*values: Array) -> Array:
        given = {w.name: v.unsqueeze(-1) for w, v in zip(found.wrt, values, strict=True)}
        store = draw.store(draw.numbers | given)
        for stage in draw.derivation.stages:
            draw.sweeps.compute(stage, store)
            for name in given.keys() & set(stage.families):
                store.put(name, given[name], draw.sweeps.ranges(draw.derivation.model.nodes[name]))
        total: Array = store.whole(draw.derivation.model.loss.name).sum()
        return total

    return loss


def _block(draw: Draw, block: Block, store: Store, truth: Array) -> Row:
    own = [*block.of.indices, *(block.entry.wrt.indices if block.wrt.indices else ())]
    worst, where = draw.worst(block, truth, store, lambda e: draw.value(e, store, own))
    return Row(block.symbol, truth.numel(), worst, where)


def _products(
    draw: Draw, found: Hessian, store: Store, directions: Sequence[Array], truth: Sequence[Array]
) -> Iterator[Row]:
    for element, w, value in zip(found.directions, found.wrt, directions, strict=True):
        store.put(str(getattr(element, "base", element)), value, draw.sweeps.ranges(w))
    for along in found.along:
        name = f"along {along.node.name}"
        value = draw.value(along.computed, store, along.node.indices)
        store.put(name, value, [(draw.sweeps.number(i.lower), draw.sweeps.number(i.upper)) for i in along.node.indices])
    for w, true in zip(found.wrt, truth, strict=True):
        last = next((a for a in found.along if a.node.name == f"adjoint {w.name}"), None)
        yield _product(store, last, w, true.unsqueeze(-1))


def _product(store: Store, along: Along | None, w: Node, truth: Array) -> Row:
    value = store.whole(f"along adjoint {w.name}") if along is not None else torch.zeros_like(truth)
    error = float(((value - truth).abs() / truth.abs().clamp(min=1.0)).max())
    target = along.target if along is not None else Tangent(w.generic)
    return Row(target, truth.numel(), error if error == error else float("inf"))


def _quadratic(draw: Draw, found: Hessian, store: Store, truth: float) -> Row:
    """v^T H v as the sum of squares."""
    value = sum(float(draw.value(s.term.expr, store, ())) for s in found.squares)
    return Row(QUADRATIC, 1, abs(value - truth) / max(1.0, abs(truth)))


def _eigenvalue(truth: Sequence[Sequence[Array]]) -> Row:
    """How far the least eigenvalue of autograd's Hessian lies below 0, relative to the largest."""
    sizes = [int(row[n].numel() ** 0.5) for n, row in enumerate(truth)]
    rows = [torch.cat([b.reshape(n, -1) for b in row], 1) for n, row in zip(sizes, truth, strict=True)]
    found = torch.linalg.eigvalsh(torch.cat(rows))
    return Row(LEAST, len(found), max(0.0, -float(found[0])) / max(1.0, float(found[-1])))


def _report(
    d: Derivation, sizes: Mapping[Symbol, int], draws: range, points: int, rows: Callable[[Draw], Iterator[Row]]
) -> Report:
    """The rows of all draws together."""
    report: Report | None = None
    for seed in draws:
        draw = Draw(d, sizes, seed, points)
        names = tuple((str(s), k) for s, k in draw.sizes.items())
        found = Report(tuple(rows(draw)), (names,) if names else (), points)
        report = found if report is None else report.merged(found)
    assert report is not None
    return report
