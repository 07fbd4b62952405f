"""Mutation: whatever is wrong in a derivation, the check must say so and name the very adjoint.

For each problem with a loss, every edge of every adjoint is dropped once and flipped once. An edge is one occurrence of
a quantity in the definition of a user: `Use`, and each of those that were merged into it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar
from unittest import mock

import pytest
from sympy import Symbol

from derive import Graph, Sum
from derive.chain.derivation import Adjoint, Derivation, Line, Step, Term, Use
from derive.chain.steps import Steps
from derive.check import steps as check
from derive.check.autograd import AutogradValues
from derive.check.report import Report, Row
from derive.check.steps import Checker, verify
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes
from derive.expressions import functions
from derive.expressions.symbols import Partial
from derive.memo import forget
from derive.problems import load, names
from derive.solution import Solution

SIZES = {
    **{"A": 3, "B": 2, "C": 3, "D": 3, "E": 2, "F": 2, "G": 3, "H": 2, "K": 2},
    **{"L": 2, "M": 2, "N": 2, "P": 2, "Q": 2, "R": 2, "S": 4, "T": 3, "V": 3, "W": 2},
}
POINTS = 24  # enough that each side of every ReLU is seen in every time step

# The edges of each problem, so that none is skipped in silence.
EDGES = {
    "adafactor reading 1": 4,
    "adamw reading 2": 3,
    "adamw reading 3": 1,
    "alibi": 8,
    "attention": 7,
    "batch-norm reading 1": 10,
    "batch-norm reading 2": 5,
    "bias-variance reading 2": 3,
    "bptt identity abstract last zero": 6,
    "bptt identity abstract last learned": 7,
    "bptt identity abstract every zero": 7,
    "bptt identity abstract every learned": 8,
    "bptt identity squared last zero": 6,
    "bptt identity squared last learned": 7,
    "bptt identity squared every zero": 6,
    "bptt identity squared every learned": 7,
    "bptt tanh abstract last zero": 7,
    "bptt tanh abstract last learned": 8,
    "bptt tanh abstract every zero": 8,
    "bptt tanh abstract every learned": 9,
    "bptt tanh squared last zero": 7,
    "bptt tanh squared last learned": 8,
    "bptt tanh squared every zero": 7,
    "bptt tanh squared every learned": 8,
    "bptt sigmoid abstract last zero": 7,
    "bptt sigmoid abstract last learned": 8,
    "bptt sigmoid abstract every zero": 8,
    "bptt sigmoid abstract every learned": 9,
    "bptt sigmoid squared last zero": 7,
    "bptt sigmoid squared last learned": 8,
    "bptt sigmoid squared every zero": 7,
    "bptt sigmoid squared every learned": 8,
    "bptt relu abstract last zero": 7,
    "bptt relu abstract last learned": 8,
    "bptt relu abstract every zero": 8,
    "bptt relu abstract every learned": 9,
    "bptt relu squared last zero": 7,
    "bptt relu squared last learned": 8,
    "bptt relu squared every zero": 7,
    "bptt relu squared every learned": 8,
    "causal-attention": 7,
    "conv2d 1 0 reading 1": 4,
    "conv2d 1 0 reading 2": 4,
    "conv2d 1 1 reading 1": 4,
    "conv2d 1 1 reading 2": 4,
    "conv2d 2 0 reading 1": 4,
    "conv2d 2 0 reading 2": 4,
    "conv2d 2 1 reading 1": 4,
    "conv2d 2 1 reading 2": 4,
    "coupling-flow": 13,
    "crf": 8,
    "ctc": 9,
    "deq": 8,
    "diffusion reading 2": 5,
    "diffusion reading 3": 4,
    "dpo reading 1": 3,
    "dpo reading 2": 9,
    "dropout reading 1": 2,
    "dropout reading 3": 5,
    "embedding": 2,
    "focal reading 1": 4,
    "focal reading 2": 5,
    "gaussian-kl": 12,
    "gaussian-nll": 7,
    "gradient-penalty": 7,
    "group-norm": 10,
    "grouped-query-attention": 7,
    "grpo": 6,
    "gru scalar": 21,
    "gru vector": 21,
    "info-nce reading 1": 5,
    "info-nce reading 2": 8,
    "jsd": 14,
    "kalman": 28,
    "kalman-step": 12,
    "kl-divergence reading 1": 7,
    "kl-divergence reading 2": 4,
    "l1": 3,
    "label-smoothing": 3,
    "lasso": 3,
    "layer-norm": 10,
    "linear-attention reading 1": 11,
    "linear-attention reading 2": 13,
    "linear-cross-entropy reading 1": 5,
    "linear-cross-entropy reading 2": 5,
    "linear-cross-entropy reading 3": 6,
    "linear-relu": 4,
    "logistic": 6,
    "lora": 6,
    "lstm scalar": 27,
    "lstm vector": 27,
    "maml": 6,
    "max reading 1": 4,
    "max reading 2": 9,
    "max reading 3": 5,
    "mlp 1 reading 1": 8,
    "mlp 1 reading 2": 8,
    "mlp 2 reading 1": 12,
    "mlp 2 reading 2": 12,
    "mlp 3 reading 1": 16,
    "mlp 3 reading 2": 16,
    "moe": 16,
    "multi-head-attention other": 15,
    "multi-head-attention self": 15,
    "muon reading 1": 9,
    "muon reading 2": 5,
    "neural-ode euler": 8,
    "neural-ode rk4": 26,
    "pcca": 11,
    "ppca": 7,
    "ppo-clip reading 1": 4,
    "ppo-clip reading 2": 4,
    "relu-mse reading 1": 8,
    "relu-mse reading 2": 13,
    "ridge": 3,
    "ridge-closed-form": 9,
    "rms-norm": 6,
    "rnn tanh abstract": 7,
    "rnn tanh squared": 7,
    "rnn identity abstract": 6,
    "rnn identity squared": 6,
    "rnn relu abstract": 7,
    "rnn relu squared": 7,
    "rope reading 1": 13,
    "rope reading 2": 9,
    "score-function reading 1": 3,
    "score-function reading 2": 3,
    "score-function reading 3": 2,
    "score-matching": 10,
    "sliding-window-attention": 7,
    "soft-dtw": 5,
    "softmax-ce distribution": 3,
    "softmax-ce one-hot": 3,
    "softmax-ce any": 3,
    "softplus reading 1": 2,
    "softplus reading 2": 2,
    "ssm-scan": 9,
    "stacked-rnn": 7,
    "static-and-dynamic": 5,
    "swiglu silu": 9,
    "swiglu gelu": 9,
    "swiglu sigmoid": 9,
    "swiglu relu": 9,
    "triplet reading 1": 6,
    "triplet reading 2": 6,
    "vae reading 1": 4,
    "vae reading 2": 15,
    "weight-norm": 5,
    "z-loss": 5,
}
CASES = list(EDGES)
# The edges whose local partial is zero, so that nothing changes without them: the deviations from a mean sum to zero,
# an argmax is constant, and so is what is stopped.
VANISHING = {
    "batch-norm reading 1": {("mu", 0, 0)},
    "group-norm": {("mu", 0, 0)},
    "grpo": {("ell", 0, 0)},
    "layer-norm": {("mu", 0, 0)},
    "softplus reading 1": {("x", 0, 0)},
    "max reading 2": {("x1", 0, 0), ("x1", 1, 0), ("x2", 0, 0), ("x2", 1, 0), ("x3", 0, 0)},
}


def variants() -> Iterator[tuple[str, Graph]]:
    """Every reading of every problem with a loss, with every combination of its options, at small sizes."""
    for name in names():
        problem = load(name)
        choices: list[dict[str, str]] = [{}]
        for option in problem.options:
            choices = [{**c, option.name: value} for c in choices for value in option.choices]
        for choice in choices:
            for at, reading in enumerate(problem.readings):
                graph = reading.build(**choice)
                if not graph.model().has_loss:
                    continue
                label = " ".join(
                    [name, *choice.values(), *([f"reading {at + 1}"] if len(problem.readings) > 1 else [])]
                )
                yield label, graph


@cache
def graphs() -> dict[str, Graph]:
    """All of them, by the labels of EDGES."""
    return dict(variants())


@cache
def solved(case: str) -> Solution:
    """One of them, derived."""
    return graphs()[case].derive(sizes={s: SIZES[str(s)] for s in graphs()[case].model().sizes})


class Remembering(Checker):
    """A check that does once what a mutation leaves as it was.

    Autograd's values follow from the model and the points alone; the row of an adjoint from its formula and its steps,
    where both are equal. What is mutated is always compared.
    """

    truths: ClassVar[dict[Any, AutogradValues]] = {}
    rows: ClassVar[dict[Any, Row]] = {}

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int], points: int, seed: int, *rest: Any):
        self.derivation, self.sizes, self._terms, self.reached = derivation, dict(sizes), {}, set()
        self.key = derivation.model, tuple(sizes.items()), points, seed
        if self.key not in self.truths:
            self.truths[self.key] = AutogradValues(derivation, Passes(derivation, sizes, TorchBackend()), points, seed)
        self._uses = lambda adjoint: adjoint
        self.truth = self.truths[self.key]
        self.passes = self.truth.passes

    def _row(self, adjoint: Adjoint, steps: Sequence[Step]) -> Row:
        own = tuple(s for s in steps if s.node.name == adjoint.node.name)
        key = self.key, adjoint, own
        if key not in self.rows:
            self.rows[key] = super()._row(adjoint, own)
        return self.rows[key]


def checked(solution: Solution, derivation: Derivation, steps: tuple[Step, ...] | None = None) -> Report:
    """The check of a derivation that may be broken, with the steps that follow from it."""
    steps = Steps(derivation, solution.sizes).all() if steps is None else steps
    with mock.patch.object(check, "Checker", Remembering):
        return verify(derivation, steps, solution.sizes, POINTS)


# edges


def edges(derivation: Derivation) -> Iterator[tuple[str, int, int]]:
    """Every edge as (adjoint, number of the use, number of the occurrence in it)."""
    for name, adjoint in derivation.adjoints.items():
        for at, use in enumerate(adjoint.uses):
            for part in range(1 + len(use.more)):
                yield name, at, part


def occurrences(use: Use) -> list[Use]:
    """A use taken apart."""
    return [replace(use, more=()), *use.more]


def flipped(use: Use) -> Use:
    """An occurrence with the sign of its local partial turned."""
    first, *rest = use.contraction.factors or (1,)
    return replace(use, contraction=replace(use.contraction, factors=(-first, *rest)))


def mutated(derivation: Derivation, edge: tuple[str, int, int], drop: bool) -> Derivation:
    """The derivation with one edge dropped or flipped."""
    name, at, part = edge
    adjoint = derivation.adjoints[name]
    parts = occurrences(adjoint.uses[at])
    parts[part : part + 1] = [] if drop else [flipped(parts[part])]
    kept = (parts[0].joined(parts[1:]),) if parts else ()
    uses = (*adjoint.uses[:at], *kept, *adjoint.uses[at + 1 :])
    return replace(derivation, adjoints={**derivation.adjoints, name: replace(adjoint, uses=uses)})


def test_every_problem_is_here():
    assert list(graphs()) == CASES


@pytest.mark.parametrize("case", CASES)
def test_the_unbroken_derivation_passes(case):
    solution = solved(case)
    assert checked(solution, solution.derivation).ok


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("drop", [True, False], ids=["dropped", "flipped"])
def test_every_edge_is_missed_if_it_is_wrong(case, drop):
    solution = solved(case)
    derivation, found, wrong = solution.derivation, list(edges(solution.derivation)), []
    for edge in found:
        failed = checked(solution, mutated(derivation, edge, drop)).first_failure
        expected = Partial(derivation.loss, derivation.adjoints[edge[0]].node.generic)
        if edge in VANISHING.get(case, ()):
            assert failed is None
        elif failed is None or failed.quantity != expected:
            wrong.append(f"{edge}: named {failed and failed.quantity}, not {expected}")
    assert not wrong, "\n".join(wrong)
    assert len(found) == EDGES[case]


# lines


def spoiled(line: Line, at: int) -> Line:
    """A line with the sign of one of its terms turned; one more where that term is 0."""
    term = line.terms[at]
    factors = (*term.factors, -1) if term.expr != 0 else (1,)
    return line._replace(terms=(*line.terms[:at], Term(factors, term.sums), *line.terms[at + 1 :]))


@pytest.mark.parametrize("case", CASES)
def test_every_wrong_line_is_named(case):
    solution = solved(case)
    steps, wrong, tried = solution.steps, [], 0
    for at, step in enumerate(steps):
        for number, line in enumerate(step.lines):
            for term in range(len(line.terms)):
                lines = (*step.lines[:number], spoiled(line, term), *step.lines[number + 1 :])
                broken = (*steps[:at], replace(step, lines=lines), *steps[at + 1 :])
                failed = checked(solution, solution.derivation, broken).first_failure
                place = f"step {step.number}, line {number + 1}"
                expected = Partial(solution.loss, step.node.generic)
                if failed is None or (failed.quantity, failed.where) != (expected, place):
                    wrong.append(f"{place}, term {term + 1}: named {failed}, not {expected}")
                tried += 1
    assert not wrong, "\n".join(wrong)
    assert tried >= sum(len(s.lines) for s in steps)


# the command line


@pytest.fixture
def broken(monkeypatch):
    """Break the slope of a function for the time of a test; the derivations kept in caches are forgotten."""

    def by(name: str, factor: int) -> None:
        row = functions.BY_NAME[name]
        slope, in_value = row.slope, row.slope_in_value
        wrong = row._replace(
            slope=lambda *x: factor * slope(*x),
            slope_in_value=None if in_value is None else lambda y: factor * in_value(y),
        )
        monkeypatch.setitem(functions.BY_NAME, name, wrong)
        if row.value in functions._BY_CLASS:
            monkeypatch.setitem(functions._BY_CLASS, row.value, wrong)
        forget()

    yield by
    monkeypatch.undo()
    forget()


def run(*argv: str) -> int:
    """The command line in this process; it turns garbage collection off, which is no good for a long test run."""
    from derive.cli.main import run

    gc.enable()
    return run(argv)


COMMANDS = [
    ("sigmoid", "logistic"),
    ("sigmoid", "lstm --T 3"),
    ("tanh", "lstm"),
    ("tanh", "bptt --activation tanh --T 3"),
    ("sigmoid", "bptt --activation sigmoid --loss squared"),
    ("relu", "bptt --activation relu --T 2 --lang zh"),
    ("relu", "relu-mse"),
    ("power", "relu-mse --reading intended --format text"),
    ("sqrt", "weight-norm --D 3"),
    ("power", "weight-norm --format json"),
    ("abs", "l1"),
]


@pytest.mark.parametrize("function, command", COMMANDS)
def test_a_broken_derivation_prints_nothing(broken, capsys, function, command):
    assert run(*command.split()) == 0
    assert capsys.readouterr().out
    broken(function, -1)
    assert run(*command.split()) == 1
    found = capsys.readouterr()
    assert found.out == ""
    assert "disagrees with torch.autograd" in found.err
    assert found.err.count("\n") == 1


def test_a_broken_derivation_writes_no_file(broken, capsys, tmp_path):
    broken("sigmoid", 2)
    assert run("logistic", "-o", str(tmp_path / "sheet.tex")) == 1
    assert not list(tmp_path.iterdir())


def test_the_table_names_the_broken_quantity(broken, capsys):
    broken("sqrt", -1)
    assert run("check", "weight-norm", "--points", "50") == 1
    assert "FAILED at" in capsys.readouterr().out


def test_a_wrong_sign_in_front_of_a_recursion_is_a_failure():
    """Its closed form has powers of -1 with whole exponents, which do not round: no log of -1 is looked for."""
    g = Graph("alternating")
    T = g.size("T")
    t = g.index("t", T)
    x, u = g.input("x", T, gradient=True), g.parameter("u", T)
    s = g.recurrence("s", lambda s: s[t - 1] + x[t], over=t, start={0: 0})
    g.loss("L", Sum(u[t] * s[t] ** 2, t))
    solution = g.derive(sizes={"T": 3})
    wrong = mutated(solution.derivation, next(e for e in edges(solution.derivation) if e[0] == "s"), drop=False)
    assert not checked(solution, wrong).ok
