"""What a loss may be written with: products, extremes, masks, stop, words for formulas, intervals; held against torch.

Every model is checked by its own sheet, and its generated code is compared with torch at numbers of the test: zeros
among the factors of a product, ties of a maximum, a point where a gradient is stopped.
"""

import numpy as np
import pytest
import sympy
import torch
from alphabets import letters
from generated import loaded
from sympy import Eq, Ne, Rational, oo

from derive import (
    Graph,
    Heaviside,
    Max,
    Min,
    ModelError,
    Piecewise,
    Product,
    Sum,
    acosh,
    amax,
    amin,
    asin,
    atan2,
    clip,
    dot,
    exp,
    expm1,
    floor,
    hardshrink,
    log1p,
    log_softmax,
    logaddexp,
    loggamma,
    logsumexp,
    mean,
    norm,
    normalize,
    polygamma,
    prelu,
    rounded,
    rsqrt,
    sigmoid,
    softmax,
    softshrink,
    sqrt,
    stop,
    tanh,
    tanhshrink,
    threshold,
    var,
)

X = np.array([1.0, 3.0, 0.0, 3.0, -2.0])
W = np.array([0.5, -1.0, 2.0, 1.5, 0.25])
F = torch.nn.functional
LOSSES = {  # the loss in x_i and w_i, and in torch
    "product": (
        lambda x, w, i, j: Product(x[i], i) ** 2 + Product(w[i], (i, 2, i.upper)),
        lambda x, w: x.prod() ** 2 + w[1:].prod(),
    ),
    "product of zeros": (lambda x, w, i, j: Product(x[i] + 2, i) * w[1], lambda x, w: (x + 2).prod() * w[0]),
    "product of functions": (
        lambda x, w, i, j: Product(1 + w[i] * tanh(x[i]), i),
        lambda x, w: (1 + w * x.tanh()).prod(),
    ),
    "cumprod": (lambda x, w, i, j: Sum(w[i] * Product(x[j], (j, 1, i)), i), lambda x, w: (w * x.cumprod(0)).sum()),
    "product with a condition": (
        lambda x, w, i, j: Sum(w[i] * Product(Piecewise((x[j], Ne(i, j)), (1, True)), j), i),
        lambda x, w: sum(w[i] * torch.cat([x[:i], x[i + 1 :]]).prod() for i in range(5)),
    ),
    "cumsum": (
        lambda x, w, i, j: Sum(w[i] * Sum(x[j], (j, 1, i)) ** 2, i),
        lambda x, w: (w * x.cumsum(0) ** 2).sum(),
    ),
    "cummax": (
        lambda x, w, i, j: Sum(w[i] ** 2 * amax(w[j], (j, 1, i)), i),
        lambda x, w: (w**2 * w.cummax(0)[0]).sum(),
    ),
    "amax with ties": (lambda x, w, i, j: amax(x[i], i) * w[1], lambda x, w: x.amax() * w[0]),
    "amin of a formula": (lambda x, w, i, j: amin(w[i] * exp(-x[i]), i), lambda x, w: (w * torch.exp(-x)).amin()),
    "a row's extreme": (
        lambda x, w, i, j: Sum(amax(x[i] * w[j], j) ** 2, i),
        lambda x, w: (torch.outer(x, w).amax(1) ** 2).sum(),
    ),
    "logsumexp": (lambda x, w, i, j: logsumexp(w[i] * x[i], i), lambda x, w: torch.logsumexp(w * x, 0)),
    "softmax": (lambda x, w, i, j: Sum(w[i] * softmax(x[i], i), i), lambda x, w: (w * x.softmax(0)).sum()),
    "log_softmax": (
        lambda x, w, i, j: Sum(w[i] * log_softmax(x[i], i), i),
        lambda x, w: (w * x.log_softmax(0)).sum(),
    ),
    "mean": (lambda x, w, i, j: mean(w[i] * x[i] ** 2, i), lambda x, w: (w * x**2).mean()),
    "var": (lambda x, w, i, j: var(x[i], i) * w[1], lambda x, w: x.var(correction=0) * w[0]),
    "norm": (lambda x, w, i, j: norm(w[i], i) + norm(w[i], i, p=3), lambda x, w: w.norm() + w.norm(3)),
    "largest norm": (
        lambda x, w, i, j: norm(w[i], i, p=oo) + norm(w[i], i, p=1),
        lambda x, w: w.norm(torch.inf) + w.norm(1),
    ),
    "normalize": (
        lambda x, w, i, j: Sum(x[i] * normalize(w[i], i), i),
        lambda x, w: (x * F.normalize(w, dim=0)).sum(),
    ),
    "dot": (lambda x, w, i, j: dot(x[i], w[i], i) ** 2, lambda x, w: (x @ w) ** 2),
    "clip": (
        lambda x, w, i, j: Sum(clip(w[i] * x[i], -1, 1) * x[i], i),
        lambda x, w: (torch.clamp(w * x, -1, 1) * x).sum(),
    ),
    "clip at its end": (
        lambda x, w, i, j: Sum(w[i] * clip(x[i], -2, 3), i),
        lambda x, w: (w * torch.clamp(x, -2, 3)).sum(),
    ),
    "clip between tensors": (
        lambda x, w, i, j: Sum(clip(x[i], w[i] - 1, w[i] + 1) ** 2, i),
        lambda x, w: (torch.clamp(x, w - 1, w + 1) ** 2).sum(),
    ),
    "min": (
        lambda x, w, i, j: Sum(Min(x[i], w[i], 1) ** 2, i),
        lambda x, w: (torch.stack([x, w, 1 + 0 * x]).amin(0) ** 2).sum(),
    ),
    "min of two that tie": (
        lambda x, w, i, j: Sum(w[i] * Min(x[i], 3), i),
        lambda x, w: (w * torch.minimum(x, 3 + 0 * x)).sum(),
    ),
    "prelu": (lambda x, w, i, j: Sum(prelu(x[i], w[1]), i), lambda x, w: torch.where(x > 0, x, w[0] * x).sum()),
    "atan2": (lambda x, w, i, j: Sum(atan2(w[i], x[i]), i), lambda x, w: torch.atan2(w, x).sum()),
    "logaddexp": (lambda x, w, i, j: Sum(logaddexp(w[i], x[i]), i), lambda x, w: torch.logaddexp(w, x).sum()),
    "shrinking": (
        lambda x, w, i, j: Sum(softshrink(w[i]) + hardshrink(w[i]) ** 2 + tanhshrink(2 + w[i] ** 2), i),
        lambda x, w: (F.softshrink(w) + F.hardshrink(w) ** 2 + F.tanhshrink(2 + w**2)).sum(),
    ),
    "threshold": (
        lambda x, w, i, j: Sum(threshold(w[i], 1, 7) * x[i], i),
        lambda x, w: (F.threshold(w, 1, 7) * x).sum(),
    ),
    "rsqrt": (lambda x, w, i, j: Sum(rsqrt(w[i] ** 2 + 1), i), lambda x, w: torch.rsqrt(w**2 + 1).sum()),
    "expm1, log1p": (
        lambda x, w, i, j: Sum(expm1(w[i]) * log1p(x[i] ** 2), i),
        lambda x, w: (torch.expm1(w) * torch.log1p(x**2)).sum(),
    ),
    "heaviside": (
        lambda x, w, i, j: Sum(Heaviside(x[i]) * w[i], i),
        lambda x, w: (torch.heaviside(x.detach(), torch.tensor(0.5, dtype=x.dtype)) * w).sum(),
    ),
    "floor": (
        lambda x, w, i, j: Sum((x[i] - floor(x[i] + Rational(1, 4))) * w[i], i),
        lambda x, w: ((x - torch.floor(x + 0.25)) * w).sum(),
    ),
    "stop": (
        lambda x, w, i, j: Sum(w[i] * x[i] * stop(w[i] * x[i]), i),
        lambda x, w: (w * x * (w * x).detach()).sum(),
    ),
    "straight through": (
        lambda x, w, i, j: Sum((w[i] + stop(rounded(w[i]) - w[i]) - x[i]) ** 2, i),
        lambda x, w: ((w + (torch.round(w) - w).detach() - x) ** 2).sum(),
    ),
    "a ratio of likelihoods": (
        lambda x, w, i, j: -Sum(exp(log_softmax(w[i], i) - stop(log_softmax(w[i], i))) * x[i], i),
        lambda x, w: -(torch.exp(w.log_softmax(0) - w.log_softmax(0).detach()) * x).sum(),
    ),
    "a target network": (
        lambda x, w, i, j: mean((x[i] * w[i] - stop(tanh(w[i]))) ** 2, i),
        lambda x, w: ((x * w - w.tanh().detach()) ** 2).mean(),
    ),
}  # fmt: skip


