"""A condition inside an inner sum stays there: the model that is derived is the one that was written."""

import numpy as np
import pytest
from generated import loaded
from sympy import Ne, Piecewise

from derive import Graph, Sum

X = np.array([1.0, 2.0, 3.0])


def others(g, N, i, k, x):
    """sum_i (sum of x_k over k != i)^2 at 1, 2, 3: 25 + 16 + 9; the gradient is 2 (12 - (5, 4, 3))."""
    g.loss("L", Sum(Sum(Piecewise((x[k], Ne(i, k)), (0, True)), k) ** 2, i))


def shadow(g, N, i, k, x):
    """y_k = sum_i x_i (x_1 + ... + x_i) for every k, the inner letter being that of the node: 3 (1 + 6 + 18)."""
    y = g.node("y", Sum(x[i] * Sum(Piecewise((x[k], k <= i), (0, True)), k), i), over=k)
    g.loss("L", Sum(y[k], k))


def mask(g, N, i, k, x):
    """sum_i x_i (1 + x_1 + ... + x_i): 2 + 8 + 21."""
    g.loss("L", Sum(x[i] * (1 + Sum(Piecewise((x[k], k <= i), (0, True)), k)), i))


def by_value(g, N, i, k, x):
    """Conditions inside and outside: sum_i [x_i > 2] x_i sum_k [x_k > 1] x_k = 3 * 5."""
    inner = Sum(Piecewise((x[k], x[k] > 1), (0, True)), k)
    g.loss("L", Sum(Piecewise((x[i] * inner, x[i] > 2), (0, True)), i))


def same_letter(g, N, i, k, x):
    """sum_k sum_k [x_k > 1] x_k, the inner letter used again: 3 * 5."""
    g.loss("L", Sum(1 * Sum(Piecewise((x[k], x[k] > 1), (0, True)), k), k))


# the loss and its gradient at X, by hand
RIGHT = {
    others: (50, [14, 16, 18]),
    shadow: (75, [3 * (2 + 2 + 3), 3 * (4 + 1 + 3), 3 * (6 + 1 + 2)]),
    mask: (31, [1 + 2 + 2 + 3, 1 + 4 + 1 + 3, 1 + 6 + 1 + 2]),
    by_value: (15, [0, 3, 5 + 3]),
    same_letter: (15, [0, 3, 3]),
}


@pytest.mark.parametrize("write", RIGHT, ids=lambda f: f.__name__)
def test_the_model_is_the_one_that_was_written(write):
    g = Graph(write.__name__)
    N = g.size("N")
    i, k = g.indices("i k", N)
    write(g, N, i, k, g.parameter("x", N))
    d = g.derive()
    module = loaded(d.to_code("numpy"))
    loss, gradient = RIGHT[write]
    assert np.isclose(module["forward"](x=X)["L"], loss)
    assert np.allclose(module["backward"](x=X)["x"], gradient)
    assert d.verify(60).ok and d.to_text() and d.to_text("zh")


def test_a_condition_of_the_sum_itself_is_as_sympy_writes_it():
    """Nothing changes where the condition stands under no inner sum."""
    g = Graph("plain")
    N = g.size("N")
    i = g.index("i", N)
    x = g.parameter("x", N)
    made = Sum(x[i] * Piecewise((x[i], i > 1), (0, True)), i)
    assert made.function == Piecewise((x[i] ** 2, i > 1), (0, True))
