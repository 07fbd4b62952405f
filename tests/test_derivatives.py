"""`g.derivative(f, x)`: its values and what is derived through it, against torch with create_graph=True."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from alphabets import letters

from derive import (
    Expectation,
    Function,
    Graph,
    ModelError,
    Product,
    Sum,
    inverse,
    logdet,
    mean,
    norm,
    sin,
    softplus,
    solve,
    sqrt,
    tanh,
    var,
)  # fmt: skip

Builder = Callable[[Graph], None]


def penalty() -> Graph:
    """(|df/dx| - 1)^2 of a critic with one hidden layer."""
    g = Graph("critic")
    D, H = g.size("D"), g.size("H")
    d, h = g.index("d", D), g.index("h", H)
    W, b, v, x = g.parameter("W", H, D), g.parameter("b", H), g.parameter("v", H), g.input("x", D, gradient=True)
    a = g.node("a", tanh(Sum(W[h, d] * x[d], d) + b[h]), over=h)
    f = g.node("f", Sum(v[h] * a[h], h))
    slope = g.derivative(f, x)
    g.loss("L", (norm(slope[d], d) - 1) ** 2)
    return g


def inner_step() -> Graph:
    """MAML: the loss at w - eta dl/dw."""
    g = Graph("maml")
    D, N = g.size("D"), g.size("N")
    d, n = g.index("d", D), g.index("n", N)
    w, X, y, eta = g.parameter("w", D), g.input("X", N, D), g.target("y", N), g.parameter("eta")
    r = g.node("r", tanh(Sum(X[n, d] * w[d], d)), over=n)
    inner = g.node("l", Sum((r[n] - y[n]) ** 2, n))
    u = g.node("u", w[d] - eta * g.derivative(inner, w)[d], over=d)
    g.loss("L", Sum(u[d] ** 4, d))
    return g


def score() -> Graph:
    """|s|^2/2 + tr(ds/dx), where s itself is a derivative: minus that of an energy."""
    g = Graph("score")
    D, H = g.size("D"), g.size("H")
    d, h = g.index("d", D), g.index("h", H)
    W, x = g.parameter("W", H, D), g.input("x", D, gradient=True)
    z = g.node("z", Sum(W[h, d] * x[d], d), over=h)
    energy = g.node("E", Sum(softplus(z[h]), h))
    s = g.node("s", -g.derivative(energy, x)[d], over=d)
    g.loss("L", Sum(s[d] ** 2, d) / 2 + Sum(g.derivative(s, x)[d, d], d))
    return g


def by_hand(name: str, t: dict[str, torch.Tensor]) -> torch.Tensor:
    """The same losses in torch, without a word of this package."""
    if name == "penalty":
        f = (t["v"] * torch.tanh(t["W"] @ t["x"] + t["b"])).sum()
        (slope,) = torch.autograd.grad(f, t["x"], create_graph=True)
        return (slope.norm() - 1) ** 2
    if name == "inner_step":
        inner = ((torch.tanh(t["X"] @ t["w"]) - t["y"]) ** 2).sum()
        (slope,) = torch.autograd.grad(inner, t["w"], create_graph=True)
        return ((t["w"] - t["eta"] * slope) ** 4).sum()
    energy = torch.nn.functional.softplus(t["W"] @ t["x"]).sum()
    s = -torch.autograd.grad(energy, t["x"], create_graph=True)[0]
    trace = sum(torch.autograd.grad(s[k], t["x"], create_graph=True)[0][k] for k in range(len(s)))
    return (s**2).sum() / 2 + trace


SHAPES: dict[str, tuple[Callable[[], Graph], dict[str, tuple[int, ...]]]] = {
    "penalty": (penalty, {"W": (4, 3), "b": (4,), "v": (4,), "x": (3,)}),
    "inner_step": (inner_step, {"w": (3,), "X": (5, 3), "y": (5,), "eta": ()}),
    "score": (score, {"W": (4, 3), "x": (3,)}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_values_and_second_order_gradients_are_those_of_create_graph(name: str) -> None:
    build, shapes = SHAPES[name]
    generator = torch.Generator().manual_seed(3)
    leaves = {n: torch.randn(s, generator=generator, dtype=torch.float64) for n, s in shapes.items()}
    solution = build().derive()
    assert solution.verify(points=60).ok
    for target in ("numpy", "torch"):
        scope: dict[str, Any] = {}
        exec(solution.to_code(target, check=False), scope)
        given = {n: v.numpy() if target == "numpy" else v for n, v in leaves.items()}
        values = scope["forward"](**given)
        grads = scope["backward"](**given)
        variables = {n: v.clone().requires_grad_() for n, v in leaves.items()}
        loss = by_hand(name, variables)
        torch.testing.assert_close(torch.as_tensor(values["L"]), loss.detach())
        for n in solution.derivation.wanted:
            (truth,) = torch.autograd.grad(loss, variables[n], retain_graph=True)
            torch.testing.assert_close(torch.as_tensor(grads[n]), truth)


def test_the_check_does_not_use_the_formula_of_a_derivative() -> None:
    """A definition that is not the derivative it is said to be fails, though all that follows from it is right."""
    g = penalty()
    node = g._nodes["df_dx"]
    wrong = node._replace(cases=(node.cases[0]._replace(expr=2 * node.cases[0].expr),))
    g._nodes["df_dx"] = wrong
    report = g.derive().verify(points=30)
    assert not report.ok and report.first_failure is not None


def test_the_page_says_what_the_derivative_is_and_why() -> None:
    solution = penalty().derive()
    english, chinese = (solution.to_text(lang, check=False) for lang in ("en", "zh"))
    assert letters("(∇ₓ f)_d = Σ_{h=1..H} W_hd vₕ (1 - aₕ²)") in letters(english)
    full = letters(solution.to_text("en", check=False, detail="full"))
    assert letters("∂f/∂x_d = Σ_{h=1..H} Σ_{i=1..D} vₕ (1 - aₕ²) Wₕᵢ δ_di") in full
    assert "定义中的导数" in chinese
    assert r"\left(\nabla_{x} f\right)_{d}" in solution.to_latex(check=False) or r"(\nabla_{x} f)_{d}" in (
        solution.to_latex(check=False)
    )


def test_a_derivative_is_one_node_however_often_it_is_asked_for() -> None:
    g = Graph("s")
    x, w = g.parameters("x w")
    f = g.node("f", sin(w * x))
    assert g.derivative(f, x) is g.derivative(f, x)
    second = g.derivative(g.derivative(f, x), x)
    g.loss("L", second)
    assert g.derive().verify(points=30).ok  # d^3 f / dx^2 dw and d^3 f / dx^3


def refused(what: str, g: Graph) -> None:
    D, T = g.size("D"), g.size("T")
    d, t = g.index("d", D), g.index("t", T)
    x, (y, u) = g.parameter("x", D), g.parameters("y u")
    f = g.node("f", Sum(x[d] ** 2, d))
    h = g.recurrence("h", lambda h: tanh(u * h[t - 1] + y), over=t, start={0: 0})
    r, F = g.node("r", h[T] ** 2), g.node("F", Function("F")(f))
    k = g.positions("k", D, among=D)
    asked = {
        "recurrence": (r, u), "not computed from": (f, y), "without its indices": (f, x[d]), "a name first": (f**2, x),
        "of this graph": ("f", x), "positions": (f, k), "abstract": (F, x), "is not computed": (x, x),
    }  # fmt: skip
    g.derivative(*asked[what])


@pytest.mark.parametrize(
    "what",
    [
        "recurrence", "not computed from", "without its indices", "a name first", "of this graph", "positions",
        "abstract", "is not computed",
    ],
)  # fmt: skip
def test_what_has_no_derivative_is_refused_at_its_line(what: str) -> None:
    with pytest.raises(ModelError, match=what) as found:
        refused(what, Graph("refused"))
    assert "\n" not in str(found.value) and "g.derivative" in str(found.value)


def test_an_adjoint_of_another_graph_is_no_definition_but_a_jacobian_is_one() -> None:
    """Case R7: the formula of a Jacobian is made of quantities; an adjoint is known by its name only."""

    def critic() -> tuple[Graph, Any]:
        g = Graph("critic")
        D, H = g.size("D"), g.size("H")
        d, h = g.index("d", D), g.index("h", H)
        x, W, v = g.input("x", D, gradient=True), g.parameter("W", H, D), g.parameter("v", H)
        a = g.node("a", tanh(Sum(W[h, d] * x[d], d)), over=h)
        g.node("f", Sum(v[h] * a[h], h))
        return g, d

    g, d = critic()
    g.loss("L", g._nodes["f"].symbol)
    solution = g.derive()
    for formula in (solution.jacobian("f", "x").value, solution.gradient("x")):  # both without an adjoint here
        g, d = critic()
        slope = g.node("g", formula, over=d)
        g.loss("L", Sum(slope[d] ** 2, d))
        assert g.derive().verify(points=30).ok
    g, d = critic()
    f, a, h = g._nodes["f"].symbol, g._nodes["a"].symbol, g._nodes["a"].indices[0]
    g.loss("L", f**2 + Sum(a[h] ** 2, h))
    gradient = g.derive().gradient("x")
    g, d = critic()
    with pytest.raises(ModelError, match=r"g\.derivative\(f, x\)"):
        g.node("g", gradient, over=d)


def test_a_delta_between_ranges_of_two_lengths_keeps_every_position_inside() -> None:
    """w[i, r] of f reads the diagonal w[r, r]: only i = r has that term, though i runs further than r."""
    g = Graph("diagonal")
    N = g.size("N")
    i, r = g.index("i", 2 * N), g.index("r", N)
    w = g.parameter("w", 2 * N, N)
    f = g.node("f", Sum(w[i, r] ** 2 * w[r, r], i, r))
    slope = g.derivative(f, w)
    g.loss("L", Sum(slope[i, r] ** 2, i, r))
    assert g.derive().verify(points=60).ok


def test_an_expectation_is_refused_before_it_is_differentiated() -> None:
    g = Graph("moments")
    w, x = g.parameter("w"), g.random("x", mean=0, variance=1)
    f = g.node("f", Expectation((w * x) ** 2))
    with pytest.raises(ModelError, match=r"g\.derivative\(f, w\): f is an expectation"):
        g.derivative(f, w)


def test_a_derivative_stands_in_brackets_where_a_sign_is_raised() -> None:
    """The inverse and the transpose of nabla_x y are not nabla_x of an inverse or a transpose of y."""
    g = Graph("flow")
    D = g.size("D")
    (i, j), x, W = g.indices("i j", D), g.parameter("x", D), g.parameter("W", D, D)
    slope = g.derivative(g.node("y", Sum(W[i, j] * tanh(x[j]), j), over=i), x)
    g.loss("L", Sum(inverse(slope)[i, j], i, j) + logdet(slope))
    derived = g.derive()
    text, latex = derived.to_text("zh", check=False), derived.to_latex(check=False)
    assert "y⁻" not in text and "(∇_x y)⁻ᵀ" in text and "(∇_x y)⁻¹ 𝟏_D" in text
    assert "y^{-" not in latex and r"(\nabla_{x} y)^{-\top}" in latex and r"((\nabla_{x} y)^{-1})_{ij}" in latex


def test_a_hessian_in_a_definition_is_symmetric_and_reads_a_symmetric_matrix_once() -> None:
    """f = w'Aw/2 + sum w^4: its gradient is A w + 4 w^3, its Hessian A + 12 diag(w^2), and neither is turned."""
    g = Graph("newton")
    n = g.size("n")
    i, j = g.indices("i j", n)
    w, A = g.parameter("w", n), g.constant("A", n, n, positive_definite=True)
    f = g.node("f", Sum(w[i] * A[i, j] * w[j], i, j) / 2 + Sum(w[i] ** 4, i))
    q = g.derivative(f, w)
    H = g.derivative(q, w)
    s = g.node("s", w[i] - solve(H, q)[i], over=i)
    g.loss("L", Sum(s[i] ** 2, i))
    text = g.derive().to_text()
    assert "Σ_{j=1..n} w_j A_ij" in text and "12 w_j² δ_ij + A_ij" in text
    assert "⁻ᵀ" not in text


def test_a_square_of_what_cancels_is_compared_by_its_terms() -> None:
    """The deviations from the mean add up to 0, and the square of a sum that is rounding is rounding of rounding."""
    g = Graph("centred")
    N = g.size("N")
    n, x, eps = g.index("n", N), g.parameter("x", N), g.constant("eps", domain="positive")
    g.loss("L", Sum((x[n] - mean(x[n], n)) / sqrt(var(x[n], n) + eps), n) ** 2)
    assert "Verification" in g.derive().to_text()


def test_a_laplacian_that_is_a_number_at_one_size() -> None:
    """The Laplacian of a product is 0, also of one factor, where autograd meets no parameter; raised plus x^2: 2 D."""
    g = Graph("product")
    D = g.size("D")
    i, x = g.index("i", D), g.parameter("x", D)
    f = g.node("f", Product(x[i], (i, 1, D)) + Sum(x[i] ** 2, i))
    second = g.derivative(g.derivative(f, x), x)
    g.loss("L", Sum(second[i, i], i))
    derived = g.derive()
    assert derived.verify(points=20).ok
    assert derived.gradient("x") == 0
