"""Backpropagation through random cells whose recurrent weights are scaled until a measure takes given values.

It gives the adjoints of the states at every distance from the end, and what each step adds to the gradients.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from sympy import Expr, Integer, Symbol

from derive.chain.derivation import Derivation
from derive.check.gradients import Array
from derive.topics.stability.check.fixed_point import fixed_point
from derive.topics.stability.check.norms import measure, radius
from derive.topics.stability.check.random_cells import RandomCells
from derive.topics.stability.check.unrolled import Numbers, Unrolled
from derive.topics.stability.conditions import Analysis, Condition
from derive.topics.stability.measurements import DISTANCES

TARGETS = (0.9, 1.0, 1.1, 30.0)  # inside, on, outside, and far outside of a claim that compares with 1
SIZE = 3  # of every dimension but time
LAST, HALF = DISTANCES[-1], DISTANCES[-1] // 2
TINY = 1e-140  # what is much smaller cannot be squared in float64
SLACK = 1e-9


class GradientFlow(NamedTuple):
    """How the gradient flows back through a run.

    `blocks` are the norms of the adjoints of each state, (distances + 1, states, points), `parts` what each step adds
    to the gradients, (distances, numbers, points), `bound` the bounds of one step, (states, states, points); `valid`
    says which points hit the target.
    """

    blocks: Array
    parts: Array
    bound: Array | None
    valid: Array

    @property
    def norms(self) -> Array:
        """The norms of the adjoints relative to that at the end, shape (distances + 1, points)."""
        total = self.blocks.sum(dim=1)
        return total / total[0]

    @property
    def sums(self) -> Array:
        """The size of the sum of the contributions of the last 1, 2, ... steps, shape (distances, points)."""
        return self.parts.cumsum(dim=0).abs().sum(dim=1)

    @property
    def largest(self) -> Array:
        """The size of the largest contribution of a step, shape (points,)."""
        return self.parts.abs().sum(dim=1).amax(dim=0)

    def rates(self) -> Array:
        """The mean factor by which one step multiplies the norm, over the far half of the distances."""
        far, near = self.norms[LAST], self.norms[HALF]
        return torch.where(near > 0, far / near, near) ** (1 / (LAST - HALF))

    @property
    def immediate(self) -> Array:
        """The largest contribution of a step relative to the adjoint of its state, shape (points,)."""
        size = self.blocks.sum(dim=1)[: len(self.parts)]
        return (self.parts.abs().sum(dim=1) / size.clamp(min=1e-300)).amax(dim=0)

    def dropped(self, kept: int) -> Array:
        """The size of what truncation drops of the gradient if it keeps the last `kept` steps, shape (points,)."""
        return self.parts[kept:].sum(dim=0).abs().sum(dim=0)

    def remainder(self, kept: int) -> Array:
        """The bound of what truncation drops: the geometric series of the bounds, infinite if it diverges."""
        assert self.bound is not None
        gain = self.bound.permute(2, 1, 0)
        ahead = torch.linalg.matrix_power(gain, kept) @ self.blocks[0].T.unsqueeze(-1)
        total = torch.linalg.solve_ex(torch.eye(len(self.bound), dtype=torch.float64) - gain, ahead)[0].sum(dim=(1, 2))
        return torch.where(radius(self.bound) < 1, self.immediate * total, torch.inf)

    def bounded(self) -> Array:
        """True at the points where no step back multiplies the norms of the adjoints by more than the bounds allow."""
        if self.bound is None:
            return torch.ones_like(self.valid)
        allowed = torch.einsum("abp,kap->kbp", self.bound, self.blocks[:-1])
        within: Array = (self.blocks[1:] <= allowed * (1 + SLACK) + TINY).all(dim=0).all(dim=0)
        return within


def lengths(analysis: Analysis, steps: int) -> dict[Symbol, int]:
    """Sizes that give the recurrence at least `steps` time steps."""
    index = analysis.jacobian.index
    length, found = index.upper - index.lower + 1, steps
    names = [s for s in length.free_symbols if isinstance(s, Symbol)]
    while names and (short := steps - length.xreplace(dict.fromkeys(names, Integer(found)))) > 0:
        found += int(short)
    return dict.fromkeys(names, found)


class Experiment:
    """Runs one recurrence forward and back on random cells, once for each measure of its conditions."""

    def __init__(self, derivation: Derivation, analysis: Analysis, seed: int):
        self.analysis, self.where = analysis, dict(analysis.where)
        sizes = dict.fromkeys(derivation.model.sizes, SIZE) | lengths(analysis, LAST)
        self.cell = Unrolled(derivation, analysis.jacobian, sizes)
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
        """Run the cells forward, and back from random adjoints of the last states."""
        points = len(valid)
        final = [self.drawn.normal(self.cell.shape(s), points) for s in self.cell.jacobian.states]
        adjoints, parts = self.cell.adjoints(numbers, final, self.drawn.recurrent)
        order = 2 if self.analysis.order == "2" else 1  # a bound of rows of J is one of columns of its transpose
        blocks = torch.stack([torch.stack([_norm(a, order) for a in at]) for at in adjoints])
        nothing = torch.zeros(1, points, dtype=torch.float64)
        added = torch.stack([torch.cat([nothing, *(g.reshape(-1, points) for g in at)]) for at in parts])
        return GradientFlow(blocks, added, self._bound(numbers), valid)

    def _general(self, condition: Condition) -> GradientFlow:
        """The flow in cells at rest, nearly at rest, or driven by inputs; and at a fixed point, if there is one."""
        numbers, valid = self.drawn.base, torch.ones(self.drawn.points, dtype=torch.bool)
        if not condition.measure.is_number:  # else it is a claim that no weight can change
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


def _norm(array: Array, order: int) -> Array:
    return torch.linalg.vector_norm(array.reshape(-1, array.shape[-1]), order, dim=0)
