"""Fixed points z = f(z) as numbers: f is applied from 0 on until nothing moves; so is the equation of the adjoint.

At a point where that does not settle the values are not a number, so that nothing is compared there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_
from typing import Any

from derive.evaluate.backend import Array

STEPS = 400
STILL = 1e-14  # relative: no more than rounding moves


def settled(step: Callable[[], Sequence[Array]], start: Sequence[Array]) -> tuple[int, Any]:
    """Repeat a step until nothing moves, and return how often it was done and at which points it settled.

    `start` is what stood there before the first step; a step gives the new arrays, whose last axis is the points.
    """
    last, times, still = list(start), 0, None
    while times < STEPS and (still is None or not bool(still.all())):
        new = list(step())
        still = reduce(and_, (_still(a, b) for a, b in zip(new, last, strict=True)))
        last, times = new, times + 1
    return times, still


def longer(times: int) -> int:
    """How often a step is repeated at the fixed point: its derivative may settle later than the way to it did."""
    return 3 * times + 100


def _still(new: Array, old: Array) -> Array:
    """At which points nothing moved."""
    near = abs(new - old) <= STILL * (1 + abs(new))
    return near.reshape(-1, near.shape[-1]).all(0)
