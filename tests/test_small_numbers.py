"""An error is relative to the number itself, however small; only the rounding of sums that cancel is forgiven."""

from dataclasses import replace

import pytest
import random_graphs
import torch
from sympy import Piecewise, Rational, S, Symbol

from derive import Expectation, Graph, Sum, exp, log, sigmoid, sqrt, tanh
from derive.chain.derivation import Line, Term
from derive.check.compare import relative
from derive.check.rounding import terms
from derive.check.steps import Checker, verify
from derive.expressions.indices import substitute
from derive.expressions.matrices import Scaled
from derive.topics.expectation.check.expectations import verify_expectations
from derive.topics.hessian.check.hessian import _eigenvalue, verify_hessian
from derive.topics.jacobian.check.jacobian import verify_jacobian
from derive.topics.limits.check import in_the_limit
from derive.topics.matrix_form.check.forms import compare as compare_forms
from derive.topics.matrix_form.forms import forms
from derive.topics.primitives.check import programs

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
    assert relative(0 * off, 0 * truth, terms=terms_of(0.0)) == 0.0


@pytest.mark.parametrize("seed", [1004, 1102])
def test_a_matrix_form_may_cancel_where_the_chain_rule_does_not(seed):
    """1 - n^2 cancels where n is near 1: its terms are those of the lines, not only of the contributions."""
    assert random_graphs.build(seed).graph.derive().verify().ok


# small beside others: whatever is compared with autograd has no floor
def decaying():
    """y_i = exp(-20 i) x_i^3: every element is about 1e-9 of the one before."""
    g = Graph("decaying")
    size = g.size("N")
    i = g.index("i", size)
    x = g.parameter("x", size)
    y = g.node("y", exp(-20 * i) * x[i] ** 3, over=i)
    g.loss("L", Sum(y[i], i))
    return g.derive(), i


def off_from_the_second(expr, i):
    """The expression with an error in its small elements: a thousandth at i = 2, two at i = 3, none at i = 1."""
    return expr * (1 + (i - 1) * Rational(1, 1000))


def spoiled(lines, i):
    """The lines, with this error in the last of them."""
    last = lines[-1]
    return (*lines[:-1], last._replace(terms=(Term((off_from_the_second(last.expr, i),)),)))


def test_an_error_in_a_small_entry_of_a_jacobian_is_found():
    derived, i = decaying()
    found = derived.jacobian("y", "x")
    assert verify_jacobian(derived.derivation, found, {}).ok
    bad = verify_jacobian(derived.derivation, found._replace(lines=spoiled(found.lines, i), form=None), {})
    assert 9e-4 < bad.worst < 6e-3


def test_an_error_in_a_small_entry_of_a_hessian_is_found():
    derived, i = decaying()
    found = derived.hessian("x")
    assert verify_hessian(derived.derivation, found, {}).ok
    ((block,),) = found.blocks
    off = block._replace(lines=spoiled(block.lines, i), form=None)
    bad = verify_hessian(derived.derivation, found._replace(blocks=((off,),)), {})
    assert 9e-4 < bad.worst < 6e-3


def test_a_tiny_hessian_that_is_not_positive_semidefinite_is_found():
    """The least eigenvalue of -1e-12 x x' is judged by the largest one, not by 1."""
    truth = -1e-12 * torch.tensor([[1.0, 0.5], [0.5, 2.0]], dtype=torch.float64)[..., None]
    row = _eigenvalue([[truth]], lambda: [[truth.abs()]])
    assert row.error == pytest.approx(1)
    assert _eigenvalue([[-truth]], lambda: [[truth.abs()]]).ok


def test_an_error_in_a_small_gradient_of_a_program_is_found():
    g = Graph("small program")
    size = g.size("N")
    i = g.index("i", size)
    x = g.parameter("x", size)
    g.loss("L", Sum(x[i] ** 3, i) * Rational(1, 10**15))
    derived = g.derive()
    written = derived.rewritten(["mul", "pow", "sum", "add", "dot"], check=True).derivation
    adjoint = written.adjoints["x"]
    use = adjoint.uses[0]
    factors = (OFF, *use.contraction.factors)
    wrong = replace(adjoint, uses=(replace(use, contraction=replace(use.contraction, factors=factors)),))
    bad = programs.compare(replace(written, adjoints={**written.adjoints, "x": wrong}), derived.derivation)
    assert 9e-4 < bad.worst < 6e-3


def test_an_error_in_a_small_expectation_is_found():
    g = Graph("noise")
    size = g.size("N")
    i = g.index("i", size)
    r = g.random("r", size, mean=0, variance=1, independent=True)
    a = g.constant("a", size)
    g.node("v", Expectation(exp(-20 * i) * (a[i] + r[i]) ** 2), over=i)
    derived = g.derive()
    (found,) = derived.expectations
    assert verify_expectations(derived.derivation, [found]).ok
    bad = verify_expectations(derived.derivation, [found._replace(lines=spoiled(found.lines, found.indices[0]))])
    assert 9e-4 < bad.worst < 6e-3


def test_an_error_in_the_matrix_form_of_a_small_value_is_found():
    g = Graph("small product")
    size = g.size("N")
    i, j = g.indices("i j", size)
    w, x = g.parameter("W", size, size), g.input("x", size)
    y = g.node("y", Sum(w[i, j] * x[j], j) * Rational(1, 10**15), over=i)
    g.loss("L", Sum(y[i] ** 2, i))
    derived = g.derive()
    found = forms(derived.model, derived.steps)
    node, case, form = found.laws[0]
    assert form.matrix is not None
    off = found._replace(laws=((node, case, form._replace(matrix=Scaled(OFF, form.matrix))),))
    check = Checker(derived.derivation, {size: 3}, 20, 0)
    assert compare_forms(found, check).ok
    assert compare_forms(off, check).worst == pytest.approx(1e-3, rel=1e-3)


def test_an_error_in_a_small_limit_is_found():
    g = Graph("far out")
    t = g.index("t", g.size("T"))
    mu, c = g.constant("mu", domain="probability"), g.constant("c", domain="positive")
    g.recurrence("h", lambda h: mu * h[t - 1] + c * Rational(1, 10**12), over=t, start={0: 0})
    derived = g.derive()
    found = derived.limit("h", "t")
    assert in_the_limit(derived.derivation, [found]).ok
    assert in_the_limit(derived.derivation, [found._replace(limit=OFF * found.limit)]).worst > 1e-4
