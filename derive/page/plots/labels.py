"""Places for labels beside the lines of a plot, moved apart where they would overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def logarithmic(axis: Any) -> None:
    """A logarithmic scale upwards, with powers of ten at its ticks as formulas of their own font."""
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(lambda value, place: f"$10^{{{math.log10(value):.0f}}}$")
    axis.yaxis.set_minor_formatter(lambda value, place: "")
    axis.tick_params(which="minor", left=False)


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places in the same order, moved until neighbours are `gap` apart, inside the range if there is room."""
    order = sorted(range(len(places)), key=lambda n: places[n])
    found = [min(max(places[n], low), high) for n in order]
    for n in range(1, len(found)):
        found[n] = max(found[n], found[n - 1] + gap)
    over = max(0.0, found[-1] - high) if found else 0.0
    if over:
        found[-1] = high
        for n in range(len(found) - 2, -1, -1):
            found[n] = min(found[n], found[n + 1] - gap)
    return [place for _, place in sorted(zip(order, found, strict=True))]
