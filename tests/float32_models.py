"""Models whose naive code overflows in float32, each with what torch's own functions make of the same arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from sympy import Expr, Ne, Piecewise

from derive import Abs, Graph, Sum, cosh, exp, exp2, expm1, log, log1p, log2, sigmoid, sinh, softplus, sqrt, tanh

Tensors = dict[str, torch.Tensor]
LARGE = 200.0
SMOOTHING = 0.1


class Case(NamedTuple):
    """A model and the same in torch's functions; `scale` is how large the real leaves are drawn."""

    build: Callable[[Graph], Any]
    torch: Callable[[Tensors], torch.Tensor]
    scale: float = LARGE


CASES: dict[str, Case] = {}


def case(reference: Callable[[Tensors], torch.Tensor], scale: float = LARGE) -> Callable[[Any], Any]:
    """Register a model under the name of its function."""

    def register(build: Callable[[Graph], Any]) -> Callable[[Graph], Any]:
        CASES[build.__name__] = Case(build, reference, scale)
        return build

    return register


def rows(g: Graph) -> Any:
    """Indices n, c, k, and scores z of shape (N, C)."""
    N, C = g.size("N"), g.size("C")
    return N, C, g.index("n", N), *g.indices("c k", C), g.parameter("z", N, C)


def softmax_of(g: Graph) -> Any:
    """Scores and their softmax p as a node."""
    N, C, n, c, k, z = rows(g)
    return N, C, n, c, k, z, g.node("p", exp(z[n, c]) / Sum(exp(z[n, k]), k), over=(n, c))


def smooth(y: torch.Tensor) -> torch.Tensor:
    return (1 - SMOOTHING) * y + SMOOTHING / y.shape[-1]


