"""An HTML page, which holds both languages and both details, beyond deriving: its own time against 0.2 s."""

from __future__ import annotations

from statistics import median

from clock import Side, alternate, seconds
from networks import problem
from table import Row

from derive.sheet.render import render
from derive.topics.topic import Ask

MOST = 200.0  # milliseconds


def rows(repeats: int) -> list[Row]:
    """A short sheet, and a long one with every step of fifty in the page."""
    cases = (("logistic", {}), ("lstm", {"T": 3}), ("lstm", {"T": 50}))
    times = alternate([page(name, sizes) for name, sizes in cases], repeats)
    names = (f"11 html: {name} {_shown(sizes)}".rstrip() for name, sizes in cases)
    return [_row(name, ours) for name, ours in zip(names, times, strict=True)]


def _row(measure: str, times: list[float]) -> Row:
    noise = f"{1e3 * min(times):.3g} .. {1e3 * max(times):.3g}"
    return Row(f"{measure} / 200 ms", 1e3 * median(times), MOST, 1.0, "ms", noise)


def _shown(sizes: dict[str, int]) -> str:
    return " ".join(f"--{name} {number}" for name, number in sizes.items())


def page(name: str, sizes: dict[str, int]) -> Side:
    """Everything derived beforehand; on the clock is the page alone."""

    def run() -> float:
        solution = problem(name).derive(sizes=sizes)
        part = solution.part(Ask(check=False))
        return seconds(lambda: render([part], "html"))

    return run
