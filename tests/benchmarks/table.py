"""The table of the benchmarks: one row for each measure, what it reaches and what it should reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

HEADER = ("measure", "ours", "other", "ratio", "reach", "ok", "noise")


@dataclass(frozen=True)
class Row:
    """ours against other; `reach` is the largest ratio that will do, None where a row only informs.

    `unit` is that of both sides; `noise` says how far the repeated measurements lie apart.
    """

    measure: str
    ours: float
    other: float | None = None
    reach: float | None = None
    unit: str = "ms"
    noise: str = ""

    @property
    def ratio(self) -> float | None:
        """ours / other."""
        return None if self.other is None else self.ours / self.other

    @property
    def ok(self) -> bool:
        """Within reach, or without one."""
        return self.reach is None or (self.ratio is not None and self.ratio <= self.reach)

    @property
    def excess(self) -> float:
        """How many times its reach a row that was missed is."""
        return inf if self.ratio is None or not self.reach else self.ratio / self.reach

    def cells(self) -> tuple[str, ...]:
        """The row as it is printed."""
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}"
        reach = "" if self.reach is None else f"<= {self.reach:g}"
        verdict = "" if self.reach is None else "ok" if self.ok else "MISSED"
        return (self.measure, self._shown(self.ours), self._shown(self.other), ratio, reach, verdict, self.noise)

    def _shown(self, value: float | None) -> str:
        if value is None:
            return ""
        return f"{value:.0f} {self.unit}".strip() if value >= 100 or not self.unit else f"{value:.2f} {self.unit}"


def line(cells: Iterable[str]) -> str:
    """One line of the table."""
    first, *rest = cells
    return f"{first:58}" + "".join(f"{cell:>{width}}" for cell, width in zip(rest, (12, 12, 9, 10, 8, 18), strict=True))
