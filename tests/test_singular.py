"""Coefficients and branches that exist on a part of the index values or of the numbers only: right gradients pass."""

import numpy as np
import pytest
from generated import loaded
from sympy import Piecewise

from derive import Graph, Sum, log, sqrt

X = np.array([1.5, -0.5, 2.0, 0.25])
PLACE = np.arange(1, 5)


def model(write):
    """A graph of a parameter x of size N; `write` gives its loss."""
    g = Graph("singular")
    N = g.size("N")
    i = g.index("i", N)
    x = g.parameter("x", N)
    g.loss("L", write(g, x, i, N))
    return g


def as_node(g, x, i, N):
    """The coefficient stands in a node over 2..N."""
    j = g.index("j", (2, N))
    y = g.node("y", x[j] / (j - 1), over=j)
    return Sum(y[j] ** 2, j)


def later(values, first):
    """The values from an index on, 0 before."""
    with np.errstate(all="ignore"):
        return np.where(first <= PLACE, values(), 0)


CASES = {
    "1/(i - 1)": (lambda g, x, i, N: Sum(x[i] / (i - 1), (i, 2, N)), lambda: later(lambda: 1 / (PLACE - 1), 2)),
    "log(i - 1)": (lambda g, x, i, N: Sum(x[i] * log(i - 1), (i, 2, N)), lambda: later(lambda: np.log(PLACE - 1), 2)),
    "sqrt(i - 2)": (
        lambda g, x, i, N: Sum(x[i] ** 2 * sqrt(i - 2), (i, 2, N)),
        lambda: later(lambda: 2 * X * np.sqrt(PLACE - 2), 2),
    ),
    "1/(N - i)": (
        lambda g, x, i, N: Sum(x[i] / (N - i), (i, 1, N - 1)),
        lambda: np.array([1 / 3, 1 / 2, 1, 0]),
    ),
    "a node": (as_node, lambda: later(lambda: 2 * X / (PLACE - 1) ** 2, 2)),
    "a guarded index": (
        lambda g, x, i, N: Sum(Piecewise((x[i] / (i - 1), i > 1), (0, True)), i),
        lambda: later(lambda: 1 / (PLACE - 1), 2),
    ),
    "a guarded root": (
        lambda g, x, i, N: Sum(Piecewise((sqrt(x[i]), x[i] > 0), (0, True)), i),
        lambda: np.where(X > 0, 0.5 / np.sqrt(np.abs(X)), 0),
    ),
    "a root in the second branch": (
        lambda g, x, i, N: Sum(Piecewise((x[i] ** 2, x[i] <= 0), (sqrt(x[i]), True)), i),
        lambda: np.where(X > 0, 0.5 / np.sqrt(np.abs(X)), 2 * X),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_singular_elsewhere_is_right_here(name):
    """The check agrees, and generated code gives the gradient that is written down by hand."""
    write, by_hand = CASES[name]
    d = model(write).derive()
    assert d.verify(60).ok
    with np.errstate(all="ignore"):
        found = loaded(d.to_code("numpy"))["backward"](x=X)["x"]
    assert np.allclose(found, by_hand())


def test_a_wrong_gradient_of_the_kind_is_caught(monkeypatch):
    """The same models with a planted factor of 1.001: what is masked is still compared on its range."""
    from derive.chain import partials

    right = partials._product
    monkeypatch.setattr(
        partials, "_product", lambda *a: (o._replace(factors=(1.001 * o.factors[0],)) for o in right(*a))
    )
    write, _ = CASES["log(i - 1)"]
    from derive.memo import forget

    forget()
    try:
        assert not model(write).derive().verify(60).ok
    finally:
        forget()
