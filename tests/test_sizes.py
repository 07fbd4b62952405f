"""For which sizes a model exists: declared, deduced, respected by the check and the code, and said on the page."""

import types

import numpy as np
import pytest
import torch
from sympy import Integer, Rational

from derive import Graph, Min, Sum, exp, log, norm, sigmoid, singular_values, sqrt, std, tanh, var
from derive.check.torch_backend import TorchBackend
from derive.errors import ModelError, UsageError
from derive.model.sizes import FAR, far, fitting, needs


def code(d, target="numpy"):
    """The generated module."""
    module = types.ModuleType("made")
    exec(d.to_code(target), module.__dict__)
    return module


def relations(g):
    """The needs of a model as they are read."""
    return [str(n.relation) for n in needs(g.derive().model)]


def unbiased_variance():
    g = Graph("variance")
    N = g.size("N")
    n, m = g.indices("n m", N)
    x = g.parameter("x", N)
    mu = g.node("mu", Sum(x[m], m) / N)
    g.loss("L", Sum((x[n] - mu) ** 2, n) / (N - 1))
    return g


def preference():
    g = Graph("preference")
    n = g.size("n")
    i, k = g.indices("i k", n)
    z = g.parameter("z", n)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", -log(sigmoid(log(p[1]) - log(p[2]))))
    return g


def valid_convolution():
    g = Graph("convolution")
    H, R = g.size("H"), g.size("R")
    i, a = g.index("i", H - R + 1), g.index("a", R)
    x, w = g.input("x", H, gradient=True), g.parameter("w", R)
    y = g.node("y", Sum(w[a] * x[i + a - 1], a), over=i)
    g.loss("L", Sum(y[i] ** 2, i))
    return g


def with_size(law, least=1):
    """A graph whose loss is made of N, i, j over N and a parameter x over N."""
    g = Graph("size")
    N = g.size("N", least)
    law(g, N, *g.indices("i j", N), g.parameter("x", N, domain="positive"))
    return g


NEEDS = {
    "a denominator": (lambda g, N, i, j, x: g.loss("L", Sum(x[i], i) / (N - 1)), "N >= 2"),
    "a denominator that is negative": (lambda g, N, i, j, x: g.loss("L", Sum(x[i], i) / (2 - N)), "N >= 3"),
    "a fraction in it": (lambda g, N, i, j, x: g.loss("L", Sum(x[i] ** 2, i) / (N / 2 - 1)), "N >= 3"),
    "a root": (lambda g, N, i, j, x: g.loss("L", Sum(x[i], i) * sqrt(N - 2)), "N >= 2"),
    "a root below": (lambda g, N, i, j, x: g.loss("L", Sum(x[i], i) / sqrt(N - 2)), "N >= 3"),
    "a logarithm": (lambda g, N, i, j, x: g.loss("L", Sum(x[i], i) * log(N - 3)), "N >= 4"),
    "a logarithm below": (lambda g, N, i, j, x: g.loss("L", -Sum(x[i] * log(x[i]), i) / log(N)), "N >= 2"),
    "a literal index": (lambda g, N, i, j, x: g.loss("L", x[1] * x[3] + Sum(x[i], i)), "N >= 3"),
    "one from the end": (lambda g, N, i, j, x: g.loss("L", x[N] * x[N - 2]), "N >= 3"),
    "one in a sum": (lambda g, N, i, j, x: g.loss("L", Sum(x[i] * x[2], i)), "N >= 2"),
    "a range from 3": (
        lambda g, N, i, j, x: (
            (y := g.node("y", x[(t := g.index("t", (3, N)))] * x[t - 2], over=t)) and g.loss("L", Sum(y[t] ** 2, t))
        ),
        "N >= 3",
    ),
    "a range up to N - 2": (
        lambda g, N, i, j, x: (
            (y := g.node("y", x[(t := g.index("t", N - 2)) + 2] - x[t], over=t)) and g.loss("L", Sum(y[t] ** 2, t))
        ),
        "N >= 3",
    ),
}


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_deduced(name):
    """One need, no weaker one beside it; the check draws such sizes only and the page says so."""
    law, relation = NEEDS[name]
    g = with_size(law)
    assert relations(g) == [relation]
    d = g.derive()
    report = d.verify()
    least = int(relation.split()[-1])
    assert report.ok and min(dict(s)["N"] for s in report.sizes) == least
    assert f"Assumed: N ≥ {least}" in d.to_text(check=False)
    assert "N \\ge" in d.to_latex("zh", check=False)


