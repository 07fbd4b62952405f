"""Random cells: inputs drawn at several scales, recurrent weights scaled until the measure takes a given value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from sympy import Expr, Indexed, Symbol

from derive.check.samples import sampled
from derive.expressions.indices import name_of
from derive.model.model import Node
from derive.topics.stability.check.unrolled import Numbers, Unrolled

Array = torch.Tensor
SPREADS = (0.0, 0.01, 0.3, 1.0)  # of inputs and other parameters: at rest, nearly so, small, as in the check
DRAWS = 24
HALVINGS = 45
FAR = 12.0  # weights are scaled by e^-12 to e^12


class RandomCells:
    """DRAWS random values of all leaves, the same for each of several targets of a measure: points = targets * DRAWS.

    In the first of every four draws all inputs, and all parameters but the recurrent weights, are zero. The state then
    stays where an odd activation is steepest, so that a claim about all inputs is tried where it is hardest.
    """

    def __init__(self, cell: Unrolled, targets: Sequence[float], seed: int):
        self.cell, self.generator = cell, torch.Generator().manual_seed(seed)
        self.targets = torch.tensor(targets, dtype=torch.float64).repeat_interleave(DRAWS)
        self.points = len(self.targets)
        used = {name_of(e) for p in cell.jacobian.paths() for e in _elements(p.value)}
        self.recurrent = [n.name for n in cell.leaves if n.kind in ("parameter", "constant") and n.name in used]
        self.base: Numbers = {
            leaf.name: self._leaf(leaf).repeat(*self._once(leaf), len(targets)) for leaf in cell.leaves
        }

    def _once(self, leaf: Node) -> tuple[int, ...]:
        return tuple(1 for _ in leaf.indices)

    def _leaf(self, leaf: Node) -> Array:
        shape = (*self.cell.shape(leaf), DRAWS)
        if leaf.name in self.recurrent:  # away from 0, as they are scaled
            unit = torch.rand(shape, generator=self.generator, dtype=torch.float64)
            return (2 * unit - 1).sign() * (0.2 + unit)
        spread = torch.tensor(SPREADS, dtype=torch.float64).repeat(DRAWS // len(SPREADS))
        return sampled(shape, leaf.domain, self.generator, leaf.sums_to, spread)

    def normal(self, shape: tuple[int, ...], points: int) -> Array:
        """Random adjoints of the last state, the same for every target, shape (*shape, points)."""
        once = torch.randn((*shape, DRAWS), generator=self.generator, dtype=torch.float64)
        return once.repeat(*(1 for _ in shape), points // DRAWS)

    def scaled(self, factor: Array) -> Numbers:
        """The leaves, with the recurrent weights multiplied by a factor for each point."""
        return {k: v * factor if k in self.recurrent else v for k, v in self.base.items()}

    def on_target(self, measured: Callable[[Numbers], Array], proportional: bool = False) -> tuple[Numbers, Array]:
        """The leaves, scaled so that `measured` takes the targets, and at which points this was possible.

        One division is enough if the measure is proportional to the weights; otherwise bisection finds the factor.
        """
        guess = (self.targets / measured(self.base)).log().nan_to_num().clamp(-FAR, FAR)
        if not proportional and not torch.allclose(measured(self.scaled(guess.exp())), self.targets, rtol=1e-12):
            low, high = (torch.full((self.points,), e, dtype=torch.float64) for e in (-FAR, FAR))
            for _ in range(HALVINGS):
                guess = (low + high) / 2
                above = ~(measured(self.scaled(guess.exp())) <= self.targets)  # also where it is not a number
                low, high = torch.where(above, low, guess), torch.where(above, guess, high)
        numbers = self.scaled(guess.exp())
        return numbers, (measured(numbers) / self.targets - 1).abs() < 1e-6

    def resting(self) -> list[Array]:
        """States near that which a step gives if all leaves are zero: there tanh and the sigmoid are steepest."""
        zero = self.cell.once({k: torch.zeros_like(v) for k, v in self.base.items()})
        noise = 0.05 + 0.1 * torch.rand((self.points,), generator=self.generator, dtype=torch.float64)
        return [(z.expand(*z.shape[:-1], self.points) + noise).detach() for z in zero]


def _elements(expr: Expr) -> set[Expr]:
    return expr.atoms(Indexed) | {s for s in expr.free_symbols if isinstance(s, Symbol)}
