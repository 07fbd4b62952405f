"""The terms of a line read as in a textbook; every expected line is derived by hand, and each sheet is checked."""

import pytest
from alphabets import letters
from sympy import S, symbols
from sympy import Sum as Total

from derive import Graph, ModelError, Sum, exp, log, relu, sigmoid, sin, tanh
from derive.expressions.canonical import canonical, collected
from derive.expressions.coefficients import number_in_front, number_of, reduced
from derive.expressions.indices import family, index, limits
from derive.expressions.powers import split

MODELS = {}


def model(*lines):
    """Register a function that writes a model on a graph, with lines that stand in the boxes of its sheet."""

    def register(build):
        MODELS[build.__name__] = build, lines
        return build

    return register


def regression(g):
    """The leaves of a regression over m examples with n features."""
    m, n = g.size("m"), g.size("n")
    i, j = g.index("i", m), g.index("j", n)
    return m, i, j, g.input("X", m, n), g.target("y", m, domain="binary"), g.parameter("w", n)


def square(g):
    """A square matrix with five indices of its size."""
    N = g.size("N")
    return g.parameter("X", N, N), g.parameter("v", N), *g.indices("i j k l m", N)


# an adjoint under a sum is replaced by its value where that is not longer


@model("∂J/∂wⱼ = 1/m Σ_{i=1..m} Xᵢⱼ (hᵢ - yᵢ)", "∂J/∂w = 1/m Xᵀ (h - y)")
def logistic(g):
    m, i, j, X, y, w = regression(g)
    h = g.node("h", sigmoid(Sum(w[j] * X[i, j], j)), over=i)
    g.loss("J", -Sum(y[i] * log(h[i]) + (1 - y[i]) * log(1 - h[i]), i) / m)


@model("∂J/∂w = -2/m Xᵀ r")
def residuals(g):
    m, i, j, X, y, w = regression(g)
    r = g.node("r", y[i] - Sum(w[j] * X[i, j], j), over=i)
    g.loss("J", Sum(r[i] ** 2, i) / m)


@model("∂J/∂wⱼ = 2/m Σ_{i=1..m} Xᵢⱼ (aᵢ - yᵢ)", "∂J/∂w = 2/m Xᵀ (a - y)")
def least_squares(g):
    m, i, j, X, y, w = regression(g)
    a = g.node("a", Sum(w[j] * X[i, j], j), over=i)
    g.loss("J", Sum((y[i] - a[i]) ** 2, i) / m)


@model("∂J/∂w = 1/m Xᵀ (μ - y)")
def poisson(g):
    m, i, j, X, y, w = regression(g)
    s = g.node("s", Sum(w[j] * X[i, j], j), over=i)
    mu = g.node("mu", exp(s[i]), over=i)
    g.loss("J", Sum(mu[i] - y[i] * s[i], i) / m)


@model("∂L/∂W_id = 1/N Σ_{n=1..N} X_nd (pₙᵢ - yₙᵢ)", "∂L/∂W = 1/N (p - y)ᵀ X", "∂L/∂bᵢ = 1/N Σ_{n=1..N} (pₙᵢ - yₙᵢ)")
def softmax_regression(g):
    N, C, D = g.size("N"), g.size("C"), g.size("D")
    n, d, i, k = g.index("n", N), g.index("d", D), *g.indices("i k", C)
    X, y = g.input("X", N, D), g.target("y", N, C, one_hot=True)
    W, b = g.parameter("W", C, D), g.parameter("b", C)
    z = g.node("z", Sum(W[i, d] * X[n, d], d) + b[i], over=(n, i))
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    g.loss("L", -Sum(y[n, i] * log(p[n, i]), n, i) / N)


@model("∂L/∂W = (∂L/∂z)ᵀ X", "∂L/∂v = 1/m aᵀ (o - y)", "∂L/∂c = 1/m Σ_{i=1..m} (oᵢ - yᵢ)")
def a_long_value_keeps_its_name(g):
    m, n, H = g.size("m"), g.size("n"), g.size("H")
    i, j, h = g.index("i", m), g.index("j", n), g.index("h", H)
    X, y = g.input("X", m, n), g.target("y", m)
    W, v, c = g.parameter("W", H, n), g.parameter("v", H), g.parameter("c")
    z = g.node("z", Sum(W[h, j] * X[i, j], j), over=(i, h))
    a = g.node("a", tanh(z[i, h]), over=(i, h))
    o = g.node("o", Sum(v[h] * a[i, h], h) + c, over=i)
    g.loss("L", Sum((o[i] - y[i]) ** 2, i) / (2 * m))


