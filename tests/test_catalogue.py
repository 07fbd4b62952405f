"""What the catalogue holds to be checked is visible on the sheets, and every task of the catalogue stands in its sheet.

The values are in `catalogue.tsv`, written from the catalogue and not from what is printed here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from unicodedata import normalize

import pytest

from derive.cli.assignment import Wish, contents, shipped
from derive.cli.assignment_file import load
from derive.page.front import Front

FIXTURE = Path(__file__).parent / "catalogue.tsv"
ROWS = [line.split("\t") for line in FIXTURE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@cache
def tasks(sheet: str) -> dict[str, str]:
    """The text of each task of a sheet, by its name in the file, all white space as one blank.

    The sheet is checked, and its pages are read back: no page that was refused for a fault of its own is missed.
    """
    wish = Wish(sheet, ("en",), ("text", "html"), "brief", "typst", 0, False, None, Front(), True)
    (_, text), _ = contents(wish)
    names = [asked.source[1] for asked in load(shipped()[sheet], sheet).tasks]
    parts = re.split(r"\n(?=Problem \d+\. )", str(text))[1:]
    found: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):  # a problem may have several tasks of a sheet
        found[name] = " ".join([*found.get(name, "").split(), *normalize("NFC", part).split()])
    return found


def shows(page: str, value: str) -> bool:
    """Whether a page has a value: text, parts of text with | between them in order, or a number up to its rounding."""
    if value.startswith("~"):
        half = 0.5 * 10.0 ** -len(value.partition(".")[2])
        return any(abs(float(n) - float(value[1:])) <= half and len(n) >= len(value) - 1 for n in NUMBER.findall(page))
    at = 0
    for part in normalize("NFC", value).split(" | "):
        found = re.compile(rf"(?<![\w.]){re.escape(part)}(?![\w.]*\d)").search(page, at)
        if found is None:
            return False
        at = found.end()
    return True


@pytest.mark.parametrize(
    ("sheet", "task", "what", "values"), [(*r[:3], r[3:]) for r in ROWS], ids=lambda v: str(v)[:30]
)
def test_the_value_is_on_the_page(sheet: str, task: str, what: str, values: list[str]) -> None:
    missing = [value for value in values if not shows(tasks(sheet)[task], value)]
    assert not missing, f"{what} of {task}"


def test_every_task_has_its_values() -> None:
    listed = {(row[0], row[1]) for row in ROWS}
    assert {(s, a.source[1]) for s, path in shipped().items() for a in load(path, s).tasks} - listed <= TOLD_ELSEWHERE


# Cells whose gradients are compared with torch's own in test_sequence_problems.py.
TOLD_ELSEWHERE = {("2", "rnn"), ("2", "lstm"), ("2", "gru")}


def test_a_wrong_value_is_seen() -> None:
    page = "d₃ ≈ 3.16228 weights 7776 d₁ = 3"
    assert shows(page, "~3.162") and shows(page, "7776") and shows(page, "d₃ | 7776")
    assert (
        not shows(page, "~3.163") and not shows(page, "777") and not shows(page, "776") and not shows(page, "7776 | d₃")
    )
