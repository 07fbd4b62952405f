"""A plot: drawn when it is asked for, in a language, as SVG, PDF, PNG, or for LaTeX. The same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import UsageError
from derive.language import Text
from derive.page.plots.look import PAPER, VARIABLES, matplotlib, style
from derive.page.print.typst import string

FORMATS = ("svg", "pdf", "png")
UNDATED: dict[str, dict[str, None]] = {
    "svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None},
}  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """Something drawn on a matplotlib figure by `draw(figure, lang)`; `size` in inches. A notebook shows it.

    >>> Plot(lambda figure, lang: None, (2, 1), Text("nothing", "无")).svg("en")[:4]
    '<svg'
    """

    draw: Callable[[Any, str], None]
    size: tuple[float, float]
    caption: Text

    def svg(self, lang: str = "en") -> str:
        """One <svg> element; its colours are CSS variables, --derive-ink and so on (look.VARIABLES)."""
        text = self.file("svg", lang).decode()
        text = text[text.index("<svg") :].replace('xmlns:xlink="http://www.w3.org/1999/xlink" ', "", 1)
        text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
        text = text.replace("xlink:href", "href")
        for colour, name in VARIABLES.items():
            text = text.replace(colour, f"var(--derive-{name},{colour})")
        return text

    def tikz(self, lang: str = "en") -> str:
        """One pgfpicture; words are set by TeX, in the fonts of the page."""
        from derive.page.plots.pgf import pgfpicture

        with self._settings(lang):
            return pgfpicture(self._figure(lang))

    def typst(self, lang: str = "en") -> str:
        """One image for Typst: the SVG, whose letters are outlines."""
        svg = self.file("svg", lang).decode()
        return f'image(bytes({string(svg)}), format: "svg", alt: {string(self.caption.pick(lang))})'

    def file(self, format: str, lang: str = "en") -> bytes:
        """The plot as "svg", "pdf" or "png". Errors: UsageError for another format, or without matplotlib."""
        if format not in FORMATS:
            raise UsageError(f"plots are written as {', '.join(FORMATS)}, not as {format!r}")
        stream = io.BytesIO()
        with self._settings(lang):
            self._figure(lang).savefig(stream, format=format, metadata=UNDATED[format], dpi=200, facecolor=PAPER)
        return stream.getvalue()

    def save(self, path: str | Path, lang: str = "en") -> None:
        """Write the plot to a file, in the format that the ending of its name says. Errors: UsageError."""
        Path(path).write_bytes(self.file(ending(str(path)), lang))

    def __repr__(self) -> str:
        return f"<plot: {self.caption.pick('en', str)}>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _settings(self, lang: str) -> AbstractContextManager[Any]:
        found: AbstractContextManager[Any] = matplotlib().rc_context(style(lang))
        return found

    def _figure(self, lang: str) -> Any:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=self.size)
        FigureCanvasAgg(figure)
        self.draw(figure, lang)
        return figure


def ending(path: str) -> str:
    """The format that a file's name ends in. Errors: UsageError."""
    found = Path(path).suffix.lower().removeprefix(".")
    if found not in FORMATS:
        raise UsageError(f"-o {path}: a plot is written to a file that ends in .svg, .pdf or .png")
    return found
