"""The 142 formulas of exercise sheets: each is read as its author meant, by a tree that was reviewed line by line.

`formulas_of_sheets.tsv` holds a formula and its tree: <a b> is a product, {+a -b} a sum, a_<i> and a^<2> scripts.
Statements of one line are parted by ;; as the number of an item is from its formula. Of two lines copied from a slide
the subscripts are lost: the reader takes x1 for x_1, and xD stays the product that it is. `\\log` alone is refused: a
function takes an argument. Whether their arithmetic is right is judged by `derive judge`.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from test_read import plain

from derive.errors import ReadError
from derive.read.reader import read

LINES = [
    line.split("\t")
    for line in (Path(__file__).parent / "formulas_of_sheets.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("formula", "tree"), LINES, ids=[formula for formula, _ in LINES])
def test_a_formula_of_a_sheet_is_read_as_its_author_meant(formula: str, tree: str) -> None:
    if tree.startswith("!! "):
        with pytest.raises(ReadError, match=tree.removeprefix("!! ")):
            read(f"$${formula}$$")
    else:
        assert " ;; ".join(plain(item) for row in read(f"$${formula}$$") for item in row.items) == tree


def test_a_formula_is_read_in_two_milliseconds() -> None:
    """The mean over all of them; the longest has 300 characters."""
    texts = [formula for formula, tree in LINES if not tree.startswith("!!")]
    begun = time.process_time()
    for text in texts:
        read(f"$${text}$$")
    assert (time.process_time() - begun) / len(texts) < 0.002
