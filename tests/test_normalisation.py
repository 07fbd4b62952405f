"""Normalisation layers reach their closed form, whichever of their parts has a name.

By hand, for x_hat = (x - mu)/s over N values with s = sqrt(v + epsilon): mu has the slope 1/N in x_i, and s has the
slope (x_i - mu)/(N s) = x_hat_i/N, with epsilon as without. So

    dL/dx_i = 1/s (dy_i - 1/N sum_k dy_k - x_hat_i/N sum_k dy_k x_hat_k)        where dy = dL/dx_hat.

Without the mean the middle term is missing; u = x/|x| is that with 1 in the place of 1/N.
"""

from typing import Any

import pytest
from sympy import Expr

from derive import Function, Graph, Sum, sqrt
from derive.expressions.canonical import canonical
from derive.expressions.indices import substitute
from derive.expressions.symbols import Partial
from derive.solution import Solution


class Layer:
    """A graph with x of length N and letters i, k, j; `ends` gives the loss and the gradient that is expected."""

    def __init__(self, least: int = 1) -> None:
        self.graph = g = Graph("normalisation")
        self.N = g.size("N", least=least)
        self.i, self.k, self.j = g.indices("i k j", self.N)
        self.x, self.e = g.input("x", self.N, gradient=True), g.constant("epsilon", domain="positive")

    @property
    def mean(self) -> Expr:
        """1/N sum_j x_j."""
        return Sum(self.x[self.j], self.j) / self.N

    def variance(self, mean: Expr) -> Expr:
        """1/N sum_k (x_k - mean)^2."""
        return Sum((self.x[self.k] - mean) ** 2, self.k) / self.N

    @property
    def square(self) -> Expr:
        """sum_k x_k^2."""
        return Sum(self.x[self.k] ** 2, self.k)

    def ends(self, top: Expr, scale: Expr, mean: bool = True, number: Any = None, residual: bool = False) -> Any:
        """Normalise: x_hat = top/scale, on a path of its own or beside x. Return the graph and dL/dx_i by hand."""
        g, i, k, n = self.graph, self.i, self.k, self.N if number is None else number
        hat = last = g.node("x_hat", top / scale, over=i)
        if residual:
            last = g.node("y", self.x[i] + hat[i], over=i)
        L = g.loss("L", Function("L")(last))
        dy = [Partial(L, last[letter]) for letter in (i, k)]
        inner = dy[0] - hat[i] * Sum(dy[1] * hat[k], k) / n
        if mean:
            inner -= Sum(dy[1], k) / n
        return g, inner / scale + (dy[0] if residual else 0)


def variance_named(residual: bool = False) -> Any:
    a = Layer()
    mu = a.graph.node("mu", a.mean)
    v = a.graph.node("v", a.variance(mu))
    return a.ends(a.x[a.i] - mu, sqrt(v + a.e), residual=residual)


def deviation_named(residual: bool = False) -> Any:
    a = Layer()
    mu = a.graph.node("mu", a.mean)
    s = a.graph.node("s", sqrt(a.variance(mu) + a.e))
    return a.ends(a.x[a.i] - mu, s, residual=residual)


def both_named() -> Any:
    a = Layer()
    mu = a.graph.node("mu", a.mean)
    v = a.graph.node("v", a.variance(mu))
    return a.ends(a.x[a.i] - mu, a.graph.node("s", sqrt(v + a.e)))


def neither_named(residual: bool = False) -> Any:
    a = Layer()
    mu = a.graph.node("mu", a.mean)
    return a.ends(a.x[a.i] - mu, sqrt(a.variance(mu) + a.e), residual=residual)


def only_variance_named() -> Any:
    a = Layer()
    v = a.graph.node("v", a.variance(a.mean))
    return a.ends(a.x[a.i] - a.mean, sqrt(v + a.e))


def only_deviation_named() -> Any:
    a = Layer()
    s = a.graph.node("s", sqrt(a.variance(a.mean) + a.e))
    return a.ends(a.x[a.i] - a.mean, s)


def nothing_named() -> Any:
    a = Layer()
    return a.ends(a.x[a.i] - a.mean, sqrt(a.variance(a.mean) + a.e))


def without_epsilon() -> Any:
    a = Layer(least=2)  # a single value has no deviation
    mu = a.graph.node("mu", a.mean)
    v = a.graph.node("v", a.variance(mu))
    return a.ends(a.x[a.i] - mu, sqrt(v))


def root_mean_square() -> Any:
    a = Layer()
    return a.ends(a.x[a.i], a.graph.node("r", sqrt(a.square / a.N + a.e)), mean=False)


def mean_square() -> Any:
    a = Layer()
    v = a.graph.node("v", a.square / a.N)
    return a.ends(a.x[a.i], sqrt(v + a.e), mean=False)


def root_mean_square_inline(residual: bool = False) -> Any:
    a = Layer()
    return a.ends(a.x[a.i], sqrt(a.square / a.N + a.e), mean=False, residual=residual)


def length() -> Any:
    a = Layer()
    return a.ends(a.x[a.i], a.graph.node("r", sqrt(a.square)), mean=False, number=1)


def length_inline() -> Any:
    a = Layer()
    return a.ends(a.x[a.i], sqrt(a.square), mean=False, number=1)


def square_named() -> Any:
    a = Layer()
    return a.ends(a.x[a.i], sqrt(a.graph.node("q", a.square)), mean=False, number=1)


def deviation_without_epsilon() -> Any:
    a = Layer(least=2)  # a single value has no deviation
    mu = a.graph.node("mu", a.mean)
    return a.ends(a.x[a.i] - mu, a.graph.node("s", sqrt(a.variance(mu))))


