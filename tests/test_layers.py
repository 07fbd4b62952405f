"""The problems over arrays: random sizes against autograd, the catalogue's values, models written in torch anew.

Models that nobody prepared are here too: each is a Graph and nothing else.
"""

import itertools
import random
from fractions import Fraction
from types import MappingProxyType

import pytest
import torch

from derive import Function, Graph, Sum, exp, log, relu, sqrt
from derive.check.steps import Checker
from derive.problems import load
from derive.topics.worked.worked import work

PROBLEMS = (
    "attention", "batch-norm", "conv2d", "dropout", "embedding", "lasso", "layer-norm", "linear-relu", "max", "mlp",
    "ridge", "softmax-ce",
)  # fmt: skip
DRAWS = 20
CLOSE = 1e-10


def agrees(solution, seed):
    """All adjoints and lines equal autograd at DRAWS draws of sizes from 1 to 6, all 1 and all 6 among them."""
    rng, sizes = random.Random(seed), solution.derivation.model.sizes
    drawn = [[1] * len(sizes), [6] * len(sizes), *([rng.randint(1, 6) for _ in sizes] for _ in range(DRAWS - 2))]
    for n, numbers in enumerate(drawn if sizes else [[]]):
        chosen = dict(zip(sizes, numbers, strict=True))
        report = Checker(solution.derivation, chosen, 4, seed + n).run(solution.steps)
        worst = max(report.rows, key=lambda row: row.error)
        assert worst.error < CLOSE, (chosen, worst)
        assert report.samples >= 1


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_at_random_sizes(name):
    """Every reading with a loss, with its default options and with every value of every option."""
    problem = load(name)
    defaults = problem.choices({})
    choices = [defaults] + [defaults | {o.name: value} for o in problem.options for value in o.choices[1:]]
    for reading, chosen in itertools.product(problem.readings, choices):
        solution = reading.build(**chosen).derive()
        if solution.derivation.model.has_loss:
            agrees(solution, seed=len(name))


# models that nobody prepared


def bilinear():
    """x^T A y."""
    g = Graph("bilinear form")
    M, N = g.size("M"), g.size("N")
    i, j = g.index("i", M), g.index("j", N)
    x, A, y = g.parameter("x", M), g.parameter("A", M, N), g.parameter("y", N)
    g.loss("L", Sum(x[i] * A[i, j] * y[j], i, j))
    return g


def mahalanobis():
    """sqrt((x - m)^T S (x - m) + 1), S positive semidefinite as R^T R."""
    g = Graph("Mahalanobis distance")
    D = g.size("D")
    i, j, k = g.indices("i j k", D)
    x, m, R = g.parameter("x", D), g.parameter("m", D), g.parameter("R", D, D)
    S = g.node("S", Sum(R[k, i] * R[k, j], k), over=(i, j))
    g.loss("d", sqrt(Sum((x[i] - m[i]) * S[i, j] * (x[j] - m[j]), i, j) + 1))
    return g


def triplet():
    """max(0, |a - p|^2 - |a - n|^2 + margin)."""
    g = Graph("triplet loss")
    D = g.size("D")
    i = g.index("i", D)
    a, p, n = g.parameters("a p n", D)
    margin = g.constant("alpha", domain="positive")
    near, far = g.node("r", Sum((a[i] - p[i]) ** 2, i)), g.node("s", Sum((a[i] - n[i]) ** 2, i))
    g.loss("L", relu(near - far + margin))
    return g


def smoothing(declared=MappingProxyType({"one_hot": True})):
    """Softmax cross-entropy against labels mixed with the uniform distribution."""
    g = Graph("label smoothing")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z, y, e = g.parameter("z", C), g.target("y", C, **declared), g.constant("e", domain="probability")
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    q = g.node("q", (1 - e) * y[i] + e / C, over=i)
    g.loss("L", -Sum(q[i] * log(p[i]), i))
    return g


