"""Gradients in inputs, targets, constants and parameters alone; the expected lines are derived by hand, and checked."""

import json

import pytest
from alphabets import letters
from sympy import Piecewise

from derive import Function, Graph, ModelError, Sum, VerificationError, exp, log, sigmoid, sin, tanh
from derive.cli.sheet import sheet
from derive.expressions.traverse import adjoints, names
from derive.topics.inputs_only import carried

FORBIDDEN = "cannot be written in this way"


def logistic():
    """The mean logistic loss of h = sigmoid(X w)."""
    g = Graph("logistic")
    m, n = g.size("m"), g.size("n")
    i, j = g.index("i", m), g.index("j", n)
    X, y, w = g.input("X", m, n), g.target("y", m, domain="binary"), g.parameter("w", n)
    h = g.node("h", sigmoid(Sum(w[j] * X[i, j], j)), over=i)
    g.loss("L", -Sum(y[i] * log(h[i]) + (1 - y[i]) * log(1 - h[i]), i) / m)
    return g


def network():
    """Two layers with tanh between them, whose hidden error keeps its name in the gradient."""
    g = Graph("network")
    D, H = g.size("D"), g.size("H")
    d, h = g.index("d", D), g.index("h", H)
    x, y, W, v = g.input("x", D), g.target("y"), g.parameter("W", H, D), g.parameter("v", H)
    a = g.node("a", tanh(Sum(W[h, d] * x[d], d)), over=h)
    o = g.node("o", Sum(v[h] * a[h], h))
    g.loss("L", (o - y) ** 2 / 2)
    return g


def linear(every=False):
    """A linear recurrence, judged by its last output or by every one."""
    g = Graph("linear")
    T = g.size("T")
    t = g.index("t", T)
    x, y, (w, u, v) = g.input("x", T), g.target("y", T), g.parameters("w u v")
    h = g.recurrence("h", lambda h: w * h[t - 1] + u * x[t], over=t, start={0: 0})
    g.loss("L", Sum((v * h[t] - y[t]) ** 2 / 2, t) if every else (v * h[T] - y[T]) ** 2 / 2)
    return g


def squashed():
    """A recurrence through tanh, which has no closed form."""
    g = Graph("squashed")
    T = g.size("T")
    t = g.index("t", T)
    x, w, c = g.input("x", T), g.parameter("w"), g.parameter("c")
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + x[t]), over=t, start={0: 0})
    s = g.node("s", c**2)
    g.loss("L", h[T] ** 2 + s)
    return g


def abstract():
    """A layer before a loss that is not given."""
    g = Graph("abstract")
    N = g.size("N")
    i, j = g.indices("i j", N)
    W, x = g.parameter("W", N, N), g.input("x", N)
    a = g.node("a", tanh(Sum(W[i, j] * x[j], j)), over=i)
    g.loss("L", Function("L")(a))
    return g


def first_row():
    """A loss that reads the first element alone."""
    g = Graph("first")
    N = g.size("N")
    i, j = g.indices("i j", N)
    W, v = g.parameter("W", N, N), g.constant("v", N)
    o = g.node("o", Sum(W[i, j] * v[j], j), over=i)
    g.loss("L", o[1] ** 2 / 2)
    return g


def told(text):
    """Each equality of the section, its left side before the right one, whatever stands between them."""
    section = text[text.index("The gradients in terms of given quantities") :].split("Verification")[0]
    left, found = "", []
    for line in section.splitlines():
        first, *sides = line.strip().split("   (")[0].split(" = ")
        left = first if first.startswith("∂") else left
        found += [
            f"{left} = {side.strip()}" for side in ([first.removeprefix("= "), *sides] if first[:1] == "=" else sides)
        ]
    return found


LINES = {
    logistic: ["∂L/∂wⱼ = 1/m Σ_{i=1..m} Xᵢⱼ (σ(Σ_{k=1..n} wₖ Xᵢₖ) - yᵢ)"],
    network: ["∂L/∂vₕ = (Σ_{i=1..H} vᵢ tanh(Σ_{d=1..D} W_id x_d) - y) tanh(Σ_{d=1..D} W_hd x_d)"],
    linear: [
        "∂L/∂u = v (u v Σ_{j=1..T} w^(T-j) xⱼ - y_T) Σ_{t=1..T} w^(T-t) xₜ",
        "∂L/∂v = u (u v Σ_{j=1..T} w^(T-j) xⱼ - y_T) Σ_{j=1..T} w^(T-j) xⱼ",
    ],
    abstract: ["∂L/∂Wᵢⱼ = ∂L/∂aᵢ xⱼ (1 - tanh(Σ_{k=1..N} Wᵢₖ xₖ)²)"],
    first_row: ["∂L/∂W₁ⱼ = vⱼ Σ_{i=1..N} W₁ᵢ vᵢ"],
}


