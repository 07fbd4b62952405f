"""Both derivations give the same gradients at the same numbers, and those of each unrolled graph are autograd's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from derive.check.derived import compared as against_autograd
from derive.check.report import TOLERANCE, Report
from derive.language import Text
from derive.topics.unrolling.unrolling import Measured, Run

POINTS = 50
CHECKED = Text(
    "At each number of steps, the derivation in general and the unrolled one gave the same gradients at the same "
    "random numbers, and every adjoint of the unrolled one was compared with torch.autograd at {points} random "
    "points.",
    "对每个步数，一般推导与展开后的推导在同一组随机数处给出的梯度相同；展开后的每个伴随量都在 {points} 个随机点处与 "
    "torch.autograd 作了比较。",
)


class Same:
    """That the derivation in general and that of an unrolled graph agree."""

    def __init__(self, steps: int, error: float):
        self.steps, self.error = steps, error

    @property
    def ok(self) -> bool:
        """No gradient differs; not a number is not the same."""
        return self.error <= TOLERANCE

    def complaint(self) -> str | None:
        """The number of steps at which they differ."""
        if self.ok:
            return None
        return f"unrolled over {self.steps} steps, the gradients differ from the general ones by {self.error:.2g}"


def compared(found: Sequence[Measured]) -> Report:
    """One claim for each number of steps, and autograd's rows of the unrolled graphs as a part that is not listed."""
    pairs = [(row.steps, run) for each in found for row, run in zip(each.rows, each.runs, strict=True)]
    claims = tuple(Same(steps, _difference(run)) for steps, run in pairs)
    parts = {f"unrolled {steps}": against_autograd(run.derived, POINTS) for steps, run in pairs}
    report = Report(claims=claims, notes=(CHECKED(points=str(POINTS)),) if pairs else (), listed=False)
    for name, part in parts.items():
        report = report.beside(name, Report(own=part.own, listed=False))
    return report


def _difference(run: Run) -> float:
    """The largest difference of a gradient, relative to the largest of them; infinity where they are of other names."""
    if run.general.keys() != run.unrolled.keys():
        return float("inf")
    apart = [float(np.max(np.abs(run.general[n] - run.unrolled[n]))) for n in run.general]
    return max(apart) / max(float(np.max(np.abs(v))) for v in run.general.values())
