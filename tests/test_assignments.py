"""Sheets of several tasks: what the file says stands in one document, and a wrong file is one clear line."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch

from derive.cli.assignment import _wish as wish_of
from derive.cli.assignment import contents, run, shipped
from derive.cli.assignment_file import load
from derive.cli.options import assignment_parser, parse
from derive.cli.variants import Range, drawn, is_nice
from derive.errors import DeriveError, UsageError
from derive.language import Text
from derive.page.print.typed import typed
from derive.page.statement import paragraphs
from derive.sheet.verification import once
from derive.topics.worked.numbers_as_typed import Wanted, assign

TWO = r"""
[sheet]
title = { en = "Homework 7", zh = "作业七" }
author = "A. Teacher"
intro = { en = "Show every step.", zh = "请写出每一步。" }

[[problem]]
name = "logistic"
marks = 6
statement = { en = "Start at $w_1 = {{w1}}$, with $\\frac{a}{b^2}$.", zh = "取 $w_1 = {{w1}}$ 为初值。" }
rate = "1e-4"
numbers = { w1 = [0.1, 0.9], w2 = { from = -1, to = 1, nonzero = true } }
picture = false

[[problem.part]]
statement = { en = "Derive **every** gradient.", zh = "推导**每个**梯度。" }
marks = 6

[[problem]]
latex = '''
z = w x
L = (z - y)^2
'''
title = { en = "Pasted", zh = "粘贴" }
marks = 4
"""


def sheet(folder: Path, text: str, *argv: str) -> str | bytes:
    """What `derive sheet` writes for this file."""
    path = folder / "my.toml"
    path.write_text(text, encoding="utf-8")
    given = parse(assignment_parser(()), [str(path), "--no-check", *argv])
    ((_, content),) = contents(wish_of(str(path), given))
    return content


BOTH = r"""
[[problem]]
name = "dropout"
options = { reading = "dropout" }

[[problem]]
layers = "conv 384 3x3 pad 1; pool 2; conv 384 3x3 pad 1; gap; fc 1000"
input = "224x224x256"

