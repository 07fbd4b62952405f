"""A family that is read at 2j and 2j - 1: its gradient is one value for odd and one for even indices.

Solved by hand: 2j - 1 = i gives j = (i + 1)/2 for odd i, and 2j = i gives j = i/2 for even i.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from alphabets import letters
from generated import loaded
from sympy import KroneckerDelta

from derive import Function, Graph, Max, Sum, cos, exp, log, sin, sqrt


def graph(width: int = 2, more: int = 0) -> tuple[Graph, Any, Any, Any]:
    """A graph, K, j = 1..K, and x of length width K + more."""
    g = Graph("strides")
    K = g.size("K")
    return g, K, g.index("j", K), g.parameter("x", width * K + more)


def rope() -> Graph:
    g, K, j, x = graph()
    theta, c = g.constants("theta c", K)
    a = g.node("a", x[2 * j - 1] * cos(theta[j]) - x[2 * j] * sin(theta[j]), over=j)
    g.loss("L", Sum(c[j] * a[j], j))
    return g


def node(f: Callable[[Any, Any], Any], width: int = 2, more: int = 0) -> Graph:
    """y_j = f(x, j), and a loss of y."""
    g, _, j, x = graph(width, more)
    g.loss("L", Function("L")(g.node("y", f(x, j), over=j)))
    return g


def from_the_end() -> Graph:
    g, K, j, x = graph()
    g.loss("L", Function("L")(g.node("y", sin(x[2 * K + 1 - 2 * j]), over=j)))
    return g


def loss(f: Callable[[Any, Any], Any], width: int = 2, more: int = 0) -> Graph:
    """The sum of f(x, j)."""
    g, _, j, x = graph(width, more)
    g.loss("L", Sum(f(x, j), j))
    return g


def rotated_scores() -> Graph:
    """The scores of rotary embeddings: a sum over pairs inside of a sum over places."""
    g, K, j, _ = graph()
    T = g.size("T")
    t, s = g.indices("t s", T)
    q, k, theta = g.parameter("q", T, 2 * K), g.parameter("k", T, 2 * K), g.constant("theta", K)
    straight = q[t, 2 * j - 1] * k[s, 2 * j - 1] + q[t, 2 * j] * k[s, 2 * j]
    crossed = q[t, 2 * j - 1] * k[s, 2 * j] - q[t, 2 * j] * k[s, 2 * j - 1]
    turned = straight * cos((t - s) * theta[j]) + crossed * sin((t - s) * theta[j])
    g.loss("L", Function("L")(g.node("S", Sum(turned, j), over=(t, s))))
    return g


def pooled() -> Graph:
    g = Graph("pooled")
    H, W = g.size("H"), g.size("W")
    j, k = g.index("j", H), g.index("k", W)
    x = g.parameter("x", 2 * H, 2 * W)
    window = (x[2 * j, 2 * k], x[2 * j - 1, 2 * k], x[2 * j, 2 * k - 1], x[2 * j - 1, 2 * k - 1])
    g.loss("L", Function("L")(g.node("y", sum(window) / 4, over=(j, k))))
    return g


MODELS: dict[str, Callable[[], Graph]] = {
    "rotary": rope,
    "rotary scores": rotated_scores,
    "differences": lambda: node(lambda x, j: x[2 * j] - x[2 * j - 1]),
    "average pooling": pooled,
    "maximum pooling": lambda: node(lambda x, j: Max(x[2 * j], x[2 * j - 1])),
    "only even": lambda: node(lambda x, j: sin(x[2 * j])),
    "from the end": from_the_end,
    "every third of 3K + 1": lambda: loss(lambda x, j: x[3 * j + 1] ** 2, 3, 1),
    "triples": lambda: loss(lambda x, j: x[3 * j] * x[3 * j - 1] * x[3 * j - 2], 3),
    "three taps at stride 2": lambda: node(lambda x, j: x[2 * j - 1] + 2 * x[2 * j] + 3 * x[2 * j + 1], 2, 1),
    "in the loss": lambda: loss(lambda x, j: (x[2 * j] - x[2 * j - 1]) ** 2),
    "Haar": lambda: loss(lambda x, j: ((x[2 * j] + x[2 * j - 1]) / sqrt(2)) ** 4),
}


@pytest.mark.parametrize("name", MODELS)
def test_no_delta_is_left(name: str) -> None:
    """The gradient is by cases, without a delta, and right."""
    derived = MODELS[name]().derive()
    for step in derived.steps:
        assert step.node.kind != "parameter" or not step.value.has(KroneckerDelta)
    assert derived.verify(200).ok


def printed(model: Graph) -> str:
    """The box of the gradient, on one line."""
    lines = [row.strip("│ ") for row in model.derive().to_text(check=False).splitlines() if row.startswith("  │")]
    return " ".join(" ".join(lines).split()).split("= ", 1)[1]


BY_HAND = {
    "rotary": "{c_{(i+1)/2} cos(θ_{(i+1)/2}) [i ≡ 1 mod 2]; -c_{i/2} sin(θ_{i/2}) [i ≡ 0 mod 2]}",
    "differences": "{-∂L/∂y_{(i+1)/2} [i ≡ 1 mod 2]; ∂L/∂y_{i/2} [i ≡ 0 mod 2]}",
    "only even": "{∂L/∂y_{i/2} cos(xᵢ) [i ≡ 0 mod 2]; 0 [i ≢ 0 mod 2]}",
    "every third of 3K + 1": "{2 xᵢ · 1[4 ≤ i ≤ 3K+1] [i ≡ 1 mod 3]; 0 [i ≢ 1 mod 3]}",
    "triples": "{xᵢ₊₁ xᵢ₊₂ [i ≡ 1 mod 3]; xᵢ₊₁ xᵢ₋₁ [i ≡ 2 mod 3]; xᵢ₋₁ xᵢ₋₂ [i ≡ 0 mod 3]}",
    "in the loss": "{2 (xᵢ - xᵢ₊₁) [i ≡ 1 mod 2]; 2 (xᵢ - xᵢ₋₁) [i ≡ 0 mod 2]}",
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_cases(name: str) -> None:
    """What is printed is what one gets by hand."""
    assert letters(printed(MODELS[name]())) == letters(BY_HAND[name])


@pytest.mark.parametrize("size", [1, 2, 5])
def test_generated_code(size: int) -> None:
    """The generated code adds where the model reads, whatever the page says; expected: torch.autograd."""
    x = torch.linspace(-1, 1, 2 * size, dtype=torch.float64, requires_grad=True)
    ((x[1::2] - x[::2]) ** 2).sum().backward()
    assert x.grad is not None
    found = loaded(MODELS["in the loss"]().derive().to_code("numpy"))["backward"](x=x.detach().numpy())["x"]
    assert np.allclose(found, x.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_block_of_a_vector() -> None:
    """The place of a head, (h - 1) D + d, is solved for both: the head is the block of i, and x is read at i."""
    g = Graph("heads")
    H, D = g.size("H"), g.size("D")
    h, d, x = g.index("h", H), g.index("d", D), g.parameter("x", H * D)
    g.loss("L", Function("L")(g.node("y", x[(h - 1) * D + d] ** 2, over=(h, d))))
    assert letters(printed(g)) == letters("2 ∂L/∂y_{⌈i/D⌉,i-D(⌈i/D⌉-1)} xᵢ ∂L/∂x = 2 vec(vec⁻¹(x) ⊙ (∂L/∂y)ᵀ)")


def test_softmax_of_half() -> None:
    """log sum_j exp(x_2j) + sum_j x_{2j-1}^2: the slope of the first is a softmax p over j."""
    g, _, j, x = graph()
    g.loss("L", log(Sum(exp(x[2 * j]), j)) + Sum(x[2 * j - 1] ** 2, j))
    assert letters(printed(g)) == letters("{p_{i/2} [i ≡ 0 mod 2]; 2 xᵢ [i ≡ 1 mod 2]}")
