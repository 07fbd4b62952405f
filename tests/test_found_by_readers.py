"""Models with which a fresh reader broke the product: each is derived, checked and printed."""

import pytest
import sympy
import torch
from generated import loaded, plain

from derive import (
    Expectation,
    Graph,
    Sum,
    amax,
    amin,
    cos,
    cosh,
    dot,
    frac,
    log,
    log_softmax,
    logdet,
    logsumexp,
    matrix_power,
    mean,
    norm,
    normalize,
    sin,
    softmax,
    std,
    tanh,
    var,
)
from derive.errors import ModelError


def scores(g):
    C, D = g.size("C"), g.size("D")
    k, i = g.index("k", C), g.index("i", D)
    W, x = g.parameter("W", C, D), g.input("x", D)
    return C, k, Sum(W[k, i] * x[i], i)


def a_softmax_of_products(g):
    """The sum of a sum has two letters, and the word for it is not said."""
    C, k, z = scores(g)
    y = g.target("y", C, one_hot=True)
    p = g.node("p", softmax(z, k), over=k)
    g.loss("L", -Sum(y[k] * log(p[k]), k))


def words_of_sums(g):
    _, k, z = scores(g)
    g.loss("L", logsumexp(z, k) + mean(z, k) + var(z, k))


def a_causal_convolution(g):
    """Positions outside of a part of a range are not read."""
    T = g.size("T")
    t, s = g.indices("t s", T)
    k, w = g.input("k", T), g.parameter("w", T)
    y = g.node("y", Sum(k[t - s + 1] * w[s], (s, 1, t)), over=t)
    g.loss("L", Sum(y[t] ** 2, t))


def a_fixed_point_after_a_recurrence(g):
    """autograd watches the states that the fixed point reads."""
    T = g.size("T")
    t = g.index("t", T)
    a, x = g.parameter("a"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(a * h[t - 1] + x[t]), over=t, start={0: 0})
    z = g.fixed_point("z", lambda z: sin(z[t]) / 2 + h[t], over=t)
    g.loss("L", Sum(z[t] ** 2, t))


def the_slope_of_log_det(g):
    """Its inverse stands in the derivative alone."""
    n = g.size("n")
    i, j = g.indices("i j", n)
    S = g.parameter("S", n, n)
    slope = g.derivative(g.node("f", logdet(S)), S)
    g.loss("L", Sum(slope[i, j] ** 2, i, j))


def a_fixed_place_of_a_power(g):
    D = g.size("D")
    A = g.parameter("A", D, D)
    g.loss("L", matrix_power(A, -2)[1, D])


def a_kernel_matrix(g):
    M = g.size("M")
    m, p = g.indices("m p", M)
    X = g.input("X", M, gradient=True)
    K = g.node("K", cos(X[m] - X[p]) + 2, over=(m, p))
    g.loss("L", Sum(K[m, p] ** 2, m, p))


