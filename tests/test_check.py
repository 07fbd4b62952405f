"""The mechanisms of the check: what an error is, which line is the worst, which sizes are tried, what a report says."""

import itertools
import math
import random
from typing import NamedTuple

import pytest
import torch
from sympy import Symbol

from derive.chain.derivation import Line, Term
from derive.check import derived
from derive.check.compare import line_errors, relative, worst_of
from derive.check.report import Report, Row
from derive.check.samples import random_inputs, rational, sizes_in_turn
from derive.check.torch_backend import TorchBackend
from derive.errors import VerificationError
from derive.evaluate.passes import Passes
from derive.graph import Graph
from derive.language import Text

A, B, C = (Symbol(name) for name in "abc")


class Claimed(NamedTuple):
    """A claim that holds or does not."""

    ok: bool

    def complaint(self) -> str | None:
        """A sentence without its end."""
        return None if self.ok else "the moon is no cheese"


def numbers(*values: float) -> torch.Tensor:
    """A row of float64 numbers."""
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("found", "truth", "error"),
    [
        (numbers(1, 2), numbers(1, 2), 0.0),
        (numbers(0.25), numbers(0.5), 0.5),
        (numbers(1.001e-8), numbers(1e-8), 1e-3),
        (numbers(1, 1.001e-8), numbers(1, 1e-8), 1e-3),  # beside a large one too
        (numbers(90), numbers(100), 0.1),
        (numbers(math.nan, 1), numbers(1, 1), math.inf),
        (numbers(1), numbers(1, math.nan), math.inf),
        (numbers(), numbers(), 0.0),
        (numbers(3), numbers(3, 3, 5), 0.4),  # one number for all points
    ],
)
def test_the_error_is_relative(found, truth, error):
    assert relative(found, truth, terms=truth.abs) == pytest.approx(error)


def test_only_the_kept_points_count_and_nothing_is_overwritten():
    found, truth = numbers(1, 7, math.nan), numbers(1, 2, 3)
    assert relative(found, truth, kept=torch.tensor([True, False, False]), terms=truth.abs) == 0.0
    assert relative(found, truth, kept=torch.tensor([True, True, False]), terms=truth.abs) == 2.5
    assert found[1] == 7 and truth.tolist() == [1, 2, 3]


def test_the_worst_line_is_the_first_of_the_worst_and_equal_lines_are_evaluated_once():
    said, asked = Text("so", "故"), []
    lines = [Line((Term((x,)),), said) for x in (A, B, A, C)]

    def error(expr):
        asked.append(expr)
        return {A: 0.0, B: 0.5, C: 0.5}[expr]

    assert worst_of(line_errors(lines, error, "step 3, ")) == (0.5, "step 3, line 2")
    assert asked == [A, B, C]
    assert worst_of([(0.0, "line 1")]) == worst_of([]) == (0.0, "")


@pytest.mark.parametrize("count", [4, 6, 8])
def test_sizes_take_all_numbers_and_differ_from_each_other(count):
    names = [Symbol(f"N{n}") for n in range(count)]
    choices = [sizes_in_turn(names, n, count) for n in range(1, count + 1)]
    assert all(len(set(one.values())) == count for one in choices)
    assert all({one[name] for one in choices} == set(range(1, count + 1)) for name in names)


def test_inputs_keep_to_their_domains_and_sums():
    g = Graph("domains")
    D = g.size("D")
    kinds = ("real", "positive", "probability", "binary", "nonzero")
    leaves = [g.input(f"x{n}", D, domain=kind) for n, kind in enumerate(kinds)]
    shares = g.input("p", D, domain="probability", sums_to=1)
    g.loss("L", sum(x[1] for x in (*leaves, shares)))
    derivation = g.derive().derivation
    passes = Passes(derivation, dict.fromkeys(derivation.model.sizes, 3), TorchBackend())
    found = random_inputs(passes, 200, torch.Generator().manual_seed(0))
    real, positive, probability, binary, nonzero = (found[f"x{n}"] for n in range(5))
    assert real.min() < 0 < real.max() and positive.min() > 0 and 0 < probability.min() < probability.max() < 1
    assert set(binary.unique().tolist()) == {0.0, 1.0} and nonzero.abs().min() > 0.2 and nonzero.min() < 0
    assert torch.allclose(found["p"].sum(dim=0), torch.ones(200, dtype=torch.float64))


def test_rational_numbers_keep_to_their_domains():
    rng = random.Random(0)
    found = {d: [rational(d, rng) for _ in range(200)] for d in ("real", "positive", "probability", "binary")}
    assert min(found["real"]) < 0 < max(found["real"]) and 0 not in found["real"]
    assert min(found["positive"]) > 0 and max(found["probability"]) < 1 and set(found["binary"]) == {0, 1}


# reports


def test_a_report_lists_every_quantity_once_with_its_worst():
    report = Report((Row(A, 3, 1e-16), Row(B, 3, 0.0)))
    report = report.beside("other", Report((Row(B, 2, 1e-12, "line 1"), Row(C, 1, 0.0))))
    assert [(r.quantity, r.points, r.error) for r in report.rows] == [(C, 1, 0.0), (A, 3, 1e-16), (B, 5, 1e-12)]
    assert report.ok and report.worst == 1e-12 and report.of("other").worst == 1e-12


def test_what_a_part_finds_fails_the_whole():
    """Rows that a table lists, rows that it does not, claims; in a part of a part too."""
    wrong = Row(B, 1, 1.0, "line 2")
    for part in (Report((wrong,)), Report((wrong,), listed=False), Report(claims=(Claimed(False),))):
        for depth in (1, 2):
            whole = part
            for _ in range(depth):
                whole = Report((Row(A, 3, 0.0),)).beside("part", whole)
            assert not whole.ok
            with pytest.raises(VerificationError, match=r"line 2|moon"):
                whole.require()


def test_the_first_failure_is_a_formula_before_a_line():
    line, formula = Row(A, 1, 2.0, "step 1, line 1"), Row(B, 1, 1.0)
    assert Report((line, formula)).first_failure == formula
    assert Report((line,)).beside("forms", Report((formula,), listed=False)).first_failure == formula
    assert Report((Row(A, 1, 0.0),)).first_failure is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_merging_loses_nothing(order):
    """A row, a part, a claim or a note that only one of the reports has."""
    said = Text("so", "故")
    parts = [
        Report((Row(A, 1, 0.0),), samples=1, notes=(said,)),
        Report((Row(B, 1, 1.0),), samples=2, notes=(said,), claims=(Claimed(True),)),
        Report((), samples=3).beside("forms", Report((Row(C, 0, 2.0),), listed=False)),
    ]
    first, second, third = (parts[n] for n in order)
    found = first.merged(second).merged(third)
    assert {r.quantity for r in found.rows} == {A, B} and found.of("forms").rows == (Row(C, 0, 2.0),)
    assert (found.samples, found.notes, len(found.claims), found.worst) == (6, (said,), 1, 2.0)


def test_a_check_computes_in_one_thread_and_gives_the_others_back(monkeypatch):
    """Whatever the user's number of threads is, also where the check ends with an error."""
    seen, before, g = [], torch.get_num_threads(), Graph("one")
    g.loss("L", g.parameter("w") ** 2)
    torch.set_num_threads(3)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(derived, "verify", lambda *rest: seen.append(torch.get_num_threads()))
            with pytest.raises(AttributeError):  # there is no report
                g.derive().checked()
        assert g.derive().verify(points=5).ok
        assert seen == [1] and torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
