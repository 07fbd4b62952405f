"""`derive judge`: errors that were found in print and in programs, each beside its correction; programs; arithmetic.

Each erratum is retold in own symbols, and the thread in which it was reported stands in the last column of its row.
"""

from __future__ import annotations

import contextlib
import io
from functools import cache
from pathlib import Path

import pytest

from derive.cli.main import run
from derive.judge.judge import Judge
from derive.judge.verdict import BAD, GOOD, whole
from derive.problems import load
from derive.transcribe.model import pasted

ANSWERS = Path(__file__).parent / "answers"
# The model, the slip, what is said of it, the wrong and the right form, and where it was reported.
ERRATA = [line.split("\t") for line in (ANSWERS / "errata.tsv").read_text(encoding="utf-8").splitlines()]
MODELS = {
    "net": r"z = w x + b \\ a = \sigma(z) \\ L = \frac{1}{2} (a - y)^2",
    "quadratic": "L = a x^2 - b x",
    "penalty": r"L = \frac{1}{2} (w x - y)^2 + \lambda w^2",
    "power": r"L = x^y, \quad x > 0",
    "monomial": "L = x^7 y^3",
    "divergence": r"L = -\log s + \frac{1}{2} (s^2 + m^2 - 1), \quad s > 0",
}
PLAIN = ("quadratic", "power", "monomial")  # the loss is differentiated by x and y


@cache
def judge(name: str) -> Judge:
    if name == "-":
        return Judge(None)
    if name in MODELS:
        made = pasted(
            MODELS[name],
            roles=dict.fromkeys("xy" if "y" in MODELS[name] else "x", "parameter") if name in PLAIN else {},
        )
        return Judge(made.graph.derive(), made.names)
    problem = load(name)
    return Judge(problem.readings[0].build(**problem.choices({"depth": "1"})).derive())


def test_there_are_twenty_five() -> None:
    assert len(ERRATA) >= 25 and all(row[5].startswith("https://github.com/") for row in ERRATA)


@pytest.mark.parametrize("name, slip, part, wrong, right, link", ERRATA)
def test_an_erratum_is_rejected_and_its_correction_accepted(
    name: str, slip: str, part: str, wrong: str, right: str, link: str
) -> None:
    (line,) = judge(name).answer(right)
    assert line.verdict in GOOD, (line.verdict, line.reason and line.reason.pick("en"))
    (line,) = judge(name).answer(wrong)
    said = "" if line.reason is None else line.reason.pick("en")
    assert (line.slip or line.verdict) == slip, (line.verdict, line.slip, said)
    assert part.strip("-") in said + line.value


# Claims about numbers: right, or the right number.
NUMBERS = (
    ("256x5x5x48+256=614656", "307456"),
    ("256x5x5x48+256=307456", ""),
    (r"\frac{1}{\sqrt{2}} = 0.707", ""),
    (r"\frac{1}{\sqrt{2}} = 0.708", "0.707107"),
    (r"\sqrt{10} \approx 3.16", ""),
    (r"\sqrt{10} \approx 3.17", "3.16228"),
    (r"224 \times 224 \times 3 = 150K", "150528"),
    (r"3 \times (5 \times 5 + 1) = 78", ""),
    (r"\frac{39}{4} = 9.75", ""),
    (r"2^{10} = 1024 = 10^3", "1024"),
)


@pytest.mark.parametrize("claim, right", NUMBERS)
def test_a_claim_about_numbers_is_exact(claim: str, right: str) -> None:
    line = judge("-").answer(claim)[-1]
    assert (line.verdict, line.value) == (("wrong", right) if right else ("right", "")), line


def test_an_identity_holds_for_every_value_and_an_equation_for_some() -> None:
    verdicts = [judge("-").answer(c)[0].verdict for c in ("(a + b)^2 = a^2 + 2 a b + b^2", "(a+b)^2 = a^2 + b^2")]
    assert verdicts == ["right", "wrong"]
    assert judge("-").answer("0.05 h = 2.5")[0].verdict == "undecided"


BACKWARD = """import {library} as np
def backward(X, A1, A2, Y, W2):
    dZ2 = (A2 - Y) * A2 * (1 - A2)
    dZ1 = dZ2 @ W2.T * A1 * (1 - A1)
    return {{"dW2": A1.T @ dZ2, "db2": {db2}, "dW1": X.T @ dZ1, "grad_b1": {db1}}}
"""


