"""The scalar LSTM: deriving and printing every step against torch's eager forward and backward on the same graph."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import torch
from clock import Side, alternate, compared, seconds
from networks import GATES, lstm, problem, sheet
from processes import called
from table import Row


def rows(repeats: int) -> list[Row]:
    """T = 256 against torch, with and without building the graph; and how the time grows to T = 1024.

    Warm means that the process has derived an equal model before, from another graph: what is remembered of it is
    looked up piece by piece, and the page is written again. The first time of a process is a row of its own.
    """
    run = eager(256)
    fresh, whole, torch_, long = alternate(
        [derived(256), derived(256, build=True), lambda: seconds(run), derived(1024)], repeats
    )
    first = [float(called("recurrent", "cold(256)")) for _ in range(max(5, repeats // 4))]
    return [
        compared("3 LSTM T = 256: derive + print all steps, warm / torch", fresh, torch_, 0.08),
        compared("3 the same, the first time in a process (cold) / torch", first, [median(torch_)] * len(first), 1.0),
        compared("3 the same, building the graph included", whole, torch_, None),
        compared("4 growth of 3: t(T = 1024) / t(T = 256)", long, fresh, 4.2),
    ]


def derived(steps: int, build: bool = False) -> Side:
    """Derive and print from a freshly built graph; with `build` its construction is on the clock too."""

    def run() -> float:
        if build:
            return seconds(lambda: sheet(problem("lstm"), {"T": steps}))
        graph = problem("lstm")
        return seconds(lambda: sheet(graph, {"T": steps}))

    return run


def cold(steps: int) -> None:
    """Print the CPU seconds of the very first sheet; to be called in a fresh process."""
    print(derived(steps)())


def eager(steps: int) -> Callable[[], None]:
    """A call that runs torch forward and backward, on 0-dimensional float64 tensors."""
    torch.set_num_threads(1)
    names = [f"{w}_{k}" for k in GATES for w in ("h", "x", "b")]
    draw = torch.rand(len(names) + steps + 1, dtype=torch.float64) - 0.5
    weights = {name: draw[n].clone().requires_grad_() for n, name in enumerate(names)}
    inputs = [v.clone() for v in draw[len(names) : -1]]
    zero = torch.zeros((), dtype=torch.float64)

    def run() -> None:
        for weight in weights.values():
            weight.grad = None
        lstm(weights, inputs, draw[-1], zero, torch.sigmoid, torch.tanh).backward()

    return run