def test_what_needs_nothing():
    """1/N, an empty sum and a state at T - 1 exist for 1."""

    def law(g, N, i, j, x):
        h = g.recurrence("h", lambda h: tanh(h[i - 1] * x[i]), over=i, start={0: 1})
        g.loss("L", Sum(x[i], i) / N + Sum(x[j + 1], (j, 1, N - 1)) + sqrt(N) * h[N - 1])

    g = with_size(law)
    assert relations(g) == [] and g.derive().verify().ok
    assert "Assumed: N" not in g.derive().to_text(check=False)


def test_two_sizes():
    """A valid convolution exists where the input is as long as the filter."""
    g = valid_convolution()
    assert relations(g) == ["H >= R"]
    report = g.derive().verify()
    assert report.ok and all(dict(s)["H"] >= dict(s)["R"] for s in report.sizes)
    for target in ("numpy", "torch"):
        with pytest.raises(ValueError, match="needs H >= R, found H = 2, R = 3"):
            make = np.ones if target == "numpy" else torch.ones
            code(g.derive(), target).backward(x=make(2), w=make(3))


def test_a_position_in_steps():
    """x[2 j] for j up to K needs N >= 2 K: sizes far apart are so too."""
    g = Graph("pairs")
    K, N = g.size("K"), g.size("N")
    j = g.index("j", K)
    x = g.parameter("x", N)
    g.loss("L", Sum(x[2 * j] ** 2 * x[2 * j - 1], j))
    assert relations(g) == ["N >= 2*K"] and g.derive().verify().ok


@pytest.mark.parametrize("swapped", [False, True])
def test_sizes_far_apart_let_the_model_exist(swapped):
    """Whichever is declared first: where N was the smaller, 1..N - K was empty and the gradient of the sum 0."""
    g = Graph("lagged")
    K, N = reversed([g.size("N"), g.size("K")]) if swapped else [g.size("K"), g.size("N")]
    i = g.index("i", N - K)
    x = g.parameter("x", N)
    g.loss("L", Sum((x[i + K] * x[i]) ** 2, i))
    d = g.derive()
    assert d.gradient("x") != 0 and d.verify().ok
    assert (found := far(d.model, {}, FAR))[N] > found[K]


@pytest.mark.parametrize("build", [unbiased_variance, preference])
def test_the_gradient_is_that_of_torch(build):
    """At the least size, in generated code."""
    g = build()
    d, name = g.derive(), "x" if build is unbiased_variance else "z"
    value = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    loss = value.var() if name == "x" else -torch.nn.functional.logsigmoid(value[0] - value[1])
    (truth,) = torch.autograd.grad(loss, value)
    assert np.allclose(code(d).backward(**{name: value.detach().numpy()})[name], truth)
    with pytest.raises(ValueError, match=r"needs (N|n) >= 2, found (N|n) = 1"):
        code(d).backward(**{name: np.ones(1)})


@pytest.mark.parametrize("build", [unbiased_variance, preference])
def test_a_number_that_is_too_small_is_refused(build):
    """By `derive(sizes=...)`, in one line that names the size and what needs more."""
    with pytest.raises(ModelError, match=r"does not exist for . = 1: .* needs . >= 2"):
        build().derive(sizes={next(iter(build()._sizes)): 1})


