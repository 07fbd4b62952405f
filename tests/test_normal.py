"""Normal quantities: closed forms against integrals made anew, Isserlis, gradients, refusals."""

import math
import random

import mpmath
import numpy as np
import pytest
import sympy
import torch
from sympy import And, S, Symbol, expand, sin, sinh, sympify

from derive import (
    Abs,
    Covariance,
    Expectation,
    Graph,
    Heaviside,
    Max,
    Min,
    ModelError,
    MomentError,
    Piecewise,
    Sum,
    Variance,
    clip,
    cos,
    elu,
    erf,
    exp,
    gelu,
    hardswish,
    leaky_relu,
    normal_cdf,
    relu,
    relu6,
    sigmoid,
    tanh,
)
from derive.chain.derivation import Line, Term
from derive.expressions.canonical import canonical
from derive.topics.expectation.check.expectations import verify_expectations
from derive.topics.expectation.check.quadrature import normal_points

MEAN, DEVIATION = 0.4, 0.7


def scalar(average=Expectation, of=None):
    """A graph whose loss is the average of a function of a normal x with mean mu and standard deviation sigma."""
    g = Graph("scalar")
    mu, sigma = g.parameter("mu"), g.parameter("s", domain="positive")
    x = g.normal("x", mean=mu, variance=sigma**2)
    g.loss("L", average(of(x)))
    return g, mu, sigma


def integral(function):
    """The mean of a numpy function by the trapezoidal rule, and by nothing of ours."""
    x = np.linspace(MEAN - 14 * DEVIATION, MEAN + 14 * DEVIATION, 400_001)
    density = np.exp(-((x - MEAN) ** 2) / (2 * DEVIATION**2)) / (DEVIATION * np.sqrt(2 * np.pi))
    return float((function(x) * density).sum() * (x[1] - x[0]))


def phi(x):
    """The standard normal distribution function by a Riemann sum of the density: numpy has none."""
    grid = np.linspace(-12, 12, 480_001)
    density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    steps = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * (grid[1] - grid[0]))])
    return np.interp(x, grid, steps)


def huber(x):
    """Huber's loss with numpy."""
    return np.where(np.abs(x) <= 1, x**2 / 2, np.abs(x) - 0.5)


