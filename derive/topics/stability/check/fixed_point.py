"""Fixed points: constant inputs, found by Newton's method, at which one step returns the state."""

from __future__ import annotations

import torch

from derive.check.gradients import Array, jacobian
from derive.topics.stability.check.unrolled import Numbers, Unrolled

ITERATIONS = 12
RIDGE = 1e-12
CLOSE = 1e-10
MOVED = 1e-5  # rounding grows by at most 1.1 a step, over 100 steps
FAR = 1e3  # no input is sought beyond


def fixed_point(cell: Unrolled, numbers: Numbers, starts: list[Array]) -> tuple[Numbers, Array]:
    """The numbers with constant inputs for which the states `starts` are fixed points of a step.

    The second value says at which points such inputs were found, shape (points,).
    """
    points = starts[0].shape[-1]
    inputs = [n for n in cell.leaves if n.kind == "input" and n.domain == "real"]
    given = {s.name: a for s, a in zip(cell.jacobian.states, starts, strict=True)}
    values = [_at_one_time(numbers[n.name]) for n in inputs]
    wanted = torch.cat([a.reshape(-1, points) for a in starts])
    good = torch.zeros(points, dtype=torch.bool)
    for _ in range(ITERATIONS if inputs else 0):
        values = [v.detach().requires_grad_() for v in values]
        filled = numbers | given | {n.name: _always(v, numbers[n.name]) for n, v in zip(inputs, values, strict=True)}
        found = torch.cat([a.reshape(-1, points) for a in cell.once(filled)])
        gap = (found - wanted).detach()
        good = gap.abs().amax(dim=0) < CLOSE
        if bool(good.all()):
            break
        slopes = torch.cat([jacobian(found, v).reshape(len(found), -1, points) for v in values], dim=1)
        parts = _newton(slopes, gap).split([v[..., 0].numel() for v in values])
        values = [
            (v.detach() - p.reshape(v.shape)).nan_to_num().clamp(-FAR, FAR) for v, p in zip(values, parts, strict=True)
        ]
    constant = {n.name: _always(v.detach(), numbers[n.name]) for n, v in zip(inputs, values, strict=True)}
    fixed = numbers | given | constant
    return fixed, good & _stays(cell, fixed, wanted)


def _stays(cell: Unrolled, numbers: Numbers, wanted: Array) -> Array:
    """True at the points where no step moves the state, also where a recurrence below has not come to rest."""
    store = cell.store(numbers)
    kept = torch.ones(wanted.shape[-1], dtype=torch.bool)
    with torch.no_grad():
        for t in cell.times:
            state = torch.cat([a.reshape(-1, wanted.shape[-1]) for a in cell.step(store, t)])
            kept &= (state - wanted).abs().amax(dim=0) < MOVED
    return kept


def _newton(slopes: Array, gap: Array) -> Array:
    """The least change of the inputs that closes the gap to first order; a tiny ridge helps if they do not matter."""
    rows = slopes.movedim(-1, 0)
    square = rows @ rows.mT + RIDGE * torch.eye(len(gap), dtype=gap.dtype)
    return (rows.mT @ torch.linalg.solve_ex(square, gap.T.unsqueeze(-1))[0]).squeeze(-1).T


def _at_one_time(array: Array) -> Array:
    """An input at its first time, shape (1, *rest, points)."""
    return array[:1] if array.dim() > 1 else array


def _always(value: Array, like: Array) -> Array:
    """The same input at every time, in the shape of `like`."""
    return value.expand(like.shape)
