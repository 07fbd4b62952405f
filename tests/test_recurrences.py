"""Recurrences through several indices and over the whole past: against torch by hand, in code, and what is refused."""

import pytest
import torch
from alphabets import letters
from generated import failures, module
from sympy import Min, exp, log

from derive import Graph, Piecewise, Sum, tanh
from derive.errors import ModelError


def stacked():
    g = Graph("stacked RNN")
    T, L, D = g.size("T"), g.size("L"), g.size("D")
    t, l, (i, j) = g.index("t", T), g.index("l", L), g.indices("i j", D)  # noqa: E741
    W, U, x = g.parameter("W", L, D, D), g.parameter("U", L, D, D), g.input("x", T, D, gradient=True)
    h = g.recurrence(
        "h",
        lambda h: tanh(Sum(W[l, i, j] * h[l - 1, t, j], j) + Sum(U[l, i, j] * h[l, t - 1, j], j)),
        over=(l, t, i),
        start={(0, t, i): x[t, i], (l, 0, i): 0},
    )
    g.loss("E", Sum(h[L, T, i] ** 2, i))
    return g


def stacked_by_hand(W, U, x):
    layer = list(x)
    for w, u in zip(W, U, strict=True):
        state, out = torch.zeros_like(x[0]), []
        for below in layer:
            state = torch.tanh(w @ below + u @ state)
            out.append(state)
        layer = out
    return (layer[-1] ** 2).sum()


def grid(law, **more):
    g = Graph("grid")
    N, M = g.size("N"), g.size("M")
    i, j = g.index("i", N), g.index("j", M)
    d, w = g.parameter("d", N, M), g.parameter("w")
    borders = {(0, j): 4, (i, 0): w, (0, 0): 0} | more
    r = g.recurrence("r", lambda r: law(r, d[i, j], w, i, j), over=(i, j), start=borders)
    g.loss("L", r[N, M] ** 2)
    return g


def soft_dtw():
    law = lambda r, d, w, i, j: d - log(exp(-r[i - 1, j]) + exp(-r[i, j - 1]) + exp(-r[i - 1, j - 1]))  # noqa: E731
    return grid(law)


def least():
    return grid(lambda r, d, w, i, j: Min(r[i - 1, j] + d, r[i, j - 1] + 2 * d, r[i - 1, j - 1] + w * d))


def one_loop():
    """One loop would do; the border along j needs another one."""
    return grid(lambda r, d, w, i, j: tanh(w * r[i - 1, j - 1] + d))


def turned():
    """Upwards in one index, downwards in the other."""
    g = Graph("turned")
    N, M = g.size("N"), g.size("M")
    i, j = g.index("i", N), g.index("j", M)
    x, w = g.parameter("x", N, M), g.parameter("w")
    law = lambda r: tanh(w * r[i + 1, j] + r[i, j - 1] + x[i, j])  # noqa: E731
    r = g.recurrence("r", law, over=(i, j), start={(N + 1, j): w, (i, 0): 1})
    g.loss("L", Sum(r[i, j] ** 2, i, j))
    return g


def past(law):
    g = Graph("past")
    n = g.size("n")
    t, s = g.indices("t s", n)
    A, b, k = g.parameter("A", n, n), g.parameter("b", n), g.parameter("k", n)
    h = g.recurrence("h", lambda h: law(h, A, b, k, t, s, n), over=t, start={})
    g.loss("L", Sum(h[t] ** 2, t))
    return g


def triangular():
    return past(lambda h, A, b, k, t, s, n: b[t] - Sum(A[t, s] * h[s], (s, 1, t - 1)))


def upper():
    return past(lambda h, A, b, k, t, s, n: b[t] - Sum(A[t, s] * h[s], (s, t + 1, n)))


def memory():
    return past(lambda h, A, b, k, t, s, n: tanh(Sum(k[t - s] * h[s], (s, 1, t - 1)) + b[t]))


def attention():
    """Over the own past, which a condition cuts out of a whole row."""
    own = lambda value, t, s: Sum(Piecewise((value, s < t), (0, True)), s)  # noqa: E731
    score = lambda h, b, t, s: exp(b[t] * h[s])  # noqa: E731
    mean = lambda h, b, t, s: own(score(h, b, t, s) * h[s], t, s) / (1 + own(score(h, b, t, s), t, s))  # noqa: E731
    return past(lambda h, A, b, k, t, s, n: tanh(b[t] + mean(h, b, t, s)))


