"""The plot of the regions of parameters in which the gradient vanishes, explodes or keeps its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sympy import Eq, Float, Symbol

from derive.chain.derivation import Derivation
from derive.errors import UsageError
from derive.language import Text
from derive.page.plots.look import INK, TINTS
from derive.page.plots.plot import Plot
from derive.page.plots.words import Words
from derive.topics.stability.check.landscape import Landscape
from derive.topics.stability.conditions import Analysis, Condition
from derive.topics.stability.plots.coordinates import BASE, Coordinate, coordinates, fitted, numbers, two
from derive.topics.stability.plots.words import title

POINTS = 161
NAMES = {
    "vanishes": Text("vanishes", "消失"),
    "explodes": Text("explodes", "爆炸"),
    "stays": Text("size unchanged", "大小不变"),
    "may": Text("may explode", "可能爆炸"),
    "here": Text("does not\nexplode here", "在此处\n不爆炸"),
    "open": Text("no claim", "无结论"),
}
CAPTION = Text(
    "Where the product of the factors of many steps vanishes, and where it explodes, by the condition above each "
    "panel.",
    "由各图上方的条件，多步因子之积在何处消失、在何处爆炸。",
)
ONE = Text(
    "Where the product of the factors of many steps vanishes, and where it explodes, by the condition above the plot.",
    "由图上方的条件，多步因子之积在何处消失、在何处爆炸。",
)
FIXED = Text(
    "Where the product of the factors of many steps vanishes, and where it explodes, by the condition above the "
    "plot, in the plane of the two parameters on which it depends most; the others are fixed: {values}.",
    "由图上方的条件，多步因子之积在何处消失、在何处爆炸；图中取影响最大的两个参数，其余固定为 {values}。",
)
BLOCKS = Text(
    "Where the product of the factors of many steps vanishes, and where it explodes, by the condition above each "
    "panel; a matrix without a norm is drawn as one of size 1 × 1.",
    "由各图上方的条件，多步因子之积在何处消失、在何处爆炸；未取范数的矩阵按 1 × 1 矩阵画出。",
)
NOTHING = "nothing is claimed about this recurrence, so there is no region to plot"


class Panel(NamedTuple):
    """One panel: its conditions, the one or two coordinates that are drawn, and those that are fixed."""

    drawn: list[Coordinate]
    fixed: list[Coordinate]
    claims: list[Condition]


def regions(derivation: Derivation, analysis: Analysis) -> Plot:
    """A panel for each group of conditions, on a line or a plane. Errors: UsageError if there is no condition."""
    landscape = Landscape(derivation, analysis)
    panels = [_panel(claims, derivation, analysis, landscape) for claims in _groups(derivation, analysis)]
    if not panels:
        raise UsageError(NOTHING)
    flat = all(len(p.drawn) == 1 for p in panels)

    def draw(figure: Any, lang: str) -> None:
        words = Words(derivation.model.order, lang, derivation.model.letters)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, panel in zip(axes, panels, strict=True):
            _draw(axis, panel, landscape, words)

    fixed = [Eq(c.label, Float(BASE), evaluate=False) for p in panels for c in p.fixed]
    blocks = any(c.axes and isinstance(c.label, Symbol) for p in panels for c in p.drawn)
    size = (4.4 * len(panels), 1.7 if flat else 3.6)
    said = BLOCKS if blocks else CAPTION if len(panels) > 1 else ONE
    return Plot(draw, size, FIXED(values=fixed) if fixed else said)


def _groups(derivation: Derivation, analysis: Analysis) -> list[list[Condition]]:
    """The conditions about distant steps, in one group if the coordinates of one are among those of the other."""
    where = dict(analysis.where)
    groups: dict[frozenset[str], list[Condition]] = {}
    for condition in (c for c in analysis.conditions if c.about == "distant" and not c.measure.is_number):
        groups.setdefault(frozenset(coordinates(condition, where, derivation.model)), []).append(condition)
    largest = [names for names in groups if not any(names < other for other in groups)]
    return [[c for names, claims in groups.items() if names <= most for c in claims] for most in largest]


def _panel(claims: list[Condition], derivation: Derivation, analysis: Analysis, landscape: Landscape) -> Panel:
    found: dict[str, Coordinate] = {}
    for condition in claims:
        found |= coordinates(condition, dict(analysis.where), derivation.model)
    drawn, fixed = two(list(found.values()), claims[0], landscape)
    axes = [fitted(c, claims[0].measure, landscape, [o for o in found.values() if o is not c]) for c in drawn]
    return Panel(axes, fixed, claims)


def _draw(axis: Any, panel: Panel, landscape: Landscape, words: Words) -> None:
    across, *up = panel.drawn
    x = np.linspace(across.low, across.high, 4 * POINTS if not up else POINTS)
    y = np.linspace(up[0].low, up[0].high, POINTS) if up else np.array([0.0, 1.0])
    grids = np.meshgrid(x, y)
    at = numbers(panel.drawn, [g.ravel() for g in grids][: len(panel.drawn)], panel.fixed)
    axis.set_facecolor(TINTS["open"])
    taken = np.zeros(grids[0].shape, dtype=bool)
    for claim in sorted(panel.claims, key=lambda c: c.kind != "vanishes"):
        measure = np.clip(landscape.at(claim.measure, at), 0, 1e6).reshape(grids[0].shape)
        taken |= _paint(axis, x, y, measure, claim, words, flat=not up)
    if not taken.all():
        _name(axis, x, y, ~taken, words(NAMES[_rest(panel.claims)]), flat=not up)
    axis.set(xlim=(across.low, across.high), ylim=(y[0], y[-1]), xlabel=words.formula(across.label))
    axis.locator_params(nbins=5)
    axis.set_title("\n".join(words(title(c)) for c in panel.claims), fontsize=8.5, linespacing=1.4)
    if up:
        axis.set_ylabel(words.formula(up[0].label))
    else:
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)


def _paint(axis: Any, x: Any, y: Any, measure: Any, claim: Condition, words: Words, flat: bool) -> Any:
    """Fill the region in which a claim holds, if the claim says what happens there; return the region as a mask."""
    below = claim.claim.rel_op == "<"
    nowhere = np.zeros(measure.shape, dtype=bool)
    if claim.kind in ("stays", "subexponential") or claim.strength == "necessary":
        return nowhere
    holds = measure < 1 if below else measure > 1
    if not holds.any():
        return nowhere
    levels = [-1, 1] if below else [1, 1e7]
    axis.contourf(x, y, measure, levels=levels, colors=[TINTS[claim.kind]])
    axis.contour(x, y, measure, levels=[1], colors=[INK], linewidths=0.8)
    _name(axis, x, y, holds, words(NAMES[claim.kind]), flat)
    return holds


def _rest(claims: Sequence[Condition]) -> str:
    """The name of the region in which no claim says what happens."""
    strengths = {c.strength for c in claims if c.kind == "explodes"}
    return "here" if "local" in strengths else "may" if "necessary" in strengths else "open"


def _name(axis: Any, x: Any, y: Any, holds: Any, text: str, flat: bool) -> None:
    """Write the name of a region where it is widest: once in each interval of a line, or on each side of a plane."""
    if flat:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], holds[0].astype(int), [0]])))
        for first, after in zip(edges[::2], edges[1::2], strict=True):
            _word(axis, (x[first] + x[after - 1]) / 2, 0.5, text.replace("\n", " " if text.isascii() else ""))
        return
    middle = len(x) // 2
    halves = [slice(None)] if holds[:, middle].any() else [slice(0, middle), slice(middle + 1, None)]
    for half in (h for h in halves if holds[:, h].any()):
        row, column = _deepest(holds[:, half])
        _word(axis, x[half][column], y[row], text)


def _deepest(holds: Any) -> tuple[int, int]:
    """The point farthest from the edge of a region: the region shrinks step by step until nothing would be left.

    Words are wider than high, so it shrinks twice as fast from the sides as from above and below.
    """
    inside = np.pad(holds, 1)
    for step in range(holds.size):
        smaller = inside[1:-1, :-2] & inside[1:-1, 2:] & inside[1:-1, 1:-1]
        if step % 2 == 0:
            smaller &= inside[:-2, 1:-1] & inside[2:, 1:-1]
        if not smaller.any():
            break
        inside = np.pad(smaller, 1)
    places = np.argwhere(inside[1:-1, 1:-1])
    row, column = places[len(places) // 2]
    return int(row), int(column)


def _word(axis: Any, x: float, y: float, text: str) -> None:
    axis.text(x, y, text, ha="center", va="center", fontsize=8.5, linespacing=1.1, color=INK)
