"""Start values of a recurrence in a batch, lags with closed forms, and what is no recurrence."""

import types

import numpy as np
import pytest
import torch
from sympy import Product

from derive import Graph, Piecewise, Sum, sigmoid, tanh
from derive.errors import ModelError


def gradients(g, **given):
    """What the generated code gives."""
    module = types.ModuleType("made")
    exec(g.derive().to_code("numpy"), module.__dict__)
    return module.backward(**given)


def in_a_batch(coupled, turned):
    """h[b, t], whose start is given for t; with a second state whose law does not step."""
    g = Graph("batch")
    B, T = g.size("B"), g.size("T")
    b, t = g.index("b", B), g.index("t", T)
    w, x, h0 = g.parameter("w"), g.input("x", B, T), g.parameter("h0", B)
    if coupled:
        c, h = g.states("c h", over=(b, t), start={0: h0[b]})
        laws = [(h, tanh(c[b, t]) * x[b, t]), (c, w * c[b, t - 1] + sigmoid(h[b, t - 1]))]
        for state, law in laws[:: -1 if turned else 1]:
            g.update(state, law)
    else:
        h = g.recurrence("h", lambda h: tanh(w * h[b, t - 1] + x[b, t]), over=(b, t), start={0: h0[b] if turned else 0})
        g.node("unused", h0[1])
    g.loss("L", Sum(h[b, T] ** 2, b))
    return g


def by_torch(coupled, turned, w, x, h0):
    h = h0 if coupled or turned else torch.zeros_like(h0)
    c = h0
    for now in x.T:
        if coupled:
            c = w * c + torch.sigmoid(h)
            h = torch.tanh(c) * now
        else:
            h = torch.tanh(w * h + now)
    return (h**2).sum()


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_a_start_along_the_index_that_steps(coupled, turned):
    """{0: ...} is h[b, 0] where the law steps through t, whichever index comes first and whichever law."""
    g = in_a_batch(coupled, turned)
    assert g.derive().verify().ok
    x, h0 = np.linspace(-1, 1, 6).reshape(2, 3), np.array([0.3, -0.4])
    w, start = torch.tensor(0.7, dtype=torch.float64, requires_grad=True), torch.tensor(h0, requires_grad=True)
    (truth,) = torch.autograd.grad(by_torch(coupled, turned, w, torch.tensor(x), start), w)
    assert np.allclose(gradients(g, w=0.7, x=x, h0=h0)["w"], truth)


def test_a_start_inside_the_range_of_its_index():
    """Of the index that steps, not of the first: b runs over 1 too."""
    g = Graph("late start")
    B, T = g.size("B"), g.size("T")
    b, t = g.index("b", B), g.index("t", (2, T))
    w = g.parameter("w")
    h = g.recurrence("h", lambda h: w * h[b, t - 1], over=(b, t), start={1: 1})
    g.loss("L", Sum(h[b, T], b))
    assert g.derive().verify().ok
    s = g.index("s", T)
    with pytest.raises(ModelError, match=r"k\[1\] is defined twice"):
        g.recurrence("k", lambda k: w * k[b, s - 1], over=(b, s), start={1: 1})


def test_a_closed_form_supposes_the_sizes_of_its_steps():
    """With a lag of three: dL/dh[t] = 2 w^(T-t) h[T] for t = T-2..T, but h[-1] is not used by h[0] where T is 1."""
    g = Graph("lag of three")
    T = g.size("T")
    t = g.index("t", T)
    w, u, x = *g.parameters("w u"), g.input("x", T)
    law = lambda h: w * h[t - 1] + u * h[t - 3] + x[t]  # noqa: E731
    h = g.recurrence("h", law, over=t, start={0: 1, -1: 2, -2: w})
    g.loss("L", h[T] ** 2)
    assert g.derive().closed_forms and g.derive().verify().ok


def test_a_product_as_a_factor():
    """A product of products has no closed form here; the recursion is right."""
    g = Graph("products")
    T = g.size("T")
    t, s = g.indices("t s", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: w * h[t - 1] * Product(x[s], (s, 1, t)), over=t, start={0: 1})
    g.loss("L", h[T] ** 2)
    d = g.derive()
    assert d.verify().ok and not d.closed_forms and d.to_text(check=False)


def test_what_steps_through_two_indices():
    """A grid whose border is a condition instead of a start value: the number of paths, by hand."""
    g = Graph("grid")
    T, S = g.size("T"), g.size("S")
    t, s = g.index("t", T), g.index("s", S)
    x = g.input("x", T, S, gradient=True)
    law = lambda h: x[t, s] + h[t - 1, s] + Piecewise((h[t, s - 1], s > 1), (0, True))  # noqa: E731
    h = g.recurrence("h", law, over=(t, s), start={(0, s): 0})
    g.loss("L", h[T, S])
    assert g.derive().verify().ok
    assert (gradients(g, x=np.zeros((3, 3)))["x"] == [[6, 3, 1], [3, 2, 1], [1, 1, 1]]).all()


def test_the_advice_can_be_followed():
    """A family for each of the two layers."""
    g = Graph("two layers")
    T = g.size("T")
    t = g.index("t", T)
    x = g.input("x", T, gradient=True)
    one = g.recurrence("one", lambda h: tanh(x[t] + h[t - 1]), over=t, start={0: 0})
    two = g.recurrence("two", lambda h: tanh(one[t] + h[t - 1]), over=t, start={0: 0})
    g.loss("L", two[T])
    assert g.derive().verify().ok