def scalar_rnn(g, named):
    T = g.size("T")
    t = g.index("t", T)
    x, y, (w, u, v) = g.input("x", T), g.target("y", T), g.parameters("w u v")
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + u * x[t]), over=t, start={0: 0})
    o = g.node("o", v * h[t], over=t)[t] if named else v * h[t]
    g.loss("L", Sum((o - y[t]) ** 2 / 2, t))


@model("∂L/∂w = v Σ_{t=1..T} hₜ₋₁ Σ_{s=t..T} w^(s-t) (oₛ - yₛ) Π_{k=t..s} (1 - hₖ²)")
def an_output_with_a_name(g):
    scalar_rnn(g, named=True)


@model("∂L/∂w = v Σ_{t=1..T} hₜ₋₁ Σ_{s=t..T} w^(s-t) (v hₛ - yₛ) Π_{k=t..s} (1 - hₖ²)")
def an_output_without_a_name(g):
    scalar_rnn(g, named=False)


# numbers and signs


@model("∂L/∂aₙ = 2 (aₙ - yₙ)/N", "∂L/∂a = 2/N (a - y)")
def mean_squared_error(g):
    N = g.size("N")
    n = g.index("n", N)
    a, y = g.parameter("a", N), g.target("y", N)
    g.loss("L", Sum((a[n] - y[n]) ** 2, n) / N)


@model("∂L/∂a = 2 (h - y) x")
def a_square(g):
    a, x, y = g.parameter("a"), g.input("x"), g.target("y")
    h = g.node("h", a * x)
    g.loss("L", (h - y) ** 2)


@model("∂L/∂s = 1/2 (exp(s) - 1)")
def a_half(g):
    s = g.parameter("s")
    g.loss("L", (exp(s) - 1 - s) / 2)


@model("∂f/∂a = b", "∂f/∂b = a - cos(b)")
def a_minus_sign(g):
    a, b = g.parameters("a b")
    u, v = g.node("u", a * b), g.node("v", sin(b))
    g.loss("f", u - v)


@model("∂L/∂w = -Σ_{n=1..N} xₙ cos(uₙ)")
def a_minus_sign_before_a_sum(g):
    N = g.size("N")
    n = g.index("n", N)
    x, w = g.input("x", N), g.parameter("w")
    u = g.node("u", w * x[n], over=n)
    s = g.node("s", Sum(sin(u[n]), n))
    g.loss("L", -s)


# like terms


@model("∂L/∂Xᵢⱼ = 3 Σ_{k=1..N} Xⱼₖ Xₖᵢ")
def trace_of_a_cube(g):
    X, _, i, j, k, *_ = square(g)
    g.loss("L", Sum(X[i, j] * X[j, k] * X[k, i], i, j, k))


@model("∂L/∂Xᵢⱼ = 4 Σ_{k=1..N} Σ_{l=1..N} Xⱼₖ Xₖₗ Xₗᵢ", "∂L/∂X = 4 (X³)ᵀ")
def trace_of_a_fourth_power(g):
    X, _, i, j, k, q, _ = square(g)
    g.loss("L", Sum(X[i, j] * X[j, k] * X[k, q] * X[q, i], i, j, k, q))


@model("∂L/∂X = 5 (X⁴)ᵀ")
def trace_of_a_fifth_power(g):
    X, _, i, j, k, q, m = square(g)
    g.loss("L", Sum(X[i, j] * X[j, k] * X[k, q] * X[q, m] * X[m, i], i, j, k, q, m))


@model("∂L/∂X = 3 t (X²)ᵀ")
def a_trace_as_a_node(g):
    X, _, i, j, k, *_ = square(g)
    t = g.node("t", Sum(X[i, j] * X[j, k] * X[k, i], i, j, k))
    g.loss("L", t**2 / 2)


@model("∂L/∂X = 2 tr(X) I_N")
def square_of_a_trace(g):
    X, _, i, *_ = square(g)
    g.loss("L", Sum(X[i, i], i) ** 2)


@model("∂L/∂X = 2 v vᵀ X", "∂L/∂v = 2 X Xᵀ v")
def a_form_with_a_gram_matrix(g):
    X, v, i, j, k, *_ = square(g)
    g.loss("L", Sum(X[i, j] * X[k, j] * v[i] * v[k], i, j, k))