def focal(p: torch.Tensor, logp: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return -(y * (1 - p) ** 2 * logp).sum()


@case(lambda a: (a["g"] * F.softmax(a["z"], 1)).sum())
def softmax(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    G = g.input("g", N, C)
    g.loss("L", Sum(G[n, c] * p[n, c], n, c))


@case(lambda a: F.cross_entropy(a["z"], a["y"], reduction="sum"))
def cross_entropy(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    y = g.target("y", N, C, domain="probability")
    g.loss("L", -Sum(y[n, c] * log(p[n, c]), n, c))


@case(lambda a: F.nll_loss(F.log_softmax(a["z"], 1), a["y"].argmax(1), reduction="mean"))
def cross_entropy_in_one_line(g: Graph) -> None:
    N, C, n, c, k, z = rows(g)
    y = g.target("y", N, C, domain="binary", sums_to=1)
    g.loss("L", -Sum(y[n, c] * log(exp(z[n, c]) / Sum(exp(z[n, k]), k)), n, c) / N)


@case(lambda a: F.cross_entropy(a["z"], a["y"], reduction="sum", label_smoothing=SMOOTHING))
def label_smoothing(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    y = g.target("y", N, C, domain="binary", sums_to=1)
    eps = SMOOTHING
    g.loss("L", -Sum(((1 - eps) * y[n, c] + eps / C) * log(p[n, c]), n, c))


@case(lambda a: F.cross_entropy(a["z"], a["y"].argmax(1), weight=a["w"].detach(), reduction="sum"))
def class_weights(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    y, w = g.target("y", N, C, domain="binary", sums_to=1), g.input("w", C, domain="positive")
    g.loss("L", -Sum(w[c] * y[n, c] * log(p[n, c]), n, c))


@case(lambda a: F.cross_entropy(a["z"] / a["tau"], a["y"], reduction="sum"))
def temperature(g: Graph) -> None:
    N, C, n, c, k, z = rows(g)
    y, tau = g.target("y", N, C, domain="probability"), g.parameter("tau", domain="positive")
    p = g.node("p", exp(z[n, c] / tau) / Sum(exp(z[n, k] / tau), k), over=(n, c))
    g.loss("L", -Sum(y[n, c] * log(p[n, c]), n, c))


@case(lambda a: -(a["y"] * F.log_softmax(a["z"], 1)).sum())
def nodes_for_everything(g: Graph) -> None:
    N, C, n, c, _, z = rows(g)
    y = g.target("y", N, C, domain="probability")
    e = g.node("e", exp(z[n, c]), over=(n, c))
    s = g.node("s", Sum(e[n, c], c), over=n)
    p = g.node("p", e[n, c] / s[n], over=(n, c))
    ell = g.node("ell", log(p[n, c]), over=(n, c))
    g.loss("L", -Sum(y[n, c] * ell[n, c], n, c))


@case(lambda a: torch.logsumexp(a["z"], 1).sum())
def log_sum_exp(g: Graph) -> None:
    _, _, n, c, _, z = rows(g)
    g.loss("L", Sum(log(Sum(exp(z[n, c]), c)), n))


@case(lambda a: torch.logsumexp(a["z"], (0, 1)))
def log_sum_exp_over_two_axes(g: Graph) -> None:
    _, _, n, c, _, z = rows(g)
    g.loss("L", log(Sum(exp(z[n, c]), n, c)))


@case(lambda a: (torch.logsumexp(a["z"], 1) ** 2).sum())
def log_sum_exp_of_nodes(g: Graph) -> None:
    _, _, n, c, _, z = rows(g)
    s = g.node("s", Sum(exp(z[n, c]), c), over=n)
    ell = g.node("ell", log(s[n]), over=n)
    g.loss("L", Sum(ell[n] ** 2, n))


@case(lambda a: torch.logsumexp(a["z"].masked_fill(a["m"] == 0, -torch.inf), 1).nan_to_num(neginf=0).sum())
def masked(g: Graph) -> None:
    N, C, n, c, _, z = rows(g)
    m = g.input("m", N, C, domain="binary", sums_to=1)
    g.loss("L", Sum(log(Sum(m[n, c] * exp(z[n, c]), c)), n))


@case(
    lambda a: (
        a["g"] * F.softmax(a["z"].masked_fill(torch.ones(len(a["z"]), len(a["z"])).triu(1) > 0, -torch.inf), 1)
    ).sum()
)
def causal(g: Graph) -> None:
    N = g.size("N")
    i, j, k = g.indices("i j k", N)
    z, G = g.parameter("z", N, N), g.input("g", N, N)
    w = g.node("w", Piecewise((exp(z[i, j]), j <= i), (0, True)) / Sum(exp(z[i, k]), (k, 1, i)), over=(i, j))
    g.loss("L", Sum(G[i, j] * w[i, j], i, j))


@case(lambda a: -(a["y"] * F.logsigmoid(a["z"]) + (1 - a["y"]) * F.logsigmoid(-a["z"])).sum())
def logistic(g: Graph) -> None:
    N, C, n, c, _, z = rows(g)
    y = g.target("y", N, C, domain="probability")
    s = g.node("s", sigmoid(z[n, c]), over=(n, c))
    g.loss("L", -Sum(y[n, c] * log(s[n, c]) + (1 - y[n, c]) * log(1 - s[n, c]), n, c))


@case(lambda a: -(a["w"] * a["y"] * F.logsigmoid(a["z"]) + (1 - a["y"]) * F.logsigmoid(-a["z"])).sum())
def weighted_logistic_in_one_line(g: Graph) -> None:
    N, C, n, c, _, z = rows(g)
    y, w = g.target("y", N, C, domain="probability"), g.input("w", C, domain="positive")
    g.loss("L", -Sum(w[c] * y[n, c] * log(sigmoid(z[n, c])) + (1 - y[n, c]) * log(1 - sigmoid(z[n, c])), n, c))


@case(lambda a: F.softplus(a["z"]).sum() + torch.sigmoid(a["z"]).sum() + torch.tanh(a["z"]).sum())
def written_out(g: Graph) -> None:
    _, _, n, c, _, z = rows(g)
    u = z[n, c]
    g.loss("L", Sum(log(1 + exp(u)) + 1 / (1 + exp(-u)) + (exp(u) - exp(-u)) / (exp(u) + exp(-u)), n, c))


@case(lambda a: F.softplus(a["z"]).sum() + torch.sigmoid(a["z"]).sum() + torch.tanh(a["z"]).sum())
def named(g: Graph) -> None:
    _, _, n, c, _, z = rows(g)
    u = z[n, c]
    g.loss("L", Sum(softplus(u) + sigmoid(u) + tanh(u), n, c))


@case(lambda a: (a["g"] * F.scaled_dot_product_attention(a["Q"], a["K"], a["V"])).sum(), scale=15.0)
def attention(g: Graph) -> None:
    N, M, D, E = (g.size(s) for s in ("N", "M", "D", "E"))
    i, d, e = g.index("i", N), g.index("d", D), g.index("e", E)
    j, k = g.indices("j k", M)
    Q, K, V = g.parameter("Q", N, D), g.parameter("K", M, D), g.parameter("V", M, E)
    G = g.input("g", N, E)
    S = g.node("S", Sum(Q[i, d] * K[j, d], d) / sqrt(D), over=(i, j))
    A = g.node("A", exp(S[i, j]) / Sum(exp(S[i, k]), k), over=(i, j))
    g.loss("L", Sum(G[i, e] * A[i, j] * V[j, e], i, j, e))


@case(lambda a: (a["g"] * (F.softmax(a["z"], 1) @ a["V"])).sum())
def an_average_without_a_node(g: Graph) -> None:
    N, C, n, c, k, z = rows(g)
    E = g.size("E")
    e = g.index("e", E)
    V, G = g.parameter("V", C, E), g.input("g", N, E)
    o = g.node("o", Sum(exp(z[n, c]) * V[c, e], c) / Sum(exp(z[n, k]), k), over=(n, e))
    g.loss("L", Sum(G[n, e] * o[n, e], n, e))


@case(lambda a: F.cross_entropy(a["x"] @ a["v"].T / 0.1, torch.arange(len(a["x"]))), scale=5.0)
def info_nce(g: Graph) -> None:
    N, D = g.size("N"), g.size("D")
    i, j, d = *g.indices("i j", N), g.index("d", D)
    x, v = g.parameter("x", N, D), g.parameter("v", N, D)
    s = g.node("s", 10 * Sum(x[i, d] * v[j, d], d), over=(i, j))
    g.loss("L", -Sum(log(exp(s[i, i]) / Sum(exp(s[i, j]), j)), i) / N)


@case(lambda a: focal(F.softmax(a["z"], 1), F.log_softmax(a["z"], 1), a["y"]))
def focal_loss(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    y = g.target("y", N, C, domain="binary", sums_to=1)
    g.loss("L", -Sum(y[n, c] * (1 - p[n, c]) ** 2 * log(p[n, c]), n, c))


@case(lambda a: focal(torch.sigmoid(a["z"]), F.logsigmoid(a["z"]), a["y"]))
def focal_loss_of_two_classes(g: Graph) -> None:
    N, C, n, c, _, z = rows(g)
    y = g.target("y", N, C, domain="binary")
    s = g.node("s", sigmoid(z[n, c]), over=(n, c))
    g.loss("L", -Sum(y[n, c] * (1 - s[n, c]) ** 2 * log(s[n, c]), n, c))


@case(lambda a: -(F.softmax(a["z"], 1) * F.log_softmax(a["z"], 1)).sum())
def entropy(g: Graph) -> None:
    _, _, n, c, _, _, p = softmax_of(g)
    g.loss("H", -Sum(p[n, c] * log(p[n, c]), n, c))


@case(lambda a: (F.softmax(a["z"], 1) * (F.log_softmax(a["z"], 1) - F.log_softmax(a["u"], 1))).sum())
def divergence(g: Graph) -> None:
    N, C, n, c, k, _, p = softmax_of(g)
    u = g.parameter("u", N, C)
    q = g.node("q", exp(u[n, c]) / Sum(exp(u[n, k]), k), over=(n, c))
    g.loss("L", Sum(p[n, c] * log(p[n, c] / q[n, c]), n, c))


@case(lambda a: -torch.logsumexp(F.log_softmax(a["z"], 1).masked_fill(a["m"] == 0, -torch.inf), 1).sum())
def one_of_several_classes(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    m = g.input("m", N, C, domain="binary", sums_to=1)
    g.loss("L", -Sum(log(Sum(m[n, c] * p[n, c], c)), n))


@case(lambda a: -(a["g"] * torch.logsumexp(F.log_softmax(a["z"], 1).masked_fill(a["m"] == 0, -torch.inf), 1)).sum())
def one_of_several_classes_named(g: Graph) -> None:
    N, C, n, c, _, _, p = softmax_of(g)
    m, weight = g.input("m", N, C, domain="binary", sums_to=1), g.input("g", N)
    s = g.node("s", log(Sum(m[n, c] * p[n, c], c)), over=n)
    g.loss("L", -Sum(weight[n] * s[n], n))


@case(lambda a: (a["g"] * F.softmax(a["z"].masked_fill(a["m"] == 0, -torch.inf), 1)).sum())
def renormalised_classes(g: Graph) -> None:
    N, C, n, c, k, _, p = softmax_of(g)
    m, weight = g.input("m", N, C, domain="binary", sums_to=1), g.input("g", N, C)
    g.loss("L", Sum(weight[n, c] * m[n, c] * p[n, c] / Sum(m[n, k] * p[n, k], k), n, c))


@case(lambda a: -torch.logsumexp(F.log_softmax(a["z"], 0) + F.logsigmoid(a["u"]), 1).sum())
def mixture_of_sigmoids(g: Graph) -> None:
    N, C = g.size("N"), g.size("C")
    n, c, k = g.index("n", N), *g.indices("c k", C)
    z, u = g.parameter("z", C), g.parameter("u", N, C)
    p = g.node("p", exp(z[c]) / Sum(exp(z[k]), k), over=c)
    s = g.node("s", sigmoid(u[n, c]), over=(n, c))
    g.loss("L", -Sum(log(Sum(p[c] * s[n, c], c)), n))


def without_self(a: Tensors) -> torch.Tensor:
    s = a["x"] @ a["x"].T
    return torch.logsumexp(s.masked_fill(torch.eye(len(s)) > 0, -torch.inf), 1).sum()


@case(without_self, scale=6.0)
def the_others(g: Graph) -> None:
    N, D = g.size("N"), g.size("D")
    i, j, d = *g.indices("i j", N), g.index("d", D)
    x = g.parameter("x", N, D)
    s = g.node("s", Sum(x[i, d] * x[j, d], d), over=(i, j))
    g.loss("L", Sum(log(Sum(Piecewise((exp(s[i, j]), Ne(i, j)), (0, True)), j)), i))


@case(lambda a: -(a["y"] * F.log_softmax(a["W"] @ a["x"], 0)).sum(), scale=10.0)
def a_network_with_an_abstract_loss(g: Graph) -> None:
    C, D = g.size("C"), g.size("D")
    c, k, d = *g.indices("c k", C), g.index("d", D)
    W, x, y = g.parameter("W", C, D), g.input("x", D, gradient=True), g.target("y", C, domain="probability", sums_to=1)
    z = g.node("z", Sum(W[c, d] * x[d], d), over=c)
    p = g.node("p", exp(z[c]) / Sum(exp(z[k]), k), over=c)
    g.loss("L", -Sum(y[c] * log(p[c]), c))


LOG_2 = math.log(2)


def log_cosh(z: torch.Tensor) -> torch.Tensor:
    return torch.logaddexp(z, -z) - LOG_2


def log_sinh(z: torch.Tensor) -> torch.Tensor:
    """Of a positive z."""
    return z + torch.log(-torch.expm1(-2 * z)) - LOG_2


EXPONENTIALS: dict[str, tuple[Callable[[Expr], Expr], Callable[[torch.Tensor], torch.Tensor]]] = {
    "log_of_cosh": (lambda z: log(1 + cosh(z)), lambda z: torch.logaddexp(log_cosh(z), 0 * z)),
    "log_of_cosh_squared": (lambda z: log(1 + cosh(z) ** 2), lambda z: torch.logaddexp(2 * log_cosh(z), 0 * z)),
    "log_of_sinh": (lambda z: log(sinh(Abs(z))), lambda z: log_sinh(z.abs())),
    "log_of_expm1": (lambda z: log(expm1(Abs(z))), lambda z: z.abs() + torch.log(-torch.expm1(-z.abs()))),
    "log_of_exp2": (lambda z: log2(1 + exp2(z)), lambda z: torch.logaddexp2(z, 0 * z)),
    "log1p_of_exp": (lambda z: log1p(3 * exp(z)), lambda z: F.softplus(z + math.log(3))),
    "sinh_over_cosh": (lambda z: sinh(z) / (1 + cosh(z)), lambda z: torch.tanh(z / 2)),
    "over_cosh": (lambda z: z / cosh(z), lambda z: z * torch.exp(-log_cosh(z))),
}


def elementwise_case(name: str, ours: Callable[[Expr], Expr], theirs: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Register a function of every element, weighted."""

    def build(g: Graph) -> None:
        N = g.size("N")
        n, z, w = g.index("n", N), g.parameter("z", N), g.input("g", N)
        g.loss("L", Sum(w[n] * ours(z[n]), n))

    CASES[name] = Case(build, lambda a: (a["g"] * theirs(a["z"])).sum())


for row in EXPONENTIALS:
    elementwise_case(row, *EXPONENTIALS[row])
