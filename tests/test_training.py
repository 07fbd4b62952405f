"""Training with the derived gradients: the curve is that of torch's own autograd and SGD from the same start."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from derive import Function, Graph, Sum, TrainingSet, UsageError, sigmoid
from derive.cli.main import run
from derive.expressions import functions
from derive.memo import forget
from derive.problems import load, names
from derive.topics.training.page import milestones

XOR_X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
XOR_Y = [[0.0], [1.0], [1.0], [0.0]]


def drawn(shapes, seed):
    """The start as the docstring of derive/topics/training/training.py states it."""
    generator = np.random.default_rng(seed)
    return [torch.tensor(generator.uniform(-1, 1, s)).requires_grad_() for s in shapes]


def by_torch(depth, printed, steps, rate, seed, hidden=4):
    """The losses of torch's SGD, and its outputs in the end; the slip of the printed code by hand."""
    widths = [2, *[hidden] * depth, 1]
    weights = list(pairwise(widths))
    parameters = drawn([*weights, *[(b,) for _, b in weights]], seed)
    W, b = parameters[: depth + 1], parameters[depth + 1 :]
    x, y = torch.tensor(XOR_X, dtype=torch.float64), torch.tensor(XOR_Y, dtype=torch.float64)
    optimiser, losses = torch.optim.SGD(parameters, lr=rate), []
    for step in range(steps + 1):
        a = x
        for m in range(depth + 1):
            a = torch.sigmoid(a @ W[m] + (b[depth] if printed else b[m]))
        loss = ((a - y) ** 2).sum() / 2
        losses.append(loss.item())
        if step < steps:
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return losses, a.detach().numpy()


def trained(reading=0, depth="1", **words):
    """A run of the problem."""
    chosen = load("mlp").readings[reading]
    return chosen.build(depth=depth).derive().train(chosen.wishes["training"], check=False, **words)


@pytest.mark.parametrize("reading, printed", [(0, False), (1, True)])
@pytest.mark.parametrize("depth, seed, rate, steps", [("1", 0, 1.0, 2000), ("2", 3, 0.5, 300), ("3", 1, 2.0, 100)])
def test_the_curve_is_torch_s(reading, printed, depth, seed, rate, steps):
    """Every loss to 1e-10, and the outputs at the end."""
    ours = trained(reading, depth, steps=steps, rate=rate, seed=seed)
    losses, outputs = by_torch(int(depth), printed, steps, rate, seed)
    assert len(ours.losses) == len(ours.steps) == steps + 1
    assert np.max(np.abs(np.array(ours.losses) - losses)) < 1e-10
    assert np.max(np.abs(ours.values[f"A{int(depth) + 1}"] - outputs)) < 1e-10


def test_it_learns():
    """Both readings separate the four points with the usual numbers; b1 stays where it was in the printed one."""
    for reading in (0, 1):
        run_ = trained(reading)
        assert run_.losses[-1] < 0.005 and np.all(np.round(run_.values["A2"]) == run_.given["Y"])
    assert np.array_equal(run_.parameters["b1"], run_.start["b1"])
    assert not np.array_equal(run_.parameters["W1"], run_.start["W1"])


def test_a_wrong_slope_gives_another_curve(monkeypatch):
    """The comparison can fail."""
    row = functions.BY_NAME["sigmoid"]
    wrong = row._replace(slope_in_value=lambda y: y * (1 - y) ** 2)
    monkeypatch.setitem(functions._BY_CLASS, sigmoid, wrong)
    forget()
    try:
        assert abs(trained(steps=20, rate=1.0).losses[-1] - by_torch(1, False, 20, 1.0, 0)[0][-1]) > 1e-4
    finally:
        forget()


def regression(loss=None):
    """A model that nobody prepared: a line through points."""
    g = Graph("line")
    N, D = g.size("N"), g.size("D")
    n, d = g.index("n", N), g.index("d", D)
    w, x, y = g.parameter("w", D), g.input("x", N, D), g.target("y", N)
    z = g.node("z", Sum(w[d] * x[n, d], d), over=n)
    g.loss("L", Function("L")(z) if loss else Sum((z[n] - y[n]) ** 2, n) / N)
    return g.derive()


LINE = TrainingSet({"x": ((1, 0), (1, 1), (1, 2)), "y": (1, 3, 5)}, rate=0.2, steps=300)


def test_any_model_with_data():
    """The line through three points on a line."""
    found = regression().train(LINE)
    assert np.allclose(found.parameters["w"], [1, 2], atol=1e-6) and dict(found.sizes) == {"N": 3, "D": 2}