def called(*argv: str) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.TextIOWrapper(buffer := io.BytesIO(), encoding="utf-8")) as out:
        status = run(["judge", *argv])
        out.flush()
    return status, buffer.getvalue().decode()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_backward_pass_is_run_and_its_slips_are_named(tmp_path: Path, library: str) -> None:
    program = tmp_path / "backward.py"
    program.write_text(BACKWARD.format(library=library, db2="dZ2.sum(0)", db1="dZ1.sum(0)"))
    command = ("mlp", str(program), "--depth", "1", "--no-check", "--format", "json")
    assert called(*command)[0] == 0
    program.write_text(BACKWARD.format(library=library, db2="dZ2", db1="-dZ1.sum(0)"))
    status, text = called(*command)
    assert (
        status == 1 and '"slip": "batch"' in text and '"slip": "sign"' in text and text.count('"verdict": "right"') == 2
    )


def test_a_page_brings_its_own_model(tmp_path: Path) -> None:
    page = tmp_path / "page.tex"
    page.write_text(
        r"""Let $z = w x + b$, $a = \sigma(z)$ and $L = \frac{1}{2}(a - y)^2$. Then
\begin{align} \frac{\partial L}{\partial z} &= (a - y) a (1 - a) \\
\frac{\partial L}{\partial w} &= (a - y) x \end{align}
"""
    )
    status, text = called(str(page), "--no-check")
    assert status == 1 and "Claim 5 is the first that does not follow" in text and r"\frac{\partial a}" in text


def test_a_claim_without_a_model_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["judge", r"\frac{\partial L}{\partial w} = x"]) == 2
    assert "--model" in capsys.readouterr().err


# What would run long, or has no value: an answer within a second, and no traceback.
ATTACKS = (
    (r"\sum_{i=1}^{1000000000} i = 3", "unreadable"),
    (r"\sum_{i=1}^{4000} \sum_{j=1}^{4000} i j = 4", "undecided"),
    (r"10^{10^{10^{10}}} = 4", "undecided"),
    (r"2^{100000000000000000000} = 3", "wrong"),
    (r"\frac{1}{0} = 3", "undecided"),
    (r"0^{-1} = 1", "undecided"),
    (r"\log(0) = 1", "undecided"),
    ("x = x + 1", "unreadable"),
    (r"\frac{\partial^2 L}{\partial w^2} = 1", "unreadable"),
    ("(" * 55 + "1" + ")" * 55 + " = 1", "right"),
)


@pytest.mark.parametrize("claim, verdict", ATTACKS, ids=range(len(ATTACKS)))
def test_what_would_run_long_or_has_no_value_is_answered(claim: str, verdict: str) -> None:
    assert [line.verdict for line in judge("-").answer(claim)] == [verdict]


def test_a_backward_pass_that_gives_nan_leaves_out_gradients_or_does_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "backward.py"
    command = ("mlp", str(program), "--depth", "1", "--no-check", "--format", "json")
    program.write_text("def backward(W2):\n    return {'dW2': W2 * float('nan')}\n")
    status, text = called(*command)
    assert status == 1 and '"verdict": "right"' not in text and text.count("does not return") == 3
    program.write_text("def backward(W2):\n    while True:\n        pass\n")
    monkeypatch.setattr("derive.cli.judge.SECONDS", 2.0)
    assert run(["judge", *command]) == 2 and "has not ended within 2 seconds" in capsys.readouterr().err


# What was cut off after a few terms: the model, and the claim, which is wrong.
CUT_OFF = (
    r"\frac{\partial L}{\partial w_{hh}} = \frac{\partial L}{\partial o_T} w_{qh} (h_{T-1}"
    r" + w_{hh} h_{T-2} + w_{hh}^2 h_{T-3})",
    r"\frac{\partial L}{\partial w_{hh}} = \sum_{t=T-3}^T \frac{\partial L}{\partial h_t} h_{t-1}",
    r"\frac{\partial L}{\partial w_{qh}} = \frac{\partial L}{\partial o_T} h_T (1 + (T-3)(T-4))",
)


@pytest.mark.parametrize("claim", CUT_OFF, ids=range(len(CUT_OFF)))
def test_a_sum_that_was_cut_off_is_wrong(claim: str) -> None:
    (line,) = judge("bptt").answer(claim)
    assert line.verdict in BAD, line.verdict


ARITHMETIC = (
    (r"\lfloor 31/2 \rfloor = 15.5", "wrong"),
    (r"\lfloor 31/2 \rfloor = 15", "right"),
    (r"\lceil 31/2 \rceil + 1 = 17", "right"),
    (r"1\,000 = 10^3", "right"),
    (r"1\,000 = 1", "wrong"),
    (r"n = 5\cdot 5 = 26", "wrong"),
    (r"n = 5\cdot 5 = 25", "right"),
    (r"n = \frac{5}{3} = 1.67", "right"),
)