MODELS = (
    a_softmax_of_products, words_of_sums, a_causal_convolution, a_fixed_point_after_a_recurrence, the_slope_of_log_det,
    a_fixed_place_of_a_power, a_kernel_matrix,
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_it_is_derived_and_checked(model):
    g = Graph(model.__name__)
    model(g)
    solution = g.derive()
    assert solution.verify(60, conditions=False).ok
    assert all(solution.to_text(lang, check=False) for lang in ("en", "zh"))


def test_the_code_of_a_causal_convolution():
    """Beside sums that are written here."""
    torch.manual_seed(0)
    k, w = torch.randn(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64).requires_grad_()
    y = torch.stack([sum(k[t - s] * w[s] for s in range(t + 1)) for t in range(6)])
    (truth,) = torch.autograd.grad((y**2).sum(), w)
    g = Graph("convolution")
    a_causal_convolution(g)
    for target in ("numpy", "torch"):
        given = {"k": k, "w": w.detach()}
        given = {n: a.numpy() for n, a in given.items()} if target == "numpy" else given
        found = loaded(g.derive().to_code(target, check=False))["backward"](**given)["w"]
        assert abs(plain(found) - truth.numpy()).max() < 1e-12


def test_code_asks_for_no_draw_that_only_an_expectation_uses():
    """E[(sum_i a_i relu(mu_i + s e_i))^2] has a value; a second draw stands in the loss itself."""
    g = Graph("draws")
    D = g.size("D")
    i = g.index("i", D)
    a, s = g.parameter("a", D), g.parameter("s", domain="positive")
    e, f = g.normal("e", D), g.normal("f", D)
    h = g.node("h", s * e[i], over=i)
    g.loss("L", Expectation(Sum(a[i] * h[i], i) ** 2) + Sum(a[i] * f[i], i))
    for target in ("numpy", "torch"):
        module = loaded(g.derive().to_code(target, check=False))
        assert set(module["SHAPES"]) == {"a", "s", "f"}
        given = {"a": torch.tensor([1.0, 2.0]), "s": torch.tensor(3.0), "f": torch.tensor([4.0, 5.0])}
        given = {n: v.numpy() for n, v in given.items()} if target == "numpy" else given
        found = module["backward"](**given)  # L = s^2 |a|^2 + a f
        assert plain(found["a"]).tolist() == [22, 41] and plain(found["s"]) == 30


def test_frac_is_torchs():
    """x - trunc(x), with the sign of x; sympy's own, x - floor(x), is refused with a way out."""
    x = torch.tensor([-2.75, -1.0, -0.25, 0.0, 0.5, 3.25], dtype=torch.float64, requires_grad=True)
    (truth,) = torch.autograd.grad((torch.frac(x) ** 2).sum(), x)
    g = Graph("fractions")
    N = g.size("N")
    n = g.index("n", N)
    z = g.parameter("x", N)
    g.loss("L", Sum(frac(z[n]) ** 2, n))
    assert g.derive().verify(20).ok
    for target, given in (("numpy", x.detach().numpy()), ("torch", x.detach())):
        module = loaded(g.derive().to_code(target, check=False))
        assert plain(module["backward"](x=given)["x"]).tolist() == truth.tolist()
    with pytest.raises(ModelError, match=r"frac of sympy.*from derive import frac"):
        g.node("other", sympy.frac(z[n]), over=n)


def test_words_of_a_family_without_its_indices_are_refused():
    """One line says what is given instead; the same for a place of a word."""
    g = Graph("places")
    N = g.size("N")
    i = g.index("i", N)
    a = g.parameter("a", N)
    for word in (softmax, log_softmax, logsumexp, mean, var, std, norm, normalize, amax, amin):
        with pytest.raises(ModelError, match=rf"^{word.__name__}: a is a whole family; give its element"):
            word(a, i)
    with pytest.raises(ModelError, match="dot: a is a whole family"):
        dot(a[i], a, i)
    for word in (softmax, log_softmax, logsumexp, mean, var, std, norm):
        with pytest.raises(ModelError, match=rf"^{word.__name__}\(\.\.\.\)\[1\]: the word is one number"):
            word(a[i], i)[1]


def test_the_logarithm_of_a_hyperbolic_cosine_far_out():
    """|z| + log(1 + exp(-2|z|)) - log 2, with the slope tanh z: cosh 100 is infinite in float32."""
    z = torch.tensor([-100.0, -3.0, 1e-3, 2.0, 100.0], dtype=torch.float64, requires_grad=True)
    value = (z.abs() + torch.nn.functional.softplus(-2 * z.abs()) - torch.log(torch.tensor(2.0).double())).sum()
    (truth,) = torch.autograd.grad(value, z)
    g = Graph("log-cosh")
    N = g.size("N")
    n = g.index("n", N)
    p = g.parameter("z", N)
    g.loss("L", Sum(log(cosh(p[n])), n))
    d = g.derive()
    assert d.verify(20).ok
    for target in ("numpy", "torch"):
        module = loaded(d.to_code(target, check=False))
        given = z.detach().float()
        given = given.numpy() if target == "numpy" else given
        assert plain(module["forward"](z=given)["L"]) == pytest.approx(value.item(), rel=1e-6)
        assert plain(module["backward"](z=given)["z"]) == pytest.approx(truth.numpy(), rel=1e-5)
