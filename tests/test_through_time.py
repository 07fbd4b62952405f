"""Ways to train through time: in both directions, cut every K steps, with the target or the output fed back, lag two.

Each is compared with a loop in torch that is written here, by autograd; its sheet checks it too.
"""

import pytest
import torch
from generated import loaded, plain
from sympy import Eq, Mod

from derive import Graph, Piecewise, Sum, logsumexp, stop, tanh


def both_directions(g, T, t):
    D = g.size("D")
    i, j = g.indices("i j", D)
    W, V, u, v = g.parameter("W", D, D), g.parameter("V", D, D), g.parameter("u", D), g.parameter("v", D)
    x, y = g.input("x", T, D), g.target("y", T)
    f = g.recurrence(
        "f", lambda f: tanh(Sum(W[i, j] * f[t - 1, j], j) + x[t, i]), over=(t, i), start={0: 0}
    )  # fmt: skip
    b = g.recurrence(
        "b", lambda b: tanh(Sum(V[i, j] * b[t + 1, j], j) + x[t, i]), over=(t, i), start={T + 1: 0}
    )  # fmt: skip
    o = g.node("o", Sum(u[i] * f[t, i], i) + Sum(v[i] * b[t, i], i), over=t)
    g.loss("L", Sum((o[t] - y[t]) ** 2, t) / 2)


def by_loop_in_both_directions(a):
    T, D = a["x"].shape
    f, b, ahead, behind = torch.zeros(D).double(), torch.zeros(D).double(), [], []
    for t in range(T):
        f = torch.tanh(a["W"] @ f + a["x"][t])
        b = torch.tanh(a["V"] @ b + a["x"][T - 1 - t])
        ahead, behind = [*ahead, f], [b, *behind]
    o = torch.stack(ahead) @ a["u"] + torch.stack(behind) @ a["v"]
    return ((o - a["y"]) ** 2).sum() / 2


def cut_every_K(g, T, t):
    K = g.size("K")
    w, u = g.parameters("w u")
    x, y = g.input("x", T), g.target("y", T)
    before = lambda h: Piecewise((stop(h[t - 1]), Eq(Mod(t - 1, K), 0)), (h[t - 1], True))  # noqa: E731
    h = g.recurrence("h", lambda h: tanh(w * before(h) + u * x[t]), over=t, start={0: 0})
    g.loss("L", Sum((h[t] - y[t]) ** 2, t) / 2)


def by_loop_cut(a, K=3):
    h, loss = torch.zeros(()).double(), 0
    for t in range(len(a["x"])):
        h = torch.tanh(a["w"] * (h.detach() if t % K == 0 else h) + a["u"] * a["x"][t])
        loss = loss + (h - a["y"][t]) ** 2 / 2
    return loss


def lag_two_cut_every_K(g, T, t):
    """A segment of K steps begins with what came before it, of which nothing is differentiated."""
    K = g.size("K")
    w, v = g.parameters("w v")
    x = g.input("x", T)
    before = lambda h, lag: Piecewise((stop(h[t - lag]), Mod(t - 1, K) < lag), (h[t - lag], True))  # noqa: E731
    h = g.recurrence("h", lambda h: tanh(w * before(h, 1) + v * before(h, 2) + x[t]), over=t, start={0: 0, -1: 0})
    g.loss("L", Sum(h[t] ** 2, t) / 2)


def by_loop_lag_two_cut(a, K=3):
    h, last, loss = torch.zeros(()).double(), torch.zeros(()).double(), 0
    for t in range(len(a["x"])):
        h, last = (h.detach(), last.detach()) if t % K == 0 else (h, last)
        h, last = torch.tanh(a["w"] * h + a["v"] * last + a["x"][t]), h
        loss = loss + h**2 / 2
    return loss


def hidden_markov(g, T, t):
    """The forward pass of a hidden Markov model, without a start: what stands under the condition has no value at 1."""
    K = g.size("K")
    k, l = g.indices("k l", K)  # noqa: E741
    A, e, p = g.parameter("A", K, K), g.parameter("e", T, K), g.parameter("p", K)
    law = lambda f: e[t, k] + Piecewise((logsumexp(f[t - 1, l] + A[l, k], l), t > 1), (p[k], True))  # noqa: E731
    f = g.recurrence("f", law, over=(t, k), start={})
    g.loss("L", -logsumexp(f[T, k], k))


