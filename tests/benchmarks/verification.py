"""The check of the LSTM against torch alone: the same forward pass, and autograd asked for every adjoint."""

from __future__ import annotations

from collections.abc import Callable

import torch
from clock import alternate, compared, seconds
from networks import GATES, lstm, problem
from table import Row

from derive.check.steps import Checker


def row(repeats: int, steps: int = 100, points: int = 1000) -> Row:
    """Sampling, forward, autograd, every formula and line compared, against torch's own part of it."""
    torch.set_num_threads(1)
    solution = problem("lstm").derive(sizes={"T": steps})
    prepared = solution.steps

    def check() -> None:
        Checker(solution.derivation, solution.sizes, points, 0).run(prepared)

    autograd = every_adjoint(steps, points)
    ours, other = alternate([lambda: seconds(check), lambda: seconds(autograd)], repeats)
    return compared(f"6 check of the LSTM, T = {steps}, {points} points / torch", ours, other, 2.5)


def every_adjoint(steps: int, points: int) -> Callable[[], None]:
    """A call that runs the LSTM forward at all points and asks for the adjoint of every quantity and weight."""
    names = [f"{w}_{k}" for k in GATES for w in ("h", "x", "b")]
    draw = torch.rand((len(names) + steps + 1, points), dtype=torch.float64) - 0.5
    weights = {name: draw[n].clone().requires_grad_() for n, name in enumerate(names)}
    zero = torch.zeros(points, dtype=torch.float64)

    def run() -> None:
        kept: list[torch.Tensor] = []
        inputs = list(draw[len(names) : -1])
        loss = lstm(weights, inputs, draw[-1], zero, torch.sigmoid, torch.tanh, lambda *tensors: kept.extend(tensors))
        torch.autograd.grad(loss.sum(), [*kept, *weights.values()], allow_unused=True)

    return run
