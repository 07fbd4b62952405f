"""docs/language.md is true: every example in it is run, and every word that derive offers to a formula is in it."""

import doctest
from pathlib import Path

import derive
from derive.expressions import functions
from derive.expressions.functions import BY_NAME
from derive.memo import forget

PAGE = Path(__file__).parents[1] / "docs" / "language.md"
FORMULA_MODULES = (
    "activations",
    "elementary",
    "several",
    "words",
    "matrix_words",
    "normal_words",
)  # of words that stand in formulas


def test_every_example():
    tables = BY_NAME, functions._BY_CLASS
    kept = [dict(table) for table in tables]
    try:
        found = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    finally:
        for table, before in zip(tables, kept, strict=True):
            table.clear()
            table.update(before)
        forget()
    assert found.attempted >= 30 and found.failed == 0


def test_every_word_is_there():
    text = PAGE.read_text(encoding="utf-8")
    words = [n for m, names in derive._HOME.items() for n in names if m.rpartition(".")[2] in FORMULA_MODULES]
    functions = [n for n in derive._HOME["sympy"] if n not in ("Function", "Rational")]
    missing = [n for n in (*words, *functions) if f"`{n}`" not in text and f"{n}(" not in text]
    assert len(words) > 40 and not missing
