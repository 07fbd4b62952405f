"""Small models, checked for any size and for some; what random graphs found stays found."""

import pytest
from small_models import MODELS, written
from sympy import Idx, IndexedBase, Product, Symbol

from derive import Function, Graph, ModelError, Sum, tanh
from derive.expressions.products import joined
from derive.model.sizes import fitting


@pytest.mark.parametrize("name", MODELS)
def test_small_model(name):
    """For any size, and for some."""
    g = written(MODELS[name])
    assert g.derive().verify(42).first_failure is None
    for C, T in ((1, 1), (2, 3), (3, 2)):
        d = g.derive()
        sizes = fitting(d.model, dict(zip(d.model.sizes, (C, T), strict=True)), {})
        assert g.derive(sizes=sizes).verify(5).first_failure is None, (C, T)


@pytest.mark.parametrize("name", MODELS)
def test_every_page_of_a_small_model_prints(name):
    """In each format, for any size in one language and for a size in the other."""
    g = written(MODELS[name])
    for solution, lang in ((g.derive(), "zh"), (g.derive(sizes={"C": 2, "T": 4}), "en")):
        for page in (solution.to_latex, solution.to_text, solution.to_json):
            assert page(lang, check=False, detail="full")


def test_a_sum_over_time_inside_a_recurrence_is_a_cycle():
    """Under a sum over t, h[t-1] is every state."""
    g = Graph("circle")
    T = g.size("T")
    t = g.index("t", T)
    x = g.input("x", T)
    with pytest.raises(ModelError, match="not a recurrence"):
        h = g.recurrence("h", lambda h: tanh(h[t - 1] + Sum(h[t - 1] * x[t], t)), over=t, start={0: 0})
        g.loss("J", h[T])
        g.derive()


def test_an_abstract_function_of_an_expression_is_refused():
    """Its partial would have no name."""
    g = Graph("unnamed")
    w = g.parameter("w")
    with pytest.raises(ModelError, match="give that a name"):
        g.loss("J", Function("L")(2 * w))


def test_a_product_over_two_indices_is_not_continued_by_a_factor():
    """Only one over a single index has a next factor; a random graph found that the other was an error of Python."""
    k, m = Idx("k", (1, 2)), Idx("m", (1, 3))
    x, y = IndexedBase("x"), Symbol("y")
    expr = Product(x[k] + x[m], (k, 1, 2), (m, 1, 3)) * y
    assert joined(expr) == expr


@pytest.mark.parametrize("power", [3, 999, 10**9])
def test_a_power_is_not_written_out_in_digits(power):
    """a^(10^9) at a = 3/20 has a billion digits as a fraction; sympy's opinion is taken at as many as are read."""
    g = Graph("a high power")
    a = g.parameter("a")
    g.loss("L", a**power + a)
    assert g.derive().verify(points=20).ok
