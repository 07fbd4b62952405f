"""A function is recognised however it is spelled, and what has no name in the model gets one.

Expected forms are derived by hand: h (1 - h) is the slope of a sigmoid, p - y the gradient of a cross-entropy in its
scores, and the slope of log sum_m e^(z_m) in z_m is the softmax p_m.
"""

import doctest
import math
import re

import pytest
from sympy import Expr, Piecewise, Rational, S, Symbol, erf, exp, log, sqrt, tanh

from derive import Function, Graph, Sum, gelu, sigmoid, silu, softplus
from derive.chain.rule import derive
from derive.check.steps import verify
from derive.expressions import spelled as spelled_module
from derive.expressions.canonical import canonical
from derive.expressions.spelled import spelled
from derive.expressions.symbols import Partial
from derive.model.model import model_of
from derive.solution import Solution

X, W, Z = (Symbol(name, real=True) for name in "xwz")
SPELLINGS: list[tuple[Expr, Expr]] = [
    (1 / (1 + exp(-Z)), sigmoid(Z)),
    (exp(Z) / (1 + exp(Z)), sigmoid(Z)),
    (2 / (2 + 2 * exp(-Z)), sigmoid(Z)),
    (exp(W) / (exp(W) + exp(X)), sigmoid(W - X)),  # Bradley-Terry: a softmax of two
    (1 / (1 + exp(W * X + Z)), sigmoid(-W * X - Z)),
    (exp(-Z) / (1 + exp(-Z)) ** 2, sigmoid(Z) * (1 - sigmoid(Z))),
    (1 / (1 + exp(-1 / (1 + exp(-Z)))), sigmoid(sigmoid(Z))),
    (exp(-(X**2)) / (1 + exp(-Z)), exp(-(X**2)) * sigmoid(Z)),
    ((exp(Z) - exp(-Z)) / (exp(Z) + exp(-Z)), tanh(Z)),
    ((exp(-Z) - exp(Z)) / (exp(Z) + exp(-Z)), -tanh(Z)),
    ((exp(2 * Z) - 1) / (exp(2 * Z) + 1), tanh(Z)),
    ((1 - exp(-2 * Z)) / (1 + exp(-2 * Z)), tanh(Z)),
    (((exp(Z) - exp(-Z)) / (exp(Z) + exp(-Z))) ** 2, tanh(Z) ** 2),
    (2 / (1 + exp(-2 * Z)) - 1, tanh(Z)),
    (1 - 2 / (1 + exp(2 * Z)), tanh(Z)),
    (log(1 + exp(Z)), softplus(Z)),
    (log(1 + exp(-W * (X + Z))), softplus(-W * (X + Z))),
    (log(1 + exp(5 * Z)) / 5, softplus(5 * Z) / 5),
    (X * tanh(log(1 + exp(W * X))), X * tanh(softplus(W * X))),
    (Z / (1 + exp(-Z)), silu(Z)),
    (3 * Z * exp(W * X) * W * X / (1 + exp(W * X)), 3 * Z * silu(W * X)),
    (Z * (1 + erf(Z / sqrt(2))) / 2, gelu(Z)),
    (Z * (Rational(1, 2) + erf(Z / sqrt(2)) / 2), gelu(Z)),
    ((W * X + Z) * (1 + erf((W * X + Z) / sqrt(2))), 2 * gelu(W * X + Z)),
]
OTHERS = [  # near, and something else
    1 / (1 + 2 * exp(-Z)),
    1 / (exp(Z) + exp(-Z)),
    1 / sqrt(1 + exp(-Z)),
    (exp(Z) - 2 * exp(-Z)) / (exp(Z) + exp(-Z)),
    log(1 - exp(Z)),
    log(2 + 2 * exp(Z)),
    Z * (1 + erf(Z)) / 2,
    X * (1 + erf(Z / sqrt(2))) / 2,
]


