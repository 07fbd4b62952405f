"""Every problem of the catalogue: it derives and verifies in all its variants, and gives the values checked by hand.

The expected values are the catalogue's; the general formulas of backpropagation through time and of weight
normalisation are written here as plain sums of exact fractions; the rest is autograd on models written in torch anew.
"""

import math
import random
from fractions import Fraction
from itertools import product

import pytest
import torch
from sympy import Function, Symbol, sign

from derive import Graph, UsageError, exp
from derive.problems import load, names
from derive.solution import Solution
from derive.topics.worked.worked import Worked, work

LENGTHS = (None, 1, 2, 5)  # of the sequence, or of the vector; None leaves it symbolic
LONG = 50  # for what is unrolled, each step a line; in an array model a greater size is only a greater number
UNROLLED = ("recurrent", "optimisers")


def variants():
    """(problem, reading, options, length) for all there are."""
    for name in names():
        problem = load(name)
        choices = [[(o.name, value) for value in o.choices] for o in problem.options]
        long = (LONG,) if problem.group in UNROLLED or name == "gaussian-kl" else ()
        lengths = (*LENGTHS, *long) if problem.sizes else (None,)
        for (at, reading), chosen, length in product(enumerate(problem.readings), product(*choices), lengths):
            label = reading.label.en if reading.label else ""
            words = [name, label, *(value for _, value in chosen), "general" if length is None else str(length)]
            yield pytest.param(name, at, dict(chosen), length, id="-".join(filter(None, words)))


def solved(name: str, reading: int = 0, length: int | None = None, **options: str) -> Solution:
    """One problem, derived; a length is that of its first size, others are 3."""
    problem = load(name)
    graph = problem.readings[reading].build(**(problem.choices({}) | options))
    if length is None:
        return graph.derive()
    return graph.derive(sizes={s: length if str(s) in ("T", problem.sizes[0].name) else 3 for s in graph.model().sizes})


def symbols(solution: Solution, words: str) -> list[Symbol]:
    """The model's own symbols, by name."""
    return [solution.derivation.model.nodes[name].symbol for name in words.split()]


def worked(solution: Solution, at: dict[str, object], rate: Fraction | None = None) -> Worked:
    """The numbers `at`, worked; a list is one number for each element."""
    typed = {k: " ".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in at.items()}
    return work(solution.derivation, solution.sizes, typed, rate)


def family(numbers: Worked, name: str) -> list:
    """The adjoints of one family, in order."""
    return numbers.adjoints[name].tolist()


@pytest.mark.parametrize(("name", "reading", "options", "length"), [*variants()])
def test_derives_and_verifies(name, reading, options, length):
    """Every adjoint and every printed line agrees with autograd, for every parameter that reaches the loss."""
    solution = solved(name, reading, length, **options)
    report = solution.verify(points=60)
    assert report.ok, report.first_failure
    fewest = 2**28 // (8 * 50**4)  # the slope of an inverse has 50^4 elements, and the check keeps to 256 MB
    assert report.samples >= (fewest if (name, length) == ("gaussian-kl", 50) else 20)
    checked = {row.name for row in report.rows}
    parameters = {n.name for n in solution.derivation.model.of_kind("parameter")}
    assert parameters - {n.name for n in solution.derivation.unreachable} <= checked
    assert {s.node.name for s in solution.steps} <= checked


def test_the_catalogue_is_complete():
    """The six problems that the sheets promise, each with its number in the catalogue and both languages."""
    sources = {name: load(name).source for name in names()}
    assert {"bptt": "0.8", "logistic": "0.2", "relu-mse": "0.5", "l1": "1.1", "lstm": "3.3"}.items() <= sources.items()
    assert sources["weight-norm"].startswith("1.5")


# 0.2 logistic regression


def test_logistic_by_the_chain_rule():
    """dL/dz = a - y."""
    solution = solved("logistic")
    a, y, x1, x2 = symbols(solution, "a y x1 x2")
    (step,) = solution.adjoint("z")
    assert step.value == a - y
    assert [solution.gradient(p) for p in ("w1", "w2", "b")] == [(a - y) * x1, (a - y) * x2, a - y]


def test_logistic_one_step_of_gradient_descent():
    """Gradients 0.5, 0.5, 0.5 and (0.49995, -0.50005, -0.00005), exactly: the sigmoid of 0 is 1/2."""
    numbers = example("logistic")
    assert [numbers.adjoint(p) for p in ("w1", "w2", "b")] == [Fraction(1, 2)] * 3
    assert all(isinstance(numbers.adjoint(p), Fraction) for p in ("w1", "w2", "b"))
    expected = [Fraction("0.49995"), Fraction("-0.50005"), Fraction("-0.00005")]
    assert [numbers.updated[p].item() for p in ("w1", "w2", "b")] == expected
    assert numbers.value("L") == pytest.approx(math.log(2), rel=1e-15)


