"""Text is never evaluated: where a formula belongs it is refused, before sympy would run it as Python."""

import os

import pytest

import derive
from derive import DeriveError, Graph

PLANTED = "__import__('os').putenv('DERIVE_RAN', '1')"  # what sympy's own functions would run


def setting():
    g = Graph("text")
    size = g.size("N")
    i = g.index("i", size)
    return g, size, i, g.parameter("x", size)


GIVEN = {
    "a sum's end": lambda g, n, i, x: derive.Sum(x[i], (i, 1, PLANTED)),
    "a product's start": lambda g, n, i, x: derive.Product(x[i], (i, PLANTED, n)),
    "a sum's body": lambda g, n, i, x: derive.Sum(PLANTED, i),
    "an extreme": lambda g, n, i, x: derive.amax(PLANTED, i),
    "an extreme's end": lambda g, n, i, x: derive.amin(x[i], (i, 1, PLANTED)),
    "a function": lambda g, n, i, x: derive.relu(PLANTED),
    "one of several arguments": lambda g, n, i, x: derive.clip(x[i], PLANTED, 1),
    "stop": lambda g, n, i, x: derive.stop(PLANTED),
    "a softmax": lambda g, n, i, x: derive.softmax(PLANTED, i),
    "an option of a word": lambda g, n, i, x: derive.norm(x[i], i, p=PLANTED),
    "a law": lambda g, n, i, x: g.normal("e", n, variance=PLANTED),
    "a covariance": lambda g, n, i, x: g.normal("e", n, covariance=PLANTED),
    "a density": lambda g, n, i, x: derive.normal_logpdf(x[i], mean=PLANTED, variance=1),
    "an entropy": lambda g, n, i, x: derive.entropy_normal(PLANTED),
    "a divergence": lambda g, n, i, x: derive.kl_normal(0, 1, PLANTED, 1),
    "a derivative": lambda g, n, i, x: g.derivative(PLANTED, x),
    "a fixed point": lambda g, n, i, x: g.fixed_point("z", lambda z: PLANTED),
    "a start": lambda g, n, i, x: g.recurrence("h", lambda h: h[i - 1], over=i, start={PLANTED: 0}),
    "a start of several": lambda g, n, i, x: g.recurrence("h", lambda h: h[i - 1], over=i, start={(PLANTED, 1): 0}),
    "an expectation": lambda g, n, i, x: derive.Expectation(PLANTED),
    "a matrix": lambda g, n, i, x: derive.inverse(PLANTED),
    "a definition": lambda g, n, i, x: g.node("a", PLANTED),
    "a range": lambda g, n, i, x: g.index("k", PLANTED),
    "a domain": lambda g, n, i, x: g.input("b", domain=(PLANTED, 1)),
    "a new function": lambda g, n, i, x: derive.elementwise("textual", lambda z: PLANTED),
    "a range of a new function": lambda g, n, i, x: derive.elementwise("ranged", derive.tanh, value_range=(PLANTED, 1)),
    "a kink": lambda g, n, i, x: derive.elementwise("kinked", lambda z: z * 3, kinks=(PLANTED,)),
}


@pytest.mark.parametrize("where", GIVEN)
def test_text_is_refused_in_one_line(where, monkeypatch):
    ran = []
    monkeypatch.setattr(os, "putenv", lambda *of: ran.extend(o for o in of if o == "DERIVE_RAN"))
    with pytest.raises(DeriveError) as refused:
        GIVEN[where](*setting())
    assert not ran and "\n" not in str(refused.value)
