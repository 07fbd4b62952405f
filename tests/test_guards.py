"""An index that a condition keeps in range: padding, roll, cat, rotated halves, recursions that look aside."""

import types

import numpy as np
import pytest
import torch
from sympy import And, Eq, Ne, Or
from sympy import Sum as SympySum

from derive import Function, Graph, Piecewise, Sum, exp, log, tanh
from derive.errors import ModelError

SIZES = {"N": 4, "K": 2, "S": 3, "T": 4}


def over_a_vector(law, truth):
    """A model y_i = law(x, i, N), and y as torch computes it."""

    def build():
        g = Graph("guarded")
        N = g.size("N")
        i, x, c = g.index("i", N), g.parameter("x", N), g.constant("c", N)
        y = g.node("y", law(x, i, N), over=i)
        g.loss("L", Sum(c[i] * y[i] ** 2, i))
        return g

    return build, lambda x, c: (c * truth(x) ** 2).sum()


def same_padding():
    g = Graph("same padding")
    N = g.size("N")
    i, j = g.index("i", N), g.index("j", (-1, 1))
    x, w = g.input("x", N, gradient=True), g.parameter("w", (-1, 1))
    inside = And(i + j >= 1, i + j <= N)
    y = g.node("y", Sum(Piecewise((w[j] * x[i + j], inside), (0, True)), j), over=i)
    g.loss("L", Sum(y[i] ** 2, i))
    return g


def convolved(x, w):
    return (torch.nn.functional.conv1d(x.view(1, 1, -1), w.view(1, 1, -1), padding="same") ** 2).sum()


def concatenation():
    g = Graph("concatenation")
    N, K = g.size("N"), g.size("K")
    i = g.index("i", N + K)
    a, b, c = g.parameter("a", N), g.parameter("b", K), g.constant("c", N + K)
    y = g.node("y", Piecewise((a[i], i <= N), (b[i - N], True)), over=i)
    g.loss("L", Sum(c[i] * y[i] ** 2, i))
    return g


def rotated_halves():
    g = Graph("rotated halves")
    K = g.size("K")
    i = g.index("i", 2 * K)
    q, c, s = g.parameter("q", 2 * K), g.constant("c", 2 * K), g.constant("s", 2 * K)
    y = g.node("y", q[i] * c[i] + s[i] * Piecewise((-q[i + K], i <= K), (q[i - K], True)), over=i)
    g.loss("L", Sum(y[i] ** 3, i))
    return g


def rotated(q, c, s):
    first, second = q.chunk(2)
    return ((q * c + s * torch.cat([-second, first])) ** 3).sum()


def alignment():
    """Of each symbol the way comes from itself, from the one before, or skips one, as in CTC."""
    g = Graph("alignment")
    T, S = g.size("T"), g.size("S")
    t, s = g.index("t", T), g.index("s", S)
    e = g.parameter("e", T, S)

    def law(a):
        step = Piecewise((exp(a[t - 1, s - 1]), s > 1), (0, True)) + Piecewise((exp(a[t - 1, s - 2]), s > 2), (0, True))
        return log(exp(a[t - 1, s]) + step) + e[t, s]

    a = g.recurrence("a", law, over=(t, s), start={0: 0})
    g.loss("L", -a[T, S])
    return g


def aligned(e):
    a = torch.zeros(e.shape[1], dtype=e.dtype)
    for row in e:
        ways = [torch.logsumexp(a[max(0, s - 2) : s + 1], 0) for s in range(len(a))]
        a = torch.stack(ways) + row
    return -a[-1]


def second_lag():
    """A lag of two without a start before 0."""
    g = Graph("second lag")
    T = g.size("T")
    t = g.index("t", T)
    w, u = g.parameters("w u")
    x = g.input("x", T, gradient=True)
    law = lambda h: tanh(w * h[t - 1] + Piecewise((u * h[t - 2], t > 1), (0, True)) + x[t])  # noqa: E731
    h = g.recurrence("h", law, over=t, start={0: 0.5})
    g.loss("L", h[T] ** 2)
    return g


def lagged(w, u, x):
    h = [torch.tensor(0.5, dtype=x.dtype)]
    for t, now in enumerate(x, 1):
        h.append(torch.tanh(w * h[-1] + (u * h[-2] if t > 1 else 0) + now))
    return h[-1] ** 2


def differences(x, before, after):
    """A sum of neighbours with given ends."""
    return torch.cat([before.reshape(1), x])[:-1] + torch.cat([x, after.reshape(1)])[1:]