@pytest.mark.parametrize(("author", "function"), SPELLINGS)
def test_spelling(author, function):
    """The function by name, equal to what is spelled out at a point of no symmetry."""
    found, parts = spelled(author)
    assert found == function and parts
    at = {X: 0.37, W: -1.21, Z: 0.83}
    assert math.isclose(float(author.subs(at)), float(found.doit().subs(at)), rel_tol=1e-12)


@pytest.mark.parametrize("author", OTHERS)
def test_what_is_no_function_of_the_table_stays(author):
    """Only identities are used."""
    assert spelled(author) == (author, ())


# models


def logistic(h, domain="binary"):
    """J = -mean of the cross-entropy of h(z) with labels y."""
    g = Graph("logistic")
    m = g.size("m")
    i = g.index("i", m)
    z, y = g.parameter("z", m), g.target("y", m, domain=domain)
    h = g.node("h", h(z[i]), over=i)
    g.loss("J", -Sum(y[i] * log(h[i]) + (1 - y[i]) * log(1 - h[i]), i) / m)
    return g.derive(), (h[i] - y[i]) / m


def same(found, expected):
    """Equal expressions, once multiplied out."""
    return (found - expected).expand() == 0


@pytest.mark.parametrize("h", [lambda z: 1 / (1 + exp(-z)), lambda z: exp(z) / (1 + exp(z)), sigmoid])
def test_logistic_regression_however_the_sigmoid_is_spelled(h):
    """(h - y)/m."""
    d, expected = logistic(h)
    assert same(d.gradient("z"), expected)
    d.verify(points=60).require()


def test_the_model_shown_is_the_authors_and_the_page_says_what_it_is():
    """As given it is spelled out; the forward pass says which function that is; the check compares the two."""
    d, _ = logistic(lambda z: 1 / (1 + exp(-z)))
    for lang, words in (("en", "Parts of the model are functions that have a name"), ("zh", "有名称的函数")):
        given, _, rest = d.to_text(lang, check=False).partition(words)
        assert "hᵢ = 1/(1 + exp(-zᵢ))" in given and "σ" not in given
        assert "1/(1 + exp(-zᵢ)) = σ(zᵢ)" in rest and "hᵢ = σ(zᵢ)" in rest
    assert "evaluated as written" in d.to_text()


def test_a_wrong_recognition_fails_the_check():
    """A model that takes for a sigmoid what its author wrote as a tanh is refused, though its own gradients agree."""

    def model(h):
        g = Graph("one")
        x, y = g.parameter("x"), g.target("y")
        a = g.node("a", h(x))
        g.loss("L", (a - y) ** 2)
        return g.model()

    taken, author = model(sigmoid), model(lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x))).given
    assert Solution(author).verify(points=60).ok
    for given, right in ((taken.given, True), (author, False)):
        wrong = model_of("one", tuple(taken.nodes.values()), "L", given=given)
        assert verify(derive(wrong), (), points=60).ok is right


def classes():
    """A graph with the indices i, k of C classes."""
    g = Graph("classes")
    C = g.size("C")
    i, k = g.indices("i k", C)
    return g, C, i, k


def test_scores_inside_a_softmax_get_a_name():
    """F3a: with p = softmax(W x) written in one line the gradient is (p - y) x^T, and z = W x has a name."""
    g, C, i, k = classes()
    D = g.size("D")
    d = g.index("d", D)
    W, x, y = g.parameter("W", C, D), g.input("x", D), g.target("y", C, one_hot=True)
    p = g.node("p", exp(Sum(W[i, d] * x[d], d)) / Sum(exp(Sum(W[k, d] * x[d], d)), k), over=i)
    g.loss("L", -Sum(y[i] * log(p[i]), i))
    s = g.derive()
    assert same(s.gradient("W"), (p[i] - y[i]) * x[d])
    assert s.model.nodes["z"].cases[0].expr == Sum(W[i, d] * x[d], d)
    text = " ".join(s.to_text().split())
    assert "Denote the scores in the softmax by zᵢ" in text and "∂L/∂W = (p - y) xᵀ" in text
    assert "记 softmax 中的得分为 zᵢ" in s.to_text("zh", check=False)


