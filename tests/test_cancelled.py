"""Slopes that are 0, or smaller than what they are made of, since the places of one definition cancel.

Of n/d with n = d autograd has u/d - n u/d^2, which is rounding; the formula has 0. That is no error, and a check that
forgives it must not be blind: what is off by a millionth is still found.
"""

from dataclasses import replace
from functools import cache

import pytest
from sympy import Integer, Rational

from derive import Graph, Product, Sum, amax, dot, exp, log, logsumexp, mean, norm, normalize, softmax, sqrt, tanh, var
from derive.chain.derivation import Line
from derive.check.steps import verify

MODELS = {}
ZERO = {("linear_attention", "w")}  # a gradient that is 0 for every size, in a form that does not show it
OFF = 1 + Rational(1, 10**6)


def model(build):
    """Register a model that is written on a graph with a size N, i and j over it, a parameter w and a target y."""

    def made():
        g = Graph(build.__name__)
        size = g.size("N")
        build(g, size, *g.indices("i j", size), g.parameter("w", size), g.target("y", size))
        return g.derive()

    MODELS[build.__name__] = cache(made)
    return build


def squares(g, h, y, i):
    """The loss: half of the sum of squares."""
    g.loss("L", Sum((h[i] - y[i]) ** 2, i) / 2)


@model
def wkv(g, size, i, j, w, y):
    """RWKV's attention (Peng et al., RWKV, 2023, equation 16): its first step is v_1, whatever k_1 and u are."""
    decay, bonus, v = g.parameter("a"), g.parameter("u"), g.parameter("v", size)

    def weighted(value):
        past = Sum(exp(-(i - 1 - j) * decay + w[j]) * value(j), (j, 1, i - 1))
        return past + exp(bonus + w[i]) * value(i)

    h = g.node("h", weighted(lambda n: v[n]) / weighted(lambda n: Integer(1)), over=i)
    squares(g, h, y, i)


@model
def wkv_with_states(g, size, i, j, w, y):
    decay, bonus, v = g.parameter("a"), g.parameter("u"), g.parameter("v", size)
    above = g.recurrence("p", lambda p: exp(-decay) * p[i - 1] + exp(w[i]) * v[i], over=i, start={0: 0})
    below = g.recurrence("q", lambda q: exp(-decay) * q[i - 1] + exp(w[i]), over=i, start={0: 0})
    new = exp(bonus + w[i])
    squares(g, g.node("h", (above[i - 1] + new * v[i]) / (below[i - 1] + new), over=i), y, i)


@model
def softmax_as_formula(g, size, i, j, w, y):
    squares(g, g.node("h", exp(w[i]) / Sum(exp(w[j]), j) * y[i], over=i), y, i)


@model
def softmax_as_word(g, size, i, j, w, y):
    squares(g, g.node("h", softmax(w[i], i), over=i), y, i)


@model
def attention(g, size, i, j, w, y):
    k, v = g.parameter("k", size), g.parameter("v", size)
    h = g.node("h", Sum(exp(w[i] * k[j]) * v[j], j) / Sum(exp(w[i] * k[j]), j), over=i)
    squares(g, h, y, i)


@model
def linear_attention(g, size, i, j, w, y):
    """The feature of the query is above and below: its gradient is 0 for every size."""
    k, v = g.parameter("k", size), g.parameter("v", size)
    kept = Sum(exp(w[i]) * exp(k[j]) * v[j], (j, 1, i)), Sum(exp(w[i]) * exp(k[j]), (j, 1, i))
    squares(g, g.node("h", kept[0] / kept[1], over=i), y, i)


@model
def batch_norm(g, size, i, j, w, y):
    eps = g.constant("eps", domain="positive")
    h = g.node("h", (w[i] - mean(w[i], i)) / sqrt(var(w[i], i) + eps), over=i)
    squares(g, h, y, i)


@model
def rms_norm(g, size, i, j, w, y):
    squares(g, g.node("h", w[i] / sqrt(mean(w[i] ** 2, i)), over=i), y, i)


@model
def unit_vector(g, size, i, j, w, y):
    squares(g, g.node("h", normalize(w[i], i), over=i), y, i)


@model
def cosine(g, size, i, j, w, y):
    v = g.parameter("v", size)
    g.loss("L", (dot(w[i], v[i], i) / (norm(w[i], i) * norm(v[i], i)) - 3) ** 2)


@model
def logsumexp_minus_itself(g, size, i, j, w, y):
    g.loss("L", exp(logsumexp(w[i], i) - w[1]) + amax(w[i], i) - w[size])


@model
def weighted_mean(g, size, i, j, w, y):
    v = g.parameter("v", size, domain="positive")
    g.loss("L", (Sum(w[i] * v[i], i) / Sum(v[i], i) - 2) ** 2)


@model
def itself_over_itself(g, size, i, j, w, y):
    v = g.parameter("v", size, domain="positive")
    g.loss("L", tanh(Sum(v[i] * w[i], i) / Product(v[i], i)) + log(Sum(v[i], i) / v[1]))


@pytest.mark.parametrize("name", MODELS)
def test_rounding_of_what_cancels_is_no_error(name):
    """Every size is 1 in turn."""
    derived = MODELS[name]()
    report = derived.verify(points=200)
    assert report.ok, report.complaint()


@pytest.mark.parametrize("name", ["wkv", "wkv_with_states", "linear_attention", "attention", "softmax_as_formula"])
def test_nor_is_it_in_second_derivatives(name):
    derived = MODELS[name]()
    for parameter in derived.derivation.wanted:
        assert derived.hessian(parameter).report.ok


def spoiled(step, change):
    """The step with another last line."""
    return replace(step, lines=(*step.lines[:-1], change(step.lines[-1])))


@pytest.mark.parametrize("name", MODELS)
def test_a_millionth_is_found(name):
    derived = MODELS[name]()
    steps = [s for s in derived.steps if (name, s.node.name) not in ZERO and s.lines[-1].expr != 0]
    assert steps
    for step in steps:
        line = Line(tuple(t._replace(factors=(OFF, *t.factors)) for t in step.lines[-1].terms), step.lines[-1].reason)
        wrong = [spoiled(s, lambda _: line) if s is step else s for s in derived.steps]  # noqa: B023
        assert not verify(derived.derivation, wrong, points=30).ok, step.target


def by_one_part(adjoint, keep):
    """The adjoint with some of the places of its first use that has several."""
    uses = list(adjoint.uses)
    at = next(n for n, use in enumerate(uses) if use.more)
    parts = [replace(part, more=()) for part in (uses[at], *uses[at].more)]
    uses[at : at + 1] = [part for n, part in enumerate(parts) if keep(n)]
    return replace(adjoint, uses=tuple(uses))


@pytest.mark.parametrize(("name", "family"), [("wkv", "u"), ("wkv", "w"), ("linear_attention", "w")])
@pytest.mark.parametrize("lost", [0, 1])
def test_a_place_that_is_left_out_is_found(name, family, lost):
    """Where two places cancel, one of them alone is no rounding."""
    derived = MODELS[name]()
    d = derived.derivation
    wrong = by_one_part(d.adjoints[family], lambda n: n != lost)
    report = verify(replace(d, adjoints={**d.adjoints, family: wrong}), (), points=30)
    assert [row.name for row in report.rows if row.wrong] == [family]
