"""One choice of random sizes and numbers, at which Jacobians and Hessians are compared with autograd's."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce

import torch
from sympy import Expr, Idx, Symbol

from derive.chain.derivation import Derivation
from derive.check.report import Report, Row
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Sweeps, cotangents, leaves
from derive.evaluate.store import Store
from derive.model.model import Node

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


def relative(value: Array, truth: Array) -> float:
    """The worst |a - b| / max(1, |b|); infinite where something is no number."""
    error = float(((value - truth).abs() / truth.abs().clamp(min=1.0)).max())
    return error if error == error else float("inf")


def report(
    d: Derivation,
    sizes: Mapping[Symbol, int],
    draws: range,
    points: int,
    rows: Callable[[Draw], Iterator[Row]],
    fits: Callable[[Draw], bool] = lambda draw: True,
) -> Report:
    """The rows of all draws together whose sizes fit."""
    found: list[Report] = []
    for draw in filter(fits, (Draw(d, sizes, seed, points) for seed in draws)):
        names = tuple((str(s), k) for s, k in draw.sizes.items())
        found.append(Report(tuple(rows(draw)), (names,) if names else (), points))
    return reduce(Report.merged, found)


SPREAD = 1.25  # samples are uniform in [-SPREAD, SPREAD]: both sides of every kink, and T = 50 stays in range


def with_sum(values: Array, total: float, domain: str, unit: Array) -> Array:
    """The samples with a given sum over the last index: moved, scaled where they are positive, one-hot where binary.

    Shape (*indices, points), as `unit`, the uniform numbers that the samples are made from.
    """
    if domain == "binary":
        return (unit == unit.amax(dim=-2, keepdim=True)).to(unit.dtype)
    found = values.sum(dim=-2, keepdim=True)
    return values + (total - found) / values.shape[-2] if domain == "real" else values * total / found


def sampled(shape: tuple[int, ...], domain: str, generator: torch.Generator, sums_to: Expr | None = None) -> Array:
    """Random numbers of a domain: on both sides of every kink, and so small that long products stay in range."""
    unit = torch.rand(shape, generator=generator, dtype=torch.float64)
    values = {
        "real": (2 * unit - 1) * SPREAD,
        "positive": 0.25 + 1.5 * unit,
        "probability": 0.02 + 0.96 * unit,
        "binary": (unit > 0.5).to(unit.dtype),
        "nonzero": torch.where(unit > 0.5, 0.25 + unit, unit - 1.25),
    }[domain]
    return values if sums_to is None else with_sum(values, float(sums_to), domain, unit)
