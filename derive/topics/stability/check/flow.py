"""How the gradient flows back through random cells, as numbers: the factor of every distance, and what steps add."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import torch

from derive.check.gradients import Array
from derive.topics.stability.check.norms import radius
from derive.topics.stability.measurements import DISTANCES

LAST, HALF = DISTANCES[-1], DISTANCES[-1] // 2
TINY = 1e-140  # what is much smaller cannot be squared in float64
SLACK = 1e-9  # for rounding, over LAST steps


class Blocks(NamedTuple):
    """Norms of the adjoints of each state, for several at the end: (finals, distances + 1, states, points)."""

    norms: Array
    bound: Array | None

    def within(self) -> Array:
        """True at the points where no step back multiplies these norms by more than the bounds allow."""
        if self.bound is None:
            return torch.ones(self.norms.shape[-1], dtype=torch.bool)
        allowed = torch.einsum("abp,fkap->fkbp", self.bound, self.norms[:, :-1])
        held: Array = (self.norms[:, 1:] <= allowed * (1 + SLACK) + TINY).flatten(0, 2).all(dim=0)
        return held


class GradientFlow:
    """How the gradient flows back through a run.

    `factor` holds ds_T/ds_{T-k} at every distance k, (distances + 1, n, n, points) for n numbers of state; `adjoint`
    the norms of one random adjoint of the last states carried back, (distances + 1, states, points); `parts` what each
    step adds to the gradients of the recurrent weights under it, (distances, numbers, points); `bound` the bounds of
    one step, (states, states, points); `valid` says which points hit the target. `order` is the norm of matrices, 2, or
    1 for the largest sum over a row, which bounds what a transpose does to the sum of the sizes of a vector's entries.
    """

    def __init__(self, factor: Array, adjoint: Array, parts: Array, blocks: Blocks, valid: Array, order: int):
        self.factor, self.adjoint, self.parts, self.order = factor, adjoint, parts, order
        self.valid = valid & factor.isfinite().flatten(0, 2).all(dim=0)  # else the states left the range of float64
        self.bound, self.bounded = blocks.bound, blocks.within()

    @cached_property
    def norms(self) -> Array:
        """The norm of the factor at every distance, shape (distances + 1, points)."""
        return self.norm(self.factor)

    def norm(self, matrices: Array) -> Array:
        """The norm of matrices of shape (..., n, n, points)."""
        if self.order == 2:
            return torch.linalg.matrix_norm(matrices.movedim(-1, 0).nan_to_num(), 2).movedim(0, -1)
        return matrices.abs().sum(dim=-2).amax(dim=-2)

    def rates(self) -> Array:
        """The mean factor of one step over the far half of the distances."""
        far, near = self.norms[LAST], self.norms[HALF]
        return torch.where(near > 0, far / near, near) ** (1 / (LAST - HALF))

    @cached_property
    def step(self) -> Array:
        """The Jacobian of the last step, shape (n, n, points)."""
        return self.factor[1]

    @cached_property
    def powers(self) -> Array:
        """The powers 0, 1, ... of the Jacobian of the last step, in the shape of `factor`."""
        return powers(self.step, LAST)

    def same(self, steps: int, slack: float) -> Array:
        """True where the factors up to `steps` steps are powers of the Jacobian of one, as if all have the same."""
        off = (self.factor[1 : steps + 1] - self.powers[1 : steps + 1]).abs().amax(dim=(1, 2))
        scale = self.norm(self.step) ** torch.arange(1, steps + 1).unsqueeze(1)
        held: Array = (off <= slack * scale + TINY).all(dim=0)
        return held

    @cached_property
    def radius(self) -> Array:
        """The spectral radius of one step."""
        return radius(self.step)

    @cached_property
    def margin(self) -> Array:
        """How far rounding can move an eigenvalue of an n x n matrix.

        The less of 2 |J| (n epsilon)^(1/n), by Elsner's bound, and of cond(V) |J| n epsilon, by Bauer and Fike's, where
        V are the eigenvectors.
        """
        n, epsilon = len(self.step), len(self.step) * 2.3e-16
        finite = torch.where(self.step.isfinite().all(dim=0).all(dim=0), self.step, 0.0)
        near = 4 * torch.linalg.cond(torch.linalg.eig(finite.movedim(-1, 0))[1]) * epsilon
        least = torch.minimum(near.nan_to_num(torch.inf), torch.full_like(near, 2 * epsilon ** (1 / n)))
        return 2e-6 + self.norm(self.step) * least

    def sums(self) -> Array:
        """The size of the sum of the last 1, 2, ... contributions, relative to the sum of the sizes of all."""
        total = self.parts.abs().sum(dim=(0, 1))
        return torch.where(total > 0, self.parts.cumsum(dim=0).abs().sum(dim=1) / total.clamp(min=1e-300), 0.0)

    @property
    def immediate(self) -> Array:
        """The largest contribution of a step relative to the adjoint of its state, shape (points,)."""
        size = self.adjoint.sum(dim=1)[: len(self.parts)]
        return (self.parts.abs().sum(dim=1) / size.clamp(min=1e-300)).amax(dim=0)

    def dropped(self, kept: int) -> Array:
        """The size of what truncation drops of the gradient if it keeps the last `kept` steps, shape (points,)."""
        return self.parts[kept:].sum(dim=0).abs().sum(dim=0)

    def remainder(self, kept: int) -> Array:
        """The bound of what truncation drops: the geometric series of the bounds, infinite if it diverges."""
        assert self.bound is not None
        gain = self.bound.permute(2, 1, 0)
        ahead = torch.linalg.matrix_power(gain, kept) @ self.adjoint[0].T.unsqueeze(-1)
        total = torch.linalg.solve_ex(torch.eye(len(self.bound), dtype=torch.float64) - gain, ahead)[0].sum(dim=(1, 2))
        return torch.where(radius(self.bound) < 1, self.immediate * total, torch.inf)

    def summed_powers(self, kept: int) -> Array:
        """The bound of what truncation drops if every step has the same matrix J: the sum of bounds of its powers."""
        rho, nu = self.radius + self.margin, self._departure
        n, k = len(self.step), torch.arange(20 * LAST, dtype=torch.float64).unsqueeze(1)
        total = torch.zeros_like(rho)
        for j in range(n):
            choose = (torch.lgamma(k + 1) - torch.lgamma(j + k.new_tensor(1.0)) - torch.lgamma(k - j + 1)).exp()
            term = torch.where(k >= j, choose * rho ** (k - j).clamp(min=0), 0.0)
            total = total + nu**j * term[kept:].sum(dim=0)
        return torch.where(rho < 1, self.immediate * self.adjoint[0].sum(dim=0) * total * n, torch.inf)

    @property
    def _departure(self) -> Array:
        """Henrici's departure from normality: |J^k|_2 <= sum over j < n of C(k, j) rho^(k-j) nu^j."""
        square = self.step.square().sum(dim=(0, 1))
        eigenvalues = torch.linalg.eigvals(self.step.movedim(-1, 0)).abs().square().sum(dim=-1)
        return (square - eigenvalues).clamp(min=0).sqrt() + 1e-6 * square.sqrt()


def powers(matrix: Array, last: int) -> Array:
    """The powers 0, 1, ..., `last` of matrices of shape (n, n, points)."""
    one = torch.eye(len(matrix), dtype=matrix.dtype).unsqueeze(-1).expand(*matrix.shape)
    found = [one]
    for _ in range(last):
        found.append(torch.einsum("abp,bcp->acp", found[-1], matrix))
    return torch.stack(found)
