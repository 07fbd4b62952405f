"""What was found, as the page `docs/coverage.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from coverage_of_cookbook import names as identities
from coverage_of_cookbook.compare import compare as compare_identity

from coverage_of_torch import rows
from coverage_of_torch.names import left_out, listed, operations
from coverage_of_torch.rows import backward, formulas, modules
from coverage_of_torch.run import POINTS, Result, compare
from coverage_of_torch.table import Row


class Set(NamedTuple):
    """One of torch's lists: its names, our rows, how the page introduces it, and how many were to be reached."""

    title: str
    what: str
    names: Callable[[], Sequence[str]]
    known: Sequence[Any]
    about: Sequence[str] = ()
    reach: int = 0
    by: Callable[[Any], None] = compare

    def rows(self) -> list[Any]:
        """One row for every name of the list."""
        known = {row.name: row for row in self.known}
        return [known.get(name, Row(name, why="no row yet")) for name in self.names()]


OPERATIONS = Set("operations", "operations of deep learning", operations, rows.ROWS)
OTHERS = (
    Set(
        "Reference backward functions",
        "reference backward functions equal to ours",
        backward.listed,
        backward.ROWS,
        (
            "Functions whose names contain `backward`, at the left margin of `torch/_decomp/decompositions.py`: the",
            "generated code for numpy and torch gives what they return at random numbers and sizes.",
        ),
        44,
    ),
    Set(
        "Formulas written inline",
        "formulas written inline in the list of derivatives equal to ours",
        formulas.listed,
        formulas.ROWS,
        (
            "The list gives the derivative of an argument by a formula, or calls a function with `backward` in its",
            "name. Counted are the arguments with a formula, without what is not implemented or not differentiable",
            "(`tests/coverage_of_torch/inline.py`). The operation is called, the formula is rewritten from C++ by a",
            "program and evaluated at random numbers and sizes, and the code that is generated for the model gives the",
            "same, and the same value where the operation draws nothing; `sin_` is called as `sin`. Where the formula",
            "gives 0 because the operation does not read the numbers of the argument, there is nothing to derive, and",
            "the row does not count.",
        ),
        300,
    ),
    Set(
        "Modules of torch.nn",
        "modules of torch.nn equal to ours",
        modules.listed,
        modules.ROWS,
        (
            "The modules of `module_db` in `torch/testing/_internal/common_modules.py`. The value and the gradients of",
            "all parameters and inputs are those of the module, called with these parameters in float64.",
        ),
        95,
    ),
    Set(
        "The Matrix Cookbook, section 2",
        "formulas of the Matrix Cookbook's section 2",
        identities.of_book,
        identities.ROWS,
        (
            "Petersen and Pedersen, The Matrix Cookbook (2012), the formulas (33) to (144), without the complex ones:",
            "a model is written by hand for each (`tests/coverage_of_cookbook/rows`). The sheet prints the form that",
            "the row states; read as numbers it is what torch.autograd has, and so is the book's own form.",
        ),
        95,
        compare_identity,
    ),
    Set(
        "sympy's tests of matrix derivatives",
        "examples in sympy's tests of matrix derivatives",
        identities.of_tests,
        identities.OTHERS,
        (
            "The numbered examples in `matrices/expressions/tests/test_derivatives.py` of the installed sympy, with",
            "those that it has commented out, by their numbers in the book; then the others of that file, and those",
            "of its arrays in `tensor/array/expressions/tests/test_arrayexpr_derivatives.py`.",
        ),
        len(identities.of_tests()),
        compare_identity,
    ),
)
SETS = (OPERATIONS, *OTHERS)


def report(found: Mapping[Set, Sequence[Result]]) -> Iterator[str]:
    """The page, as lines."""
    yield from _operations(found[OPERATIONS], [_count(s, found[s]) for s in OTHERS])
    for s in OTHERS:
        yield from _other(s, found[s])


def _count(s: Set, found: Sequence[Result]) -> str:
    good = sum(not r.failure for r in found)
    return f"| {s.what}, of {len(found)} (to be reached: {s.reach}) | {good} |"


def _other(s: Set, found: Sequence[Result]) -> Iterator[str]:
    """The section of one of the other lists."""
    yield from ("", f"## {s.title}", "", *s.about, "", "Equal to torch:", "")
    yield from wrapped([r.row.name for r in found if not r.failure and not r.row.form])
    yield ""
    yield from _grouped("", [(r.row.form, r.row.name) for r in found if not r.failure and r.row.form])
    yield from _grouped("not: ", [(r.failure, r.row.name) for r in found if r.failure])


def _grouped(before: str, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for text in dict.fromkeys(text for text, _ in pairs):
        yield f"- {before}{text}: {', '.join(f'`{name}`' for t, name in pairs if t == text)}"


def _operations(found: Sequence[Result], counts: Sequence[str]) -> Iterator[str]:
    directly = [r.row.name for r in found if not r.failure and not r.row.form]
    other = [(r.row.form, r.row.name) for r in found if not r.failure and r.row.form]
    missing = [(r.failure, r.row.name) for r in found if r.failure]
    yield "# What of torch's lists, and of the Matrix Cookbook, can be written"
    yield ""
    version = torch.__version__.partition("+")[0]
    yield f"The list of derivatives is `torchgen/packaged/autograd/derivatives.yaml` of torch {version}."
    yield "`make coverage` writes this page: a model is written by hand for every row (`tests/coverage_of_torch/rows`),"
    yield f"derived, checked at {POINTS} points, printed in both languages, and its generated code for numpy and torch"
    yield "is compared with torch's own function, forward and backward, at random sizes and numbers."
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| names in the list | {len(listed())} |"
    yield f"| operations of deep learning among them | {len(found)} |"
    yield f"| written, derived and equal to torch | {len(directly) + len(other)} |"
    yield f"| of these by their own definition | {len(directly)} |"
    yield f"| of these in another form | {len(other)} |"
    yield f"| not yet | {len(missing)} |"
    yield from counts
    yield ""
    yield "## By their own definition"
    yield ""
    yield from wrapped(directly)
    yield ""
    yield "## In another form"
    yield ""
    yield from _grouped("", other)
    yield ""
    yield "## Not yet"
    yield ""
    yield from _grouped("", missing)
    yield ""
    yield "## No operations of deep learning, or none of their own"
    yield ""
    yield from _grouped("", [(reason, name) for name, reason in left_out().items()])


def wrapped(names: Sequence[str]) -> Iterator[str]:
    """Names in lines."""
    line = ""
    for name in names:
        if len(line) + len(name) > 110:
            yield line
            line = ""
        line += f"`{name}` "
    yield line
