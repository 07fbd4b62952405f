"""The formulas that are to be tried: those of the book, and those of sympy's tests."""

from __future__ import annotations

import re
from pathlib import Path

import sympy

from coverage_of_cookbook.rows import cookbook, of_sympy

TESTS = Path(sympy.__file__).parent / "matrices" / "expressions" / "tests" / "test_derivatives.py"
COMPLEX = ("45", "89")
# Of these numbers (94) and (96) are the first line of (95) and of (97), and (133) to (136) name what (137) uses.
UNUSED = ("94", "96", "133", "134", "135", "136")
NUMBERS = tuple(str(n) for n in range(33, 145) if str(n) not in (*COMPLEX, *UNUSED))


def of_book() -> tuple[str, ...]:
    """The numbers of the real formulas of section 2."""
    return NUMBERS


def of_tests() -> tuple[str, ...]:
    """The numbered examples in sympy's file, commented out or not, and the others by the names of our rows."""
    numbered = re.findall(r"Cookbook example (\d+)", TESTS.read_text(encoding="utf-8"))
    return (*dict.fromkeys(numbered), *(row.name for row in of_sympy.ROWS))


ROWS = cookbook.ROWS
OTHERS = tuple(row for row in (*cookbook.ROWS, *of_sympy.ROWS) if row.name in of_tests())