def example(name: str, reading: int = 0) -> Worked:
    """The exercise's own numbers, worked."""
    given = load(name).readings[reading].wishes["example"]
    at = dict(part.strip().split("=") for part in given.at.split(","))
    return worked(solved(name, reading), at, Fraction(given.rate))


def test_the_examples_are_those_of_the_catalogue():
    """The numbers of 0.2b and 0.5 as the source gives them."""
    logistic, relu = load("logistic").readings[0].wishes["example"], load("relu-mse").readings[0].wishes["example"]
    assert (set(logistic.at.split(", ")), Fraction(logistic.rate)) == (
        {"w1=0.5", "w2=-0.5", "b=0", "x1=1", "x2=1", "y=0"},
        Fraction(1, 10_000),
    )
    assert (set(relu.at.split(", ")), Fraction(relu.rate)) == (
        {"w11=-1", "w12=-1", "w21=1", "w22=1", "w31=1", "w32=1", "b1=0", "b2=0", "x1=1", "x2=1", "y=0.5"},
        Fraction(1, 10_000),
    )
    assert load("relu-mse").readings[1].wishes["example"] == relu


# 0.5 ReLU network


def test_relu_as_printed():
    """a = 1; w21 cannot reach the loss, so its gradient is 0 and it stays 1."""
    solution, numbers = solved("relu-mse", 0), example("relu-mse", 0)
    assert load("relu-mse").readings[0].label.en == "As stated"
    assert numbers.value("a") == 1
    assert {n.name for n in solution.derivation.unreachable} == {"w21", "w22", "b2"}
    assert solution.gradient("w21") == 0
    assert numbers.updated["w21"].item() == 1


def test_relu_as_meant():
    """a = 2, the gradient of w21 is 1.5, and one step takes it to 0.99985."""
    solution, numbers = solved("relu-mse", 1), example("relu-mse", 1)
    assert load("relu-mse").readings[1].label.en == "As intended"
    assert numbers.value("a") == 2
    assert not solution.derivation.unreachable
    assert numbers.adjoint("w21") == Fraction("1.5")
    assert numbers.updated["w21"].item() == Fraction("0.99985")


# 0.8 backpropagation through time


def rationals(seed: int, count: int) -> list[Fraction]:
    """Random fractions, never zero."""
    rng = random.Random(seed)
    return [Fraction(rng.choice((-1, 1)) * rng.randint(1, 12), rng.randint(1, 12)) for _ in range(count)]


@pytest.mark.parametrize("T", range(1, 7))
@pytest.mark.parametrize("seed", range(3))
def test_linear_bptt_is_the_general_formula(T, seed):
    """dL/dw_qh = L' h_T, dL/dw_hx = L' w_qh sum w_hh^(T-t) x_t, dL/dw_hh = L' w_qh sum w_hh^(T-t) h_{t-1}."""
    w_hx, w_hh, w_qh, slope, *x = rationals(100 * T + seed, 4 + T)
    at = {"w_hx": w_hx, "w_hh": w_hh, "w_qh": w_qh, "x": x, "y": 1, f"dL/do_{T}": slope}
    numbers = worked(solved("bptt", length=T), at)

    h = [Fraction(0)]
    for t in range(1, T + 1):
        h.append(w_hx * x[t - 1] + w_hh * h[t - 1])
    times = range(1, T + 1)
    assert [numbers.value("h", (t,)) for t in times] == h[1:]
    assert [numbers.adjoint("h", (t,)) for t in times] == [slope * w_qh * w_hh ** (T - t) for t in times]
    assert numbers.adjoint("w_qh") == slope * h[T]
    assert numbers.adjoint("w_hx") == slope * w_qh * sum(w_hh ** (T - t) * x[t - 1] for t in times)
    assert numbers.adjoint("w_hh") == slope * w_qh * sum(w_hh ** (T - t) * h[t - 1] for t in times)


