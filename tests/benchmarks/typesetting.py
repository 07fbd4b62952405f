"""A sheet's PDF: by TeX against TeX itself (writing the page, confining and TeX, against TeX), and by Typst.

The sides are wall-clock times, because TeX is another process: `derive` from the solution to the bytes of the PDF,
and the bare engine once on the very same page (one run is all that a page needs).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from table import Row

from derive.page.typesetting import by_tex, by_typst
from derive.page.typesetting.engines import Engine, chosen
from derive.page.typesetting.needs import needs
from derive.problems import load
from derive.sheet.part import Part
from derive.sheet.render import render
from derive.solution import Solution


def rows(repetitions: int) -> list[Row]:
    """Two rows for each language."""
    problem = load("lstm")
    solution = problem.readings[0].build(**problem.choices({})).derive(sizes={"T": 3})
    return [row for lang in ("en", "zh") for row in _rows(solution, lang, repetitions)]


def _rows(solution: Solution, lang: str, repetitions: int) -> Iterator[Row]:
    """The sides take turns."""
    page = solution.to_latex(lang, check=False)
    engine = chosen(needs(page))
    sides = (
        lambda: by_tex(solution.to_latex(lang, check=False)),
        lambda: bare(page, engine),
        lambda: by_typst(str(render([Part(solution)], "typst", lang))),
    )
    times = [[clocked(side) for side in sides] for _ in range(repetitions)]
    ours, theirs, typst = (1000 * median(side) for side in zip(*times, strict=True))
    yield Row(f"12 PDF of lstm --T 3 ({lang}) by TeX, TeX alone", ours, theirs, 1.5)
    yield Row(f"12 the same page by Typst ({lang}) / 200 ms", typst, 200.0, 1.0)


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
