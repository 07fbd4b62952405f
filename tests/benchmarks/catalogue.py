"""How long every problem of the catalogue takes to derive and print, brief: the first time in a process, and warm."""

from __future__ import annotations

from clock import Side, alone, alternate, seconds
from networks import problem, sheet
from processes import called
from table import Row

from derive.problems import names


def rows(repeats: int) -> list[Row]:
    """Two rows for each problem; these inform only. Cold ones are the first derivation of a fresh process."""
    warm = alternate([brief(name) for name in names()], repeats)
    found = []
    for name, times in zip(names(), warm, strict=True):
        first = [float(called("catalogue", f"cold({name!r})")) for _ in range(max(3, repeats // 4))]
        found += [alone(f"  {name}: derive + print, cold", first), alone("  the same, warm", times)]
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