@pytest.mark.parametrize("letters", ["dd", "dc"])
def test_attention_in_one_line(letters):
    """Scores q_i . k_j / sqrt(D) inside a softmax, whatever the letters of its sums: dL/dq = 1/sqrt(D) dL/dz K."""
    g = Graph("attention")
    N, D = g.size("N"), g.size("D")
    i, j, k = g.indices("i j k", N)
    letter = {a: g.index(a, D) for a in dict.fromkeys(letters)}
    d, c = (letter[a] for a in letters)
    q, K, V = g.parameter("q", N, D), g.parameter("K", N, D), g.parameter("V", N, D)
    above = exp(Sum(q[i, d] * K[j, d], d) / sqrt(D))
    a = g.node("a", above / Sum(exp(Sum(q[i, c] * K[k, c], c) / sqrt(D)), k), over=(i, j))
    o = g.node("o", Sum(a[i, k] * V[k, d], k), over=(i, d))
    g.loss("L", Function("L")(o))
    s = g.derive()
    text = " ".join(s.to_text().split())
    assert "∂L/∂q = 1/√(D) ∂L/∂z K" in text and "∂L/∂K = 1/√(D) (∂L/∂z)ᵀ q" in text


def test_a_dimension_of_one():
    """F3b: softmax cross-entropy of a batch of one row has the gradient p - y."""
    g, C, i, k = classes()
    r = g.index("r", 1)
    s, y = g.parameter("s", 1, C), g.target("y", 1, C, one_hot=True)
    p = g.node("p", exp(s[r, i]) / Sum(exp(s[r, k]), k), over=(r, i))
    g.loss("L", -Sum(y[r, i] * log(p[r, i]), r, i))
    d = g.derive()
    assert same(d.gradient("s"), p[1, i] - y[1, i])
    d.verify(points=60).require()


def test_the_slope_of_a_log_sum_exp_is_a_softmax_with_a_name():
    """F3c: the energy of a modern Hopfield network has the gradient x - Xi^T softmax(beta Xi x)."""
    g = Graph("Hopfield")
    M, D = g.size("M"), g.size("D")
    m, d = g.index("m", M), g.index("d", D)
    Xi, x = g.constant("Xi", M, D), g.input("x", D, gradient=True)
    beta = g.constant("beta", domain="positive")
    g.loss("E", -log(Sum(exp(beta * Sum(Xi[m, d] * x[d], d)), m)) / beta + Sum(x[d] ** 2, d) / 2)
    s = g.derive()
    p = s.model.nodes["p"].at(m)
    assert same(s.gradient("x"), x[d] - Sum(Xi[m, d] * p, m))
    text = " ".join(s.to_text().split())
    assert "∂E/∂x = x - Ξᵀ p" in text and "p = softmax(z)" in text and "z = β Ξ x" in text
    assert "pₘ" in text and "the derivatives" in text and "by the definition of pₘ" in text
    assert "导数中出现 softmax" in s.to_text("zh", check=False)