def by_loop_markov(a):
    f = a["e"][0] + a["p"]
    for now in a["e"][1:]:
        f = now + torch.logsumexp(f[:, None] + a["A"], 0)
    return -torch.logsumexp(f, 0)


def teacher_forcing(g, T, t):
    w, u, q = g.parameters("w u q")
    y = g.target("y", T)
    fed = Piecewise((y[t - 1], t > 1), (0, True))
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + u * fed), over=t, start={0: 0})
    o = g.node("o", q * h[t], over=t)
    g.loss("L", Sum((o[t] - y[t]) ** 2, t) / 2)


def output_fed_back(g, T, t):
    w, u, q = g.parameters("w u q")
    y = g.target("y", T)
    h, o = g.states("h o", over=t, start={0: 0})
    g.update(h, tanh(w * h[t - 1] + u * o[t - 1]))
    g.update(o, q * h[t])
    g.loss("L", Sum((o[t] - y[t]) ** 2, t) / 2)


def by_loop_fed(a, forced):
    h = o = torch.zeros(()).double()
    loss = 0
    for t in range(len(a["y"])):
        fed = (a["y"][t - 1] if t else 0) if forced else o
        h = torch.tanh(a["w"] * h + a["u"] * fed)
        o = a["q"] * h
        loss = loss + (o - a["y"][t]) ** 2 / 2
    return loss


def lag_two(g, T, t):
    a, b = g.parameters("a b")
    x = g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(a * h[t - 1] + b * h[t - 2] + x[t]), over=t, start={0: 0, -1: 0})
    g.loss("L", h[T] ** 2)


def by_loop_lag_two(a):
    h, before = torch.zeros(()).double(), torch.zeros(()).double()
    for x in a["x"]:
        h, before = torch.tanh(a["a"] * h + a["b"] * before + x), h
    return h**2


CASES = {
    "both directions": (both_directions, by_loop_in_both_directions, {"W": (2, 2), "V": (2, 2), "u": (2,), "v": (2,),
                                                                     "x": (5, 2), "y": (5,)}, {}),
    "cut every K": (cut_every_K, by_loop_cut, {"w": (), "u": (), "x": (8,), "y": (8,)}, {"K": 3}),
    "lag two, cut every K": (lag_two_cut_every_K, by_loop_lag_two_cut, {"w": (), "v": (), "x": (8,)}, {"K": 3}),
    "lag two, cut at each step": (lag_two_cut_every_K, lambda a: by_loop_lag_two_cut(a, 1),
                                  {"w": (), "v": (), "x": (5,)}, {"K": 1}),
    "hidden Markov": (hidden_markov, by_loop_markov, {"A": (3, 3), "e": (5, 3), "p": (3,)}, {}),
    "teacher forcing": (teacher_forcing, lambda a: by_loop_fed(a, True), {"w": (), "u": (), "q": (), "y": (6,)}, {}),
    "output fed back": (output_fed_back, lambda a: by_loop_fed(a, False), {"w": (), "u": (), "q": (), "y": (6,)}, {}),
    "lag two": (lag_two, by_loop_lag_two, {"a": (), "b": (), "x": (7,)}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_as_a_loop_in_torch(name):
    """The sheet's own check, the pages in both languages, and the code of both targets."""
    build, loop, shapes, sizes = CASES[name]
    g = Graph(name)
    T = g.size("T")
    build(g, T, g.index("t", T))
    solution = g.derive()
    assert solution.verify(60, conditions=False).ok
    assert all(solution.to_text(lang, check=False) for lang in ("en", "zh"))
    torch.manual_seed(0)
    given = {n: torch.randn(shape, dtype=torch.float64).requires_grad_() for n, shape in shapes.items()}
    truth = {n: torch.autograd.grad(loop(given), given[n])[0] for n in solution.derivation.wanted}
    for target in ("numpy", "torch"):
        raw = {n: a.detach().numpy() if target == "numpy" else a.detach() for n, a in given.items()}
        found = loaded(solution.to_code(target, check=False))["backward"](**raw, **sizes)
        assert all(abs(plain(found[n]) - t.numpy()).max() < 1e-12 for n, t in truth.items())