@pytest.mark.parametrize(
    "words, said",
    [({"rate": 9.0, "steps": 2000}, "no number after"), ({"sizes": {"N": 4}}, "the training data have N = 3")],
)
def test_refused(words, said):
    """One line that says what to do."""
    with pytest.raises(UsageError, match=said):
        regression().train(LINE, **words)


def test_a_loss_without_a_form_is_refused():
    """Its value is not known."""
    with pytest.raises(UsageError, match="abstract"):
        regression(loss="abstract").train(LINE)


# The command


@pytest.mark.parametrize("lang, word", [("en", "Training"), ("zh", "训练")])
def test_the_sheet_shows_the_curve(capsys, lang, word):
    """Both readings, a table of steps and losses."""
    assert run(["mlp", "--train", "20", "--lr", "0.5", "--seed", "2", "--format", "text", "--lang", lang]) == 0
    out = capsys.readouterr().out
    losses, _ = by_torch(1, False, 20, 0.5, 2)
    assert out.count(f"\n{word}\n") == 2
    assert all(f"{losses[k]:.6g}" in out for k in milestones(20))


def test_the_curve_as_data(capsys):
    """JSON has every loss; LaTeX has a table."""
    assert run(["mlp", "--train", "7", "--format", "json", "--no-check"]) == 0
    found = json.loads(capsys.readouterr().out)["training"]
    assert [len(t["losses"]) for t in found] == [8, 8] and found[0]["sizes"] == {"N": 4, "D": 2, "K": 1, "H": 4}
    assert run(["mlp", "--train", "7", "--no-check"]) == 0
    assert r"\begin{tabular}" in capsys.readouterr().out.split("Training")[1]


@pytest.mark.parametrize("name", names())
def test_a_problem_without_data_refuses(name, capsys):
    """One line, with the names of those that can."""
    if any("training" in r.wishes for r in load(name).readings):
        pytest.skip("it has data")
    assert run([name, "--train", "--no-check"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "mlp can be trained" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [
        ["--train", "0"], ["--train", "many"], ["--train", "--lr", "0"], ["--train", "--lr", "x"],
        ["--train", "--N", "3"], ["--train", "--at", "X=1"], ["--train", "--hessian", "W1"], ["--seed", "1"],
        ["--train", "--seed", "-1"], ["--train", "5", "--detail", "answer"],
    ],
)  # fmt: skip
def test_bad_words(argv, capsys):
    """One line, exit 2."""
    assert run(["mlp", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("derive: ") and err.count("\n") == 1 and "internal" not in err


RESIDUAL = """
from derive import Graph, Sum, TrainingSet
g = Graph("line")
n, d = g.index("n", 3), g.index("d", 2)
w, x, y = g.parameter("w", 2), g.input("x", 3, 2), g.target("y", 3)
a = g.node("a", Sum(w[d] * x[n, d], d), over=n)
r = g.node("r", a[n] - y[n], over=n)
g.loss("L", Sum({square}, n))
data = TrainingSet({{"x": ((1, 0), (1, 1), (1, 2)), "y": (1, 3, 5)}}, rate=0.1, steps=20)
"""


@pytest.mark.parametrize("square, compared", [("r[n]**2", False), ("(a[n] - y[n])**2", True)])
def test_a_residual_is_no_prediction(square, compared, tmp_path, capsys):
    """The output is what a target is compared with; without letters for sizes none are listed."""
    file = tmp_path / "line.py"
    file.write_text(RESIDUAL.format(square=square))
    assert run([str(file), "--train", "5", "--format", "text", "--no-check"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert ("and its target" in page) == compared
    assert "in float64: learning rate η = 0.1, 5 steps" in page


@pytest.mark.parametrize("last, rows", [(1, [0, 1]), (7, [0, 1, 2, 5, 7]), (20, [0, 1, 2, 5, 10, 20])])
def test_milestones(last, rows):
    """1, 2, 5 of every power of ten, and both ends."""
    assert milestones(last) == rows


def test_the_curve_is_plotted(tmp_path):
    """A real run, in Python and by the command."""
    reading = load("mlp").readings[0]
    training = reading.build(depth="1").derive().train(reading.wishes["training"], steps=20)
    assert "<path" in training.plot().svg("en")
    assert run(["plot", "mlp", "--train", "20", "--reading", "intended", "-o", str(tmp_path / "loss.svg")]) == 0
    assert "<path" in (tmp_path / "loss.svg").read_text()
    assert run(["plot", "bptt", "--train", "-o", str(tmp_path / "x.svg")]) == 2