@pytest.mark.parametrize("named", [True, False])
def test_cross_entropy_by_a_log_sum_exp(named):
    """-y.z + log sum e^z has the gradient p - y, p a name of its own; an author's softmax of z is used where it is."""
    g, C, i, k = classes()
    z, y = g.parameter("z", C), g.target("y", C, one_hot=True)
    if named:
        g.node("q", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", -Sum(y[i] * z[i], i) + log(Sum(exp(z[k]), k)))
    d = g.derive()
    name = "q" if named else "p"
    assert same(d.gradient("z"), d.model.nodes[name].at(i) - y[i])
    assert ("p" in d.model.nodes) is not named
    d.verify(points=60).require()


def test_temperature_in_a_log_sum_exp():
    """tau log sum e^(z/tau) has the slope softmax(z/tau)."""
    g, C, _, k = classes()
    z, tau = g.parameter("z", C), g.constant("tau", domain="positive")
    g.loss("L", tau * log(Sum(exp(z[k] / tau), k)))
    d = g.derive()
    p = d.model.nodes["p"]
    assert d.gradient("z") == p.at(*d.adjoint("z")[0].node.indices)
    d.verify(points=60).require()


@pytest.mark.parametrize("form", ["log sigmoid", "softplus", "spelled out"])
def test_logistic_regression_in_one_line(form):
    """The mean cross-entropy of sigmoid(theta.x), without a node for it: the gradient is x^T (sigmoid(z) - y)/m."""
    g = Graph("logistic")
    m, n = g.size("m"), g.size("n")
    i, j = g.index("i", m), g.index("j", n)
    x, y, theta = g.input("x", m, n), g.target("y", m, domain="binary"), g.parameter("theta", n)
    z = Sum(theta[j] * x[i, j], j)
    loss = {
        "log sigmoid": -y[i] * log(sigmoid(z)) - (1 - y[i]) * log(1 - sigmoid(z)),
        "softplus": softplus(z) - y[i] * z,
        "spelled out": log(1 + exp(z)) - y[i] * z,
    }[form]
    g.loss("J", Sum(loss, i) / m)
    assert "∂J/∂θ = 1/m xᵀ (σ(z) - y)" in " ".join(g.derive().to_text().split())


# pre-activations


def test_an_activation_that_is_not_outermost_has_a_pre_activation():
    """F7: x + gelu(w x) gets z = w x; the slope is (1 + erf(z/sqrt 2))/2 + z e^(-z^2/2)/sqrt(2 pi)."""
    g = Graph("residual")
    x, w = g.input("x"), g.parameter("w")
    h = g.node("h", x + gelu(w * x))
    g.loss("L", h**2 / 2)
    d = g.derive()
    z = d.model.nodes["z"].symbol
    assert d.model.nodes["z"].cases[0].expr == w * x and d.model.nodes["h"].cases[0].expr == x + gelu(z)
    text = " ".join(d.to_text().split())
    assert "∂h/∂z = 1/2 (1 + erf(z/√(2)) + √(2/π) z exp(-1/2 z²))" in text and "Pi" not in text


def test_a_layer_under_a_sum():
    """y = x + V gelu(W x) for every row: the hidden layer has a name, with the letter of the sum around it."""
    g = Graph("feed forward")
    N, D, H = g.size("N"), g.size("D"), g.size("H")
    n, d, h = g.index("n", N), g.index("d", D), g.index("h", H)
    x, W, V = g.input("x", N, D, gradient=True), g.parameter("W", H, D), g.parameter("V", D, H)
    hidden = gelu(Sum(W[h, d] * x[n, d], d))
    y = g.node("y", x[n, d] + Sum(V[d, h] * hidden, h), over=(n, d))
    g.loss("L", Function("L")(y))
    s = g.derive()
    assert s.model.nodes["z"].indices == (n, h)
    text = " ".join(s.to_text().split())
    assert "∂L/∂W = (∂L/∂z)ᵀ x" in text and "∂L/∂V = (∂L/∂y)ᵀ GELU(z)" in text


def test_the_label_of_a_margin_stays_outside():
    """log(1 + e^(-y theta.x)) is softplus(-y z) with z = theta.x, and dJ/dz = -y sigmoid(-y z)/m."""
    g = Graph("margins")
    m, n = g.size("m"), g.size("n")
    i, j = g.index("i", m), g.index("j", n)
    x, y, theta = g.input("x", m, n), g.target("y", m, domain="sign"), g.parameter("theta", n)
    g.loss("J", Sum(log(1 + exp(-y[i] * Sum(theta[j] * x[i, j], j))), i) / m)
    d = g.derive()
    z = d.model.nodes["z"].at(i)
    assert d.model.nodes["z"].cases[0].expr == Sum(theta[j] * x[i, j], j)
    assert d.adjoint("z")[0].value == -y[i] * sigmoid(-y[i] * z) / m
    d.verify(points=60).require()


def test_layers_inside_layers_and_the_same_argument_twice():
    """Each pre-activation has one name, also where it is a factor: three layers have two, mish has one."""
    g = Graph("nested")
    x, v, w = g.input("x"), g.parameter("v"), g.parameter("w")
    h = g.node("h", 1 + tanh(v * silu(w * x)) + sigmoid(w * x))
    g.loss("L", h**2)
    d = g.derive()
    inner, outer = (d.model.nodes[name].symbol for name in ("z_h", "z_h_2"))
    assert d.model.nodes["z_h"].cases[0].expr == w * x and d.model.nodes["z_h_2"].cases[0].expr == v * silu(inner)
    assert d.model.nodes["h"].cases[0].expr == 1 + tanh(outer) + sigmoid(inner)
    d.verify(points=60).require()
    g = Graph("mish")
    x, w = g.input("x"), g.parameter("w")
    y = g.node("y", w * x * tanh(log(1 + exp(w * x))))
    g.loss("L", y)
    d = g.derive()
    z = d.model.nodes["z"].symbol
    assert d.model.nodes["y"].cases[0].expr == z * tanh(softplus(z))
    d.verify(points=60).require()


def test_what_stands_on_a_branch_or_is_shifted_keeps_its_place():
    """A part is named only where it exists for all values of its indices; nothing is computed out of range."""
    g = Graph("guarded")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    g.loss("L", Sum(Piecewise((tanh(w * x[t]), t > 1), (0, True)), t) + Sum(tanh(w * x[t - 1]), (t, 2, T)))
    d = g.derive(sizes={"T": 4})
    assert [n.name for n in d.model.nodes.values() if n.implied] == []
    d.verify(points=60).require()


def test_a_causal_softmax_in_one_line():
    """The scores under a sum over a part of a range have a name where they exist beyond it: dL/dq = dL/dz K."""
    g = Graph("causal")
    N, D = g.size("N"), g.size("D")
    i, j, k = g.indices("i j k", N)
    d = g.index("d", D)
    q, K, V = g.parameter("q", N, D), g.parameter("K", N, D), g.parameter("V", N, D)
    below = Sum(exp(Sum(q[i, d] * K[k, d], d)), (k, 1, i))
    a = g.node("a", exp(Sum(q[i, d] * K[j, d], d)) / below, over=(i, j))
    o = g.node("o", Sum(a[i, j] * V[j, d], (j, 1, i)), over=(i, d))
    g.loss("L", Function("L")(o))
    s = g.derive()
    z = s.model.nodes["z"]
    assert z.indices == (i, j) and s.model.nodes["a"].cases[0].expr == exp(z.at(i, j)) / Sum(exp(z.at(i, k)), (k, 1, i))
    s.verify(points=60).require()


def test_responsibilities_of_a_mixture():
    """-sum_n log sum_k e^(l_k - (x_n - mu_k)^2/2) has the slope -sum_n p_nk (x_n - mu_k) in mu_k, p the softmax."""
    g = Graph("mixture")
    N, K = g.size("N"), g.size("K")
    n, k = g.index("n", N), g.index("k", K)
    x, mu, weight = g.input("x", N), g.parameter("mu", K), g.parameter("l", K)
    g.loss("L", -Sum(log(Sum(exp(weight[k] - (x[n] - mu[k]) ** 2 / 2), k)), n))
    d = g.derive()
    p = d.model.nodes["p"].at(n, k)
    assert same(d.gradient("mu"), -Sum(p * (x[n] - mu[k]), n))
    assert same(d.gradient("l"), -Sum(p, n))
    d.verify(points=60).require()


def test_a_name_that_only_derivatives_use_is_no_operation():
    """The program of a log-sum-exp in primitive operations computes no softmax."""
    g, C, _, k = classes()
    z = g.parameter("z", C)
    g.loss("L", log(Sum(exp(z[k]), k)))
    program = g.derive().rewritten(["exp", "sum", "log"])
    assert list(program.derivation.model.nodes) == ["z", "u1", "u2", "L"]


def test_the_documented_example():
    """The example in the docstring of `spelled` is what it says."""
    assert doctest.testmod(spelled_module).attempted and not doctest.testmod(spelled_module).failed


@pytest.mark.parametrize("inline", [True, False])
def test_one_class_of_a_softmax(inline):
    """-log p_1 has the gradient p_i - delta_i1: p_i for i > 1 and p_1 - 1, one local partial for the element z_1."""
    g, C, i, k = classes()
    z = g.parameter("z", C)
    p = exp(z[1]) / Sum(exp(z[k]), k) if inline else g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)[1]
    g.loss("L", -log(p))
    d = g.derive()
    p = d.model.nodes["p"]
    values = {str(s.target.wrt): s.value for s in d.adjoint("z")}
    assert values == {"z[i]": p.at(i), "z[1]": p.at(S.One) - 1}
    text = d.to_text(detail="full")
    assert len(re.findall(r"^ *∂p₁/∂z₁ += ", text, re.MULTILINE)) == 1
    d.verify(points=60).require()


