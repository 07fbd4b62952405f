"""What `print` shows of a gradient and of a matrix form: signs and names that a user of sympy knows."""

import inspect
from typing import Any

import pytest
from sympy import Heaviside, Symbol, sympify

from derive import Function, Graph, Max, Sum, exp, log, relu, sigmoid, sqrt, tanh
from derive.expressions.elementwise import share, step
from derive.solution import Solution


def logistic() -> Solution:
    g = Graph("logistic")
    m, n = g.size("m"), g.size("n")
    i, j = g.index("i", m), g.index("j", n)
    X, y, w = g.input("X", m, n), g.target("y", m, domain="binary"), g.parameter("w", n)
    h = g.node("h", sigmoid(Sum(X[i, j] * w[j], j)), over=i)
    g.loss("J", -Sum(y[i] * log(h[i]) + (1 - y[i]) * log(1 - h[i]), i) / m)
    return g.derive()


def attention() -> Solution:
    g = Graph("attention")
    T, D = g.size("T"), g.size("D")
    (i, j, k), d = g.indices("i j k", T), g.index("d", D)
    Q, K, V = g.parameters("Q K V", T, D)
    S = g.node("S", Sum(Q[i, d] * K[j, d], d) / sqrt(D), over=(i, j))
    P = g.node("P", exp(S[i, j]) / Sum(exp(S[i, k]), k), over=(i, j))
    g.loss("L", Function("L")(g.node("O", Sum(P[i, j] * V[j, d], j), over=(i, d))))
    return g.derive()


def recurrent() -> Solution:
    g = Graph("recurrent")
    T, n = g.size("T"), g.size("n")
    t, (i, j), W, x = g.index("t", T), g.indices("i j", n), g.parameter("W", n, n), g.input("x", T, n)
    h = g.recurrence("h", lambda h: tanh(Sum(W[i, j] * h[t - 1, j], j) + x[t, i]), over=(t, i), start={0: 0})
    g.loss("L", Sum(h[T, i] ** 2, i))
    return g.derive()


def printed(derived: Solution) -> dict[str, str]:
    """Every matrix form, by what it is the form of."""
    return {str(form.whole): str(form.matrix) for form in derived.matrices.all}


def test_matrix_forms() -> None:
    """The signs of sympy's matrices: * and .T, and .* entry by entry; functions by their names."""
    found = printed(logistic())
    assert found["z"] == "X*w" and found["h"] == "sigmoid(z)"
    assert found["dJ/dz"] in ("(h - y)/m", "-(y - h)/m")
    assert found["dJ/dw"] in ("X.T*(h - y)/m", "X.T*(dJ/dz)")
    found = printed(attention())
    assert found["S"] == "Q*K.T/sqrt(D)" and found["P"] == "softmax(S)" and found["O"] == "P*V"
    assert found["dL/dV"] == "P.T*(dL/dO)" and found["dL/dK"] == "(dL/dS).T*Q/sqrt(D)"
    assert found["dL/dS"] == "(dL/dP - ((dL/dP).*P)*ones(T)*ones(T).T).*P"
    assert repr(attention().matrix("V")) == "P.T*(dL/dO)"


def test_columns_of_a_family() -> None:
    """A family of which one index does not run is read with a colon, h[t, :]."""
    text = str(recurrent().matrix("W"))
    assert "h[t - 1, :].T" in text and text.startswith("Sum(") and text.endswith("(t, 1, T))")


@pytest.mark.parametrize("at", [-2, 0, 3])
def test_slopes_are_sympys(at: int) -> None:
    """The slope of relu and that of a maximum are sympy's Heaviside, with the same values at 0."""
    x = Symbol("x", real=True)
    for own, other in ((step(x), Heaviside(x, 0)), (share(x), Heaviside(x))):
        assert str(own) == str(other)
        assert sympify(str(own), {"x": x}).subs(x, at) == own.subs(x, at)


def test_gradient_of_a_maximum() -> None:
    g = Graph("maximum")
    z = g.parameter("z")
    g.loss("L", Max(z, z / 100) + relu(z) ** 2)
    text = str(g.derive().gradient("z"))
    assert "share" not in text and "step" not in text and "Heaviside" in text


def test_help_shows_the_name_that_is_called() -> None:
    derived: Any = logistic()
    for name in ("jacobian", "hessian", "matrix", "train"):
        assert getattr(derived, name).__name__ == name
        assert inspect.signature(getattr(derived, name)).parameters
