"""Padding, roll, cat, stack and pooling by conditions on positions: equal to torch, and written as one would by hand.

Conditions that the ranges of the indices decide are not on the page, and a sum over a mark takes its places alone.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from alphabets import letters
from generated import loaded
from sympy import And

from derive import Graph, Piecewise, Sum, amax, mean
from derive.expressions.decided import decided
from derive.expressions.indices import index

F = torch.nn.functional
N = 5
X, W, C = np.array([0.5, -1.0, 2.0, 1.5, 0.25]), np.array([0.3, -0.7, 1.1]), np.array([1.0, -2.0, 0.5, 0.25, 3.0])


class Signal:
    """x over 1..N, a filter w of three taps, weights c of the outputs."""

    def __init__(self):
        self.g = g = Graph("signal")
        self.N = g.size("N", least=3)
        self.n, self.a, self.v = g.index("n", self.N), g.index("a", 3), g.index("v", self.N + 2)
        self.x, self.c, self.w = g.input("x", self.N, gradient=True), g.constant("c", self.N), g.parameter("w", 3)

    def filtered(self, before, after):
        """The filter over x with one element put before it and one behind."""
        x, n, a, v, last = self.x, self.n, self.a, self.v, self.N
        cases = (before, v < 2), (after, v > last + 1), (x[v - 1], True)
        p = self.g.node("p", Piecewise(*cases), over=v)
        y = self.g.node("y", Sum(self.w[a] * p[n + a - 1], a), over=n)
        self.g.loss("L", Sum(self.c[n] * y[n] ** 2, n))

    def of(self, y):
        """The loss of a vector over n."""
        y = self.g.node("y", y, over=self.n)
        self.g.loss("L", Sum(self.c[self.n] * y[self.n] ** 2, self.n))


def padded(mode):
    def loss(x, w, c):
        y = F.conv1d(F.pad(x[None, None], (1, 1), mode=mode), w[None, None])[0, 0]
        return (c * y**2).sum()

    return loss


def zero(s):
    n, a = s.n, s.a
    inside = Piecewise((s.x[n + a - 2], And(n + a - 2 >= 1, n + a - 2 <= s.N)), (0, True))
    s.of(Sum(s.w[a] * inside, a))


MODELS = {  # how it is written, the same loss in torch, and the gradient by x as the page writes it
    "zeros": (zero, padded("constant"), "∂L/∂xₙ = Σ_{a=1..3} ∂L/∂yₙ₊₂₋ₐ wₐ · 1[1 ≤ n+2-a ≤ N]"),
    "replicate": (lambda s: s.filtered(s.x[1], s.x[s.N]), padded("replicate"), "[n ≥ 2 ∧ n ≤ N-1]"),
    "circular": (lambda s: s.filtered(s.x[s.N], s.x[1]), padded("circular"), "[n ≥ 2 ∧ n ≤ N-1]"),
    "reflect": (lambda s: s.filtered(s.x[2], s.x[s.N - 1]), padded("reflect"), "[n = 2]"),
    "roll": (
        lambda s: s.of(Piecewise((s.x[s.n - 2], s.n > 2), (s.x[s.n - 2 + s.N], True))),
        lambda x, w, c: (c * x.roll(2) ** 2).sum(),
        "∂L/∂xₙ = {2 cₙ₊₂ yₙ₊₂ [n ≤ N-2]; 2 c_{n+2-N} y_{n+2-N} [n ≥ N-1]}",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_positions_under_conditions(name):
    """The check agrees, the code equals torch, and no condition that always or never holds is printed."""
    write, loss, line = MODELS[name]
    s = Signal()
    write(s)
    d = s.g.derive()
    text = d.to_text(check=False)
    boxed = "\n".join(row for row in text.splitlines() if row.startswith("  │"))
    assert letters(line) in letters(boxed) and "n > N" not in boxed and "n < 1" not in boxed
    assert d.verify(points=60).ok
    x, w = (torch.tensor(v, requires_grad=True) for v in (X, W))
    truth = torch.autograd.grad(loss(x, w, torch.tensor(C)), (x, w), allow_unused=True)
    found = loaded(d.to_code(check=False))["backward"](x=X, w=W, c=C)
    assert np.allclose(found["x"], truth[0])
    assert np.allclose(found["w"], 0 if truth[1] is None else truth[1])


def test_cat_and_stack():
    """Each of two vectors gets its part of the gradient: no sum over the places of the other."""
    g = Graph("joined")
    A, B = g.size("A"), g.size("B")
    n, i, s = g.index("n", A + B), g.index("i", A), g.index("s", 2)
    a, b, e = g.parameter("a", A), g.parameter("b", B), g.parameter("e", A)
    c, k = g.constant("c", A + B), g.constant("k", 2, A)
    y = g.node("y", Piecewise((a[n], n <= A), (b[n - A], True)), over=n)
    z = g.node("z", Piecewise((a[i], s <= 1), (e[i], True)), over=(s, i))
    g.loss("L", Sum(c[n] * y[n] ** 2, n) + Sum(k[s, i] * z[s, i] ** 3, s, i))
    d = g.derive()
    text = d.to_text(check=False)
    assert letters("∂L/∂eᵢ = 3 k₂ᵢ z₂ᵢ²") in letters(text) and d.verify(points=60).ok
    values = {"a": X[:2], "b": X[2:], "e": W[:2], "c": C, "k": np.outer(W[:2], X[:2])}
    t = {name: torch.tensor(v, requires_grad=True) for name, v in values.items()}
    loss = (t["c"] * torch.cat([t["a"], t["b"]]) ** 2).sum() + (t["k"] * torch.stack([t["a"], t["e"]]) ** 3).sum()
    truth = torch.autograd.grad(loss, [t[m] for m in "abe"])
    found = loaded(d.to_code(check=False))["backward"](**values)
    assert all(np.allclose(found[m], v) for m, v in zip("abe", truth, strict=True))


@pytest.mark.parametrize("kind", ["max", "mean"])
def test_pooling_with_a_stride(kind):
    """Windows of three, two apart, which overlap: F.max_pool1d and F.avg_pool1d, a tie among the numbers."""
    g = Graph("pooling")
    M = g.size("M")
    m, k = g.index("m", M), g.index("k", 3)
    x, c = g.input("x", 2 * M + 1, gradient=True), g.constant("c", M)
    y = g.node("y", (amax if kind == "max" else mean)(x[2 * (m - 1) + k], k), over=m)
    g.loss("L", Sum(c[m] * y[m] ** 2, m))
    d = g.derive()
    assert d.verify(points=60).ok
    value = torch.tensor(X, requires_grad=True)
    pool = F.max_pool1d if kind == "max" else F.avg_pool1d
    (truth,) = torch.autograd.grad((torch.tensor(C[:2]) * pool(value[None], 3, 2)[0] ** 2).sum(), value)
    assert np.allclose(loaded(d.to_code(check=False))["backward"](x=X, c=C[:2])["x"], truth)


def test_what_ranges_decide():
    """By the ends of the ranges alone; what depends on the value of an index stays."""
    g = Graph("ranges")
    size = g.size("N")
    i = index("i", 1, size)
    ranges = {i: (i.lower, i.upper)}
    assert decided(i > size, ranges) == False and decided(i >= 1, ranges) == True  # noqa: E712
    assert decided(i > 1, ranges) == (i > 1) and decided(i <= 3, ranges) == (i <= 3)
