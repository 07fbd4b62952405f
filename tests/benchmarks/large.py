"""Large models: how the time grows with layers, with parameters, with letters under one sum, and with time steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import log
from pathlib import Path

from clock import Side, alternate, compared, seconds
from networks import problem
from table import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from large_models import layers, letters, weights

from derive.graph import Graph
from derive.memo import forget

FOUR = 4  # every model is measured at one size and at four times that size


def rows(repeats: int) -> list[Row]:
    """The ratio of both sizes, and what n log n allows (n^2 log n for letters: n gradients have n factors each)."""
    grown = (("layers", layers, 250, 1), ("parameters", weights, 250, 1), ("letters under a sum", letters, 4, 2))
    found = [
        _row(f"14 {FOUR * n} {what} / {n}", lambda n, b=build: b(n).derive(), n, p, repeats)
        for what, build, n, p in grown
    ]
    return [
        *found,
        _row("14 bptt, T = 100000 / T = 25000", lambda n: problem("bptt").derive(sizes={"T": n}), 25_000, 1, repeats),
    ]


def _row(measure: str, derived: Callable[[int], Graph], size: int, power: int, repeats: int) -> Row:
    large, small = alternate([_cold(derived, FOUR * size), _cold(derived, size)], repeats)
    most = FOUR**power * log(FOUR * size) / log(size)
    return compared(measure, large, small, most)


def _cold(derived: Callable[[int], Graph], size: int) -> Side:
    """All steps of a model, with nothing remembered of one before."""

    def run() -> float:
        forget()
        return seconds(lambda: derived(size).steps)

    return run