@pytest.mark.parametrize("build", LINES)
def test_the_gradient_in_what_is_given(build):
    found = told(build().derive().to("text", inputs_only=True))
    for line in LINES[build]:
        assert letters(line) in [*map(letters, found)]


@pytest.mark.parametrize("build", [logistic, network, linear, lambda: linear(every=True), first_row])
def test_only_leaves_are_left_and_the_value_is_that_of_autograd(build):
    d = build().derive()
    leaves = {n.name for n in d.model.nodes.values() if n.is_leaf} | {str(s) for s in d.model.sizes}
    for name in d.derivation.wanted:
        value = d.gradient(name, inputs_only=True)
        assert names(value) <= leaves and not adjoints(value)
    report = d.verify(inputs_only=True)
    rows = report.parts["inputs_only"].rows
    assert report.ok and {r.name for r in rows} == set(d.derivation.wanted)
    assert all(r.points for r in rows)


def test_a_wrong_line_is_caught(monkeypatch):
    """The definition of h with another sign: the row of the gradient names the line, and nothing is printed."""
    d = logistic().derive()
    own = carried.insert_definitions

    def wrong(expr, nodes, preferred):
        found, used = own(expr, nodes, preferred)
        return -found if used else found, used

    monkeypatch.setattr(carried, "insert_definitions", wrong)
    row = d.verify(inputs_only=True).parts["inputs_only"].rows[0]
    assert not row.ok and row.where == "in what is given, line 2"
    with pytest.raises(VerificationError, match="in what is given"):
        d.to("text", inputs_only=True)
    with pytest.raises(VerificationError):
        d.gradient("w", inputs_only=True)


def test_a_recurrence_without_a_closed_form_is_named_in_one_line():
    d = squashed().derive()
    with pytest.raises(
        ModelError, match=r"dL/dw cannot be written in this way: h\[t\] is defined by a .* no closed form was found\.$"
    ):
        d.gradient("w", inputs_only=True)
    assert str(d.gradient("c", inputs_only=True)) == "2*c"  # beside the recurrence
    text = " ".join(d.to("text", inputs_only=True).split())
    assert text.count(FORBIDDEN) == 1 and "∂L/∂w " + FORBIDDEN in text
    assert "不能这样写" in d.to("text", "zh", inputs_only=True)


def test_a_gradient_by_cases_stays_by_cases():
    value = first_row().derive().gradient("W", inputs_only=True)
    assert isinstance(value, Piecewise) and value.args[-1][0] == 0


def test_what_cannot_reach_the_loss_is_zero():
    g = Graph("unreachable")
    x, w, q = g.input("x"), g.parameter("w"), g.parameter("q")
    a = g.node("a", sin(x * w))
    g.node("b", w * q)
    g.loss("L", a**2)
    assert g.derive().gradient("q", inputs_only=True) == 0


def test_the_partial_of_an_abstract_loss_is_said_to_be_given():
    text = " ".join(abstract().derive().to("text", inputs_only=True).split())
    assert "The loss is abstract, so its partial derivative ∂L/∂aᵢ is treated as given too." in text
    assert "The loss is abstract" not in logistic().derive().to("text", inputs_only=True)


def test_a_formula_that_fits_on_no_page_is_not_written(monkeypatch):
    monkeypatch.setattr(carried, "LONGEST", 5)
    with pytest.raises(ModelError, match="more than"):
        logistic().derive().gradient("w", inputs_only=True)


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(ModelError, match="zz"):
        logistic().derive().to("text", inputs_only="zz")
    with pytest.raises(ModelError, match="was not derived"):
        logistic().derive().to("text", inputs_only="y")


def test_the_command_line_asks_for_all_or_for_some():
    text, _ = sheet("logistic", ["--inputs-only", "--format", "text"])
    assert text.count("∂L/∂b") > 2 and "The gradients in terms of given quantities" in text
    only, _ = sheet("logistic", ["--inputs-only", "b", "--format", "json"])
    assert [one["formula"] for one in json.loads(only)["inputs_only"]] == [r"\frac{\partial L}{\partial b}"]
    assert "The gradients in terms of given quantities" not in sheet("logistic", ["--format", "text"])[0]


def test_a_softmax_before_a_square():
    """p_i (p_i - y_i - sum_j p_j (p_j - y_j)) with the definition of p put in: compared line by line."""
    g = Graph("softmax")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z, y = g.parameter("z", C), g.target("y", C, one_hot=True)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", Sum((p[i] - y[i]) ** 2, i) / 2)
    assert names(g.derive().gradient("z", inputs_only=True)) == {"z", "y", "C"}
