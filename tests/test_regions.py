"""A gradient whose form depends on the index values: every element has its own value, in Python and on the page."""

import numpy as np
import pytest
from alphabets import letters
from generated import loaded
from sympy import Indexed, Integer, Piecewise

from derive import Graph, ModelError, Sum
from derive.expressions.indices import substitute


def elements(value, indices, shape, given):
    """The numbers of an expression by cases at all index values; `given` has an array for each family."""

    def number(place):
        here = {i: Integer(n + 1) for i, n in zip(indices, place, strict=True)}
        here |= {s: Integer(n) for s, n in given.items() if not isinstance(n, np.ndarray)}
        at = substitute(value, here).doit()
        return float(at.replace(lambda e: isinstance(e, Indexed), lambda e: read(e)))

    def read(element):
        return given[element.base.name][tuple(int(i) - 1 for i in element.indices)]

    return np.array([number(place) for place in np.ndindex(*shape)]).reshape(shape)


def one_row():
    """L = o_1^2 / 2 of o = W v: row 1 of the gradient is o_1 v, the others are 0."""
    g = Graph("one row")
    N = g.size("N")
    i, j = g.indices("i j", N)
    W, v = g.parameter("W", N, N), g.constant("v", N)
    o = g.node("o", Sum(W[i, j] * v[j], j), over=i)
    g.loss("L", o[1] ** 2 / 2)
    return g, N


def neighbours():
    """L = sum of x_t x_{t+1}: x_2 at the start, x_{T-1} at the end, the sum of both between them."""
    g = Graph("neighbours")
    T = g.size("T")
    t = g.index("t", T)
    x = g.parameter("x", T)
    g.loss("L", Sum(x[t] * x[t + 1], (t, 1, T - 1)))
    return g, T


def test_a_gradient_keeps_its_region():
    g, N = one_row()
    d = g.derive()
    (i, j, *_) = d.model.nodes["W"].indices
    given = {"v": np.array([1.0, 2.0, 3.0]), "o": np.array([4.0, 5.0, 6.0]), N: 3}
    assert np.allclose(elements(d.gradient("W"), (i, j), (3, 3), given), [[4, 8, 12], [0, 0, 0], [0, 0, 0]])
    code = loaded(d.to_code("numpy"))["backward"]
    assert code(W=np.ones((2, 2)), v=np.ones(2))["W"].tolist() == [[2, 2], [0, 0]]
    for page in (d.to_text(), d.to_text("zh")):
        assert "│ ∂L/∂Wᵢⱼ = {vⱼ o₁ [i = 1]; 0 [i ≠ 1]} │" in page
        assert "│ ∂L/∂W₁ⱼ" not in page  # no box that says nothing of the other rows
    with pytest.raises(ModelError, match="only for a part of its elements"):
        d.matrix("W")


def test_several_forms_are_one_expression_by_cases():
    g, T = neighbours()
    d = g.derive()
    value = d.gradient("x")
    given = {"x": np.array([2.0, 3.0, 5.0, 7.0]), T: 4}
    assert isinstance(value, Piecewise)
    assert np.allclose(elements(value, d.model.nodes["x"].indices, (4,), given), [3, 7, 10, 5])
    box = "∂L/∂xₜ = {x₂ [t = 1]; xₜ₋₁ + xₜ₊₁ [t ≥ 2 ∧ t ≤ T-1]; x_{T-1} [t = T]}"
    assert letters(box).replace(" ", "") in letters(d.to_text()).replace(" ", "")


def test_what_no_region_reaches_is_zero():
    """L = 3 x_1 + the sum of x_t^2 for t >= 3."""
    g = Graph("gap")
    T = g.size("T")
    t = g.index("t", T)
    x = g.parameter("x", T)
    g.loss("L", 3 * x[1] + Sum(x[t] ** 2, (t, 3, T)))
    d = g.derive()
    given = {"x": np.array([2.0, 3.0, 5.0, 7.0]), T: 4}
    assert np.allclose(elements(d.gradient("x"), d.model.nodes["x"].indices, (4,), given), [3, 0, 10, 14])
    assert "{3 [t = 1]; 2 x_t [t ≥ 3]; 0 [t < 3 ∧ t ≠ 1]}" in d.to_text(check=False)


def test_one_form_for_all_is_no_case():
    g = Graph("all")
    N = g.size("N")
    i = g.index("i", N)
    x = g.parameter("x", N)
    g.loss("L", Sum(x[i] ** 2, i))
    d = g.derive()
    assert d.gradient("x") == 2 * x[i]
    assert "│ ∂L/∂xᵢ = 2 xᵢ │" in d.to_text(check=False)


def test_the_page_says_from_which_size_on_the_cases_hold():
    """L = sum of (x_{i+2} - 2 x_{i+1} + x_i)^2: the formula for x_2 has x_4, which is not there for H = 3."""
    g = Graph("second differences")
    H = g.size("H", least=3)
    x, i = g.parameter("x", H), g.index("i", H - 2)
    g.loss("L", Sum((x[i + 2] - 2 * x[i + 1] + x[i]) ** 2, i))
    page = " ".join(g.derive().to_text(check=False).split())
    assert "hold as written for H of at least 4; of a smaller H nothing is claimed." in page