@pytest.mark.parametrize("w_hh", [Fraction(2), Fraction(-3, 2), Fraction(1), Fraction(-1), Fraction(1, 2)])
def test_linear_bptt_explodes_iff_the_weight_is_above_one(w_hh):
    """The factor from h_1 to h_T is w_hh^(T-1), exactly, over fifty steps."""
    at = {"w_hx": 1, "w_hh": w_hh, "w_qh": 1, "x": 1, "y": 0, "dL/do_50": 1}
    first, last = (worked(solved("bptt", length=50), at).adjoint("h", (t,)) for t in (1, 50))
    assert first / last == w_hh**49


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("T", [1, 2, 5, 50])
def test_bptt_equals_autograd_on_a_network_written_anew(activation, T):
    """Worked numbers of every parameter and every state against torch, on a plain loop over time."""
    w_hx, w_hh, w_qh, y, *x = rationals(T, 4 + T)
    w_hh /= 20  # fifty steps of the linear cell stay in range
    at = {"w_hx": w_hx, "w_hh": w_hh, "w_qh": w_qh, "y": y, "x": x}
    numbers = worked(solved("bptt", length=T, activation=activation, loss="squared"), at)

    f = {"identity": lambda z: z, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}[activation]
    leaves = {k: torch.tensor(float(v), dtype=torch.float64, requires_grad=True) for k, v in at.items() if k != "x"}
    h, states = torch.zeros((), dtype=torch.float64), []
    for value in x:
        h = f(leaves["w_hx"] * float(value) + leaves["w_hh"] * h)
        states.append(h)
    loss = (leaves["w_qh"] * h - leaves["y"]) ** 2 / 2
    wanted = [leaves["w_hx"], leaves["w_hh"], leaves["w_qh"], *states]
    expected = torch.autograd.grad(loss, wanted, materialize_grads=True)
    found = [float(numbers.adjoint(p)) for p in ("w_hx", "w_hh", "w_qh")] + family(numbers, "h")
    assert [float(v) for v in found] == pytest.approx([float(v) for v in expected], rel=1e-12, abs=1e-15)
    assert float(numbers.value("L")) == pytest.approx(loss.item(), rel=1e-13)


def test_overflow_is_no_disagreement():
    """Where only the gradient of e^(600 w) leaves float64, autograd has no answer; at the other points it agrees."""
    g = Graph("steep")
    g.loss("L", exp(600 * g.parameter("w")))
    report = g.derive().verify(points=4000)
    assert report.ok, report.first_failure
    assert 2000 <= report.samples < 4000


# 1.1 L1 regularisation


def test_l1_gradient():
    """lambda sign(theta) + dL/dtheta."""
    solution = solved("l1")
    theta, lamda = symbols(solution, "theta lamda")
    (given,) = (term for term in solution.gradient("theta").args if term != lamda * sign(theta))
    assert solution.gradient("theta") == lamda * sign(theta) + given
    assert [str(part) for part in given.args] == ["L", "theta"]
    assert not solution.gradient("theta").atoms(Function) - {sign(theta)}


@pytest.mark.parametrize(("theta", "expected"), [("7/3", 2 + 5), ("-1/9", -2 + 5), ("0", 5)])
def test_l1_worked_on_both_sides_and_at_the_kink(theta, expected):
    """With lambda = 2 and dL/dtheta = 5; at 0 the subgradient 0 of [-lambda, lambda] is taken."""
    numbers = worked(solved("l1"), {"theta": theta, "lamda": 2, "dL/dtheta": 5}, Fraction(1, 10))
    assert numbers.adjoint("theta") == expected
    assert numbers.updated["theta"].item() == Fraction(theta) - Fraction(expected, 10)


def test_the_value_of_an_abstract_loss_is_not_invented():
    """d(L^2)/dtheta = 2 L dL/dtheta needs a number for L, and dL/dtheta does not give it."""
    g = Graph("squared")
    theta = g.parameter("theta")
    g.loss("J", Function("L")(theta) ** 2)
    solution = g.derive()
    assert solution.verify(points=20).ok
    with pytest.raises(UsageError, match="L"):
        worked(solution, {"theta": 3, "dL/dtheta": 5})


# 1.5 weight normalisation


