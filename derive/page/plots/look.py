"""How all plots look: fonts for each language, colours that differ in grey too, a thin grid. And one clear error."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from typing import Any, NamedTuple

from derive.errors import UsageError

INK, QUIET, LINE, TINT, PAPER = "#222222", "#5f5f5f", "#d9d9d9", "#f1f1f1", "#ffffff"
TINTS = {"vanishes": "#b9d7ea", "stays": "#4d4d4d", "explodes": "#f4b183", "open": TINT}
CHINESE = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Sans CJK SC", "Source Han Sans SC", "FandolSong", "SimSun",
           "Songti SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei")  # fmt: skip


class Mark(NamedTuple):
    """The colour and the dashes of a line, which tell it from the others even in grey."""

    colour: str
    marker: str
    pale: str


MARKS = (
    Mark("#0072b2", "o", "#8cc3e4"),
    Mark("#333333", "s", "#b5b5b5"),
    Mark("#d55e00", "^", "#f2b48a"),
    Mark("#8e4d78", "D", "#cfaac3"),
)  # after Okabe and Ito's colours for all kinds of sight
VARIABLES = {
    INK: "ink",
    QUIET: "quiet",
    LINE: "line",
    TINT: "tint",
    PAPER: "paper",
    TINTS["vanishes"]: "vanishes",
    TINTS["explodes"]: "explodes",
    **{m.colour: f"mark-{n}" for n, m in enumerate(MARKS, 1)},
    **{m.pale: f"pale-{n}" for n, m in enumerate(MARKS, 1)},
}  # what an SVG calls each colour, so that a dark page can choose others


def matplotlib() -> Any:
    """matplotlib, imported when it is needed. Errors: UsageError, in one line, if it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise UsageError("plots need matplotlib, which is not installed; pip install matplotlib") from None
    except ValueError as error:  # MPLBACKEND names none
        raise UsageError(f"plots need matplotlib, which does not start: {str(error).split(';')[0]}") from None
    return matplotlib


def style(lang: str) -> dict[str, Any]:
    """matplotlib's settings for a language. Errors: UsageError where no Chinese font is found."""
    fonts = [chinese(), "STIXGeneral"] if lang == "zh" else ["STIXGeneral"]  # Fandol has no minus
    return {
        "font.family": fonts, "mathtext.fontset": "stix", "font.size": 10, "text.color": INK,
        "axes.edgecolor": QUIET, "axes.labelcolor": INK, "axes.titlecolor": INK, "axes.titlesize": 10,
        "axes.titlelocation": "left", "axes.linewidth": 0.6, "axes.spines.top": False, "axes.spines.right": False,
        "axes.axisbelow": True, "grid.color": LINE, "grid.linewidth": 0.5,
        "xtick.color": QUIET, "ytick.color": QUIET, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
        "xtick.major.width": 0.6, "ytick.major.width": 0.6, "lines.linewidth": 1.4, "lines.markersize": 4.5,
        "figure.constrained_layout.use": True, "svg.fonttype": "path", "svg.hashsalt": "derive", "pdf.fonttype": 3,
        "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    }  # fmt: skip


@cache
def chinese() -> str:
    """A font with Chinese characters, from the system or else from TeX. Errors: UsageError."""
    matplotlib()
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    for name in CHINESE:
        if name in known:
            return name
    file = _of_tex("FandolSong-Regular.otf")
    if file is not None:
        font_manager.fontManager.addfont(file)
        return font_manager.FontProperties(fname=file).get_name()
    raise UsageError("no font with Chinese characters was found; install fonts-noto-cjk, or use --lang en")


def _of_tex(name: str) -> str | None:
    """A font file of an installed TeX."""
    program = shutil.which("kpsewhich")
    if program is None:
        return None
    found = subprocess.run([program, name], capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    return found if found and os.path.exists(found) else None