@pytest.mark.parametrize("claim, verdict", ARITHMETIC)
def test_rounding_thousands_and_a_name_in_front(claim: str, verdict: str) -> None:
    assert whole(judge("-").answer(claim)) == verdict


_DZ = r"\frac{\partial L}{\partial z}"
_RIGHT = _DZ + r" = (a - y) a (1 - a)"
# Answers to the net: rows of an align that go on, and what looks like a formula and is no claim.
ANSWERS_TO_NET = (
    (rf"\begin{{align}} {_DZ} &= a^2 (1-a) \\ &\quad - y a (1-a) \end{{align}}", "right"),
    (rf"\begin{{align}} {_DZ} ={{}}& a^2 (1-a) \\ &{{}} - y a (1-a) \end{{align}}", "right"),
    (rf"\begin{{align}} {_DZ} &= (a-y) a \\ &\qquad \cdot (1-a) \end{{align}}", "right"),
    (rf"\begin{{align}} {_RIGHT.replace('=', '&=')} \\ &\quad + a \end{{align}}", "wrong"),
    (rf"\begin{{align}} {_DZ} &= ) + \\ {_RIGHT} \end{{align}}", "unreadable"),
    (rf"So ${_RIGHT}$ holds." + "\n" + rf"{_DZ} = 2 a", "unreadable"),
    (_RIGHT + "\n" + r"w \leftarrow w - \eta (a - y) x", "undecided"),
    (rf"{_DZ} \propto a - y", "undecided"),
    (rf"{_DZ} \Rightarrow a - y", "undecided"),
    (rf"{_DZ} > a - y", "undecided"),
    (rf"\begin{{tabular}}{{c}} {_RIGHT} \end{{tabular}}", "unreadable"),
    ("a - y", "unreadable"),
    ("\\usepackage[x=1]{y}\n\\begin{document}\n" + rf"Text ${_RIGHT}$" + "\n\\end{document}", "right"),
    (rf"For $a > 0$ it is ${_RIGHT}$, where $y \in [0, 1]$.", "right"),
)


@pytest.mark.parametrize("answer, verdict", ANSWERS_TO_NET, ids=range(len(ANSWERS_TO_NET)))
def test_rows_go_on_and_no_formula_is_passed_over(answer: str, verdict: str) -> None:
    lines = judge("net").answer(answer)
    assert whole(lines) == verdict, [(line.verdict, line.text) for line in lines]
    assert lines and all(line.reason or line.verdict in (*GOOD, *BAD) for line in lines)


SWAPPED = (
    r"\frac{\partial L}{\partial A_{2,ij}} = A_{2,ij} - Y_{ji}",
    r"\frac{\partial L}{\partial W_{2,ij}} = \sum_n A_{1,nj} \frac{\partial L}{\partial Z_{2,ni}}",
)


@pytest.mark.parametrize("claim", SWAPPED)
def test_a_version_of_one_column_does_not_accept_swapped_indices(claim: str) -> None:
    assert called(claim, "--model", "mlp", "--depth", "1", "--no-check")[0] == 1


def test_a_line_that_holds_in_one_version_says_so() -> None:
    claim = r"\frac{\partial L}{\partial x_{ij}} = \frac{\gamma_j}{s_j} \frac{\partial L}{\partial y_{ij}}"
    command = (claim, "--model", "batch-norm", "--no-check", "--format")
    for form in ("text", "html", "json"):
        status, text = called(*command, form)
        assert status == 0 and "in one version of the task only: At inference" in text


# C is a usual name of a loss, and here the loss is L.
C_AND_J = (
    (rf"$C = a - y$, ${_DZ} = C a (1 - a)$", ["right", "right"]),
    (r"$C = a - y$, $\frac{dL}{dz} = C a$", ["right", "wrong"]),
    (r"$J = \frac12 (a - y)^2$, $\frac{\partial J}{\partial z} = (a - y) a (1 - a)$", ["right", "right"]),
    (r"$J = (a - y)^2$, $\nabla_z J = (a - y) a (1 - a)$", ["wrong", "right"]),
)


@pytest.mark.parametrize("answer, verdicts", C_AND_J)
def test_a_usual_name_is_the_loss_where_it_is_differentiated(answer: str, verdicts: list[str]) -> None:
    found = ["wrong" if line.verdict in BAD else line.verdict for line in judge("net").answer(answer)]
    assert found == verdicts