def model(write):
    g = Graph("words")
    n = g.size("N")
    i, j = g.indices("i j", n)
    x, w = g.parameter("x", n), g.parameter("w", n)
    g.loss("L", write(x, w, i, j))
    return g.derive()


@pytest.mark.parametrize("name", LOSSES)
def test_the_page_and_the_code(name):
    """Checked by its own sheet, printed in both languages, and equal to torch in the generated code of both targets."""
    write, by_torch = LOSSES[name]
    solution = model(write)
    solution.verify().require()
    assert all(solution.to_text(lang, check=False) and solution.to_latex(lang, check=False) for lang in ("en", "zh"))
    tensors = [torch.tensor(a, requires_grad=True) for a in (X, W)]
    loss = by_torch(*tensors)
    truth = torch.autograd.grad(loss, tensors, allow_unused=True, materialize_grads=True)
    for target, arrays in (("numpy", (X, W)), ("torch", [t.detach() for t in tensors])):
        code = loaded(solution.to_code(target))
        given = dict(zip("xw", arrays, strict=True))
        assert float(code["forward"](**given)["L"]) == pytest.approx(loss.item(), rel=1e-12)
        found = code["backward"](**given)
        for letter, expected in zip("xw", truth, strict=True):
            assert np.asarray(found[letter]).tolist() == pytest.approx(expected.tolist(), rel=1e-11, abs=1e-13), name


