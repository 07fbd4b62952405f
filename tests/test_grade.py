"""`derive grade`: right answers in many forms are right, wrong ones are wrong, and slips are called by their names.

What is wrong is known independently of the judge: an edit of a right gradient counts as wrong only where torch computes
another value for it than autograd has.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
from sympy import Add, Expr, Indexed, Mul, Pow, Sum, nan, preorder_traversal, zoo

from derive.chain.derivation import Step
from derive.check.autograd import AutogradValues
from derive.check.samples import Sample
from derive.cli.main import run
from derive.judge.judge import Judge
from derive.judge.verdict import BAD, GOOD, whole
from derive.page.print.formulas import Formulas
from derive.problems import load
from derive.transcribe.model import pasted

ANSWERS = Path(__file__).parent / "answers"
# Right answers as students write them: other names, other orders, matrices for indices and the other way round.
RIGHT = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in sorted((ANSWERS / "right").iterdir())}
# The problem, the slip, what its name has to contain, and the wrong answer.
WRONG = [line.split("\t") for line in (ANSWERS / "slips.tsv").read_text(encoding="utf-8").splitlines()]


@cache
def solution(name: str):
    problem = load(name)
    return problem.readings[0].build(**problem.choices({"depth": "1"})).derive()


@cache
def judge(name: str) -> Judge:
    return Judge(solution(name))


def told(lines) -> str:
    return "\n".join(f"{line.verdict}: {line.text} {line.reason and line.reason.pick('en')}" for line in lines)


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_in_other_forms_are_right(name: str) -> None:
    for answer in RIGHT[name]:
        lines = judge(name).answer(answer)
        assert lines and all(line.verdict in GOOD for line in lines), told(lines)


@pytest.mark.parametrize("name, slip, part, answer", WRONG)
def test_a_slip_is_named(name: str, slip: str, part: str, answer: str) -> None:
    (line,) = judge(name).answer(answer)
    assert (line.verdict, line.slip) == ("slip", slip), told([line])
    assert line.reason is not None and part.strip("-") in line.reason.pick("en") and line.reason.pick("zh")


def test_what_follows_from_a_wrong_line_is_told_apart() -> None:
    lines = judge("logistic").answer(
        r"\frac{\partial L}{\partial z} = y - a \\ \frac{\partial L}{\partial w_1} = (y - a) x_1 \\"
        r"\frac{\partial L}{\partial w_2} = (y - a) x_1"
    )
    assert [line.verdict for line in lines] == ["slip", "follows", "wrong"]


def test_a_name_that_is_never_defined_has_a_caret() -> None:
    (line,) = judge("logistic").answer(r"\frac{\partial L}{\partial w_1} = q x_1")
    assert line.verdict == "unreadable" and line.caret.splitlines()[1].index("^") == line.caret.index("q")


IN_CHINESE = [  # of what the verdict says in Chinese: the model, the answer, a word that it has
    ("logistic", r"\frac{\partial L}{\partial w_1} = q x_1", "模型中没有这个量"),
    ("mlp", r"\frac{\partial L}{\partial Z_2} = (A_2 - Y) A_2", "不能作矩阵乘法"),
    ("mlp", r"\frac{\partial L}{\partial b_2} = \frac{\partial L}{\partial Z_2}", "缺少对各行的求和"),
    ("logistic", r"\frac{\partial L}{\partial z} = y a", "、b = "),
]


@pytest.mark.parametrize("name, answer, said", IN_CHINESE)
def test_a_verdict_in_chinese_has_no_english(name: str, answer: str, said: str) -> None:
    (line,) = judge(name).answer(answer)
    words = " ".join(text.pick("zh") for text in (line.reason, line.example) if text is not None)
    assert said in words and re.search("[a-z]{3}|[一-龥] [一-龥]", words) is None, words


def test_a_line_that_cannot_be_read_leaves_the_others() -> None:
    lines = judge("logistic").answer(
        "\\frac{\\partial L}{\\partial b} = a - y\n\\frac{\\partial L}{\\partial z} = (a - y\n"
        "\\frac{\\partial L}{\\partial w_1} = (a - y) x_1\n"
    )
    assert [(line.number, line.verdict) for line in lines] == [(1, "right"), (2, "unreadable"), (3, "right")]


CELL = r"""
f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f) \\ i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g) \\ c_t = f_t \odot c_{t-1} + i_t \odot g_t \\ h_t = \tanh(c_t) \\
h_0 = 0, \quad c_0 = 0, \quad t = 1, \dots, T, \quad x_t \in \mathbb{R}^D, \quad h_t \in \mathbb{R}^H \\
W_f, W_i, W_g \in \mathbb{R}^{H \times D}, \quad U_f, U_i, U_g \in \mathbb{R}^{H \times H} \\
L = \frac{1}{2} \|h_T - y\|^2
"""


def test_a_model_in_latex_and_names_with_a_superscript() -> None:
    made = pasted(CELL)
    lines = Judge(made.graph.derive(), made.names).answer(
        r"""