ZERO = torch.zeros(1, dtype=torch.float64)
MODELS = {
    "roll": over_a_vector(lambda x, i, N: Piecewise((x[i - 1], i > 1), (x[N], True)), lambda x: torch.roll(x, 1)),
    "zeros outside": over_a_vector(
        lambda x, i, N: Piecewise((x[i - 1], i > 1), (0, True)) + Piecewise((x[i + 1], Ne(i, N)), (0, True)),
        lambda x: differences(x, ZERO, ZERO),
    ),
    "the edge repeated": over_a_vector(
        lambda x, i, N: Piecewise((x[1], Eq(i, 1)), (x[i - 1], True)) + Piecewise((x[i + 1], i < N), (x[N], True)),
        lambda x: differences(x, x[0], x[-1]),
    ),
    "both ends at once": over_a_vector(
        lambda x, i, N: Piecewise((x[i], Or(i <= 1, i >= N)), (x[i - 1] * x[i + 1], True)),
        lambda x: torch.cat([x[:1], x[:-2] * x[2:], x[-1:]]),
    ),
    "a condition in a condition": over_a_vector(
        lambda x, i, N: Piecewise((Piecewise((x[i - 1], i > 1), (0, True)), x[i] > 0), (x[i] ** 2, True)),
        lambda x: torch.where(x > 0, torch.roll(x, 1) * torch.tensor([0.0, 1, 1, 1]), x**2),
    ),
    "a divisor that is 0 outside": over_a_vector(
        lambda x, i, N: Piecewise((x[i - 1] / (i - 1), i > 1), (x[1], True)),
        lambda x: torch.cat([x[:1], x[:-1] / torch.arange(1, 4)]),
    ),
    "two letters": over_a_vector(
        lambda x, i, N: Sum(Piecewise((x[i - (j := i.func("j", (1, N))) + 1] * x[j], j <= i), (0, True)), (j, 1, N)),
        lambda x: torch.stack([sum(x[i - j] * x[j] for j in range(i + 1)) for i in range(4)]),
    ),
    "same padding": (same_padding, convolved),
    "concatenation": (concatenation, lambda a, b, c: (c * torch.cat([a, b]) ** 2).sum()),
    "rotated halves": (rotated_halves, rotated),
    "alignment": (alignment, aligned),
    "second lag": (second_lag, lagged),
}