MODELS = (stacked, soft_dtw, least, one_loop, turned, triangular, upper, memory, attention)


@pytest.mark.parametrize("made", MODELS, ids=lambda made: made.__name__)
def test_lines_and_code_are_right(made):
    d = made().derive()
    assert d.verify(points=20).ok
    draws = [({s: 1 + (2 * k + n) % 4 for n, s in enumerate(d.derivation.model.sizes)}, k) for k in range(3)]
    assert not failures(d.derivation, draws)


def test_a_stacked_network_against_torch():
    arrays = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((3, 2, 2), (3, 2, 2), (4, 2))]
    truth = torch.autograd.grad(stacked_by_hand(*arrays), arrays)
    given = {n: a.detach().numpy() for n, a in zip("WUx", arrays, strict=True)}
    found = module(stacked().derive().derivation, "numpy")["backward"](**given)
    assert all(abs(found[n] - a.numpy()).max() < 1e-12 for n, a in zip("WUx", truth, strict=True))


def test_a_triangular_system_against_torch():
    A, b = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((5, 5), (5, 1)))
    unit = torch.eye(5, dtype=torch.float64) + A.tril(-1)
    truth = torch.autograd.grad((torch.linalg.solve_triangular(unit, b, upper=False) ** 2).sum(), (A, b))
    given = {"A": A.detach().numpy(), "b": b.detach().numpy()[:, 0], "k": [0.0] * 5}
    found = module(triangular().derive().derivation, "numpy")["backward"](**given)
    assert abs(found["A"] - truth[0].numpy()).max() < 1e-12 and abs(found["b"] - truth[1].numpy()[:, 0]).max() < 1e-12


def test_the_page_says_the_order_and_which_partials_are_immediate():
    page = soft_dtw().derive().to_text(check=False)
    assert "in nested loops" in page and "i = 1, …, N; j = 1, …, M" in page
    assert letters("∂⁺r_{i+1,j+1}/∂rᵢⱼ") in letters(page) and "∂⁺r_{i+1,j}" not in page
    assert "∂⁺hₛ/∂hₜ" in triangular().derive().to_text(check=False)
    assert "嵌套循环" in soft_dtw().derive().to_text(lang="zh", check=False)


def test_what_has_no_order():
    """Steps against each other, a sum that holds the element itself, and a corner without a value."""
    with pytest.raises(ModelError, match=r"nor do loops inside each other; it reads r\[i [+-] 1, j"):
        back = lambda r, i, j: Piecewise((r[i + 1, j - 2], (j > 2) & (i < 5)), (0, True))  # noqa: E731
        on = lambda r, i, j: Piecewise((r[i - 1, j + 1], (j < 5) & (i > 1)), (0, True))  # noqa: E731
        grid(lambda r, d, w, i, j: d + back(r, i, j) + on(r, i, j)).derive()
    with pytest.raises(ModelError, match="earlier elements only"):
        past(lambda h, A, b, k, t, s, n: b[t] + Sum(A[t, s] * h[s], (s, 1, t))).derive()
    g = Graph("corner")
    N = g.size("N")
    i, j = g.indices("i j", N)
    with pytest.raises(ModelError, match=r"reaches r\[0, 0\], which has no value; give it: start=\{\(0, 0\)"):
        g.recurrence("r", lambda r: r[i - 1, j - 1], over=(i, j), start={(0, j): 1, (i, 0): 1})
    with pytest.raises(ModelError, match="has 1 places for 2 indices"):
        g.recurrence("r", lambda r: r[i - 1, j - 1], over=(i, j), start={(0,): 1})
    with pytest.raises(ModelError, match="twice"):
        g.recurrence("r", lambda r: r[i - 1, j - 1], over=(i, j), start={(1, j): 1})


def test_no_jacobian_of_one_step():
    with pytest.raises(ModelError, match="ask for the gradient of the loss instead"):
        triangular().derive().jacobian("h", "h")
