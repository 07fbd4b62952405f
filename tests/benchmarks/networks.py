"""The networks that are compared, ours by name and the others written plainly as the same equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from derive.graph import Graph
from derive.problems import load
from derive.sheet.part import Part
from derive.sheet.render import render

GATES = ("f", "i", "c", "o")


def problem(name: str, **options: str) -> Graph:
    """A freshly built graph of a problem of the catalogue, its first reading, defaults for what is not given."""
    found = load(name)
    return found.readings[0].build(**found.choices(options))


def sheet(graph: Graph, sizes: Mapping[str, int], detail: str = "full") -> str:
    """Derive and print, as LaTeX, without the check."""
    solution = graph.derive(sizes=sizes)
    return render([Part(solution)], "tex", "en", detail)


def lstm(
    weights: Mapping[str, Any],
    inputs: Sequence[Any],
    target: Any,
    zero: Any,
    sigmoid: Callable[[Any], Any],
    tanh: Callable[[Any], Any],
    keep: Callable[..., None] = lambda *tensors: None,
) -> Any:
    """The loss of the LSTM of problems/lstm.py in any arithmetic; `keep` is shown every intermediate quantity."""

    def gate(k: str, h: Any, x: Any) -> Any:
        return weights[f"h_{k}"] * h + weights[f"x_{k}"] * x + weights[f"b_{k}"]

    c = h = zero
    for x in inputs:
        sums = [gate(k, h, x) for k in GATES]
        f, i, u, o = sigmoid(sums[0]), sigmoid(sums[1]), tanh(sums[2]), sigmoid(sums[3])
        c = f * c + i * u
        h = o * tanh(c)
        keep(*sums, f, i, u, o, c, h)
    return (h - target) ** 2 / 2
