"""Five pasted models through every command: code, check, graph, plot, Jacobian, Hessian, numbers, and the options."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from generated import loaded

from derive.cli.main import run

MODELS = {
    "logistic.tex": r"z = w x + b" + "\n" + r"L = -(y \log \sigma(z) + (1-y)\log(1-\sigma(z)))",
    "ridge.tex": r"$$L(w) = \|X w - y\|^2 + \lambda \|w\|^2$$",
    "network.md": "```latex\nh = \\tanh(W_1 x + b_1)\no = W_2 h + b_2\nL = \\frac12 \\|o - y\\|^2\n```",
    "softmax.md": r"$$p = \mathrm{softmax}(z), L = -\sum_{k=1}^K y_k \log p_k$$ where $y$ is one-hot.",
    "recurrence.md": r"设 $h_0 = 0$，$t = 1, \dots, T$，$$h_t = \tanh(w_x x_t + w_h h_{t-1})$$"
    r" 损失 $L = \frac12 (h_T - y)^2$。",
}
JACOBIAN = {"logistic": "z,x", "ridge": "L,w", "network": "o,x", "softmax": "p,z", "recurrence": "h,x"}
HESSIAN = {"logistic": "w,b", "ridge": "w,w", "network": "b_2,b_2", "softmax": "z,z", "recurrence": "w_x,w_h"}


@pytest.fixture(params=MODELS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    path.write_text(MODELS[request.param], encoding="utf-8")
    return path


def test_a_pasted_model_can_do_what_a_problem_can(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(file)
    assert run(["check", name]) == 0
    assert " ok" in capsys.readouterr().out
    assert run(["graph", name, "-o", str(file.with_suffix(".svg"))]) == 0
    assert "<svg" in file.with_suffix(".svg").read_text(encoding="utf-8")
    assert run([name, "--format", "text", "--no-check", "--jacobian", JACOBIAN[file.stem]]) == 0
    assert "Jacobian" in capsys.readouterr().out
    if file.stem != "recurrence":
        assert run([name, "--format", "text", "--no-check", "--hessian", HESSIAN[file.stem]]) == 0
        assert "∂²L" in capsys.readouterr().out
    assert run(["plot", name, "-o", str(file.with_suffix(".plot.svg"))]) == (0 if file.stem == "recurrence" else 2)


def test_numbers_are_put_in_where_the_model_has_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "logistic.tex"
    file.write_text(MODELS["logistic.tex"], encoding="utf-8")
    assert run([str(file), "--at", "w=1, x=2, b=0, y=1", "--format", "text", "--no-check"]) == 0
    assert "-0.2384" in capsys.readouterr().out  # (sigma(2) - 1) * 2


def test_the_code_has_the_names_as_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "network.tex"
    file.write_text("$$" + MODELS["network.md"][9:-4].replace("\n", ", ") + "$$", encoding="utf-8")
    assert run(["code", str(file), "--no-check", "--wrt", "W_2", "--wrt", "b_1"]) == 0
    made = loaded(capsys.readouterr().out)
    assert {"W_1", "W_2", "b_1", "b_2", "x", "y", "o"} <= set(made["NAMES"])
    rng = np.random.default_rng(0)
    given = {"W_1": (2, 3), "b_1": (2,), "W_2": (4, 2), "b_2": (4,), "x": (3,), "y": (4,)}
    values = {name: rng.normal(size=shape) for name, shape in given.items()}
    found = made["backward"](**values)
    h = np.tanh(values["W_1"] @ values["x"] + values["b_1"])
    apart = values["W_2"] @ h + values["b_2"] - values["y"]
    assert np.allclose(found["W_2"], np.outer(apart, h))
    assert np.allclose(found["b_1"], (1 - h**2) * (values["W_2"].T @ apart))


def test_what_names_were_taken_for_can_be_overridden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bias.tex"
    file.write_text("Z = X W + b\nL = \\|Z - Y\\|_F^2\n\\|W\\| = 1", encoding="utf-8")
    assert run(["solve", str(file), "--format", "text", "--no-check"]) == 2
    assert "is this a vector, the same for each row" in capsys.readouterr().err
    wishes = ["--as", "b=R^{k}", "--as", r"W=\mathbb{R}^{d \times k}", "--as", "X=parameter"]
    assert run(["solve", str(file), "--format", "text", "--no-check", *wishes]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "The equation in line 3 was not used" in page
    assert "Parameters: X_ij" in page
    assert "b_j (j = 1, …, k)" in page
    assert run(["solve", str(file), "--as", "b=vector"]) == 2
    assert "or say its shape" in capsys.readouterr().err
