"""docs/coverage.md is what `make coverage` writes: every operation has its row, and some rows are tried again here."""

import re
from pathlib import Path

import pytest
import torch
from coverage_of_torch.names import left_out, listed, operations
from coverage_of_torch.page import OTHERS
from coverage_of_torch.rows import ROWS, formulas
from coverage_of_torch.run import close, compare, generated, result, theirs
from coverage_of_torch.table import Row, drawn, spec

PAGE = (Path(__file__).parents[1] / "docs" / "coverage.md").read_text(encoding="utf-8")
SOME = [row for row in ROWS if not row.why][::25]
MORE = [row for s in OTHERS if s.by is compare for row in s.known if not row.why][::50]


def test_every_name_is_accounted_for_once():
    """An operation has one row, and every name of the list stands on the page."""
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) and set(names) == set(operations())
    assert set(operations()) | set(left_out()) == set(listed())
    assert not {name for name in listed() if f"`{name}`" not in PAGE}


def test_the_numbers_of_the_page():
    """The counts are those of the lists below them."""
    numbers = {what: int(n) for what, n in re.findall(r"^\| ([a-z, ]+) \| (\d+) \|", PAGE, re.MULTILINE)}
    parts = PAGE.split("\n## ")
    directly, other, missing = (len(re.findall("`[^`]+`", part)) for part in parts[1:4])
    assert numbers["names in the list"] == len(listed())
    assert numbers["operations of deep learning among them"] == directly + other + missing == len(operations())
    assert numbers["of these by their own definition"] == directly
    assert numbers["written, derived and equal to torch"] == directly + other


@pytest.mark.parametrize("s", OTHERS, ids=lambda s: s.title)
def test_the_other_lists(s):
    """Every name of a list has one row, and stands in its section; a row has a model, or the reason why not."""
    names = [row.name for row in s.known]
    section = PAGE.split(f"\n## {s.title}\n")[1].split("\n## ")[0]
    assert len(set(names)) == len(names) and set(names) <= set(s.names())
    assert sorted(s.names()) == sorted(re.findall("`([^`]+)`", section.split("Equal to torch:")[1]))
    good = len(s.names()) - len(re.findall("`[^`]+`", "".join(re.findall("^- not: .*$", section, re.MULTILINE))))
    assert f"| {s.what}, of {len(s.names())} (to be reached: {s.reach}) | {good} |" in PAGE


@pytest.mark.parametrize("row", SOME + MORE, ids=lambda row: row.name)
def test_some_rows(row):
    """The sheet, and the generated code against torch."""
    compare(row)


def test_a_wrong_row_does_not_count():
    """A model that says something else, and one that cannot be written, fail with the reason."""
    sigmoid = next(row for row in ROWS if row.name == "sigmoid")
    tanh = next(row for row in ROWS if row.name == "tanh")
    assert "differs" in result(sigmoid._replace(by_torch=tanh.by_torch)).failure
    assert "ModelError" in result(Row("none", "x:N", lambda v: v.x[v.n], sigmoid.by_torch)).failure


@pytest.mark.parametrize(
    ("title", "name", "other"),
    [
        ("Reference backward functions", "tanh_backward", "sigmoid_backward"),
        ("Formulas written inline", "sin: self", "cos: self"),
        ("Modules of torch.nn", "CELU", "ELU"),
    ],
)
def test_the_truth_of_another_row_is_not_met(title, name, other):
    """Each list compares with what torch gives for the row, and reports where that is something else."""
    known = {row.name: row for s in OTHERS if s.title == title for row in s.known}
    wrong = known[name]._replace(slopes=known[other].slopes, by_torch=known[other].by_torch)
    assert not result(known[name]).failure
    assert "differs" in result(wrong).failure


@pytest.mark.parametrize(
    "name",
    [
        *("abs: self", "sign: self", "amax: self", "maximum: self", "minimum: other", "fmax: self", "fmin: other"),
        *("clamp_min.Tensor: self", "clamp_min.Tensor: min", "clamp_max.Tensor: self", "clamp_max.Tensor: max"),
    ],
)
def test_formulas_at_kinks(name):
    """Numbers are rounded, so that some are 0 and some are equal."""
    row = next(row for row in formulas.ROWS if row.name == name)
    module = generated(row.leaves, row.write)["numpy"]
    for seed in range(5):
        given = {n: v.round() if isinstance(v, torch.Tensor) and n != "u" else v for n, v in drawn(row, seed).items()}
        arrays = {n: given[n].numpy() for n, _, _ in spec(row.leaves)}
        found = module.backward(**arrays, **{n: given[n] for n in module.SIZES})
        for leaf, slope in theirs(row, given)[1].items():
            close(found[leaf], slope, leaf)


def test_a_slope_that_few_draws_reach():
    """The upper bound of clamp is reached by none of the first three draws: more are made, so a wrong slope is seen."""

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            return z.clone()

        @staticmethod
        def backward(ctx, slope):
            return 2 * slope

    clamp = next(row for row in ROWS if row.name == "clamp")
    wrong = clamp._replace(by_torch=lambda v: torch.clamp(v.x, -v.y, Doubled.apply(v.z)).mul(v.u).sum())
    assert not result(clamp).failure
    assert result(wrong).failure.startswith("AssertionError: the gradient of z differs")
