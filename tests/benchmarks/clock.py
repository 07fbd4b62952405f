"""CPU time, side by side: the sides of a ratio take turns, so that all of them meet the same load of the machine.

A side is a function that does its own preparation and returns the seconds of what is measured. As in timeit, garbage
is collected before and not during a measurement.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median, quantiles

from table import Row

Side = Callable[[], float]


def seconds(run: Callable[[], object]) -> float:
    """The CPU time of one call in this process."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    run()
    spent = time.process_time() - start
    gc.enable()
    return spent


def alternate(sides: Sequence[Side], repeats: int) -> list[list[float]]:
    """The measurements of every side, taken in turn; a first turn warms up and is not counted."""
    for side in sides:
        side()
    turns = [[side() for side in sides] for _ in range(repeats)]
    return [list(column) for column in zip(*turns, strict=True)]


def compared(measure: str, ours: Sequence[float], other: Sequence[float], reach: float | None, n: float = 1e3) -> Row:
    """The row of a ratio of medians, in milliseconds; its noise is the middle half of the ratios turn by turn."""
    ratios = [a / b for a, b in zip(ours, other, strict=True)]
    low, _, high = quantiles(ratios, n=4)
    return Row(measure, n * median(ours), n * median(other), reach, "ms", f"{low:.3g} .. {high:.3g}")


def alone(measure: str, times: Sequence[float]) -> Row:
    """The row of a median that is compared with nothing; its noise is the middle half of the times."""
    low, _, high = quantiles(times, n=4)
    return Row(measure, 1e3 * median(times), unit="ms", noise=f"{1e3 * low:.3g} .. {1e3 * high:.3g}")