@pytest.mark.parametrize("v", [[3, 4], [2, 3, 6], [-5], [7], ["1/3", "2/3", "2/3"], [1, -4, 8], [0, -2]])
@pytest.mark.parametrize("seed", range(3))
def test_weight_norm_is_the_formula(v, seed):
    """dL/dg = (dL/dw . v)/||v||, dL/dv = (g/||v||) dL/dw - (g dL/dg/||v||^2) v, orthogonal to v; exactly."""
    v = [Fraction(value) for value in v]
    g, *slopes = rationals(1000 + seed, 1 + len(v))
    numbers = worked(solved("weight-norm", length=len(v)), {"g": g, "v": v, "dL/dw": slopes})

    square = sum(value**2 for value in v)
    norm = Fraction(math.isqrt(square.numerator), math.isqrt(square.denominator))
    assert norm**2 == square
    to_g = sum(s * value for s, value in zip(slopes, v, strict=True)) / norm
    to_v = [g / norm * s - g * to_g / norm**2 * value for s, value in zip(slopes, v, strict=True)]
    assert [numbers.value("w", (j,)) for j in range(1, len(v) + 1)] == [g * value / norm for value in v]
    assert numbers.adjoint("g") == to_g
    assert family(numbers, "v") == to_v
    assert sum(s * value for s, value in zip(family(numbers, "v"), v, strict=True)) == 0


def test_weight_norm_where_the_norm_is_irrational():
    """||(1, 2)|| is the root of 5: float64 autograd on the definition."""
    numbers = worked(solved("weight-norm", length=2), {"g": 3, "v": [1, 2], "dL/dw": [1, -1]})
    g = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    v = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    (g * v / v.norm() @ torch.tensor([1.0, -1.0], dtype=torch.float64)).backward()
    assert float(numbers.adjoint("g")) == pytest.approx(float(g.grad), rel=1e-14)
    assert family(numbers, "v") == pytest.approx(v.grad.tolist(), rel=1e-13)


# 3.3 LSTM


def lstm(p: dict[str, torch.Tensor], x: list[float], y: float) -> tuple[torch.Tensor, dict[str, list[torch.Tensor]]]:
    """The loss of a scalar LSTM written from the catalogue's line, and its states by name."""
    c = h = torch.zeros((), dtype=torch.float64)
    seen: dict[str, list[torch.Tensor]] = {"f": [], "i": [], "c_tilde": [], "o": [], "c": [], "h": []}
    for value in x:
        f, i, o = (torch.sigmoid(p[f"w_{k}h"] * h + p[f"w_{k}x"] * value + p[f"b_{k}"]) for k in "fio")
        candidate = torch.tanh(p["w_ch"] * h + p["w_cx"] * value + p["b_c"])
        c = f * c + i * candidate
        h = o * torch.tanh(c)
        for name, state in zip(seen, (f, i, candidate, o, c, h), strict=True):
            seen[name].append(state)
    return (h - y) ** 2 / 2, seen


@pytest.mark.parametrize("T", [1, 2, 3, 10])
def test_lstm_equals_autograd_on_a_cell_written_anew(T):
    """All twelve parameters, and the adjoint of every gate, cell and state at every time."""
    parameters = [f"{w}_{k}{end}" for k in "fico" for w, end in (("w", "h"), ("w", "x"), ("b", ""))]
    solution = solved("lstm", length=T)
    assert {n.name for n in solution.derivation.model.of_kind("parameter")} == set(parameters)
    y, *numbers = rationals(T, 1 + len(parameters) + T)
    at = dict(zip(parameters, numbers[:12], strict=True)) | {"x": numbers[12:], "y": y}
    found = worked(solution, at)

    leaves = {k: torch.tensor(float(at[k]), dtype=torch.float64, requires_grad=True) for k in parameters}
    loss, states = lstm(leaves, [float(value) for value in at["x"]], float(y))
    wanted = [*leaves.values(), *(s for family in states.values() for s in family)]
    expected = torch.autograd.grad(loss, wanted, materialize_grads=True)
    derived = [found.adjoint(name) for name in leaves]
    derived += [found.adjoint(name, (t,)) for name in states for t in range(1, T + 1)]
    assert [float(value) for value in derived] == pytest.approx([float(e) for e in expected], rel=1e-11, abs=1e-15)
    assert float(found.value("L")) == pytest.approx(loss.item(), rel=1e-13)


def test_the_direct_path_of_the_cell_is_the_forget_gate():
    """dC_t/dC_{t-1} = f_t on the direct path: what is passed on when every other way is shut."""
    shut = {f"{w}_{k}{end}": 0 for k in "fico" for w, end in (("w", "h"), ("w", "x"), ("b", ""))}
    at = shut | {"b_f": 3, "x": 1, "y": 1, "b_o": 2, "b_i": 1, "b_c": 1}
    found = worked(solved("lstm", length=6), at)
    for t in range(1, 6):
        ratio = found.adjoint("c", (t,)) / found.adjoint("c", (t + 1,))
        assert ratio == pytest.approx(1 / (1 + math.exp(-3)), rel=1e-14)