@pytest.mark.parametrize("form", ["log", "weights", "divided"])
def test_a_softmax_inside_a_definition_has_a_name(form):
    """Cross-entropy with the quotient under its logarithm, and attention in one line: p is named, also where it is only
    in the derivatives, and the gradients are p - y and p^T dL/do."""
    g, C, i, k = classes()
    if form == "log":
        z, y = g.parameter("z", C), g.target("y", C, one_hot=True)
        g.loss("L", -Sum(y[i] * log(exp(z[i]) / Sum(exp(z[k]), k)), i))
        d = g.derive()
        assert same(d.gradient("z"), d.model.nodes["p"].at(i) - y[i])
    else:
        D = g.size("D")
        j, d_ = g.index("j", C), g.index("d", D)
        z, V = g.parameter("z", C, C), g.parameter("V", C, D)
        weight, total = exp(z[i, j]), Sum(exp(z[i, k]), k)
        o = Sum(weight / total * V[j, d_], j) if form == "weights" else Sum(weight * V[j, d_], j) / total
        o = g.node("o", o, over=(i, d_))
        g.loss("L", Function("L")(o))
        d = g.derive()
        text = " ".join(d.to_text().split())
        assert "∂L/∂V = pᵀ ∂L/∂o" in text
        says = "Denote the softmax by" if form == "weights" else "A softmax occurs in the derivatives"
        assert says in text
    d.verify(points=60).require()