def test_the_derivative_of_a_product():
    """2 P prod_{l != k} w_l by hand, also where one factor is 0: at (2, 0, 3) of the product itself only (0, 6, 0)."""
    solution = model(lambda x, w, i, j: Product(w[i], i) ** 2)
    assert "∂L/∂wᵢ = 2 (Π_{j=1..N} wⱼ) Π_{j=1..N, j ≠ i} wⱼ" in solution.to_text(check=False)
    assert r"\prod_{j=1,\; j \ne i}^{N} w_{j}" in solution.to_latex(check=False)
    code = loaded(model(lambda x, w, i, j: Product(w[i], i)).to_code())
    w = np.array([2.0, 0.0, 3.0])
    assert code["backward"](x=w, w=w)["w"].tolist() == [0, 6, 0]


def test_a_product_of_two_indices():
    """One factor of all is left out: at ones with one 5, the slope is 5 elsewhere and 1 there."""
    g = Graph("double")
    n, m = g.size("N"), g.size("M")
    i, j = g.index("i", n), g.index("j", m)
    x = g.parameter("x", n, m)
    g.loss("L", Product(x[i, j], i, j))
    solution = g.derive()
    solution.verify().require()
    x = np.ones((2, 3))
    x[1, 2] = 5
    assert loaded(solution.to_code())["backward"](x=x)["x"].tolist() == [[5, 5, 5], [5, 5, 1]]


def test_a_product_that_leaves_its_range_is_refused():
    g = Graph("m")
    i = g.index("i", g.size("N"))
    x = g.parameter("x", i.upper)
    with pytest.raises(ModelError, match=r"^Product over i from 0 to N: the index i runs from 1 to N"):
        Product(x[i], (i, 0, i.upper))


def attention(masked):
    g = Graph("attention")
    n, m = g.size("N"), g.size("D")
    i, j, k = g.indices("i j k", n)
    d = g.index("d", m)
    q, key, v, c = (g.parameter(name, n, m) for name in "QKVC")
    s = g.node("S", Sum(q[i, d] * key[j, d], d) / sqrt(m), over=(i, j))
    scores = masked(g, s, i, j)
    p = g.node("P", exp(scores(j)) / Sum(exp(scores(k)), k), over=(i, j))
    g.loss("L", Sum(c[i, d] * Sum(p[i, j] * v[j, d], j), i, d))
    return g.derive()


def by_node(g, s, i, j):
    m = g.node("M", Piecewise((s[i, j], j <= i), (-oo, True)), over=(i, j))
    return lambda at: m[i, at]


MASKS = {
    "a node": by_node,
    "in its place": lambda g, s, i, j: lambda at: Piecewise((s[i, at], at <= i), (-oo, True)),
    "added": lambda g, s, i, j: lambda at: s[i, at] + Piecewise((0, at <= i), (-oo, True)),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask(name):
    """A causal mask as everybody writes it: torch's own attention gives the same gradients."""
    solution = attention(MASKS[name])
    solution.verify().require()
    assert "-∞" in solution.to_text(check=False) and r"-\infty" in solution.to_latex(check=False)
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(4, 3)) for name in "QKVC"}
    tensors = {name: torch.tensor(a, requires_grad=True) for name, a in arrays.items()}
    out = F.scaled_dot_product_attention(tensors["Q"], tensors["K"], tensors["V"], is_causal=True)
    truth = torch.autograd.grad((tensors["C"] * out).sum(), list(tensors.values()))
    for target in ("numpy", "torch"):
        given = arrays if target == "numpy" else {name: t.detach() for name, t in tensors.items()}
        found = loaded(solution.to_code(target))["backward"](**given)
        for name, expected in zip("QKVC", truth, strict=True):
            assert np.allclose(found[name], expected, rtol=1e-10, atol=1e-12)


