"""What a sheet prints in LaTeX is read back, and has the value that was checked; a fault of the printer is seen.

Every formula of the steps, of the gradients and of the matrix forms is judged as if a student had written it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from derive.judge.judge import Judge
from derive.judge.verdict import GOOD
from derive.page.blocks import Title
from derive.problems import load
from derive.sheet.as_json import data
from derive.topics.topic import Ask

PROBLEMS = (
    *(
        "logistic",
        "relu-mse",
        "mlp",
        "bptt",
        "lstm",
        "gru",
        "rnn",
        "softmax-ce",
        "layer-norm",
        "batch-norm",
        "rms-norm",
    ),
    *("attention", "ridge", "dropout", "weight-norm", "label-smoothing", "coupling-flow", "lora", "vae", "z-loss"),
)
MUTANTS = 60


@cache
def judge(name: str) -> Judge:
    problem = load(name)
    return Judge(problem.readings[0].build(**problem.choices({"depth": "1"})).derive(), slips=False)


@cache
def printed(name: str) -> tuple[str, ...]:
    """Every equation of a sheet; a step may begin with its target itself, which says nothing yet."""
    problem, derived = load(name), judge(name).derived
    part = derived.part(Ask(dict(problem.readings[0].wishes), False))
    sheet = data([part], "en", Title(problem.title, None))
    steps = sheet["steps"]
    lines = [f"{s['target']} = {x['value']}" for s in steps for x in s["lines"]]
    pairs = [(x["formula"], x["value"]) for x in (*sheet["gradients"], *sheet["matrix"])]
    found = [*(s["formula"] for s in steps), *lines, *(f"{left} = {right}" for left, right in pairs if right)]
    return tuple(dict.fromkeys(f for f in found if len({*f.split(" = ")}) > 1))


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_printed_formula_is_read_and_agrees(name: str) -> None:
    verdicts = {formula: judge(name).answer(formula) for formula in printed(name)}
    assert all(lines for lines in verdicts.values())
    wrong = {f: lines for f, lines in verdicts.items() if any(line.verdict not in GOOD for line in lines)}
    assert not wrong, [
        (f, line.verdict, line.reason and line.reason.pick("en")) for f, ls in wrong.items() for line in ls
    ]


def faults(formula: str) -> Iterator[tuple[str, str]]:
    """Formulas that a faulty printer would have written, each of another value, with what is wrong in them."""
    left, _, right = formula.partition(" = ")

    def changed(match: re.Match[str], new: str) -> str:
        return f"{left} = {right[: match.start()]}{new}{right[match.end() :]}"

    for match in re.finditer(r" - (?=[^}]*$)| - (?![^{]*\})", right):
        yield "minus", changed(match, " + ")
    for match in re.finditer(r"\^\{\\top\}", right):
        yield "transpose", changed(match, "")
    for match in re.finditer(r"(?<=[a-z])([+-])1(?=[,}])", right):
        yield "index", changed(match, "")
    for match in re.finditer(r"\((?=1 - )([^()]*)\)", right):
        if right[: match.start()].endswith("\\, ") or right[match.end() :].startswith("\\, "):
            yield "bracket", changed(match, match[1])
    for match in re.finditer(r"\\left\(((?:[^()]|\([^()]*\))* [+-] (?:[^()]|\([^()]*\))*)\\right\)(?=\\, )", right):
        yield "scope", changed(match, match[1])
    for old, new in (("A_", "Z_"), ("p_", "z_"), ("h_", "x_"), (r"\hat{x}", "x"), ("f_", "i_"), ("K", "Q"), ("y", "z")):
        for match in re.finditer(rf"(?<![\\a-zA-Z{{]){re.escape(old)}(?=\W|_|\d|\{{)", right):
            yield "name", changed(match, new)


def test_sixty_faults_of_a_printer_are_seen() -> None:
    """Of each kind there are some; none is judged as what should be printed, right or right in another layout."""
    names = ("logistic", "mlp", "bptt", "lstm", "rnn", "softmax-ce", "layer-norm", "attention")
    rng = random.Random(3)
    tried = [(n, *fault, formula) for n in names for formula in printed(n) for fault in faults(formula)]
    kinds = sorted({kind for _, kind, *_ in tried})
    each = [rng.sample(found, min(len(found), 16)) for k in kinds if (found := [t for t in tried if t[1] == k])]
    chosen = [fault for group in each for fault in group]
    missed = []
    for name, kind, formula, meant in chosen:
        verdicts = [line.verdict for line in judge(name).answer(formula)]
        if all(v in GOOD for v in verdicts) and verdicts == [line.verdict for line in judge(name).answer(meant)]:
            missed.append((name, kind, formula, verdicts))
    assert len(chosen) >= MUTANTS and len(kinds) >= 5, Counter(kind for _, kind, *_ in chosen)
    assert not missed, missed
