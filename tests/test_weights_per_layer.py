"""A recurrence over layers with weights of their own: W[l, i, j] in layer l."""

import numpy as np
import pytest
import torch
from alphabets import letters
from generated import loaded
from sympy import Expr, Gt, Indexed, Lt

from derive import Graph, Sum, relu, tanh
from derive.expressions.norms import Norm
from derive.language import Text
from derive.topics.stability.check.measured import measured
from derive.topics.stability.conditions import Condition

CELLS = {
    "identity": lambda z, h: z,
    "tanh": lambda z, h: tanh(z),
    "relu": lambda z, h: relu(z),
    "residual": lambda z, h: h + tanh(z),
}
TORCH = {
    "identity": lambda z, h: z,
    "tanh": lambda z, h: torch.tanh(z),
    "relu": lambda z, h: torch.relu(z),
    "residual": lambda z, h: h + torch.tanh(z),
}


def deep(cell, bias):
    """h_l = cell(W_l h_{l-1} + b_l) from h_0 = x, and J = ||h_L||^2."""
    g = Graph("deep")
    L, D = g.size("L"), g.size("D")
    m = g.index("l", L)
    i, j = g.indices("i j", D)
    W, x = g.parameter("W", L, D, D), g.input("x", D)
    b = g.parameter("b", L, D)[m, i] if bias else 0
    own = CELLS[cell]
    h = g.recurrence(
        "h", lambda h: own(Sum(W[m, i, j] * h[m - 1, j], j) + b, h[m - 1, i]), over=(m, i), start={0: x[i]}
    )
    g.loss("J", Sum(h[L, i] ** 2, i))
    return g


@pytest.mark.parametrize("bias", [False, True], ids=["plain", "bias"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_layer_has_its_own_gradient(cell, bias):
    d = deep(cell, bias).derive()
    assert d.verify(40).ok
    rng = np.random.default_rng(0)
    given = {"W": rng.normal(size=(4, 3, 3)), "x": rng.normal(size=3)} | (
        {"b": rng.normal(size=(4, 3))} if bias else {}
    )
    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in given.items()}
    h = tensors["x"]
    for layer in range(4):
        z = tensors["W"][layer] @ h + (tensors["b"][layer] if bias else 0)
        h = TORCH[cell](z, h)
    (h**2).sum().backward()
    found = loaded(d.to_code("numpy"))["backward"](**given)
    for name in found:
        assert np.allclose(found[name], tensors[name].grad.numpy(), rtol=1e-10)


def largest(solution) -> Expr:
    """sup over l of ||W_l||, written by hand."""
    (analysis,) = solution.analyses
    weight = next(a for p in analysis.jacobian.paths() for a in p.value.atoms(Indexed) if str(a.base) == "W")
    return Norm(weight.base, "2", analysis.jacobian.index, 0)


@pytest.mark.parametrize("cell", ["identity", "tanh", "relu"])
def test_the_largest_norm_of_all_layers_bounds_the_product(cell):
    """||J_L ... J_1|| <= sup ||W_l||^L. No fixed point and no sum over the steps: each layer has its own gradient."""
    d = deep(cell, True).derive()
    sup = largest(d)
    assert [(c.kind, c.strength, c.claim) for c in d.conditions] == [
        ("vanishes", "sufficient", Lt(sup, 1, evaluate=False)),
        ("explodes", "necessary", Gt(sup, 1, evaluate=False)),
    ]
    assert letters("sup_l ‖Wₗ‖₂ < 1") in letters(d.to_text()) and r"\sup_{l} \lVert W_{l}\rVert_2 < 1" in d.to_latex(
        "zh"
    )


def test_a_residual_layer_is_bounded_by_one_plus_the_largest_norm():
    """No claim, as the bound is never below 1; the bound is held against random layers all the same."""
    d = deep("residual", True).derive()
    assert d.conditions == () and d.verify(40).ok
    assert [v for _, v in d.analyses[0].where] == [1 + largest(d)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda sup: ("vanishes", "sufficient", Lt(sup / 2, 1, evaluate=False), sup / 2),
        lambda sup: ("explodes", "sufficient", Gt(sup, 1, evaluate=False), sup),
        lambda sup: ("vanishes", "exact", Lt(sup, 1, evaluate=False), sup),
    ],
)
def test_false_claims_about_layers_are_contradicted(wrong):
    d = deep("identity", False).derive()
    (analysis,) = d.analyses
    put_back = analysis._replace(conditions=(Condition(*wrong(largest(d)), Text("no reason", "无")),))
    assert measured(d.derivation, analysis).ok and not measured(d.derivation, put_back).ok


def test_a_weight_of_every_step_and_one_that_all_share():
    """h_t = tanh(w_t h_{t-1} + u x_t): the gradient of u is a sum over the steps, that of w_t is one contribution."""
    g = Graph("own and shared")
    T = g.size("T")
    t = g.index("t", T)
    w, u, x = g.parameter("w", T), g.parameter("u"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(w[t] * h[t - 1] + u * x[t]), over=t, start={0: 0})
    g.loss("L", h[T] ** 2)
    d = g.derive()
    assert d.verify(40).ok
    found = {(c.kind, c.strength, c.about): str(c.measure) for c in d.conditions}
    sup = str(Norm(w.base if isinstance(w, Indexed) else w, "abs", t, 0))
    assert found == {
        ("vanishes", "sufficient", "distant"): sup,
        ("explodes", "necessary", "distant"): sup,
        ("bounded", "sufficient", "whole"): sup,
    }
