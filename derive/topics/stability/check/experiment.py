"""Backpropagation through random cells whose recurrent weights are scaled until a measure takes given values.

It gives the adjoints of the states at every distance from the end, and what each step adds to the gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from sympy import Expr, Integer, Symbol

from derive.chain.derivation import Derivation
from derive.check.gradients import Array
from derive.expressions.norms import value
from derive.model.sizes import fitting
from derive.topics.stability.check.fixed_point import fixed_point
from derive.topics.stability.check.flow import LAST, Blocks, GradientFlow
from derive.topics.stability.check.norms import measure, radius
from derive.topics.stability.check.random_cells import RandomCells
from derive.topics.stability.check.unrolled import Numbers, Unrolled
from derive.topics.stability.conditions import Analysis, Condition

TARGETS = (0.9, 1.0, 1.1, 30.0)  # inside, on, outside, and far outside of a claim that compares with 1
SIZE = 3  # of every dimension but time


def lengths(analysis: Analysis, steps: int) -> dict[Symbol, int]:
    """Sizes that give the recurrence at least `steps` time steps."""
    index = analysis.jacobian.index
    length, found = index.upper - index.lower + 1, steps
    names = [s for s in length.free_symbols if isinstance(s, Symbol)]
    while names and (short := steps - length.xreplace(dict.fromkeys(names, Integer(found)))) > 0:
        found += int(short)
    return dict.fromkeys(names, found)


def sizes(derivation: Derivation, analysis: Analysis, steps: int) -> dict[Symbol, int]:
    """Sizes for at least `steps` time steps, small in every other dimension."""
    chosen = dict.fromkeys(derivation.model.sizes, SIZE) | lengths(analysis, steps)
    return fitting(derivation.model, chosen, {})


class Experiment:
    """Runs one recurrence forward and back on random cells, once for each measure of its conditions."""

    def __init__(self, derivation: Derivation, analysis: Analysis, seed: int):
        self.analysis, self.where = analysis, dict(analysis.where)
        self.cell = Unrolled(derivation, analysis.jacobian, sizes(derivation, analysis, LAST))
        self.drawn = RandomCells(self.cell, TARGETS, seed)
        self._kept: dict[Expr, GradientFlow] = {}

    def of(self, condition: Condition) -> GradientFlow:
        """The flow for a condition's measure; conditions with the same measure share it."""
        if condition.measure not in self._kept:
            flow = self._local(condition) if condition.strength == "local" else self._general(condition)
            self._kept[condition.measure] = flow
        return self._kept[condition.measure]

    def measure(self, expr: Expr, numbers: Numbers) -> Array:
        """The value of a measure at every point, shape (points,)."""
        points = next(iter(numbers.values())).shape[-1]
        return measure(expr, self.cell.store(numbers), self.cell.passes.values, self.where, points)

    def run(self, numbers: Numbers, valid: Array) -> GradientFlow:
        """Run the cells forward, and carry a basis of adjoints of the last states back, so that the factors are known.

        All else is linear in the adjoint at the end: that of a random one is a sum over the basis.
        """
        points, states = len(valid), self.cell.jacobian.states
        shapes = [self.cell.shape(s) for s in states]
        sizes = [prod(shape) for shape in shapes]
        basis = torch.eye(sum(sizes), dtype=torch.float64).unsqueeze(-1).expand(-1, -1, points)
        finals = [[e.reshape(*own, points) for e, own in zip(b.split(sizes), shapes, strict=True)] for b in basis]
        back = self.cell.carried(numbers, finals, self.drawn.shared)
        factor = torch.stack([torch.stack([_flat(at, points) for at in adjoints]) for adjoints, _ in back], dim=1)
        nothing = torch.zeros(1, points, dtype=torch.float64)
        added = torch.stack([torch.stack([torch.cat([nothing, _flat(at, points)]) for at in p]) for _, p in back])
        chosen = self.drawn.normal((sum(sizes),), points)
        adjoint = torch.einsum("ip,kijp->kjp", chosen, factor)
        parts = torch.einsum("ip,iknp->knp", chosen, added)
        order = 2 if self.analysis.order == "2" else 1  # a bound of rows of J is one of columns of its transpose
        carried = torch.cat([factor.movedim(1, 0), adjoint.unsqueeze(0)])
        norms = torch.stack([_norm(part, order) for part in carried.split(sizes, dim=2)], dim=2)
        return GradientFlow(factor, norms[-1], parts, Blocks(norms, self._bound(numbers)), valid, order)

    def bounded(self) -> bool:
        """True if no step back multiplied the norms of adjoints by more than the bounds allow, in any run."""
        if not self._kept and self.analysis.bound is not None and self.analysis.silence is None:  # nothing is claimed
            numbers = self.drawn.scaled(2.0 ** (torch.arange(self.drawn.points) % 4 - 1))
            numbers = numbers | self.cell.starts(numbers, self.drawn.points)
            return bool(self.run(numbers, torch.ones(self.drawn.points, dtype=torch.bool)).bounded.all())
        return all(bool((flow.bounded | ~flow.valid).all()) for flow in self._kept.values())

    def _general(self, condition: Condition) -> GradientFlow:
        """The flow in cells at rest, nearly at rest, or driven by inputs; and at a fixed point, if there is one."""
        numbers, valid = self.drawn.base, torch.ones(self.drawn.points, dtype=torch.bool)
        if not value(condition.measure).is_number:  # else it is a claim that no weight can change
            numbers, valid = self.drawn.on_target(lambda at: self.measure(condition.measure, at))
        numbers = numbers | self.cell.starts(numbers, self.drawn.points)
        if self.where or condition.strength == "exact":  # inputs are part of the measure, or do not matter at all
            return self.run(numbers, valid)
        fixed, good = fixed_point(self.cell, numbers, self.drawn.resting())
        both = {k: torch.cat([v, fixed[k]], dim=-1) for k, v in numbers.items()}
        return self.run(both, torch.cat([valid, valid & good]))

    def _local(self, condition: Condition) -> GradientFlow:
        """The flow at a fixed point; the measure is the spectral radius of the derived Jacobian there."""
        starts = self.drawn.resting()

        def measured(numbers: Numbers) -> Array:
            store = self.cell.store(fixed_point(self.cell, numbers, starts)[0])
            self.cell.step(store, self.cell.times[0])
            block = self.cell.formula(self.analysis.jacobian.entries[0][0], store, self.cell.times[0]).detach()
            n = int(block[..., 0].numel() ** 0.5)
            return radius(block.expand(*block.shape[:-1], self.drawn.points).reshape(n, n, -1))

        numbers, valid = self.drawn.on_target(measured, proportional=True)
        fixed, good = fixed_point(self.cell, numbers, starts)
        return self.run(fixed, valid & good & (self.drawn.targets < 2))  # held at 30 it would drift away at once

    def _bound(self, numbers: Numbers) -> Array | None:
        """The matrix of bounds in numbers, shape (states, states, points); None if nothing is bounded."""
        if self.analysis.bound is None or self.analysis.silence is not None:
            return None
        n = len(self.cell.jacobian.states)
        return torch.stack([self.measure(e, numbers) for e in self.analysis.bound]).reshape(n, n, -1)


def _flat(arrays: Sequence[Array], points: int) -> Array:
    """Arrays of shape (..., points) as one, of shape (numbers, points)."""
    found = [a.reshape(-1, points) for a in arrays]
    return torch.cat(found) if found else torch.zeros(0, points, dtype=torch.float64)


def _norm(array: Array, order: int) -> Array:
    """The norm of vectors of shape (finals, distances, n, points)."""
    return torch.linalg.vector_norm(array, order, dim=2)