def drawn(d):
    """Random numbers for the leaves at the sizes of these tests."""
    generator = torch.Generator().manual_seed(3)
    found = {}
    for leaf in (n for n in d.model.nodes.values() if n.is_leaf):
        numbers = {s: SIZES[str(s)] for s in d.model.sizes}
        shape = [int((i.upper - i.lower + 1).subs(numbers)) for i in leaf.indices]
        found[leaf.name] = torch.randn(shape, generator=generator, dtype=torch.float64)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_the_derivative_is_that_of_torch(name):
    """Every line at sizes from 1 on, and the code of both targets at random numbers."""
    build, loss = MODELS[name]
    d = build().derive()
    report = d.verify()
    assert report.ok and min(n for sizes in report.sizes for _, n in sizes) == 1
    leaves = {name: value.requires_grad_() for name, value in drawn(d).items()}
    wanted = [leaves[w] for w in d.derivation.wanted]
    truth = torch.autograd.grad(loss(**leaves), wanted)
    for target, make in (("numpy", lambda v: v.detach().numpy()), ("torch", lambda v: v.detach())):
        module = types.ModuleType("made")
        exec(d.to_code(target), module.__dict__)
        found = module.backward(**{k: make(v) for k, v in leaves.items()})
        for w, expected in zip(d.derivation.wanted, truth, strict=True):
            assert np.allclose(np.asarray(found[w]), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("first", ["N", "K"])
def test_a_shift_by_a_size(first):
    """The branch has elements where sizes are far apart, whichever size is declared first: the gradient is not 0."""
    g = Graph("shift")
    sizes = {name: g.size(name) for name in (first, "NK".replace(first, ""))}
    N, K = sizes["N"], sizes["K"]
    i, x = g.index("i", N), g.parameter("x", N)
    y = g.node("y", Piecewise((x[i - K], i > K), (0, True)), over=i)
    g.loss("L", Sum(y[i] ** 2, i))
    d = g.derive()
    assert d.gradient("x") != 0 and d.verify().ok
    module = types.ModuleType("made")
    exec(d.to_code("torch"), module.__dict__)
    x = torch.arange(1.0, 4.0)
    assert module.backward(x=x, K=1)["x"].tolist() == [2, 4, 0]
    assert module.backward(x=x, K=5)["x"].tolist() == [0, 0, 0]  # the range of the branch is empty


@pytest.mark.parametrize(
    "law",
    [
        lambda x, i: Piecewise((x[i - 2], i > 1), (0, True)),
        lambda x, i: Piecewise((x[i], i > 1), (x[i - 1], True)),
        lambda x, i: Piecewise((x[i - 1], x[i] > 0), (0, True)),
        lambda x, i: Piecewise((x[i - 1], i < 3), (0, True)),
        lambda x, i: x[i - 1],
    ],
)
def test_a_guard_that_guards_nothing(law):
    """Refused where it is written, with what can be done."""
    g = Graph("unguarded")
    N = g.size("N")
    i, x = g.index("i", N), g.parameter("x", N)
    with pytest.raises(ModelError, match=r"reaches x\[0\], but x runs from 1 to N; .* read it under a condition"):
        g.node("y", law(x, i), over=i)


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        (lambda i, j, W: j <= i, (0, "T")),  # the gradient of x_i sums over the rows that see i
        (lambda i, j, W: j <= i - 3, (3, "T")),
        (lambda i, j, W: And(j < i, i < j + W), (1, "Min(T, W + i - 1)")),
        (lambda i, j, W: i + j <= W, ("1", "Min(T, W - i)")),
        (lambda i, j, W: 2 * j <= i, ("2*i", "T")),
        (lambda i, j, W: Eq(i, j), ("1", "T")),  # that is a delta, and stays a condition
    ],
)
def test_a_condition_on_a_summed_index_is_its_range(condition, left):
    """What is 0 outside of a part of the range is summed over that part, and the values are autograd's."""
    g = Graph("seen")
    T, W = g.size("T"), g.size("W")
    i, j = g.indices("i j", T)
    w, x = g.parameter("w", T, T), g.parameter("x", T)
    a = g.node("a", Sum(Piecewise((w[i, j] * x[j], condition(i, j, W)), (0, True)), j), over=i)
    g.loss("L", Sum(a[i] ** 2, i))
    solution = g.derive()
    (limit,) = next(s for s in solution.gradient("x").atoms(SympySum)).limits
    low, high = (i + left[0] if isinstance(left[0], int) else left[0]), left[1]
    assert (str(limit[1]), str(limit[2])) == (str(low), high)
    assert solution.verify(points=60).ok


def test_a_sum_that_ends_at_the_letter_of_another_stands_at_its_right():
    """The outer sum is written first: each end is a letter that is already there."""
    g = Graph("triangle")
    T = g.size("T")
    i, j = g.indices("i j", T)
    w, u = g.parameter("w", T, T), g.parameter("u")
    s = g.node("s", Piecewise((u * w[i, j], j <= i), (0, True)), over=(i, j))
    g.loss("J", Function("L")(s) + Sum(w[i, j], (j, 1, i), (i, 1, T)))
    text = g.derive().to_text()
    assert "Σ_{i=1..T} Σ_{j=1..i} wᵢⱼ" in text
    assert "Σ_{j=1..T} Σ_{i=j..T} ∂L/∂sᵢⱼ wᵢⱼ" in text


@pytest.mark.parametrize("beyond", [0, 1])
def test_conditions_of_three_axes(beyond):
    """A place inside along three axes is seen to be inside; where one condition reaches a place too far, it is not."""
    g = Graph("transposed")
    sizes = [g.size(s) for s in "NDK"]
    x, taps = g.parameter("x", *sizes), g.indices("r s o", 2)
    at = [g.index(a, s + 1) for a, s in zip("ijl", sizes, strict=True)]
    window = [i - r + 1 for i, r in zip(at, taps, strict=True)]
    last = [sizes[0], sizes[1] + beyond, sizes[2]]
    inside = And(*(c for p, end in zip(window, last, strict=True) for c in (p >= 1, p <= end)))
    value = Sum(Piecewise((x[tuple(window)], inside), (0, True)), *taps)
    if beyond:
        with pytest.raises(ModelError, match=r"x\[j - s \+ 1\] reaches x\[D \+ 1\]"):
            g.node("y", value, over=at)
    else:
        assert g.node("y", value, over=at)
