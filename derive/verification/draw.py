"""One choice of random sizes and numbers, at which Jacobians and Hessians are compared with autograd's."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from sympy import Expr, Idx, Symbol

from derive.derivation import Derivation, Line
from derive.errors import ShapeError
from derive.model import Node
from derive.store import Store
from derive.sweeps import Sweeps, cotangents, leaves
from derive.verification.matrices import Evaluator
from derive.verification.report import Report, Row
from derive.verification.torch_backend import TorchBackend
from derive.verification.truth import sampled

Array = torch.Tensor
DRAWS = range(8)  # seeds, each with sizes of its own
LARGEST = 6  # of a size that is left symbolic


class Draw:
    """One choice of sizes, and random numbers for the leaves at a few points."""

    def __init__(self, d: Derivation, given: Mapping[Symbol, int], seed: int, points: int):
        rng, self.generator = random.Random(seed), torch.Generator().manual_seed(seed)
        self.derivation, self.points = d, points
        self.sizes = {s: given[s] if s in given else rng.randint(1, LARGEST) for s in d.model.sizes}
        self.sweeps = Sweeps(d, self.sizes, TorchBackend())
        self.numbers = {n.name: self.random(n, n.domain, n.sums_to) for n in leaves(d.model)}
        self.partials = {name: (node, self.random(node)) for name, node in cotangents(d.model)}

    def random(self, node: Node, domain: str = "real", sums_to: Expr | None = None) -> Array:
        """Numbers in the shape of a family."""
        return sampled((*self.shape(node), self.points), domain, self.generator, sums_to)

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
        self, lines: Sequence[Line], form: Expr | None, truth: Array, store: Store, value: Callable[[Expr], Array]
    ) -> tuple[float, str]:
        """The worst relative error of all lines and of the matrix form, and where it is."""
        worst, where = 0.0, ""
        for number, expr in enumerate((line.expr for line in lines), 1):
            error = relative(value(expr), truth)
            if not error <= worst:
                worst, where = error, f"line {number}"
        error = self.matrix(form, truth, store) if form is not None else 0.0
        return (worst, where) if error <= worst else (error, "the matrix form")

    def matrix(self, form: Expr, truth: Array, store: Store) -> float:
        """The relative error of a matrix form; infinite where its shape is another."""
        try:
            with torch.no_grad():
                evaluator = Evaluator(self.sweeps, store, torch.ones(self.points, dtype=torch.bool))
                value = evaluator.value(form, ())
                wanted = truth.movedim(-1, 0).reshape(-1, *value.shape[-2:])[: len(evaluator.points)]
                return relative(value, wanted)
        except (ShapeError, RuntimeError):
            return float("inf")


def relative(value: Array, truth: Array) -> float:
    """The worst |a - b| / max(1, |b|); infinite where something is no number."""
    error = float(((value - truth).abs() / truth.abs().clamp(min=1.0)).max())
    return error if error == error else float("inf")


def report(
    d: Derivation, sizes: Mapping[Symbol, int], draws: range, points: int, rows: Callable[[Draw], Iterator[Row]]
) -> Report:
    """The rows of all draws together."""
    found: Report | None = None
    for seed in draws:
        draw = Draw(d, sizes, seed, points)
        names = tuple((str(s), k) for s, k in draw.sizes.items())
        one = Report(tuple(rows(draw)), (names,) if names else (), points)
        found = one if found is None else found.merged(one)
    assert found is not None
    return found
