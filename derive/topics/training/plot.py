"""The loss against the steps of gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.language import Text
from derive.page.plots.labels import logarithmic
from derive.page.plots.look import LINE, MARKS
from derive.page.plots.plot import Plot
from derive.page.plots.words import Words

LOSS = Text("loss", "损失")
STEPS = Text("steps of gradient descent", "梯度下降的步数")
CAPTION = Text("The loss after each step of gradient descent.", "梯度下降每一步之后的损失。")
DECADES = 20.0  # from how large a quotient of losses the axis is logarithmic


def losses(found: Sequence[float]) -> Plot:
    """The curve of the losses after 0, 1, 2, ... steps, with the last one written at its end."""
    x, y = list(range(len(found))), list(found)
    falls_far = min(y) > 0 and max(y) / min(y) > DECADES

    def draw(figure: Any, lang: str) -> None:
        words, axis, mark = Words((), lang), figure.subplots(), MARKS[0]
        axis.plot(x, y, color=mark.colour, linewidth=1.8)
        axis.set(xlabel=words(STEPS), ylabel=words(LOSS))
        axis.margins(x=0)
        if falls_far:
            logarithmic(axis)
        else:
            axis.set_ylim(min(0.0, min(y)), None)
        axis.grid(True, color=LINE)
        axis.annotate(f"${y[-1]:.3g}$", (x[-1], y[-1]), xytext=(6, 0), textcoords="offset points", color=mark.colour,
                      va="center", annotation_clip=False)  # fmt: skip

    return Plot(draw, (5.2, 3.0), CAPTION)