@model("∂L/∂v = (X² + (X²)ᵀ) v")
def sums_that_are_not_alike(g):
    X, v, i, j, k, *_ = square(g)
    g.loss("L", Sum(X[i, j] * X[j, k] * v[i] * v[k], i, j, k))


@model("∂L/∂vᵢ = Σ_{k=1..i} vₖ + Σ_{l=i..N} vₗ")
def sums_over_other_ranges(g):
    _, v, i, j, *_ = square(g)
    g.loss("L", Sum(v[i] * v[j], (j, 1, i), (i, 1, i.upper)))


@model("∂L/∂vᵢ = 4 (Σ_{k=1..N} Σ_{j=1..N} vⱼ vₖ) Σ_{l=1..N} vₗ")
def a_number_before_two_sums(g):
    _, v, i, j, *_ = square(g)
    g.loss("L", Sum(v[i] * v[j], i, j) ** 2)


# one indicator, one power


@model("∂L/∂w = -x y (1 + 2 ReLU(m)) · 1[m > 0]")
def two_hinges(g):
    w, x, y = g.parameter("w"), g.input("x"), g.target("y")
    m = g.node("m", 1 - y * w * x)
    g.loss("L", relu(m) + relu(m) ** 2)


@model("∂L/∂u = u^(1 + γ) (2 + γ)")
def a_power_times_a_power(g):
    u, gamma = g.parameter("u", domain="positive"), g.constant("gamma", domain="positive")
    g.loss("L", u**2 * u**gamma)


@model("∂L/∂x = (1 - p)^γ (γ p log p - 1 + p) y")
def focal(g):
    x, y = g.input("x", gradient=True), g.target("y", domain="nonzero")
    gamma = g.constant("gamma", domain="positive")
    p = g.node("p", sigmoid(y * x))
    g.loss("L", -((1 - p) ** gamma) * log(p))


def sheet(name):
    """The derivation of a model."""
    g = Graph(name)
    MODELS[name][0](g)
    return g.derive()


@pytest.mark.parametrize("name", MODELS)
def test_the_terms_of_a_gradient_are_those_of_a_textbook(name):
    text = sheet(name).to_text()  # every line of it is checked
    boxed = [" ".join(line.strip("│ ").split()) for line in text.splitlines() if line.strip().startswith("│")]
    for line in MODELS[name][1]:
        assert letters(line) in letters(boxed)


def test_no_format_writes_a_factor_of_minus_one():
    for name in ("a_minus_sign", "a_minus_sign_before_a_sum", "residuals"):
        d = sheet(name)
        for text in (d.to_text(check=False), d.to_latex(check=False), d.to_html(check=False)):
            assert "-1 Σ" not in text and "-1 cos" not in text and r"-1\, \sum" not in text and r"-1\, \cos" not in text


def test_the_hessian_of_two_equal_paths_is_one_term():
    g = Graph("two paths")
    N = g.size("N")
    i, j, k = g.indices("i j k", N)
    A, x = g.constant("A", N, N), g.parameter("x", N)
    y, z = g.node("y", Sum(A[i, j] * x[j], j), over=i), g.node("z", Sum(A[i, k] * x[k], k), over=i)
    g.loss("L", Sum(y[i] * z[i], i))
    assert "∂²L/∂x² = 2 Aᵀ A" in g.derive().to("text", hessian="x")


def test_the_gradient_is_the_same_expression_in_python():
    assert str(sheet("mean_squared_error").gradient("a")) == "2*(a[n] - y[n])/N"
    assert str(sheet("logistic").gradient("w")) == "Sum((h[i] - y[i])*X[i, j], (i, 1, m))/m"


# the normal form of sums


n = symbols("n", integer=True, positive=True)
i, j, k, q = (index(letter, 1, n) for letter in "ijkq")
u, v, w = family("u"), family("v"), family("w")


def over(body, *indices):
    """The sum of a body over whole ranges."""
    return Total(body, *map(limits, indices))


def test_equal_sums_have_one_normal_form():
    assert (
        canonical(over(u[j] * v[k], j, k)) == canonical(over(u[k] * v[j], j, k)) == canonical(over(u[j] * v[k], k, j))
    )
    ring = over(w[i, j] * w[j, k] * w[k, i], i, j, k)
    assert canonical(ring) == canonical(over(w[k, j] * w[i, k] * w[j, i], k, j, i))
    inner = over(u[j] * over(v[k] * w[j, k], k), j)
    assert canonical(inner) == canonical(over(u[q] * over(v[i] * w[q, i], i), q))


