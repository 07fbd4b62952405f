"""Random cells: inputs drawn at several scales, recurrent weights scaled until the measure takes a given value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from sympy import Expr, Indexed, Symbol

from derive.check.samples import counted, sampled
from derive.expressions.indices import name_of
from derive.model.model import Node, Whole
from derive.topics.stability.check.unrolled import Numbers, Unrolled

Array = torch.Tensor
DRAWS = 36
INPUTS = ("zero", "tiny", "random", "alternating", "growing", "constant")
MATRICES = ("random", "orthogonal", "rotation", "triangular", "rank one", "diagonal")
HALVINGS = 45
HIT = 1e-6  # how near the measure comes to its target
FAR = 12.0  # weights are scaled by e^-12 to e^12


class RandomCells:
    """DRAWS random values of all leaves, the same for each of several targets of a measure: points = targets * DRAWS.

    Every kind of INPUTS meets every kind of MATRICES once. Where the inputs are zero, so are all parameters but the
    recurrent weights: the state then stays where an odd activation is steepest, so that a claim about all inputs is
    tried where it is hardest.
    """

    def __init__(self, cell: Unrolled, targets: Sequence[float], seed: int):
        self.cell, self.generator = cell, torch.Generator().manual_seed(seed)
        self.targets = torch.tensor(targets, dtype=torch.float64).repeat_interleave(DRAWS)
        self.points = len(self.targets)
        used = {name_of(e) for p in cell.jacobian.paths() for e in _elements(p.value)}
        self.recurrent = [n.name for n in cell.leaves if n.kind in ("parameter", "constant") and n.name in used]
        self.shared = [n.name for n in cell.leaves if n.name in self.recurrent and self._time(n) is None]
        self.base: Numbers = {
            leaf.name: self._leaf(leaf).repeat(*self._once(leaf), len(targets)) for leaf in cell.leaves
        }

    def _once(self, leaf: Node) -> tuple[int, ...]:
        return tuple(1 for _ in leaf.indices)

    def _leaf(self, leaf: Node) -> Array:
        shape = (*self.cell.shape(leaf), DRAWS)
        if leaf.name in self.recurrent:  # away from 0, as they are scaled
            unit = torch.rand(shape, generator=self.generator, dtype=torch.float64)
            return self._matrices((2 * unit - 1).sign() * (0.2 + unit))
        if leaf.domain != "real" or leaf.sums_to is not None:
            return sampled(shape, counted(leaf.domain, self.cell.passes.number), self.generator, leaf.sums_to)
        return self._inputs(leaf, sampled(shape, leaf.domain, self.generator, None, 1.0))

    def _inputs(self, leaf: Node, drawn: Array) -> Array:
        """Numbers of every kind of INPUTS; the last three only of a leaf that has a time."""
        axis, found = self._time(leaf), drawn.clone()
        steps = torch.arange(drawn.shape[axis or 0], dtype=torch.float64)
        course = {"zero": 0 * steps, "tiny": 0.01 + 0 * steps}
        course |= {"alternating": (-1) ** steps, "growing": steps / 10, "constant": 1 + 0 * steps}
        for n in range(DRAWS):
            kind = INPUTS[n % len(INPUTS)]
            if kind in ("zero", "tiny"):
                found[..., n] = drawn[..., n] * course[kind][0]
            elif kind != "random" and axis is not None:
                along = course[kind].reshape([-1 if a == axis else 1 for a in range(drawn.dim() - 1)])
                found[..., n] = drawn[..., n].narrow(axis, 0, 1) * along
        return found

    def _time(self, leaf: Node) -> int | None:
        """The axis of a leaf that runs through the time of the recurrence, None if it has none."""
        time = self.cell.jacobian.index
        ends = time.lower.free_symbols | time.upper.free_symbols
        return next((n for n, i in enumerate(leaf.indices) if i.upper.free_symbols & ends), None)

    def _matrices(self, drawn: Array) -> Array:
        """Square matrices of every kind of MATRICES, also one for each step; anything else as drawn."""
        if drawn.dim() == 4:
            return torch.stack([self._matrices(own) for own in drawn])
        if drawn.dim() != 3 or drawn.shape[0] != drawn.shape[1]:
            return drawn
        found = drawn.clone()
        for n in range(DRAWS):
            found[..., n] = _shaped(drawn[..., n], MATRICES[n // len(INPUTS)])
        return found

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
        return numbers, (measured(numbers) / self.targets - 1).abs() < HIT

    def resting(self) -> list[Array]:
        """States near that which a step gives if all leaves are zero: there tanh and the sigmoid are steepest."""
        places = {leaf.name for leaf in self.cell.leaves if isinstance(leaf.domain, Whole)}
        zero = self.cell.once({k: v if k in places else torch.zeros_like(v) for k, v in self.base.items()})
        noise = 0.05 + 0.1 * torch.rand((self.points,), generator=self.generator, dtype=torch.float64)
        return [(z.expand(*z.shape[:-1], self.points) + noise).detach() for z in zero]


def _elements(expr: Expr) -> set[Expr]:
    return expr.atoms(Indexed) | {s for s in expr.free_symbols if isinstance(s, Symbol)}


def _shaped(matrix: Array, kind: str) -> Array:
    """A square matrix of a kind, made from a random one."""
    if kind == "random":
        return matrix
    if kind == "triangular":  # equal eigenvalues: a Jordan block
        return torch.triu(matrix, 1) + torch.eye(len(matrix), dtype=matrix.dtype)
    if kind == "rank one":
        return matrix[:, :1] * (matrix[:1] if (matrix[0] @ matrix[:, 0]).abs() > 0.1 else matrix[:, :1].T)
    if kind == "diagonal":
        return torch.diag(torch.diag(matrix))
    turn = torch.linalg.qr(matrix)[0]
    if kind == "orthogonal":
        return turn
    angle = matrix[0, 0]  # a rotation in one plane, seen in other coordinates
    plane = torch.eye(len(matrix), dtype=matrix.dtype)
    if len(matrix) > 1:
        plane[:2, :2] = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).reshape(2, 2)
    return turn @ plane @ turn.T
