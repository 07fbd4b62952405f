"""Positions, families of whole numbers that say where in an axis: gathering, scattering, labels, tokens, sorted order.

Every model is checked by its own sheet, and its generated code is compared with torch, where positions count from 0.
"""

import numpy as np
import pytest
import torch
from alphabets import letters
from generated import loaded
from sympy import Eq

from derive import Graph, KroneckerDelta, ModelError, Piecewise, Sum, exp, log, tanh

F = torch.nn.functional
X = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]


def embedding(g):
    n, c, d = g.size("N"), g.size("C"), g.size("D")
    i, k = g.index("i", n), g.index("k", d)
    x, y = g.parameter("x", c, d), g.positions("y", n, among=c)
    e = g.node("e", x[y[i], k], over=(i, k))
    g.loss("L", Sum((i + k) * e[i, k] ** 2, i, k))


def cross_entropy(g):
    n, c = g.size("N"), g.size("C")
    i, j, k = g.index("i", n), *g.indices("j k", c)
    x, y = g.parameter("x", n, c), g.positions("y", n, among=c)
    p = g.node("p", exp(x[i, j]) / Sum(exp(x[i, k]), k), over=(i, j))
    g.loss("L", -Sum(log(p[i, y[i]]), i) / n)


def scatter(g):
    n, m, c = g.size("N"), g.size("M"), g.size("C")
    i, k, j = g.index("i", n), g.index("k", m), g.index("j", c)
    x, y = g.parameter("x", n, m), g.positions("y", n, among=c)
    z = g.node("z", Sum(KroneckerDelta(y[i], j) * x[i, k], i), over=(j, k))
    g.loss("L", Sum(z[j, k] ** 3, j, k))


def recurrent(g):
    t, v, h = g.size("T"), g.size("V"), g.size("H")
    s, i, j = g.index("s", t), *g.indices("i j", h)
    x, w, y = g.parameter("x", v, h), g.parameter("w", h, h), g.positions("y", t, among=v)
    state = g.recurrence("h", lambda h: tanh(Sum(w[i, j] * h[s - 1, j], j) + x[y[s], i]), over=(s, i), start={0: 0})
    g.loss("L", Sum(state[t, i] ** 2, i))


def put(g):
    n, m = g.size("N"), g.size("M")
    i, k = g.index("i", n), g.index("k", m)
    x, y = g.parameter("x", n, m), g.positions("y", 1, among=n)
    z = g.node("z", Piecewise((7, Eq(y[1], i)), (x[i, k], True)), over=(i, k))
    g.loss("L", Sum(z[i, k] ** 2, i, k))


def ordered(g):
    n, m = g.size("N"), g.size("M")
    i, k = g.index("i", n), g.index("k", m)
    x, y = g.parameter("x", n, m), g.positions("y", n, m, among=n)
    s = g.node("s", x[y[i, k], k], over=(i, k))
    g.loss("L", Sum(i * s[i, k] ** 2, i, k))


def by_scatter(x, y):
    return (torch.zeros(4, 3, dtype=x.dtype).index_add(0, y, x) ** 3).sum()


def by_recurrence(x, y, w):
    h = torch.zeros(3, dtype=x.dtype)
    for token in y:
        h = torch.tanh(w @ h + x[token])
    return (h**2).sum()


WEIGHTS = torch.tensor([[2.0, 3.0, 4.0], [3.0, 4.0, 5.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
MODELS = {
    embedding: ([1, 0, 1], lambda x, y: (WEIGHTS * F.embedding(y, x) ** 2).sum(), {}),
    cross_entropy: ([2, 0], F.cross_entropy, {}),
    scatter: ([3, 1], by_scatter, {"C": 4}),
    recurrent: ([1, 0, 1, 1], by_recurrence, {"w": [[0.1, 0.2, 0.3], [-0.4, 0.5, 0.6], [0.7, -0.8, 0.9]]}),
    put: ([1], lambda x, y: (x.index_fill(0, y, 7.0) ** 2).sum(), {}),
    ordered: (
        [[0, 0, 1], [1, 1, 0]],
        lambda x, y: (torch.arange(1.0, 3, dtype=x.dtype)[:, None] * x.gather(0, y) ** 2).sum(),
        {},
    ),
}


@pytest.mark.parametrize("write", MODELS, ids=lambda f: f.__name__)
def test_the_page_and_the_code(write):
    g = Graph("positions")
    write(g)
    solution = g.derive()
    solution.verify().require()
    assert "is a given position among" in " ".join(solution.to_text(check=False).split())
    assert "不对其求导" in solution.to_text("zh", check=False).replace("\n", "") and solution.to_latex(check=False)
    places, by_torch, more = MODELS[write]
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    others = {n: torch.tensor(v, dtype=torch.float64, requires_grad=True) for n, v in more.items() if n != "C"}
    loss = by_torch(x, torch.tensor(places), *others.values())
    truth = torch.autograd.grad(loss, [x, *others.values()])
    sizes = {n: v for n, v in more.items() if n == "C"}
    for target in ("numpy", "torch"):
        code = loaded(solution.to_code(target))
        tensors = {"x": x.detach(), "y": torch.tensor(places), **{n: v.detach() for n, v in others.items()}}
        given = {n: t.numpy() if target == "numpy" else t for n, t in tensors.items()}
        assert float(code["forward"](**given, **sizes)["L"]) == pytest.approx(loss.item(), rel=1e-12)
        found = code["backward"](**given, **sizes)
        for name, expected in zip(("x", *others), truth, strict=True):
            assert np.allclose(found[name], expected, rtol=1e-11, atol=1e-13)


def test_the_gradient_of_an_embedding():
    """By hand: dL/dx_jk = sum over the rows that are read at j; the delta says which these are."""
    g = Graph("embedding")
    embedding(g)
    assert letters("δ_{y_i,j}") in letters(g.derive().to_text(check=False))


@pytest.mark.parametrize("places", [[0, 2, 1], [-1, 0, 1], [0.5, 1, 1]])
def test_code_refuses_what_is_no_position(places):
    """There are two rows, 0 and 1."""
    g = Graph("embedding")
    embedding(g)
    code = loaded(g.derive().to_code())
    with pytest.raises(ValueError, match=r"^y: expected whole numbers from 0 to 1"):
        code["forward"](x=np.array(X), y=np.array(places))


def test_what_is_refused():
    g = Graph("m")
    n, c, d = g.size("N"), g.size("C"), g.size("D")
    i, k = g.index("i", n), g.index("k", d)
    x, y = g.parameter("x", c, d), g.positions("y", n, among=c)
    with pytest.raises(ModelError, match=r"^z: x\[y\[i\] \+ 1, k\]: a position stands by itself"):
        g.node("z", x[y[i] + 1, k], over=(i, k))
    with pytest.raises(ModelError, match=r"^z: x\[k, y\[i\]\]: y\[i\] is among 1, ..., C, but that axis of x runs"):
        g.node("z", x[k, y[i]], over=(i, k))
    with pytest.raises(ModelError, match=r"^p: positions have an index of their own"):
        g.positions("p", among=c)
    with pytest.raises(ModelError, match=r"^p: positions count from 1"):
        g.positions("p", n, among=(0, c))
    g.loss("L", Sum(x[y[i], k], i, k))
    with pytest.raises(ModelError, match=r"^wrt: y are whole numbers"):
        g.derive(wrt=["y"])