def group_norm():
    """Each of G groups of D channels is normalised by itself."""
    g = Graph("group norm")
    G, D = g.size("G"), g.size("D")
    c = g.index("c", G)
    d, k = g.indices("d k", D)
    x, (gamma, beta), eps = (
        g.parameter("x", G, D),
        g.parameters("gamma beta", G, D),
        g.constant("eps", domain="positive"),
    )
    mu = g.node("mu", Sum(x[c, k], k) / D, over=c)
    s = g.node("s", sqrt(Sum((x[c, k] - mu[c]) ** 2, k) / D + eps), over=c)
    x_hat = g.node("x_hat", (x[c, d] - mu[c]) / s[c], over=(c, d))
    g.loss("L", Function("L")(g.node("y", gamma[c, d] * x_hat[c, d] + beta[c, d], over=(c, d))))
    return g


def factorisation():
    """A factorisation machine: w.x and half of (sum of v x) squared minus the sum of squares."""
    g = Graph("factorisation machine")
    D, K = g.size("D"), g.size("K")
    j, f = g.index("j", D), g.index("f", K)
    w, V, x, y = g.parameter("w", D), g.parameter("V", D, K), g.input("x", D), g.target("y")
    s = g.node("s", Sum(V[j, f] * x[j], j), over=f)
    o = g.node("o", Sum(w[j] * x[j], j) + Sum(s[f] ** 2 - Sum(V[j, f] ** 2 * x[j] ** 2, j), f) / 2)
    g.loss("L", (o - y) ** 2 / 2)
    return g


def dilated():
    """A convolution that reads every third place."""
    g = Graph("dilated convolution")
    N, K = g.size("N"), g.size("K")
    t, k = g.index("t", N), g.index("k", K)
    w, x = g.parameter("w", K), g.parameter("x", N + 3 * (K - 1))
    g.loss("L", Function("L")(g.node("y", Sum(w[k] * x[t + 3 * (k - 1)], k), over=t)))
    return g


UNPREPARED = (bilinear, mahalanobis, triplet, smoothing, group_norm, factorisation, dilated)


@pytest.mark.parametrize("model", UNPREPARED)
def test_unprepared_models_derive_and_verify(model):
    """At random sizes, at the sizes of the check, and on a page in both languages."""
    solution = model().derive()
    agrees(solution, seed=3)
    assert solution.verify(points=60, conditions=False).ok
    assert r"\begin{document}" in solution.to_latex(check=False) and "验证" in solution.to_text(lang="zh")


def test_a_sum_is_known_from_what_it_is_made_of():
    """Mixed labels q sum to 1 because y does and C times e/C is e; where y is free, no line says so."""
    mixed, free = smoothing().derive(), smoothing(declared={}).derive()
    assert str(mixed.gradient("z")) == "p[i] - q[i]"
    (step,) = mixed.adjoint("z")
    assert step.lines[-1].reason.pick("en") == "q[i] sums to 1 over i, by its definition"
    assert free.gradient("z").has(Sum)
    assert free.verify(points=60).ok


# the catalogue's values