def test_declared():
    """`least=` is respected where nothing can be deduced: the scores of all others have no logarithm without others."""

    def law(g, N, i, j, x):
        z = g.node("z", Sum(exp(x[j]), j) - exp(x[i]), over=i)
        g.loss("L", Sum(log(z[i]) - x[i], i))

    assert relations(with_size(law, 2)) == ["N >= 2"] and with_size(law, 2).derive().verify().ok
    with pytest.raises(UsageError, match=r"where N = 1, and is finite where N = 2; .* N = g.size\('N', least=2\)"):
        with_size(law).derive().verify()


def test_the_advice_on_domains_stays():
    """Where no size helps, the domains do."""
    g = Graph("root")
    a, b = g.parameters("a b")
    g.loss("L", sqrt(a + b - 9))
    with pytest.raises(UsageError, match="declare the inputs' domains"):
        g.derive().verify()


@pytest.mark.parametrize("least", [0, -1, 1.5, True, "2"])
def test_a_least_size_is_a_number(least):
    with pytest.raises(ModelError, match="the size N: least="):
        Graph("model").size("N", least=least)


def test_sizes_that_fit():
    """Changed by as little as possible; those given stay."""
    model = valid_convolution().derive().model
    H, R = model.sizes
    assert fitting(model, {H: 1, R: 3}, {}) == {H: 3, R: 3}
    assert fitting(model, {R: 6}, {H: 4}) == {H: 4, R: 4}
    assert fitting(model, {H: 5, R: 2}, {}) == {H: 5, R: 2}
    with pytest.raises(ModelError, match="does not exist for H = 2, R = 3"):
        fitting(model, {}, {H: 2, R: 3})


def test_a_number_to_a_power():
    """As of tensors: Python raises for 1/0, and the root of a negative number is complex."""
    power = TorchBackend().power
    assert power(0, Integer(-1)) == float("inf") and power(-1, Rational(1, 2)) != power(-1, Rational(1, 2))
    assert power(3, Integer(2)) == 9 and power(2.0, Integer(-1)) == 0.5


def test_a_deduced_size_is_known_to_the_chain_rule():
    """z_i reaches p_1 and p_2 only, and both exist: no min(2, n) on the page, in none of its lines."""
    text = preference().derive().to_text(check=False)
    assert "min(" not in text and "Σ_{j=1..2} ∂L/∂p_j p_j" in text


def test_the_least_of_sizes_is_large_where_each_is():
    """The second singular value of a 2 x n matrix needs n >= 2; of min(2, n) nothing is said about a slope."""
    g = Graph("second")
    n = g.size("n")
    k, A = g.index("k", Min(2, n)), g.parameter("A", 2, n)
    s = singular_values(A)
    g.loss("L", Sum(s[k], k) + s[2])
    d = g.derive()
    assert [str(need.relation) for need in needs(d.model)] == ["n >= 2"]
    text = d.to_text(check=False)
    assert "Assumed: n ≥ 2." in text and "Where two arguments of a minimum" not in text


@pytest.mark.parametrize("correction", [0, 1])
def test_a_variance_below_a_fraction_line_needs_two_values(correction):
    """Of one value it is 0: sympy writes 1/(S/(N - 1)) as (N - 1)/S, so that no N - 1 is divided by."""

    def built(formula):
        g = Graph("v")
        N, D = g.size("N"), g.size("D")
        X = g.parameter("X", N, D)
        g.loss("L", formula(X, g.index("n", N), g.index("d", D)))
        return relations(g)

    assert built(lambda X, n, d: Sum(1 / var(X[n, d], n, correction=correction), d)) == ["N >= 2"]
    assert built(lambda X, n, d: Sum(X[n, d] ** 3 / std(X[n, d], n, correction=correction), n, d)) == ["N >= 2"]
    assert built(lambda X, n, d: Sum(std(X[n, d], d), n)) == ["D >= 2"]  # the root has no slope at 0
    assert built(lambda X, n, d: Sum(X[n, d] / norm(X[n, d], d), n, d)) == []
