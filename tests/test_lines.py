"""What is left at the end of a step is what one would write by hand: expected forms are textbook formulas."""

from sympy import Abs, Integer, Piecewise, sign

from derive import Graph, Sum, log
from derive.chain.deltas import with_visible_deltas
from derive.expressions.cases import by_cases
from derive.expressions.coefficients import reduced
from derive.expressions.indices import bound_indices


def gaussian():
    """Negative log-likelihood of a normal distribution, mean and deviation unknown."""
    g = Graph("Gaussian")
    N = g.size("N")
    n = g.index("n", N)
    mu, sigma, x = g.parameter("mu"), g.parameter("sigma", domain="positive"), g.input("x", N)
    g.loss("L", Sum(log(sigma) + (x[n] - mu) ** 2 / (2 * sigma**2), n))
    return g, N, n, mu, sigma, x


def test_numbers_cancel_and_equal_terms_are_counted():
    """dL/dsigma = N/sigma - sum (x - mu)^2 / sigma^3, in the author's letter."""
    g, N, n, mu, sigma, x = gaussian()
    d = g.derive()
    assert d.gradient(mu) == Sum(mu - x[n], (n, 1, N)) / sigma**2
    assert d.gradient(sigma) == N / sigma - Sum((x[n] - mu) ** 2, (n, 1, N)) / sigma**3
    assert d.verify().ok


def test_cases_are_one_function_by_cases():
    """Huber: r inside, delta sign(r) outside."""
    g = Graph("Huber")
    r, delta = g.parameter("r"), g.constant("delta", domain="positive")
    g.loss("L", Piecewise((r**2 / 2, Abs(r) <= delta), (delta * (Abs(r) - delta / 2), True)))
    d = g.derive()
    assert d.gradient(r) == Piecewise((r, Abs(r) <= delta), (delta * sign(r), True))
    assert d.verify().ok


def test_moves_keep_the_value():
    """Numbers cancel against a denominator, and one that all terms of a bracket have goes in front of the product."""
    g = Graph("g")
    x, m, s = g.parameters("x m s")
    assert reduced((2 * x - 2 * m) / (2 * s)) == (x - m) / s
    assert str(reduced((2 * x - 2 * m) / s)) == "2*(-m + x)/s"
    assert reduced((4 * x + 2 * m) / s) == (4 * x + 2 * m) / s
    assert reduced((x - m) / 32) == (x - m) / 32
    assert by_cases(Piecewise((1, x > 0), (0, True)) * m + s) == Piecewise((m, x > 0), (0, True)) + s
    assert reduced(Integer(3)) == 3


def test_an_inner_sum_keeps_clear_of_the_sum_it_is_put_under():
    """The delta form of y_p = sum_i (h_1 + h_{C-i+1}) h_p: the inner letter is not the outer one."""
    g = Graph("g")
    C = g.size("C")
    n, p = g.indices("n p", C)
    h = g.parameter("h", C)
    y = g.node("y", Sum((h[1] + h[C - p + 1]) * h[n], p), over=n)
    g.loss("L", Sum(y[p] ** 2, p))
    d = g.derive()
    for use in with_visible_deltas(d.derivation.adjoints["h"].uses, d.derivation.adjoints["h"].node.indices):
        assert not bound_indices(use.local) & {b[0] for b in use.outer}
    assert d.verify().ok