def test_layer_and_batch_norm_against_torch():
    """The boxed gradient of the input, evaluated, is autograd's through torch's own layer."""
    torch.manual_seed(0)
    for name, dims in (("layer-norm", 1), ("batch-norm", 0)):
        x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
        gamma, up = torch.randn(4, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
        if dims:
            y = torch.nn.functional.layer_norm(x, (4,), gamma, eps=1e-2)
        else:
            y = torch.nn.functional.batch_norm(x, None, None, gamma, training=True, eps=1e-2)
        (expected,) = torch.autograd.grad((y * up).sum(), x)
        values = {
            "x": x.tolist(),
            "gamma": gamma.tolist(),
            "beta": [0] * 4,
            "epsilon": Fraction(1, 100),
            "dL/dy": up.tolist(),
        }
        numbers = worked(name, {"N": 5, "D": 4}, values)
        found = torch.tensor(numbers.adjoints["x"].astype(float), dtype=torch.float64)
        assert torch.allclose(found, expected, atol=1e-12)


def worked(name, sizes, values, reading=0):
    """Numbers worked exactly: nested lists are written out in order."""
    solution = load(name).readings[reading].build(**load(name).choices({})).derive(sizes=sizes)

    def text(value):
        if isinstance(value, list):
            return " ".join(text(v) for v in value)
        return str(Fraction(value).limit_denominator(10**17)) if isinstance(value, float) else str(value)

    return work(solution.derivation, solution.sizes, {k: text(v) for k, v in values.items()}, None)


def test_a_batch_of_one_learns_only_its_shift():
    """4.11: every gradient of the input and of the gain is zero, that of the shift is the adjoint of the output."""
    values = {"x": [3, -2], "gamma": [2, 5], "beta": [1, 1], "epsilon": Fraction(1, 100), "dL/dy": [7, 11]}
    numbers = worked("batch-norm", {"N": 1, "D": 2}, values)
    assert numbers.adjoints["x"].tolist() == [[0, 0]]
    assert numbers.adjoints["gamma"].tolist() == [0, 0]
    assert numbers.adjoints["beta"].tolist() == [7, 11]


def test_the_convolution_of_the_exercise():
    """0.6: 10, 12, 14; and the local partials in the input are the 3 x 8 matrix of the fully connected layer."""
    reading = load("conv2d").readings[1]
    at = dict(part.strip().split("=") for part in reading.wishes["example"].at.split(", "))
    solution = reading.build(stride="1", padding="0").derive()
    numbers = work(solution.derivation, solution.sizes, at, None)
    assert numbers.values["y"].tolist() == [[10, 12, 14]]
    rows = []
    for place in range(3):
        at["dL/dy"] = " ".join("1" if n == place else "0" for n in range(3))
        rows.append(work(solution.derivation, solution.sizes, at, None).adjoints["x"].ravel().tolist())
    assert rows == [[-1, 1, 0, 0, 1, 1, 0, 0], [0, -1, 1, 0, 0, 1, 1, 0], [0, 0, -1, 1, 0, 0, 1, 1]]


def test_the_slip_of_the_printed_network():
    """2.1: as printed b1 cannot influence the loss; as meant every parameter has its gradient."""
    meant, printed = (r.build(depth="1").derive() for r in load("mlp").readings)
    assert not meant.derivation.unreachable
    assert [n.name for n in printed.derivation.unreachable] == ["b1"]
    assert printed.gradient("b1") == 0
    assert "cannot reach the loss" in printed.to_text()


def test_mean_and_variance_under_dropout():
    """0.7: over all masks E = x, Var = x^2 p/(1-p), and the mean squared error is the penalised one, exactly."""
    p, x, w, y = Fraction(1, 4), (Fraction(2), Fraction(-3), Fraction(1, 2)), (Fraction(1), Fraction(2), Fraction(5)), 3
    masks = list(itertools.product((0, 1), repeat=3))
    weight = {m: (1 - p) ** sum(m) * p ** (3 - sum(m)) for m in masks}
    mean = sum(weight[m] * m[1] * x[1] / (1 - p) for m in masks)
    assert mean == x[1]
    assert sum(weight[m] * (m[1] * x[1] / (1 - p) - mean) ** 2 for m in masks) == x[1] ** 2 * p / (1 - p)
    errors = {m: sum(a * k * b / (1 - p) for a, k, b in zip(w, m, x, strict=True)) - y for m in masks}
    numbers = worked("dropout", {"D": 3}, {"w": list(w), "x": list(x), "y": y, "p": p}, reading=2)
    assert numbers.value("J") == sum(weight[m] * errors[m] ** 2 for m in masks)
    for j in range(3):
        expected = sum(weight[m] * 2 * errors[m] * m[j] * x[j] / (1 - p) for m in masks)
        assert numbers.adjoint("w", (j + 1,)) == expected


@pytest.mark.parametrize(
    ("name", "final"), [("softmax-ce", "p[i] - y[i]"), ("ridge", "lamda*w[j] + Sum(X[n, j]*r[n], (n, 1, N))")]
)
def test_final_forms(name, final):
    """As a textbook prints them."""
    problem = load(name)
    solution = problem.readings[0].build(**problem.choices({})).derive()
    assert str(solution.gradient("z" if name == "softmax-ce" else "w")) == final
