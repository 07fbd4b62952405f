"""One choice of random sizes and numbers, at which Jacobians and Hessians are compared with autograd's."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import torch
from sympy import Expr, Idx, Symbol

from derive.chain.derivation import Derivation
from derive.check.report import Report, Row
from derive.check.torch_backend import TorchBackend
from derive.errors import ShapeError
from derive.evaluate.passes import Sweeps, cotangents, leaves
from derive.evaluate.store import Store
from derive.model.model import Node
from derive.topics.hessian.hessian import Block
from derive.topics.jacobian.in_matrices import InMatrices, Rows
from derive.topics.jacobian.jacobian import Jacobian
from derive.topics.matrix_form.check.evaluator import Evaluator

Array = torch.Tensor
DRAWS = range(8)  # seeds, each with sizes of its own
LARGEST = 6  # of a size that is left symbolic


class Numbers(NamedTuple):
    """Where the numbers of a formula are: the store, its own indices, those that are fixed, and how it is read."""

    store: Store
    own: Sequence[Expr]
    fixed: Mapping[Idx, int] = {}
    stored: Callable[[Expr], Expr] = lambda expr: expr


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

    def worst(self, found: Jacobian | Block, truth: Array, numbers: Numbers) -> tuple[float, str]:
        """The worst relative error of all lines and of the matrix form, and where it is."""
        worst, where = 0.0, ""
        for number, line in enumerate(found.lines, 1):
            error = relative(self.value(numbers.stored(line.expr), numbers.store, numbers.own, numbers.fixed), truth)
            if not error <= worst:
                worst, where = error, f"line {number}"
        error = self.matrix(found.form, truth, numbers) if found.form is not None else 0.0
        return (worst, where) if error <= worst else (error, "the matrix form")

    def matrix(self, form: InMatrices, truth: Array, numbers: Numbers) -> float:
        """The relative error of a matrix form, of every row of a batch; infinite where its shape is another."""
        at = [(i, n, n) for i, n in numbers.fixed.items()]
        wanted, lead = truth.movedim(-1, 0), 1
        if form.rows is not None:
            wanted, lead = self._each(form.rows, truth, numbers)
            if lead == 2:
                at.append((form.rows[0], *(self.sweeps.number(e) for e in (form.rows[0].lower, form.rows[0].upper))))
        try:
            with torch.no_grad():
                evaluator = Evaluator(self.sweeps, numbers.store, torch.ones(self.points, dtype=torch.bool))
                value = evaluator.value(form.matrix, at)
                return relative(value, wanted.reshape(*wanted.shape[:lead], *value.shape[-2:]))
        except (ShapeError, RuntimeError):
            return float("inf")

    def _each(self, rows: Rows, truth: Array, numbers: Numbers) -> tuple[Array, int]:
        """The entries where two rows are the same, points first, or rows and points; and how many axes these are."""
        above, below = rows
        letters = [i for i in numbers.own if i not in numbers.fixed]
        second = letters.index(below)
        if above in numbers.fixed:  # a time: only its own
            return truth.select(second, numbers.fixed[above] - self.sweeps.number(below.lower)).movedim(-1, 0), 1
        return truth.diagonal(dim1=letters.index(above), dim2=second).movedim((-1, -2), (0, 1)), 2


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