@pytest.mark.parametrize("smooth", ["inline", "node", "weights"])
def test_label_smoothing_and_class_weights(smooth):
    """F12: the mean cross-entropy with smoothed labels q has the gradient (p - q)/N, as sum_i q_i = 1; with weights w_i
    of the classes (p_i sum_j w_j y_j - w_i y_i)/N."""
    g, C, i, k = classes()
    N = g.size("N")
    n = g.index("n", N)
    z, y = g.parameter("z", N, C), g.target("y", N, C, one_hot=True)
    e, w = g.constant("epsilon", domain="probability"), g.constant("w", C, domain="positive")
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    q = (1 - e) * y[n, i] + e / C
    q = g.node("q", q, over=(n, i)) if smooth == "node" else w[i] * y[n, i] if smooth == "weights" else q
    q = q[n, i] if smooth == "node" else q
    g.loss("L", -Sum(q * log(p[n, i]), n, i) / N)
    d = g.derive()
    expected = (p[n, i] * Sum(w[k] * y[n, k], k) - w[i] * y[n, i]) / N if smooth == "weights" else (p[n, i] - q) / N
    difference = (d.gradient("z") - expected).expand()
    assert not difference.has(Partial) and canonical(difference) == 0
    d.verify(points=60).require()


def test_focal_loss():
    """F9a: with p = sigmoid(y x) the gradient of -(1 - p)^gamma log p is y (1 - p)^gamma (gamma p log p + p - 1)."""
    g = Graph("focal")
    x, y = g.input("x", gradient=True), g.target("y", domain="nonzero")
    gamma = g.constant("gamma", domain="positive")
    p = g.node("p", 1 / (1 + exp(-y * x)))
    g.loss("L", -((1 - p) ** gamma) * log(p))
    d = g.derive()
    assert same(d.gradient("x"), y * (1 - p) ** gamma * (gamma * p * log(p) + p - 1))
    d.verify(points=60).require()