[[problem]]
latex = '''
z = c V
L = (z - b)^2
'''
options = { as = ["b=target", "c=parameter"] }
statement = "Given $z = c V$, and $L = (z - b)^2$."
"""


@pytest.mark.parametrize("format", ["tex", "typst", "text", "markdown", "html", "json"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_format_is_written_and_read_back(tmp_path: Path, format: str, lang: str) -> None:
    """A task has its own notation in both details, a statement may repeat the model, cells may be narrow."""
    path = tmp_path / "my.toml"
    path.write_text(BOTH, encoding="utf-8")
    given = parse(assignment_parser(()), [str(path), "--format", format, "--lang", lang])
    ((_, content),) = contents(wish_of(str(path), given))
    assert len(content) > 1000


def test_a_file_is_one_document(tmp_path: Path) -> None:
    text = str(sheet(tmp_path, TWO, "--format", "text"))
    heads = [
        line for line in text.splitlines() if line.startswith(("Homework", "Problem", "A. Teacher", "Show", "(a)"))
    ]
    assert heads == [
        "Homework 7", "A. Teacher", "Show every step.", "Problem 1. Logistic regression (6 marks)",
        "(a) Derive every gradient. [6]", "Problem 2. Pasted (4 marks)",
    ]  # fmt: skip
    assert "The sheet has 2 problems, worth 10 marks in all." in text
    assert "a/(b²)" in text  # LaTeX of a statement is read, not copied
    assert text.count("Step 1: ") == 2  # each task numbers its own steps


def test_both_languages_and_data(tmp_path: Path) -> None:
    chinese = str(sheet(tmp_path, TWO, "--format", "text", "--lang", "zh"))
    assert (
        "第 1 题：逻辑回归（6 分）" in chinese and "(a) 推导每个梯度。（6 分）" in chinese and "Derive" not in chinese
    )
    data = json.loads(sheet(tmp_path, TWO, "--format", "json"))
    assert [(t["number"], t["marks"], len(t["gradients"])) for t in data["tasks"]] == [(1, 6, 3), (2, 4, 1)]


def test_a_seed_draws_numbers_that_the_solution_uses(tmp_path: Path) -> None:
    found = {}
    for seed in ("1", "2"):
        text = str(sheet(tmp_path, TWO, "--format", "text", "--seed", seed))
        stated = re.search(r"Start at w₁ = (0\.\d)", text)
        assert stated is not None and f"z = w₁ x₁ + w₂ x₂ + b = {stated[1]} · 1" in text
        found[seed] = text
    assert found["1"] != found["2"] and "Version 1" in found["1"]


def test_without_answers_nothing_is_given_away(tmp_path: Path) -> None:
    text = str(sheet(tmp_path, TWO, "--format", "text", "--blank"))
    assert (
        "(a) Derive every gradient. [6]" in text
        and "a - y" not in text.replace("log a", "")
        and "Verification" not in text
    )


def test_tasks_share_no_notation(tmp_path: Path) -> None:
    """The order of factors is that of each author: alone and in a sheet a task reads the same."""
    own = "[[problem]]\nname = '{}'\npicture = false\n"
    alone = {
        name: str(sheet(tmp_path, own.format(name), "--format", "text")) for name in ("linear-relu", "weight-norm")
    }
    both = str(sheet(tmp_path, "".join(own.format(name) for name in alone), "--format", "text"))
    for text in alone.values():
        body = text.split("─\n", 1)[1].rstrip()
        assert body in both


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[problem]]\nname = 'logistc'\n", "problem 1: no problem 'logistc'; did you mean logistic?"),
        ("[[problem]]\nnam = 'logistic'\n", "problem 1: 'nam' is unknown; did you mean name?"),
        ("[[problem]]\nmarks = 3\n", "problem 1: a problem has one of name, file, latex, layers; found none of them"),
        ("[[problem]]\nname = 'l1'\nmarks = -2\n", "problem 1: marks are a whole number from 1 to 1000, found -2"),
        ("[[problem]]\nname = 'bptt'\noptions = { S = 3 }\n", "problem 1: options: 'S' is unknown; there are T"),
        ("[[problem]]\nname = 'bptt'\noptions = { T = 0 }\n", "problem 1: --T: expected a whole number from 1"),
        ("[[problem]]\nname = 'l1'\nstatement = '$\\foo$'\n", r"problem 1: statement: the formula $\foo$ has \foo"),
        ("[[problem]]\nname = 'l1'\nstatement = '$a'\n", "problem 1: statement: a dollar without another one"),
        ("[[problem]]\nname = 'l1'\nstatement = '${a$'\n", "problem 1: statement: the braces of the formula ${a$"),
        (
            "[[problem]]\nname = 'l1'\nstatement = '{{w}}'\n",
            "problem 1: {{w}} has no number; there are none in numbers",
        ),
        (
            "[[problem]]\nname = 'logistic'\nnumbers = { w1 = [2, 1] }\n",
            "problem 1: numbers.w1: from 2 to 1 by 1 is no",
        ),
        ("[[problem]]\nname = 'logistic'\nnumbers = { w1 = 1 }\n", "problem 1: the statement of the catalogue names"),
        ("[[problem]]\nname = 'l1'\n[[problem.part]]\nmarks = 2\n", "problem 1, part 1: no statement"),
        (
            "[[problem]]\nname = 'l1'\nmarks = 8\n[[problem.part]]\nstatement = 'a'\nmarks = 3\n",
            "problem 1: marks = 8, and its parts have 3 in all; make them equal",
        ),
        ("[[problem]]\nfile = 'missing.py'\n", "problem 1: "),
        ("[[problem]]\nlatex = 'L = (w'\n", "problem 1: "),
        ("[sheet]\ntitel = 'x'\n[[problem]]\nname = 'l1'\n", "titel: unknown; a sheet has title"),
        ("title = 'x'\n", "'title' is unknown; a sheet has the table [sheet]"),
        ("[sheet]\ntitle = 'x'\n", "no problem; write at least one table [[problem]]"),
        ("[[problem]\n", "no TOML ("),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DeriveError) as found:
        sheet(tmp_path, text, "--format", "text")
    line = str(found.value)
    assert said in line and "my.toml" in line


@pytest.mark.parametrize(("lang", "answers"), [("en", "solutions"), ("zh", "参考答案")])
def test_a_blank_sheet_is_not_called_solutions(lang: str, answers: str) -> None:
    for name, path in shipped().items():
        file = load(path, name)
        titles = [file.head(blank).title for blank in (False, True)]
        assert [answers in title.pick(lang) for title in titles if title is not None] == [True, False]


def test_one_problem_has_its_marks(tmp_path: Path) -> None:
    text = "[[problem]]\nname = 'l1'\nmarks = 4\ndetail = 'answer'\npicture = false\n"
    assert "The sheet has one problem, worth 4 marks." in str(sheet(tmp_path, text, "--format", "text"))


def test_an_element_stands_before_its_vector() -> None:
    wanted: Wanted = {"q": ([(1, 3)], {(1,), (2,), (3,)})}
    for at in ({"q": "1 2 3", "q_2": "5"}, {"q_2": "5", "q": "1 2 3"}):
        assert assign(wanted, at) == {("q", (1,)): 1, ("q", (2,)): 5, ("q", (3,)): 3}
    with pytest.raises(UsageError, match="a second number"):
        assign(wanted, {"q": "1", "q_2": "5", "q2": "6"})


def test_a_sentence_stands_once_and_its_counts_are_added() -> None:
    told = Text("It holds for {outcomes} outcomes.", "对 {outcomes} 个结果成立。")
    other = Text("So it is.", "如此。")
    said = once([told(outcomes="72"), other, told(outcomes="192"), other, told(outcomes="72")])
    assert [text.pick("en") for text in said] == ["It holds for 336 outcomes.", "So it is."]


def test_numbers_are_nice_where_asked() -> None:
    wishes = {"a": Range(Fraction(1), Fraction(9), Fraction(1)), "b": Range(Fraction(1), Fraction(9), Fraction(1))}
    for seed in range(20):
        found = drawn(wishes, str(seed), lambda n: is_nice(n["a"] / n["b"]), "numbers")
        assert (found["a"] / found["b"] * 1000).denominator == 1
    with pytest.raises(UsageError, match="none of 2000 draws"):
        drawn({"a": Fraction(1, 3)}, "0", lambda n: is_nice(n["a"]), "numbers")


def test_statements_in_markdown() -> None:
    found = paragraphs("One\nline.\n\n- first $x_{12}$\n- second", "statement")
    assert [t.pick("en", lambda f: f"<{f.latex}>") for t in found] == ["One line.", "• first <x_{12}>", "• second"]
    assert typed(r"\hat{y}_{12} = x^{2} \cdot \sqrt{2}").unicode() == "ŷ₁₂ = x²⋅√(2)"
    assert typed(r"w_{hx} x_t + w_{hh} h_{t-1}").unicode() == "wₕₓ xₜ + wₕₕ hₜ₋₁"
    assert typed(r"y \log a + (1 - y) \log(1 - a)").unicode() == "y log a + (1-y) log (1-a)"
    assert typed(r"a_{ij} \alpha \cdot f_w(x)").unicode() == "aᵢⱼ α⋅f_w(x)"


def test_shipped_sheets_are_read_and_written_as_pdf(tmp_path: Path) -> None:
    assert list(shipped()) == ["0", "1", "2", "3", "4"]
    for name, path in shipped().items():
        assert load(path, name).tasks
    assert run(["4", "--no-check", "--format", "pdf", "--lang", "en,zh", "-o", f"{tmp_path}/"]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"sheet-4.en.pdf", "sheet-4.zh.pdf"}


def test_a_digit_without_braces_is_an_argument() -> None:
    assert typed(r"\tfrac12 a^23 + \frac{a}2 + w_12").unicode() == "1/2 a²3 + a/2 + w₁2"


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_file_of_the_readme(tmp_path: Path, readme: str) -> None:
    whole = (Path(__file__).parent.parent / readme).read_text(encoding="utf-8")
    (toml,) = re.findall(r"```toml\n(\[sheet\]\s+#.*?)```", whole, re.DOTALL)
    text = str(sheet(tmp_path, toml, "--format", "text", "--seed", "7"))
    assert re.search(r"w₁ = 0\.\d", text) and "∂L/∂w₁" in text and "(8 marks)" in text


def test_layers_stand_among_derivations(tmp_path: Path) -> None:
    text = TWO + '\n[[problem]]\nlayers = "conv 32 9x9; pool 2"\ninput = "128x128x3"\nmarks = 5\n'
    page = str(sheet(tmp_path, text, "--format", "text"))
    assert "Problem 3. The arithmetic of the layers (5 marks)" in page and "7776" in page and "worth 15 marks" in page
    data = json.loads(sheet(tmp_path, text, "--format", "json"))
    assert data["tasks"][2]["networks"][0]["totals"]["weights"] == 7776  # 9 * 9 * 3 * 32


def _normalised(x: torch.Tensor, axis: int) -> torch.Tensor:
    centred = x - x.mean(axis, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(axis, keepdim=True) + 0.1)


@pytest.mark.parametrize(("name", "axis"), [("layer-norm", 1), ("batch-norm", 0)])
def test_the_code_on_a_sheet_is_the_gradient(tmp_path: Path, name: str, axis: int) -> None:
    """The listing is run as it is printed, in torch, beside autograd through the same layer written by hand."""
    options = "options = { reading = 'training' }\n" if name == "batch-norm" else ""
    toml = f"[[problem]]\nname = '{name}'\ndetail = 'code'\ncode = 'torch'\n{options}"
    page = str(sheet(tmp_path, toml, "--format", "text"))
    assert "The two passes in torch" in page and "∂L/∂x" not in page
    made: dict[str, Any] = {"torch": torch}
    exec(dedent(page[page.index("    def forward") :]), made)
    x, gamma, beta, c = (torch.randn(*s, dtype=torch.float64) for s in ((5, 3), (3,), (3,), (5, 3)))
    given = [a.requires_grad_() for a in (x, gamma, beta)]
    y = gamma * _normalised(x, axis) + beta
    truth = torch.autograd.grad((c * y).sum(), given)
    with torch.no_grad():
        values = made["forward"](x, gamma, beta, 0.1)
        found = made["backward"](gamma, c, values["s"], values["x_hat"], x)
    assert torch.allclose(values["y"], y)
    assert all(torch.allclose(found[n], t) for n, t in zip(("x", "gamma", "beta"), truth, strict=True))
    blank = str(sheet(tmp_path, toml, "--format", "text", "--blank"))
    assert "def backward(gamma" in blank and "dgamma" not in blank
    for format, begins in (("tex", r"\begin{verbatim}"), ("html", "<pre><code>def"), ("markdown", "```python")):
        assert begins in str(sheet(tmp_path, toml, "--format", format))


def test_a_task_that_is_only_code_says_which(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='detail "code" shows the code alone; say which'):
        sheet(tmp_path, "[[problem]]\nname = 'l1'\ndetail = 'code'\n", "--format", "text")
