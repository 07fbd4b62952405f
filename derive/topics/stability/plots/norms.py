"""The plot of the norm of the factor against the distance to the end, as measured and as the condition predicts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sympy import Expr

from derive.errors import UsageError
from derive.language import Text
from derive.model.model import Model
from derive.page.plots.labels import apart, logarithmic
from derive.page.plots.look import LINE, MARKS, QUIET, Mark
from derive.page.plots.plot import Plot
from derive.page.plots.words import Words
from derive.topics.stability.conditions import Condition
from derive.topics.stability.measurements import DISTANCES, Finding, Measured, Setting
from derive.topics.stability.page.conditions import K
from derive.topics.stability.plots.words import title

FLOOR, CEILING = 1e-20, 1e8  # beyond, lines leave the plot
DISTANCE = Text("distance $k$ to the end, in steps", "距末尾的步数 $k$")
NORM = Text("norm of the product of the factors", "因子之积的范数")
CAPTION = Text(
    "The norm of the product of the factors of {k} steps, on a logarithmic scale. Lines with marks show the largest "
    "of all draws, measured with torch.autograd; thin lines show the smallest. Dashed lines show the power {k} of the "
    "number that the condition compares with 1; this number is written beside each line.",
    "{k} 步因子之积的范数（对数坐标）。带标记的线：由 torch.autograd 测得，所有抽样中的最大值；细线：最小值。虚线："
    "条件中与 1 比较的数的 {k} 次幂。该数标在各线旁。",
)
NOTHING = "no condition of this recurrence was measured, so there are no norms to plot"
X = (0, *DISTANCES)


class Panel(NamedTuple):
    """One panel: a measure, the claims about it, and what was measured."""

    measure: Expr
    claims: tuple[Condition, ...]
    settings: tuple[Setting, ...]


def norms(measured: Measured, model: Model) -> Plot:
    """One panel for each measure of the conditions about distant steps. Errors: UsageError if there is none."""
    panels = _panels(measured.findings)
    if not panels:
        raise UsageError(NOTHING)

    def draw(figure: Any, lang: str) -> None:
        words = Words(model.order, lang, model.letters)
        axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for axis, panel in zip(axes, panels, strict=True):
            _draw(axis, panel, words, *_limits(panels))
        axes[0].set_ylabel(words(NORM))

    return Plot(draw, (3.6 * len(panels) + 1.2, 3.4), CAPTION(k=K))


def _panels(findings: Iterable[Finding]) -> list[Panel]:
    found: dict[Expr, Panel] = {}
    for finding in findings:
        c = finding.condition
        if c.about == "distant" and finding.settings:
            before = found.get(c.measure, Panel(c.measure, (), finding.settings))
            found[c.measure] = before._replace(claims=(*before.claims, c))
    return list(found.values())


def _draw(axis: Any, panel: Panel, words: Words, bottom: float, top: float) -> None:
    logarithmic(axis)
    axis.set(ylim=(bottom, top), xlim=(-1, DISTANCES[-1] + 1), xlabel=words(DISTANCE))
    axis.grid(True, color=LINE)
    axis.set_title("\n".join(words(title(c)) for c in panel.claims), fontsize=8.5, linespacing=1.4)
    for setting, mark in zip(panel.settings, MARKS, strict=False):
        _line(axis, setting, mark, bottom)
    _label(axis, panel, words)


def _limits(panels: Sequence[Panel]) -> tuple[float, float]:
    """The ends of the axis: they enclose the largest norms and the predictions between FLOOR and CEILING."""
    settings = [s for panel in panels for s in panel.settings]
    found = [v for s in settings for v in (*(high for _, high in s.norms), *(_power(s.measure, k) for k in X)) if v > 0]
    low = max(FLOOR, min(1e-3, *found) / 5)
    return 10.0 ** math.floor(math.log10(low)), min(CEILING, 10.0 ** math.ceil(math.log10(max(10, *found))))


def _power(measure: float, k: int) -> float:
    return math.exp(min(600.0, k * math.log(measure)))


def _line(axis: Any, setting: Setting, mark: Mark, bottom: float) -> None:
    """Draw the measured norms pale and the predicted ones dashed above them, so that both are seen if they agree."""
    least, largest = ([1.0, *(max(pair[n], bottom / 1e3) for pair in setting.norms)] for n in (0, 1))
    axis.plot(X, least, color=mark.pale, linewidth=0.8, zorder=2)
    axis.plot(X, largest, color=mark.pale, linewidth=2.6, marker=mark.marker, markerfacecolor=mark.colour,
              markeredgecolor="none", solid_capstyle="round", zorder=3)  # fmt: skip
    steps = range(DISTANCES[-1] + 1)
    powers = [_power(setting.measure, k) for k in steps]
    axis.plot(steps, powers, color=mark.colour, linestyle=(0, (4, 3)), linewidth=0.9, zorder=4)


def _label(axis: Any, panel: Panel, words: Words) -> None:
    """Write what a line stands for at its right end, or at the place where the line leaves the plot."""
    bottom, top = (math.log10(v) for v in axis.get_ylim())
    gap = (top - bottom) * 0.07
    marked = list(zip(panel.settings, MARKS, strict=False))
    staying = [(s, m) for s, m in marked if s.norms[-1][1] < 10.0**top]
    heights = apart([math.log10(max(s.norms[-1][1], 1e-300)) for s, _ in staying], gap, bottom, top - gap)
    last = DISTANCES[-1] + 1
    for (setting, mark), height in zip(staying, heights, strict=True):
        _word(axis, f"${setting.measure:g}$", last, 10.0**height, mark.colour)
    for setting, mark in marked:
        if (setting, mark) not in staying:
            _word(axis, f"${setting.measure:g}$", _exit(setting, top), 10.0 ** (top - gap), mark.colour)
    _word(axis, words.formula(panel.measure), last, 10.0**top, QUIET)


def _exit(setting: Setting, top: float) -> float:
    """The distance at which a line leaves the plot above."""
    points = list(zip(X, [0.0, *(math.log10(high) for _, high in setting.norms)], strict=True))
    for (a, low), (b, high) in pairwise(points):
        if high >= top:
            return a + (b - a) * (top - low) / (high - low)
    return float(DISTANCES[-1])


def _word(axis: Any, text: str, x: float, y: float, colour: str) -> None:
    axis.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", color=colour, va="center", fontsize=9.5,
                  annotation_clip=False)  # fmt: skip