def test_what_is_infinite_elsewhere_is_refused():
    g = Graph("m")
    x = g.parameter("x")
    for expr in (sympy.Add(x, -oo, evaluate=False), Piecewise((x, x > 0), (x + sympy.zoo, True))):
        with pytest.raises(ModelError, match=r"^z: expected a finite real expression, found"):
            g.node("z", expr)


def test_a_stopped_gradient_is_said():
    solution = model(lambda x, w, i, j: Sum(w[i] * stop(x[i]), i))
    text, chinese = solution.to_text(check=False), solution.to_text("zh", check=False)
    assert "sg(xᵢ)" in text and "stopped: sg(x) is a constant for the gradient" in " ".join(text.split())
    assert "把 sg(x) 视为常数" in chinese and r"\mathrm{sg}(x_{i})" in solution.to_latex(check=False)
    assert "detach" in solution.to_code("torch")


@pytest.mark.parametrize(
    ("found", "draws"), [((1, oo), (1, oo)), ((-1, 1), (-1, 1)), ((-oo, -2), (-oo, -2)), ((0, oo), (0, oo))]
)
def test_an_interval_is_a_domain(found, draws):
    """Numbers are drawn inside of it, and the page says so."""
    from derive.check.samples import sampled

    g = Graph("m")
    n = g.size("N")
    g.parameter("x", n, domain=found)
    numbers = sampled((1000,), g._nodes["x"].domain, torch.Generator().manual_seed(0))
    assert draws[0] < numbers.min() and numbers.max() < draws[1]


def test_functions_on_a_part_of_the_line():
    g = Graph("m")
    n = g.size("N")
    i = g.index("i", n)
    x, z = g.parameter("x", n, domain=(1, oo)), g.parameter("z", n, domain=(-1, 1))
    g.loss("L", Sum(acosh(x[i]) * asin(z[i]) + loggamma(x[i]) * polygamma(1, x[i]), i))
    solution = g.derive()
    solution.verify().require()
    assert letters("xᵢ is greater than 1; zᵢ lies between -1 and 1") in letters(
        " ".join(solution.to_text(check=False).split())
    )
    assert "xᵢ 大于 1；zᵢ 介于 -1 与 1 之间" in solution.to_text("zh", check=False)


@pytest.mark.parametrize("domain", [(1,), (2, 1), "all", ("a", "b"), 5, (1, 1)])
def test_what_is_no_domain(domain):
    with pytest.raises(ModelError, match=r"^x: "):
        Graph("m").parameter("x", domain=domain)


def test_what_derive_does_not_know_is_refused_at_its_line():
    g = Graph("m")
    x = g.parameter("x")
    with pytest.raises(ModelError, match=r"^z: derive does not know the function Si; .* derive.elementwise\('Si'"):
        g.node("z", sympy.Si(x))


def test_cases_of_min():
    """Min(x, 1), and a minimum of what is clipped, as in the objective of PPO, on both sides of its kinks."""
    g = Graph("m")
    r, a, e = g.input("r", gradient=True), g.constant("A"), g.constant("e", domain=(0, 1))
    g.loss("L", -Min(r * a, clip(r, 1 - e, 1 + e) * a))
    solution = g.derive()
    solution.verify().require()
    code = loaded(solution.to_code())
    for ratio, advantage in ((1.05, 2.0), (1.5, 2.0), (0.5, 2.0), (0.5, -2.0), (1.5, -2.0)):
        x = torch.tensor(ratio, dtype=torch.float64, requires_grad=True)
        loss = -torch.minimum(x * advantage, torch.clamp(x, 0.8, 1.2) * advantage)
        expected = torch.autograd.grad(loss, x)[0].item()
        found = code["backward"](r=np.float64(ratio), A=np.float64(advantage), e=np.float64(0.2))["r"]
        assert float(found) == pytest.approx(expected)
    g = Graph("m")
    x, y = g.parameter("x"), g.target("y", domain="sign")
    g.loss("L", Min(x, 1) + Piecewise((Max(x, 0), Eq(y, 1)), (sigmoid(x), True)))
    g.derive().verify().require()
