"""How long every problem of the catalogue takes to derive and print, brief: the first time in a process, and warm.

The first time must be within half a second. Beside the warm time stands that of tensorgrad for the gradients of the
same model and their simplification, where the model can be written there; it prints nothing.
"""

from __future__ import annotations

from clock import Side, alone, alternate, compared, seconds
from diagrams import gradient
from networks import problem, sheet
from processes import called
from table import Row

from derive.problems import names

LONGEST = 0.5  # seconds


def rows(repeats: int) -> list[Row]:
    """Two rows for each problem. Cold ones are the first derivation of a fresh process."""
    others = {name: side for name in names() if (side := gradient(name)) is not None}
    times = alternate([brief(name) for name in names()] + list(others.values()), repeats)
    warm = dict(zip(names(), times, strict=False))
    theirs = dict(zip(others, times[len(warm) :], strict=True))
    found = []
    for name in names():
        first = [float(called("catalogue", f"cold({name!r})")) for _ in range(max(3, repeats // 4))]
        found.append(compared(f"0 {name}: derive + print, cold / 500 ms", first, [LONGEST] * len(first), 1.0))
        if name in theirs:
            found.append(compared("  the same, warm / tensorgrad, simplified", warm[name], theirs[name], None))
        else:
            found.append(alone("  the same, warm", warm[name]))
    return found


def brief(name: str) -> Side:
    """A fresh graph, then its sheet, on the clock; sizes stay symbolic."""

    def run() -> float:
        graph = problem(name)
        return seconds(lambda: sheet(graph, {}, "brief"))

    return run


def cold(name: str) -> None:
    """Print the CPU seconds of the very first sheet; to be called in a fresh process."""
    print(seconds(lambda: sheet(problem(name), {}, "brief")))
