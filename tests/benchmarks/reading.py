"""Reading LaTeX: one formula, and a whole model with its graph, against what they may cost."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import process_time

from table import Row

TESTS = Path(__file__).resolve().parents[1]


def rows(repeats: int) -> list[Row]:
    """The mean over the formulas of exercise sheets, and the mean and the slowest over public models."""
    sys.path.insert(0, str(TESTS))
    from test_public_models import MODELS

    from derive.errors import ReadError
    from derive.read.reader import read
    from derive.transcribe.model import pasted

    lines = (TESTS / "formulas_of_sheets.tsv").read_text(encoding="utf-8").splitlines()
    formulas = [f"$${line.split(chr(9))[0]}$$" for line in lines]

    def one(text: str) -> None:
        with suppress(ReadError):
            read(text)

    each = [_time(lambda text=text: one(text), repeats) for text in formulas]  # type: ignore[misc]
    models = [_time(lambda text=text: pasted(text), repeats) for text, _ in MODELS.values()]  # type: ignore[misc]
    return [
        Row("15 a formula is read", statistics.mean(each), 2, 1),
        Row("15 the longest formula", max(each), 2, 1),
        Row("15 a model is read, with its graph", statistics.mean(models), 50, 1),
        Row("15 the slowest model", max(models), 50, 1),
    ]


def _time(work: Callable[[], object], repeats: int) -> float:
    """The median of the milliseconds that a piece of work takes, after a first time."""
    work()
    found = []
    for _ in range(repeats):
        begun = process_time()
        work()
        found.append(1000 * (process_time() - begun))
    return statistics.median(found)