def test_other_sums_have_another():
    assert canonical(over(u[j] * v[k], j, k)) != canonical(over(u[j] * u[k], j, k))
    chain = over(w[i, j] * w[j, k], j, k)
    assert canonical(chain) != canonical(over(w[i, j] * w[k, j], j, k))
    moving = Total(u[j] * u[k], (j, 1, k), (k, 1, n))
    assert canonical(moving) != canonical(over(u[j] * u[k], j, k))


def test_a_normal_form_is_its_own():
    for total in (over(w[i, j] * w[j, k] * w[k, q], j, k, q), over(u[j] * over(v[k] * w[j, k], k), j)):
        assert canonical(canonical(total)) == canonical(total)


def test_like_terms_are_added_in_the_letters_of_the_first():
    one, other = over(u[j] * v[k], j, k), over(u[k] * v[j], j, k)
    assert collected([one, 2 * other, u[i]]) == [3 * one, u[i]]
    assert collected([one, -other]) == []
    assert collected([one, over(u[j], j)]) == [one, over(u[j], j)]


def test_a_number_is_taken_out_where_fewer_are_left():
    a, b = symbols("a b")
    assert number_of(2 * a - 2 * b) == (2, a - b)
    assert number_of(2 * a + 4 * b)[0] == 1
    assert number_of(4 * a + 2)[0] == 1
    assert number_of(a / 2 + b)[0] == 1
    assert number_of(6 * a - 6 * b + 12)[0] == 6
    assert number_in_front(a / 2 + b / 2) == 1
    assert number_in_front(a / 2 - S.Half) == S.Half


def test_powers_of_one_base_are_one_power():
    a, b, c = symbols("a b c", positive=True)
    assert reduced(a * a ** (c - 1) * b) == a**c * b
    assert split([[a ** (c - 1), b], [a**c]]) == ([a ** (c - 1)], [b, a])
    assert split([[a**2, b], [a**3]])[0] == []


# steps that nobody needs


def branches():
    """A parameter w behind b, a node a of the data x alone, an input z of a branch of its own."""
    g = Graph("branches")
    x, z, w = g.input("x"), g.input("z"), g.parameter("w")
    a = g.node("a", sin(x))
    b, c = g.node("b", w * a), g.node("c", exp(z))
    g.loss("L", a * b + c * x)
    return g


@pytest.mark.parametrize(
    ("wrt", "expected"),
    [
        (None, {"b", "w"}),
        ("w", {"b", "w"}),
        ("x", {"a", "b", "x"}),
        ("z", {"c", "z"}),
        ("w z", {"b", "c", "w", "z"}),
        ("b", {"b"}),
    ],
)
def test_only_the_adjoints_between_what_is_asked_for_and_the_loss_are_derived(wrt, expected):
    d = branches().derive(wrt=wrt)
    assert {step.node.name for step in d.steps} == expected
    assert d.verify().ok


def test_where_nothing_is_asked_for_every_node_has_its_adjoint():
    g = Graph("no parameters")
    x = g.input("x")
    a = g.node("a", sin(x))
    g.loss("L", a**2)
    d = g.derive()
    assert [step.node.name for step in d.steps] == ["a"] and d.verify().ok


def test_the_states_of_a_reservoir_need_no_adjoint():
    """Only the readout v is learned: no gradient goes back in time, and nothing is said about exploding."""
    g = Graph("echo state")
    T, D = g.size("T"), g.size("D")
    t, (i, j) = g.index("t", T), g.indices("i j", D)
    x, y = g.input("x", T), g.target("y", T)
    W, u, v = g.constant("W", D, D), g.constant("u", D), g.parameter("v", D)
    h = g.recurrence("h", lambda h: tanh(Sum(W[i, j] * h[t - 1, j], j) + u[i] * x[t]), over=(t, i), start={0: 0})
    o = g.node("o", Sum(v[i] * h[t, i], i), over=t)
    g.loss("L", Sum((o[t] - y[t]) ** 2, t) / T)
    d = g.derive()
    assert {step.node.name for step in d.steps} == {"o", "v"}
    assert "explode" not in d.to_text()
    with pytest.raises(ModelError, match="was not derived; ask for it with g"):
        d.gradient("h")