\frac{\partial L}{\partial g_t} = \frac{\partial L}{\partial c_t} \odot i_t
\delta_t^f = \frac{\partial L}{\partial c_t} \odot c_{t-1} \odot f_t \odot (1 - f_t)
\frac{\partial L}{\partial W_f} = \sum_{t=1}^{T} \delta_t^f x_t^\top
\frac{\partial L}{\partial b_f} = \sum_t \delta_t^f
\frac{\partial L}{\partial U_f} = \sum_t \delta_t^f h_t^\top
"""
    )
    assert [line.slip or line.verdict for line in lines] == ["right"] * 4 + ["index"], told(lines)


def test_a_value_at_a_kink_is_a_convention() -> None:
    (line,) = judge("relu-mse").answer(r"\frac{\partial a_1}{\partial z_1} = \mathbf{1}[z_1 \ge 0]")
    assert line.verdict == "convention"


# -- edits of right gradients, whose value torch knows -----------------------------------------------------------------

EDITED = (
    *("logistic", "relu-mse", "mlp", "bptt", "lstm", "gru", "rnn", "softmax-ce", "layer-norm", "batch-norm"),
    *("rms-norm", "attention", "ridge", "dropout"),
)


def edits(expr: Expr) -> Iterator[Expr]:
    """Expressions with a single edit: a sign, a term or a factor gone or doubled, a bound moved, a power."""
    indices = {i for part in expr.atoms(Indexed) for index in part.indices for i in preorder_traversal(index)}
    for part in preorder_traversal(expr):
        if part in indices:
            continue
        if isinstance(part, Add):
            for term in part.args:
                yield expr.xreplace({part: part - 2 * term})
                yield expr.xreplace({part: part - term})
        elif isinstance(part, Mul):
            for factor in part.args:
                yield expr.xreplace({part: part / factor})
                yield expr.xreplace({part: part * factor})
        elif isinstance(part, Pow) and part.exp.is_Integer:
            yield expr.xreplace({part: part.base ** (part.exp + 1)})
        elif isinstance(part, Sum):
            (index, low, high), *rest = part.limits
            yield expr.xreplace({part: Sum(part.function, (index, low + 1, high), *rest)})
    yield from (-expr, expr * 2, expr / 2, expr + 1, expr * expr)


@cache
def numbers(name: str) -> tuple[Sample, AutogradValues]:
    sample = Sample(solution(name).derivation, {}, 5, 20)
    return sample, AutogradValues(solution(name).derivation, sample.passes, 20, 5, sample.numbers)


def differs(name: str, expr: Expr, step: Step) -> bool | None:
    """Whether torch has another value for an expression than autograd for the gradient; None if it has none."""
    sample, values = numbers(name)
    with torch.no_grad():
        found = sample.value(expr, values.store, step.node.indices)
        truth = values.adjoint(step.node.name)
        if found.shape[:-1] != truth.shape[:-1] or not bool(torch.isfinite(found).all()):
            return None
        gap = float(((found - truth).abs() / (1 + truth.abs())).max())
    return True if gap > 1e-6 else False if gap < 1e-12 else None


@pytest.mark.parametrize("name", EDITED)
def test_no_edit_that_differs_is_called_right(name: str) -> None:
    """At least twenty edits of each problem, drawn from all that there are; none is misjudged or left undecided."""
    derived = solution(name)
    show = Formulas("latex", derived.model.order, (), derived.model.said)
    names = Counter(s.node.name for s in derived.steps)
    steps = [s for s in derived.steps if names[s.node.name] == 1]
    tried = [
        (step, edited) for step in steps for edited in dict.fromkeys(edits(step.value)) if not edited.has(zoo, nan)
    ]
    found: Counter[str] = Counter()
    for step, edited in random.Random(7).sample(tried, min(len(tried), 40)):
        different = differs(name, edited, step)
        if different is None:
            continue
        (line,) = Judge(derived, slips=False, worlds=judge(name).worlds).answer(
            f"{show.show(step.target)} = {show.plain(edited)}"
        )
        found[line.verdict] += 1
        assert (line.verdict in BAD) == different and line.verdict != "undecided", told([line])
    assert sum(found.values()) >= 12, found


# -- the command -------------------------------------------------------------------------------------------------------


def graded(*argv: str) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.TextIOWrapper(buffer := io.BytesIO(), encoding="utf-8")) as out:
        status = run(["grade", *argv])
        out.flush()
    return status, buffer.getvalue().decode()


@pytest.fixture
def folder(tmp_path):
    answers = {
        "a.tex": r"\begin{align} \frac{\partial L}{\partial w_1} &= (a - y) x_1 \end{align}",
        "b.md": r"We find $\frac{\partial L}{\partial w_1} = (y - a) x_1$.",
        "c.txt": r"\frac{\partial L}{\partial w_1} = (a - y",
    }
    for name, text in answers.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_folder_is_graded_in_the_order_of_its_names(folder) -> None:
    status, text = graded("logistic", str(folder), "--format", "json", "--no-check")
    answers = json.loads(text)["answers"]
    assert status == 2 and [a["verdict"] for a in answers] == ["right", "wrong", "unreadable"]
    assert answers[1]["lines"][0]["slip"] == "sign" and "a - y" in answers[1]["lines"][0]["right"]


@pytest.mark.parametrize("file, status", [("a.tex", 0), ("b.md", 1), ("c.txt", 2)])
def test_the_exit_status_tells_the_verdict(folder, file: str, status: int) -> None:
    assert graded("logistic", str(folder / file), "--no-check")[0] == status


def test_the_verdict_is_told_in_chinese_and_as_html(folder) -> None:
    assert "符号错误" in graded("logistic", str(folder / "b.md"), "--lang", "zh", "--no-check")[1]
    assert "katex" in graded("logistic", str(folder / "b.md"), "--format", "html", "--no-check")[1]


def test_one_wrong_line_makes_an_answer_wrong() -> None:
    text = r"\frac{\partial L}{\partial z} = y - a \\ \frac{\partial L}{\partial b} = a - y"
    assert whole(judge("logistic").answer(text)) == "wrong"
