"""A sheet's PDF against TeX itself: writing the page, probing, confining and TeX, against TeX.

Both sides are wall-clock times, because TeX is another process: `derive` from the solution to the bytes of the PDF,
and the bare engine once on the very same page (one run is all that a page needs).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from table import Row

from derive.page.typesetting import pdf
from derive.page.typesetting.engines import Engine, candidates
from derive.page.typesetting.needs import needs
from derive.page.typesetting.typeset import typeset
from derive.problems import load
from derive.solution import Solution


def rows(repetitions: int) -> list[Row]:
    """One row for a language and a route that is installed."""
    problem = load("lstm")
    solution = problem.readings[0].build(**problem.choices({})).derive(sizes={"T": 3})
    found = []
    for lang in ("en", "zh"):
        page = solution.to_latex(lang, check=False)
        found += [row(solution, page, lang, c.engine, repetitions) for c in candidates(needs(page)) if not c.missing]
    return found


def row(solution: Solution, page: str, lang: str, engine: Engine, repetitions: int) -> Row:
    """The two sides take turns."""

    def ours() -> object:
        return pdf(solution.to_latex(lang, False)) if engine.origin == "system" else typeset(page, engine)

    times = [(clocked(ours), clocked(lambda: bare(page, engine))) for _ in range(repetitions)]
    ours_ms, theirs_ms = (1000 * median(side) for side in zip(*times, strict=True))
    return Row(f"PDF of lstm --T 3 ({lang}, TeX of the {engine.origin}), TeX alone", ours_ms, theirs_ms, 1.5)


def bare(page: str, engine: Engine) -> None:
    """The engine as one calls it by hand, once."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sheet.tex").write_text(page, encoding="utf-8")
        command = [engine.path, "-interaction=batchmode", "sheet.tex"]
        subprocess.run(command, cwd=folder, capture_output=True, check=True)


def clocked(act: Callable[[], object]) -> float:
    """Seconds that pass."""
    begin = perf_counter()
    act()
    return perf_counter() - begin