FUNCTIONS = {  # of the author's, and of numpy
    "a power": (lambda x: x**5, lambda x: x**5),
    "a polynomial": (lambda x: (2 * x - 1) ** 6, lambda x: (2 * x - 1) ** 6),
    "exp": (lambda x: exp(2 * x + 1), lambda x: np.exp(2 * x + 1)),
    "a power of two": (lambda x: S(2) ** x, lambda x: 2**x),
    "x exp": (lambda x: x**2 * exp(-x), lambda x: x**2 * np.exp(-x)),
    "relu": (relu, lambda x: np.maximum(x, 0)),
    "relu of a line": (lambda x: relu(1 - 2 * x), lambda x: np.maximum(1 - 2 * x, 0)),
    "the square of relu": (lambda x: relu(x) ** 2, lambda x: np.maximum(x, 0) ** 2),
    "the square of a maximum": (lambda x: Max(x, 0) ** 2, lambda x: np.maximum(x, 0) ** 2),
    "x times relu": (lambda x: x * relu(x - 1), lambda x: x * np.maximum(x - 1, 0)),
    "leaky relu": (leaky_relu, lambda x: np.where(x > 0, x, x / 100)),
    "abs": (Abs, np.abs),
    "the cube of abs": (lambda x: Abs(x) ** 3, lambda x: np.abs(x) ** 3),
    "clip": (lambda x: clip(x, -1, S.Half), lambda x: np.clip(x, -1, 0.5)),
    "elu": (elu, lambda x: np.where(x > 0, x, np.expm1(x))),
    "hard swish": (hardswish, lambda x: x * np.clip(x + 3, 0, 6) / 6),
    "gelu": (gelu, lambda x: x * phi(x)),
    "erf": (lambda x: erf(2 * x), lambda x: 2 * phi(2 * np.sqrt(2) * x) - 1),
    "probit": (lambda x: x * normal_cdf(x + 1), lambda x: x * phi(x + 1)),
    "cos": (lambda x: x * cos(2 * x), lambda x: x * np.cos(2 * x)),
    "the square of clip": (lambda x: clip(x, -1, 1) ** 2, lambda x: np.clip(x, -1, 1) ** 2),
    "relu as cases": (lambda x: Piecewise((x, x > 0), (0, True)), lambda x: np.maximum(x, 0)),
    "Huber's loss": (lambda x: Piecewise((x**2 / 2, Abs(x) <= 1), (Abs(x) - S.Half, True)), huber),
    "Huber's loss with clip": (lambda x: clip(x, -1, 1) * (x - clip(x, -1, 1) / 2), huber),
    "three cases": (lambda x: Piecewise((-1, x < -1), (1, ~(x <= 1)), (x**3, True)), lambda x: np.clip(x, -1, 1) ** 3),
    "an interval": (lambda x: Piecewise((x - x**2, And(x > 0, x < 1)), (0, True)), lambda x: np.maximum(x - x**2, 0)),
    "the modulus up to one": (lambda x: Min(Abs(x), 1), lambda x: np.minimum(np.abs(x), 1)),
    "the clipped modulus": (lambda x: clip(Abs(x), S.Half, 2), lambda x: np.clip(np.abs(x), 0.5, 2)),
    "the square of relu6": (lambda x: relu6(x) ** 2, lambda x: np.clip(x, 0, 6) ** 2),
    "two relus": (lambda x: relu(x - 1) * relu(2 * x + 1), lambda x: np.maximum(x - 1, 0) * np.maximum(2 * x + 1, 0)),
    "opposite relus": (lambda x: relu(x) * relu(1 - x), lambda x: np.maximum(x, 0) * np.maximum(1 - x, 0)),
    "two moduli": (lambda x: Abs(x) * Abs(x - 1), lambda x: np.abs(x * (x - 1))),
    "sin squared": (lambda x: x * sin(x) + sin(x) ** 2, lambda x: x * np.sin(x) + np.sin(x) ** 2),
    "sin, cos and exp": (lambda x: sin(x) * cos(2 * x) * exp(x), lambda x: np.sin(x) * np.cos(2 * x) * np.exp(x)),
    "a power of sinh": (lambda x: sinh(x) ** 3, lambda x: np.sinh(x) ** 3),
    "exp beside a kink": (lambda x: exp(3 * x) * relu(x), lambda x: np.exp(3 * x) * np.maximum(x, 0)),
    "sin and exp": (lambda x: sin(x) * exp(x), lambda x: np.sin(x) * np.exp(x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_mean_of_a_function_is_its_integral(name):
    """The value, and both of its derivatives as differences of the integral would have them, by autograd."""
    of, function = FUNCTIONS[name]
    g, mu, s = scalar(of=of)
    d = g.derive()
    (found,) = d.expectations  # every line, by quadrature
    value = float(found.value.subs({mu: sympify(MEAN), s: sympify(DEVIATION)}).doit().evalf())
    assert value == pytest.approx(integral(function), rel=1e-6)
    assert d.verify(points=40).ok
    assert d.to_text("zh", check=False)


@pytest.mark.parametrize("power", range(1, 11))
def test_moments_of_a_standard_normal_are_double_factorials(power):
    """E x^(2n) = (2n - 1)!!, and 0 for odd powers."""
    g = Graph("standard")
    x = g.normal("x")
    g.node("q", Expectation(x**power))
    (found,) = g.derive().expectations
    assert found.value == (0 if power % 2 else sympy.factorial2(power - 1))


def test_the_mean_of_a_step_is_a_probability():
    """P(x > 1) = Phi((mu - 1)/s)."""
    g, mu, s = scalar(of=lambda x: Heaviside(x - 1))
    d = g.derive()
    assert d.expectations[0].value == normal_cdf((mu - 1) / s) and d.verify(points=40).ok


def vector(**law):
    """A graph with weights, a mean and a covariance, and a normal vector; its indices."""
    g = Graph("vector")
    D = g.size("D")
    i, j, k, m_ = g.indices("i j k l", D)
    a, m = g.parameter("a", D), g.parameter("m", D)
    C = g.parameter("C", D, D, positive_definite=True)
    x = g.normal("x", D, **(law or {"mean": m, "covariance": C}))
    return g, (i, j, k, m_), a, m, C, x


def test_isserlis_for_a_vector():
    """E x_i x_j x_k x_l of mean 0 is the sum over the three pairings."""
    g, (i, j, k, m), _, _, C, _ = vector()
    z = g.normal("z", Symbol("D", integer=True, positive=True), covariance=C)
    g.node("q", Expectation(z[i] * z[j] * z[k] * z[m]), over=(i, j, k, m))
    (found,) = g.derive().expectations
    assert found.value == C[i, j] * C[k, m] + C[i, k] * C[j, m] + C[i, m] * C[j, k]


def quadratic(a, C, i, j):
    """a^T C a."""
    return Sum(C[i, j] * a[i] * a[j], i, j)


VECTORS = {
    "square": (lambda u, v, m: u**2, lambda q, c, m: m**2 + q),
    "fourth power": (lambda u, v, m: u**4, lambda q, c, m: m**4 + 6 * m**2 * q + 3 * q**2),
    "generating function": (lambda u, v, m: exp(u), lambda q, c, m: exp(m + q / 2)),
    "shifted": (lambda u, v, m: v * exp(u), lambda q, c, m: (c[0] + c[1]) * exp(m + q / 2)),
    "relu": (
        lambda u, v, m: relu(u),
        lambda q, c, m: (
            m * normal_cdf(m / sympy.sqrt(q)) + sympy.sqrt(q) * exp(-(m**2) / q / 2) / sympy.sqrt(2 * sympy.pi)
        ),
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_linear_form_is_normal(name):
    """Mean a.m and variance a^T C a; Cov[x_1, a.x] = (C a)_1."""
    of, value = VECTORS[name]
    g, (i, j, *_), a, m, C, x = vector()
    g.loss("L", Expectation(of(Sum(a[i] * x[i], i), x[1], m)))
    d = g.derive()
    mean, spread = Sum(a[i] * m[i], i), quadratic(a, C, i, j)
    expected = value(spread, (m[1], Sum(C[1, i] * a[i], i)), mean)
    assert expand(canonical(d.expectations[0].value) - canonical(expected)) == 0
    assert d.verify(points=40).ok


def test_the_sum_of_functions_of_independent_elements():
    """E (sum a_i relu(x_i))^2 of standard x: equal elements have 1/2, others 1/(2 pi)."""
    g, (i, j, *_), a, *_, x = vector(mean=0)
    g.loss("L", Expectation(Sum(a[i] * relu(x[i]), i) ** 2))
    d = g.derive()
    together, alone = Sum(a[i] * a[j], i, j), Sum(a[i] ** 2, i)
    expected = together / (2 * sympy.pi) + (S.Half - 1 / (2 * sympy.pi)) * alone
    assert expand(canonical(d.expectations[0].value) - canonical(expected)) == 0
    assert d.verify(points=40).ok


def test_variances_and_covariances_of_what_is_not_linear():
    """Var x^2 = 2 s^4 + 4 mu^2 s^2; Cov[x_i^2, x_j^2] = 2 C_ij^2; Cov[relu(x_1), x_i] = C_1i/2."""
    g, mu, s = scalar(Variance, lambda x: x**2)
    assert g.derive().expectations[0].value == 4 * mu**2 * s**2 + 2 * s**4
    g, (i, j, *_), _, _, C, _ = vector()
    z = g.normal("z", Symbol("D", integer=True, positive=True), covariance=C)
    g.node("q", Covariance(z[i] ** 2, z[j] ** 2), over=(i, j))
    g.node("r", Covariance(relu(z[1]), z[i]), over=i)
    assert [e.value for e in g.derive().expectations] == [2 * C[i, j] ** 2, C[1, i] / 2]
    g = Graph("binary")
    m = g.random("m", mean=g.constant("q", domain="probability"), domain="binary", independent=True)
    g.node("v", Variance(m**2))
    q = Symbol("q", real=True)
    assert expand(g.derive().expectations[0].value - q * (1 - q)) == 0


def test_independent_factors_of_other_laws():
    """Weights with moments alone, and a normal layer: Var y = D s^2 nu/2, He's rule."""
    g = Graph("layer")
    D = g.size("D")
    j = g.index("j", D)
    s, nu = g.constant("s", domain="positive"), g.constant("nu", domain="positive")
    w = g.random("w", D, mean=0, variance=s**2, independent=True)
    h = g.normal("h", D, variance=nu)
    g.node("v", Variance(Sum(w[j] * relu(h[j]), j)))
    D_, s_, nu_ = D, Symbol("s", real=True), Symbol("nu", real=True)
    assert g.derive().expectations[0].value == D_ * s_**2 * nu_ / 2


def test_moments_may_be_computed():
    """An encoder's mean and variance; the gradient goes on through them."""
    g = Graph("encoder")
    D = g.size("D")
    i = g.index("i", D)
    w, v, x = g.parameter("w", D), g.parameter("v", D), g.input("x")
    mu = g.node("mu", tanh(w[i] * x), over=i)
    nu = g.node("nu", exp(v[i] * x), over=i)
    z = g.normal("z", D, mean=mu, variance=nu)
    g.loss("L", Expectation(Sum(z[i] ** 2, i)))
    d = g.derive()
    assert d.expectations and d.verify(points=40).ok
    assert str(d.gradient("v")) == "x*nu[i]"


def test_rows_are_independent_of_each_other():
    """x_n of a batch share a law: E (sum_n a.x_n)^2 = N^2 (a.m)^2 + N a^T C a."""
    g = Graph("batch")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    i, j = g.indices("i j", D)
    a, m, C = g.parameter("a", D), g.constant("m", D), g.constant("C", D, D, positive_definite=True)
    x = g.normal("x", N, D, mean=m, covariance=C)
    g.loss("L", Expectation(Sum(a[i] * x[n, i], i, n) ** 2))
    (found,) = g.derive().expectations
    assert expand(canonical(found.value) - canonical(N**2 * Sum(a[i] * m[i], i) ** 2 + N * quadratic(a, C, i, j))) == 0


def test_a_false_line_is_found():
    """The check fails for a mean that forgets the variance, by quadrature alone."""
    g, mu, _ = scalar(of=exp)
    d = g.derive()
    (found,) = d.expectations
    false = found._replace(lines=(*found.lines, Line((Term((exp(mu),)),), found.lines[-1].reason)))
    assert not verify_expectations(d.derivation, [false]).ok


def test_quadrature_is_exact_between_kinks():
    """|y_1 + y_2| and max(y_1, y_2) in the plane: 2/sqrt(pi) and 1/sqrt(pi)."""
    points, weights = normal_points(2, [np.array([0.0, 1.0, 1.0])])
    assert np.abs(points.sum(0)) @ weights == pytest.approx(2 / np.sqrt(np.pi), rel=1e-12)
    points, weights = normal_points(2, [np.array([0.0, 1.0, -1.0]), np.array([0.3, 1.0, 0.0])])
    assert points.max(0) @ weights == pytest.approx(1 / np.sqrt(np.pi), rel=1e-12)
    assert weights.sum() == pytest.approx(1, rel=1e-13)


CLOSED = (exp, relu, Abs, Heaviside, gelu, erf, normal_cdf, cos, sin, elu, leaky_relu, lambda u: clip(u, -1, 1))


def drawn(seed):
    """A random mean: polynomials of two dependent or independent normal quantities, times functions of linear forms."""
    rng = random.Random(seed)
    g = Graph("drawn")
    mu, s, c = g.parameter("mu"), g.parameter("s", domain="positive"), g.parameter("c")
    if rng.random() < 0.5:
        D = g.size("D", least=2)
        C = g.constant("C", D, D, positive_definite=True)
        z = g.normal("z", D, mean=mu, covariance=C)
        x, y = z[1], z[2]
    else:
        x, y = g.normal("x", mean=mu, variance=s**2), g.normal("y", mean=c)
    total = S.Zero
    for _ in range(rng.randint(1, 2)):
        u = rng.choice([x, x + y, 2 * x - y + 1, c * x, x - mu])
        power = rng.choice([S.One, x, y, x * y, (x + 1) ** 2, x**2 * y])
        function = rng.choice([*CLOSED, lambda u: u**3])(u) if rng.random() < 0.8 else S.One
        total += rng.choice([1, 2, c]) * power * function * rng.choice([S.One, exp((x - y) / 2)])
    g.loss("L", Expectation(total) + mu * c * s)
    return g


@pytest.mark.parametrize("seed", range(3))
def test_random_means_hold(seed):
    """Every line by quadrature, the gradient of the value by autograd, the page in both languages."""
    d = drawn(seed).derive()
    report = d.verify(points=20)
    assert report.ok and any("E[" in str(row.name) for row in report.rows)
    assert all(d.to_text(lang, check=False) for lang in ("en", "zh"))


REFUSED = {
    "sigmoid": (sigmoid, "and of normal ones exp, relu"),
    "tanh": (tanh, "does not follow"),
    "a square in an exponent": (lambda x: exp(x**2), "not linear in normal"),
    "two functions": (lambda x: relu(x) * cos(x), "of dependent normal quantities one function"),
    "a reciprocal": (lambda x: 1 / x, "whole powers"),
}


def test_functions_of_one_family_are_averaged_pair_by_pair():
    """E[cos(w.x) cos(w.y)], random features, and a double sum over functions of the same family, by quadrature."""
    g = Graph("features")
    i = g.index("i", g.size("n"))
    x, y, w = g.parameter("x", i.upper), g.input("y", i.upper), g.normal("w", i.upper)
    g.loss("L", Expectation(cos(Sum(w[i] * x[i], i)) * cos(Sum(w[i] * y[i], i)) + Sum(cos(w[i] * x[i]), i) ** 2))
    assert g.derive().verify(points=40).ok


def test_the_variance_of_the_square_of_a_sum():
    """Var[x^2] for x ~ N(m, s^2) is 4 m^2 s^2 + 2 s^4; a random graph found that the sum was taken for an element."""
    g = Graph("square")
    m, s = g.parameter("m"), g.parameter("s")
    e = g.normal("e")
    g.loss("L", Variance((m + s * e) ** 2))
    assert expand(g.derive().derivation.model.nodes["L"].cases[0].expr - (4 * m**2 * s**2 + 2 * s**4)) == 0


def test_what_cancels_is_gone():
    """d/dmu of E[min(h, 1) h] for h ~ N(mu, s^2), by hand: 1 - P + 2 mu P - 2 s phi, where P = P(h < 1)."""
    g = Graph("cancels")
    mu, s = g.parameter("mu"), g.parameter("s", domain="positive")
    h = g.normal("h", mean=mu, variance=s**2)
    g.loss("L", Expectation(Min(h, 1) * h))
    d = g.derive()
    below, density = normal_cdf((1 - mu) / s), exp(-((1 - mu) ** 2) / (2 * s**2)) / sympy.sqrt(2 * sympy.pi)
    expected = {"mu": 1 - below + 2 * mu * below - 2 * s * density, "s": 2 * s * below - density}
    for name, value in expected.items():
        found = d.gradient(name)
        assert expand(found - value, deep=False) == 0 and len(found.args) == len(value.args)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_closed_form_is_refused_in_one_line(name):
    """Never a guess."""
    of, message = REFUSED[name]
    g, *_ = scalar(of=of)
    with pytest.raises(MomentError, match=message) as refused:
        g.derive().to_text(check=False)
    assert "\n" not in str(refused.value)


def loose(g):
    """A square family of which nothing is declared."""
    return g.normal("x", 3, covariance=g.constant("C", 3, 3))


def oblong(g):
    """A covariance over another range."""
    return g.normal("x", 2, covariance=g.constant("C", 3, 3, positive_definite=True))


DECLARATIONS = [
    (lambda g: g.normal("x", variance=-1), "not negative"),
    (lambda g: g.normal("x", variance=0), "positive variance"),
    (lambda g: g.normal("x", 3, variance=1, covariance=1), "found both"),
    (lambda g: g.normal("x", 3, covariance=2), "square family"),
    (lambda g: g.normal("x", covariance=g.constant("C", 3, 3, positive_definite=True)), "square family"),
    (loose, "positive definite"),
    (oblong, "not square"),
    (lambda g: g.normal("x", mean=g.normal("y")), "uses y"),
    (lambda g: g.normal("x", mean=g.node("y", g.normal("z") + 1)), "uses z"),
    (lambda g: g.normal("x", mean="0"), "expected a sympy expression"),
]


@pytest.mark.parametrize(("declare", "message"), DECLARATIONS)
def test_a_normal_law_that_cannot_be_is_refused(declare, message):
    """At the line that makes it."""
    with pytest.raises(ModelError, match=message):
        declare(Graph("laws"))


def test_a_negative_variance_at_the_numbers_drawn_is_refused():
    """A constant that may be negative is no variance."""
    g = Graph("variance")
    x = g.normal("x", variance=-g.constant("c", domain="positive"))
    g.node("q", Expectation(x**2))
    with pytest.raises(ModelError, match="is positive, found"):
        _ = g.derive().expectations


COMPLEX = [
    lambda x: sympy.I * x,
    lambda x: x + sympy.sqrt(-2),
    lambda x: S(-8) ** sympy.Rational(1, 3) * x,
    lambda x: sympy.log(-1) + x,
    lambda x: 1j,
]


@pytest.mark.parametrize("of", COMPLEX)
def test_complex_numbers_are_out(of):
    """In one line, at the line of the model that has them."""
    g = Graph("complex")
    x = g.parameter("x")
    with pytest.raises(ModelError, match="complex numbers are out") as refused:
        g.node("y", of(x))
    assert "\n" not in str(refused.value) and str(refused.value).startswith("y: ")


STEEP = [0.1, 1.0, 7.0, 50.0, 4000.0]


@pytest.mark.parametrize("slope", STEEP)
def test_a_quadrature_meets_a_steep_plane(slope):
    """P(y1 > 0, slope y1 + y2 > 0) = 1/4 + asin(r)/(2 pi), where r is their correlation (Sheppard, 1899)."""
    (x, y), weights = normal_points(2, [np.array([0.0, 1.0, 0.0]), np.array([0.0, slope, 1.0])])
    found = weights[(x > 0) & (slope * x + y > 0)].sum()
    expected = 0.25 + math.asin(slope / math.hypot(slope, 1)) / (2 * math.pi)
    assert found == pytest.approx(expected, rel=1e-12) and weights.sum() == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("largest", [True, False])
def test_the_mean_of_the_larger_of_two_normals(largest):
    """Clark (1961): E max(x, y) = m Phi(a) + k Phi(-a) + d phi(a), where d^2 = s^2 + 4 and a = (m - k)/d."""
    g = Graph("Clark")
    m, k, s = g.parameter("m"), g.parameter("k"), g.parameter("s", domain="positive")
    x, y = g.normal("x", mean=m, variance=s**2), g.normal("y", mean=k, variance=4)
    g.loss("L", Expectation(Max(x, y) if largest else Min(x, y)))
    derived = g.derive()
    assert derived.verify(points=20).ok
    for at in ((0.3, -0.2, 0.7), (-1.0, 2.0, 3.0)):
        values = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in at]
        sign = 1 if largest else -1
        d = (values[2] ** 2 + 4).sqrt()
        a, law = sign * (values[0] - values[1]) / d, torch.distributions.Normal(0.0, 1.0)
        truth = values[0] * law.cdf(a) + values[1] * law.cdf(-a) + sign * d * law.log_prob(a).exp()
        slopes = torch.autograd.grad(truth, values)
        for name, slope in zip("mks", slopes, strict=True):
            formula = derived.gradient(name)
            given = {e: v for e in formula.free_symbols for n, v in zip("mks", at, strict=True) if e.name == n}
            assert float(formula.subs(given).evalf()) == pytest.approx(slope.item(), rel=1e-12)


FAR = [(-8, 1), (8, 1), (-4, "0.5"), (3, "0.25"), (14, 1)]  # means and deviations: kinks up to 40 deviations away
TAILS = {  # of the author's, and of mpmath
    "step": (Heaviside, lambda x: mpmath.mpf(x > 0)),
    "relu": (relu, lambda x: max(x, 0)),
    "the square of relu": (lambda x: relu(x) ** 2, lambda x: max(x, 0) ** 2),
    "clip": (lambda x: clip(x, -1, 1), lambda x: min(max(x, -1), 1)),
    "the square of relu6": (lambda x: relu6(x) ** 2, lambda x: min(max(x, 0), 6) ** 2),
    "Huber's loss": (FUNCTIONS["Huber's loss"][0], lambda x: x**2 / 2 if abs(x) <= 1 else abs(x) - mpmath.mpf(1) / 2),
}


def far_integral(function, mean, deviation):
    """The mean by mpmath with 40 digits, cut at the kinks."""
    places = {(k - mean) / deviation for k in (-1, 0, 1, 6)} | set(range(-44, 45))
    places = sorted(p for p in places if abs(p) <= 44)
    return mpmath.quad(lambda z: function(mean + deviation * z) * mpmath.npdf(z), places)


@pytest.mark.parametrize("name", TAILS)
def test_means_far_in_the_tail(name):
    of, function = TAILS[name]
    g, mu, s = scalar(of=of)
    (found,) = g.derive().expectations
    exact = found.value.replace(normal_cdf, lambda u: (1 + sympy.erf(u / sympy.sqrt(2))) / 2)
    with mpmath.workdps(40):
        for mean, deviation in FAR:
            value = exact.subs({mu: sympify(mean), s: sympify(deviation, rational=True)}).evalf(30)
            truth = far_integral(function, mpmath.mpf(mean), mpmath.mpf(deviation))
            assert abs(mpmath.mpf(value) - truth) <= 1e-12 * abs(truth)


@pytest.mark.parametrize("far", [0.5, 4.9, 6.0, 9.9, 20.0, 30.0, 36.0])
def test_a_quadrature_reaches_behind_a_cut(far):
    """P(y > far) and the mean of (y - far)^2 there, relative to themselves."""
    (y,), weights = normal_points(1, [np.array([-far, 1.0])])
    with mpmath.workdps(40):
        tail, density = mpmath.ncdf(-far), mpmath.npdf(far)
        second = float((1 + mpmath.mpf(far) ** 2) * tail - far * density)
    assert weights[y > far].sum() == pytest.approx(float(tail), rel=1e-11)
    assert (weights * np.maximum(y - far, 0) ** 2).sum() == pytest.approx(second, rel=1e-10)


TWO = {
    "max": lambda x, i, j, size: Max(x[i], x[j]),
    "min": lambda x, i, j, size: Min(2 * x[i], 2 * x[j]),
    "abs": lambda x, i, j, size: Abs(x[i] - x[j]),
    "relu": lambda x, i, j, size: relu(x[j] - x[i] + 0),
    "ends": lambda x, i, j, size: Max(x[1], x[size]) * x[i] * x[j],
}


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("covariance", [True, False])
def test_a_kink_between_two_elements_that_may_be_one_is_refused(name, covariance):
    """max(x_i, x_j) is x_i for i = j: no kink, and no deviation to divide by."""
    g = Graph("one and the same")
    size = g.size("N")
    i, j = g.indices("i j", size)
    law = {"covariance": g.constant("C", size, size, positive_definite=True)} if covariance else {"variance": 2}
    x = g.normal("x", size, mean=0, **law)
    g.node("q", Expectation(TWO[name](x, i, j, size)), over=(i, j))
    with pytest.raises(MomentError, match="divides by its standard deviation") as refused:
        g.derive().to_text(check=False)
    advice = "N = g.size('N', least=2)" if name == "ends" else "that surely differ"
    assert advice in str(refused.value) and "\n" not in str(refused.value)


def test_two_elements_that_differ_have_a_kink_between_them():
    """E max(x_1, x_N) for N >= 2: by symmetry the deviation over the root of pi."""
    g = Graph("apart")
    size = g.size("N", least=2)
    s = g.parameter("s", domain="positive")
    x = g.normal("x", size, mean=0, variance=s**2)
    g.loss("L", Expectation(Max(x[1], x[size])))
    d = g.derive()
    assert sympy.simplify(d.expectations[0].value - s / sympy.sqrt(sympy.pi)) == 0
    assert d.verify(points=20).ok


def test_a_root_is_refused():
    """sqrt(1 + x^2) was taken for a power of a number, again and again."""
    g, *_ = scalar(of=lambda x: sympy.sqrt(1 + x**2))
    with pytest.raises(MomentError, match="only whole powers of random quantities do"):
        g.derive().to_text(check=False)
