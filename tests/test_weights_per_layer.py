"""A recurrence over layers with weights of their own: W[l, i, j] in layer l."""

import numpy as np
import pytest
import torch
from generated import loaded

from derive import Graph, Sum, relu, tanh

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
    assert d.conditions == ()
    assert "is another matrix at every step" in " ".join(d.to_text().split())
    assert "在每一步都是另一个矩阵" in "".join(d.to_text("zh").split())
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
