"""An error is relative to the number itself, however small; only the rounding of sums that cancel is forgiven."""

from dataclasses import replace

import pytest
import random_graphs
import torch
from sympy import Piecewise, Rational, S, Symbol

from derive import Graph, Sum, exp, log, sigmoid, sqrt, tanh
from derive.chain.derivation import Line
from derive.check.compare import relative
from derive.check.rounding import terms
from derive.check.steps import verify
from derive.expressions.indices import substitute

OFF = Rational(1001, 1000)


def scaled(size):
    """Softmax regression with the loss times `size`: all gradients are about that small."""
    g = Graph("scaled")
    n, c, d = g.size("N"), g.size("C"), g.size("D")
    m, (i, k), j = g.index("m", n), g.indices("i k", c), g.index("j", d)
    w, x, y = g.parameter("W", c, d), g.input("x", n, d), g.target("y", n, c, one_hot=True)
    z = g.node("z", Sum(w[i, j] * x[m, j], j), over=(m, i))
    p = g.node("p", exp(z[m, i]) / Sum(exp(z[m, k]), k), over=(m, i))
    g.loss("L", -size * Sum(y[m, i] * log(p[m, i]), m, i))
    return g.derive()


def changed(steps, number, factor):
    """The steps, with one of them multiplied by a factor in its last line."""
    found = []
    for step in steps:
        last = step.lines[-1]
        lines = tuple(t._replace(factors=(factor, *t.factors)) for t in last.terms)
        off = replace(step, lines=(*step.lines[:-1], Line(lines, last.reason)))
        found.append(off if step.number == number else step)
    return found


@pytest.mark.parametrize("size", [Rational(1, 10**k) for k in (0, 8, 12, 30, 200)], ids=str)
def test_an_error_of_a_thousandth_is_found_in_gradients_of_any_size(size):
    derived = scaled(size)
    assert derived.verify().ok
    numbers = [s.number for s in derived.steps if s.lines[-1].expr != 0]
    assert len(numbers) == 3
    for number in numbers:
        bad = verify(derived.derivation, changed(derived.steps, number, OFF), points=60)
        assert not bad.ok and bad.worst == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("length", [100, 300])
def test_an_error_in_adjoints_far_back_is_found(length):
    """An adjoint 100 steps back is about 1e-40 here; an error at the first five steps only is found all the same."""
    g = Graph("far back")
    steps = g.size("T")
    t = g.index("t", steps)
    w, x = g.parameter("w"), g.input("x", steps)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] / 2 + x[t]), over=t, start={0: 0})
    g.loss("L", h[steps] ** 2)
    derived = g.derive()
    (size,) = derived.model.sizes
    assert verify(derived.derivation, derived.steps, {size: length}, points=20).ok
    general = [s for s in derived.steps if s.node.indices and not s.region.is_point(0)]
    for step in general:
        early = Piecewise((OFF, step.node.indices[0] < 5), (S(1), True))
        bad = verify(derived.derivation, changed(derived.steps, step.number, early), {size: length}, points=20)
        assert not bad.ok and bad.worst == pytest.approx(1e-3, rel=1e-3)
    assert len(general) == 2


def test_gradients_that_are_zero_by_cancellation_are_no_false_alarm():
    """A bias before batch normalisation has the gradient 0, which autograd and the formula miss in their own ways."""
    g = Graph("invariant")
    n = g.size("N")
    i, k = g.indices("i k", n)
    x, b, eps, c = g.input("x", n), g.parameter("b"), g.constant("eps", domain="positive"), g.constant("c", n)
    z = g.node("z", x[i] + b, over=i)
    mu = g.node("mu", Sum(z[k], k) / n)
    s = g.node("s", sqrt(Sum((z[k] - mu) ** 2, k) / n + eps))
    y = g.node("y", (z[i] - mu) / s, over=i)
    g.loss("L", Sum(c[i] * sigmoid(y[i]), i) * Rational(1, 10**9))
    derived = g.derive()
    report = derived.verify()
    assert report.ok
    zero = next(r for r in report.rows if r.name == "b")
    assert zero.error <= 1e-9


def test_random_graphs_with_a_tiny_loss():
    """Each derivation of the generator still passes when everything is judged by its own size."""
    for seed in range(400, 406):
        assert random_graphs.failure(seed) is None
        assert random_graphs.build(seed).graph.derive().verify().ok


def test_the_terms_bound_the_rounding_error():
    """With 7 digits against 30, sums that cancel to different degrees are off by at most a few units of their terms."""
    a, b = Symbol("a", real=True), Symbol("b", real=True)
    generator = torch.Generator().manual_seed(0)
    for expr in (
        a - b,
        a**2 - b**2,
        exp(a) - exp(b),
        sqrt(a + 2) - sqrt(b + 2),
        1 / (a - b),
        (a - b) ** 3,
        log(2 + a - b),
    ):
        for _ in range(20):
            x = float(torch.rand((), generator=generator, dtype=torch.float32))
            at = {a: S(x), b: S(float(torch.tensor(x, dtype=torch.float32) * 1.0001))}
            exact, low = (substitute(expr, at).evalf(n) for n in (30, 7))
            assert abs(exact - low) <= 20 * 2**-24 * substitute(terms(expr), at).evalf(30)


def test_only_rounding_is_forgiven():
    truth, off = torch.tensor([[1e-20, 1.0], [1e-20 * 1.001, 1.0]], dtype=torch.float64)

    def terms_of(size):
        return lambda: torch.full((2,), size, dtype=torch.float64)

    assert relative(off, truth, terms=terms_of(1e-20)) == pytest.approx(1e-3)
    assert relative(off, truth, terms=terms_of(1.0)) == pytest.approx(1e-20, rel=1e-6)
    assert relative(0 * off, 0 * truth) == 0.0


@pytest.mark.parametrize("seed", [1004, 1102])
def test_a_matrix_form_may_cancel_where_the_chain_rule_does_not(seed):
    """1 - n^2 cancels where n is near 1: its terms are those of the lines, not only of the contributions."""
    assert random_graphs.build(seed).graph.derive().verify().ok