LAYERS = {
    **{f.__name__: f for f in (variance_named, deviation_named, both_named, neither_named, only_variance_named)},
    **{f.__name__: f for f in (only_deviation_named, nothing_named, without_epsilon, root_mean_square, mean_square)},
    **{f.__name__: f for f in (root_mean_square_inline, length, length_inline, square_named)},
    deviation_without_epsilon.__name__: deviation_without_epsilon,
    "variance named, with a residual": lambda: variance_named(residual=True),
    "deviation named, with a residual": lambda: deviation_named(residual=True),
    "neither named, with a residual": lambda: neither_named(residual=True),
    "root mean square, with a residual": lambda: root_mean_square_inline(residual=True),
}


@pytest.mark.parametrize("name", LAYERS)
def test_closed_form(name: str) -> None:
    """The gradient of the input is the closed form, and every line to it holds."""
    graph, by_hand = LAYERS[name]()
    derived = graph.derive()
    assert canonical(derived.gradient("x")) == canonical(by_hand)
    assert derived.verify(200).ok


def rows() -> tuple[Any, ...]:
    """A graph with x of B x C x H: examples, channels, places."""
    g = Graph("images")
    B, C, H = g.size("B"), g.size("C"), g.size("H")
    x, e = g.input("x", B, C, H, gradient=True), g.constant("epsilon", domain="positive")
    return g, (B, C, H), g.indices("b p", B), g.indices("c a", C), g.indices("h q", H), x, e


def closed(L: Expr, y: Any, at: tuple[Any, ...], to: tuple[Any, ...], over: tuple[Any, ...], n: Expr, s: Expr) -> Expr:
    """The closed form at the place `at`; `to` is the place with the letters of `over`, which runs over n values."""
    dy, dz = Partial(L, y[at]), Partial(L, y[to])
    return (dy - Sum(dz, *over) / n - y[at] * Sum(dz * y[to], *over) / n) / s


def same(derived: Solution, at: tuple[Any, ...], wanted: Expr) -> bool:
    """Is the gradient of x at these indices what is wanted, and every line to it right?"""
    own = derived.model.nodes["x"].indices
    found = substitute(derived.gradient("x"), dict(zip(own, at, strict=True)))
    return canonical(found) == canonical(wanted) and derived.verify(200).ok


def test_over_batch_and_places() -> None:
    """Batch normalisation of images: one mean and variance for a channel."""
    g, (B, _, H), (b, p), (c, _), (h, q), x, e = rows()
    mu = g.node("mu", Sum(x[p, c, q], p, q) / (B * H), over=c)
    v = g.node("v", Sum((x[p, c, q] - mu[c]) ** 2, p, q) / (B * H), over=c)
    y = g.node("x_hat", (x[b, c, h] - mu[c]) / sqrt(v[c] + e), over=(b, c, h))
    L = g.loss("L", Function("L")(y))
    derived = g.derive()
    wanted = closed(L, y, (b, c, h), (p, c, q), (p, q), B * H, sqrt(v[c] + e))
    assert same(derived, (b, c, h), wanted)


@pytest.mark.parametrize("named", ["v", "s"])
def test_over_places(named: str) -> None:
    """Instance normalisation: a mean and a variance for an example and a channel."""
    g, (_, _, H), (b, _), (c, _), (h, q), x, e = rows()
    mu = g.node("mu", Sum(x[b, c, q], q) / H, over=(b, c))
    v = Sum((x[b, c, q] - mu[b, c]) ** 2, q) / H
    named_ = g.node(named, v if named == "v" else sqrt(v + e), over=(b, c))
    s = sqrt(named_[b, c] + e) if named == "v" else named_[b, c]
    y = g.node("x_hat", (x[b, c, h] - mu[b, c]) / s, over=(b, c, h))
    L = g.loss("L", Function("L")(y))
    derived = g.derive()
    wanted = closed(L, y, (b, c, h), (b, c, q), (q,), H, s)
    assert same(derived, (b, c, h), wanted)


def test_over_channels_and_places() -> None:
    """Layer and group normalisation: a mean and a variance for an example, over all the rest."""
    g, (_, C, H), (b, _), (c, a), (h, q), x, e = rows()
    mu = g.node("mu", Sum(x[b, a, q], a, q) / (C * H), over=b)
    v = g.node("v", Sum((x[b, a, q] - mu[b]) ** 2, a, q) / (C * H), over=b)
    y = g.node("x_hat", (x[b, c, h] - mu[b]) / sqrt(v[b] + e), over=(b, c, h))
    L = g.loss("L", Function("L")(y))
    derived = g.derive()
    wanted = closed(L, y, (b, c, h), (b, a, q), (a, q), C * H, sqrt(v[b] + e))
    assert same(derived, (b, c, h), wanted)


def test_gain_and_residual() -> None:
    """y = x + gamma x_hat + beta, a layer of a residual network: dL/dx has the term of the short way."""
    a = Layer()
    g, i, k = a.graph, a.i, a.k
    gamma, beta = g.parameters("gamma beta", a.N)
    mu = g.node("mu", a.mean)
    v = g.node("v", a.variance(mu))
    hat = g.node("x_hat", (a.x[i] - mu) / sqrt(v + a.e), over=i)
    y = g.node("y", a.x[i] + gamma[i] * hat[i] + beta[i], over=i)
    L = g.loss("L", Function("L")(y))
    derived = g.derive()
    dh, dk = Partial(L, hat[i]), Partial(L, hat[k])
    inner = dh - Sum(dk, k) / a.N - hat[i] * Sum(dk * hat[k], k) / a.N
    assert canonical(derived.gradient("x")) == canonical(Partial(L, y[i]) + inner / sqrt(v + a.e))
    assert derived.verify(200).ok
