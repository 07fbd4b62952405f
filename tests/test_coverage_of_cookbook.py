"""The Matrix Cookbook and sympy's tests on docs/coverage.md: all have their rows, and some are tried again here."""

from pathlib import Path

import pytest
from coverage_of_cookbook.compare import compare
from coverage_of_cookbook.names import NUMBERS, OTHERS, ROWS, of_book, of_tests
from coverage_of_torch.run import result

PAGE = (Path(__file__).parents[1] / "docs" / "coverage.md").read_text(encoding="utf-8")
BY_NAME = {row.name: row for row in (*ROWS, *OTHERS)}
SOME = (
    "39",
    "46",
    "48",
    "66",
    "75",
    "97",
    "126",
    "140",
    "142",
    "144",
    "entrywise: a^T log(A sin(X) B) b (commented out)",
)


def test_every_formula_is_accounted_for_once() -> None:
    """A number of the book, and every numbered example of sympy's file, has one row and stands on the page."""
    assert sorted(row.name for row in ROWS) == sorted(NUMBERS)
    assert (
        sorted(row.name for row in OTHERS) == sorted(of_tests()) and len([n for n in of_tests() if n.isdigit()]) == 43
    )
    assert not {name for name in (*of_book(), *of_tests()) if f"`{name}`" not in PAGE}


@pytest.mark.parametrize("name", SOME)
def test_some_rows(name: str) -> None:
    """What is printed, and its numbers and those of the book's form beside torch.autograd."""
    compare(BY_NAME[name])


def test_a_wrong_row_does_not_count() -> None:
    """Another text, another form of the book, and another formula all fail, each with its reason."""
    row = BY_NAME["70"]
    assert "printed is a bᵀ" in result(row._replace(prints="b aᵀ"), compare).failure
    assert "differs by" in result(row._replace(book="b aᵀ"), compare).failure
    assert "printed is" in result(row._replace(say=BY_NAME["71"].say), compare).failure
    assert "differs by" in result(BY_NAME["141"]._replace(book="2 X⁻¹"), compare).failure
