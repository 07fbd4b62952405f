"""Which plots there are, by name, and what each is made from. A new plot is a row of PLOTS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from derive.chain.derivation import Derivation
from derive.errors import UsageError
from derive.page.plots.plot import Plot
from derive.topics.stability.conditions import Analysis

if TYPE_CHECKING:
    from derive.topics.stability.measurements import Measured


def _norms(derivation: Derivation, analysis: Analysis, found: Measured | None) -> Plot:
    from derive.topics.stability.plots.norms import norms

    if found is None:
        from derive.topics.stability.check.measured import measured

        found = measured(derivation, analysis)
    return norms(found, analysis.within(derivation).model)


def _regions(derivation: Derivation, analysis: Analysis, found: Measured | None) -> Plot:
    from derive.topics.stability.plots.regions import regions

    return regions(analysis.within(derivation), analysis)


PLOTS: dict[str, Callable[[Derivation, Analysis, Measured | None], Plot]] = {"norms": _norms, "regions": _regions}


def plot(derivation: Derivation, analyses: Sequence[Analysis], what: str = "norms") -> Plot:
    """Draw the plot with this name, of the first recurrence that has a condition. Errors: UsageError."""
    if what not in PLOTS:
        raise UsageError(f"unknown plot {what!r}; choose one of {', '.join(PLOTS)}")
    claimed = next((a for a in analyses if a.conditions), None)
    if claimed is None:
        raise UsageError(
            f"{derivation.model.title}: there is nothing to plot without a recurrence over general time of which "
            "something is claimed; try derive plot bptt"
        )
    return PLOTS[what](derivation, claimed, None)


def plots(derivation: Derivation, analysis: Analysis, found: Measured | None) -> Iterator[Plot]:
    """All plots of one recurrence, drawn from what was measured."""
    if analysis.conditions:
        if found is not None and any(f.settings and f.condition.about == "distant" for f in found.findings):
            yield _norms(derivation, analysis, found)
        yield _regions(derivation, analysis, found)
