"""Expectations: known values, random models against a sum over outcomes written anew, broken lines, refusals."""

import itertools
import json
import random
from fractions import Fraction

import numpy as np
import pytest
from sympy import KroneckerDelta, S, Symbol, expand, simplify

from derive import (
    Covariance,
    Expectation,
    Function,
    Graph,
    ModelError,
    MomentError,
    Sum,
    Variance,
    VerificationError,
    exp,
    sqrt,
    tanh,
)
from derive.chain.derivation import Line, Term
from derive.cli.main import run
from derive.expressions.canonical import canonical
from derive.expressions.indices import sized
from derive.memo import forget
from derive.problems import load
from derive.topics.expectation import laws
from derive.topics.expectation.check.expectations import RandomDistributions, verify_expectations
from derive.topics.expectation.check.outcomes import Outcomes
from derive.topics.expectation.check.plain_evaluation import PlainEvaluation
from derive.topics.identities.check import verify_identities

CLOSE = 1e-10


def solved(name, reading=0):
    """One reading of a problem, derived."""
    return load(name).readings[reading].build().derive()


def by_symbol(solution):
    """The expectations of a model by what they are called."""
    return {str(e.symbol): e for e in solution.expectations}


def same(found, expected):
    """Equal but for the letters of sums."""
    return expand(canonical(found) - canonical(expected)) == 0


# the catalogue


def test_dropout_keeps_the_mean_and_its_variance_is_that_of_the_catalogue():
    """0.7: E = x, Var = x^2 p/(1-p)."""
    solution = solved("dropout", 1)
    found = by_symbol(solution)
    nodes = solution.derivation.model.nodes
    x, p = nodes["x"].generic, nodes["p"].symbol
    assert found["E[x_tilde[j]]"].value == x
    assert found["Var[x_tilde[j]]"].value == x**2 * p / (1 - p)


def test_dropout_is_a_penalty_on_squared_weights():
    """0.7: E of the squared loss is the squared loss and p/(1-p) sum w^2 x^2; its gradient follows."""
    solution = solved("dropout", 2)
    w, x, p, e = (solution.derivation.model.nodes[n].generic for n in ("w", "x", "p", "e"))
    (j,) = w.indices
    (found,) = solution.expectations
    assert same(found.value, e**2 + p / (1 - p) * Sum(w**2 * x**2, j))
    assert same(solution.gradient("w"), 2 * e * x + 2 * w * p * x**2 / (1 - p))


def test_the_variance_under_batch_normalisation():
    """1.5.2: E[t] = 0 and Var[t] = ||v||^2, so that batch norm is weight norm."""
    solution = solved("norms")
    found = by_symbol(solution)
    v = solution.derivation.model.nodes["v"].generic
    assert found["E[t]"].value == 0
    assert same(found["Var[t]"].value, Sum(v**2, v.indices[0]))
    shown = solution.identity("y", "u")
    assert shown.lines[-1].expr == shown.other_lines[-1].expr
    assert verify_identities(solution.derivation, [shown]).ok


@pytest.mark.parametrize(("reading", "variance"), [(0, "V"), (1, "V*c**2"), (2, "V/B")])
def test_bias_variance(reading, variance):
    """Squared bias, variance and noise."""
    solution = solved("bias-variance", reading)
    found = solution.expectations[-1].value
    b, sigma = (solution.derivation.model.nodes[n].symbol for n in ("b", "sigma"))
    assert str(found - b**2 - sigma**2) == variance


@pytest.mark.parametrize(("name", "reading"), [("dropout", 1), ("dropout", 2), ("norms", 0), ("bias-variance", 2)])
def test_the_pages_hold(name, reading):
    """Every line, by the sum over all outcomes."""
    solution = solved(name, reading)
    report = verify_expectations(solution.derivation, solution.expectations, seed=7, draws=12)
    assert report.rows and report.worst < CLOSE
    assert {str(e.symbol) for e in solution.expectations} <= {row.name for row in report.rows}


def test_the_argument_of_a_double_sum():
    """Definitions, a double sum, linearity, the moments with a delta, one sum less."""
    lines = [str(line.expr) for line in by_symbol(solved("norms"))["Var[t]"].lines]
    assert lines[0] == "-E[t]**2 + E[t**2]"
    assert "E[Sum(v[j]*v[k]*x[j]*x[k], (j, 1, D), (k, 1, D))]" in lines[2]
    assert "Sum(E[x[j]*x[k]]*v[j]*v[k], (j, 1, D), (k, 1, D))" in lines[3]
    assert "KroneckerDelta(j, k)" in lines[4]
    assert lines[5] == "Sum(v[j]**2, (j, 1, D))"


# other models


def family(**law):
    """A weighted sum of a random family: (graph, size, index, weights, random family)."""
    g = Graph("sums")
    D = g.size("D")
    j, k = g.indices("j k", D)
    return g, j, k, g.parameter("a", D), g.random("x", D, **law)


def test_covariance_with_one_entry():
    """Cov[sum_j a_j x_j, x_k] = a_k sigma^2."""
    g, j, k, a, x = family(mean=2, variance=3, independent=True)
    assert g.derive().expectation(Covariance(Sum(a[j] * x[j], j), x[k])).value == 3 * a[k]


def test_indices_in_the_moments():
    """Moments that differ from entry to entry."""
    g = Graph("weights")
    D = g.size("D")
    j = g.index("j", D)
    mu, tau = g.constant("mu", D), g.constant("tau", D)
    x = g.random("x", D, mean=mu[j], variance=tau[j] ** 2, independent=True)
    found = g.derive().expectation(Sum(x[j], j) ** 2)
    assert same(found.value, Sum(mu[j], j) ** 2 + Sum(tau[j] ** 2, j))


def test_two_axes():
    """A random matrix: each index has a delta of its own."""
    g = Graph("random features")
    M, N = g.size("M"), g.size("N")
    i, j = g.index("i", M), g.index("j", N)
    u, v = g.parameter("u", M), g.parameter("v", N)
    W = g.random("W", M, N, mean=0, variance=1, independent=True)
    found = g.derive().expectation(Variance(Sum(u[i] * W[i, j] * v[j], i, j)))
    assert same(found.value, Sum(u[i] ** 2 * v[j] ** 2, i, j))


def test_a_delta_that_meets_half_a_square_stays():
    """E[sum_j sum_{i <= j} x_i x_j] = mu^2 D (D + 1)/2 + D sigma^2."""
    g = Graph("triangle")
    D = g.size("D")
    i, j = g.indices("i j", D)
    x = g.random("x", D, mean=3, variance=2, independent=True)
    found = g.derive().expectation(Sum(Sum(x[i] * x[j], (i, 1, j)), (j, 1, D)))
    assert found.value.has(KroneckerDelta)
    for n in range(1, 5):
        assert sized(found.value, {D: n}).doit() == 9 * n * (n + 1) // 2 + 2 * n


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_what_is_0_or_1_has_all_moments(power):
    """m^n = m; and the third moment of a sum of them, with all coincidences of its letters."""
    g = Graph("masks")
    D, q = g.size("D"), g.constant("q", domain="probability")
    j = g.index("j", D)
    m = g.random("m", D, mean=q, domain="binary", independent=True)
    d = g.derive()
    assert expand(d.expectation(m[j] ** power).value - q) == 0
    found = d.expectation(Sum(m[j], j) ** min(power, 3)).value
    for n, p in ((1, Fraction(1, 3)), (3, Fraction(2, 5)), (5, Fraction(1, 7))):
        exact = sum(
            sum(mask) ** min(power, 3) * p ** sum(mask) * (1 - p) ** (n - sum(mask))
            for mask in itertools.product((0, 1), repeat=n)
        )
        assert Fraction(str(found.subs({D: n, q: S(p.numerator) / p.denominator}).doit())) == exact


def test_an_expectation_within_another():
    """E[(x - E[x])^2] is the variance; functions of what is not random are constants."""
    g = Graph("centred")
    w, x = g.parameter("w"), g.random("x", mean=5, variance=2)
    d = g.derive()
    assert expand(d.expectation((x - Expectation(x)) ** 2).value) == 2
    assert d.expectation(tanh(w) * x + exp(w)).value == 5 * tanh(w) + exp(w)


def test_a_model_may_go_on_from_an_expectation():
    """The gradient of a variance: 2 a_j sigma^2, checked by autograd; and as code."""
    g, j, _, a, x = family(mean=1, variance=4, independent=True)
    g.loss("L", sqrt(1 + Variance(Sum(a[j] * x[j], j))))
    d = g.derive()
    assert d.verify(points=60).ok
    module = {}
    exec(d.to_code("numpy"), module)  # our own text
    found = module["forward"](a=np.array([1.0, 2.0]))
    assert found["L"] == pytest.approx(21**0.5)


# random models, against a sum over outcomes written here


class Drawn:
    """A random polynomial, once as an expression and once as a Python function of an outcome."""

    def __init__(self, seed):
        rng = self.rng = random.Random(seed)
        g = self.graph = Graph("drawn")
        self.size = rng.randint(1, 3)
        self.D = g.size("D")
        self.letters = g.indices("j k", self.D)
        self.a, self.c = g.constant("a", self.D), g.constant("c")
        self.q, self.mu, self.tau = g.constant("q"), g.constant("mu"), g.constant("tau")
        self.m = g.random("m", self.D, mean=self.q, domain="binary", independent=True)
        self.x = g.random("x", self.D, mean=self.mu, variance=self.tau**2, independent=True)
        self.e = g.random("e", mean=0, variance=self.tau**2, independent=True)
        self.numbers = {n: rng.uniform(-1, 1) for n in ("c", "mu", "tau")} | {"q": rng.uniform(0.1, 0.9)}
        self.numbers["a"] = [rng.uniform(-1, 1) for _ in range(self.size)]

    def linear(self):
        """A sum over j of coefficients times random entries, a scalar noise, a constant."""
        first, *_ = self.letters
        pick, constant = [self.rng.choice((0, 1, -2, 3)) for _ in range(4)], self.rng.choice((0, 1))
        expr = Sum((pick[0] * self.a[first] * self.x[first] + pick[1] * self.m[first]), first)
        expr = expr + pick[2] * self.e + constant * self.c + pick[3] * Sum(self.a[first] * self.m[first], first)

        def function(o):
            n, total = self.numbers, 0.0
            for at in range(self.size):
                total += pick[0] * n["a"][at] * o["x"][at] + pick[1] * o["m"][at] + pick[3] * n["a"][at] * o["m"][at]
            return total + pick[2] * o["e"] + constant * n["c"]

        return expr, function

    def outcomes(self):
        """(outcome, weight): two skewed values with the declared moments."""
        n, share = self.numbers, self.rng.uniform(0.1, 0.9)
        spread = abs(n["tau"])
        two = [(((1 - share) / share) ** 0.5 * spread, share), (-((share / (1 - share)) ** 0.5) * spread, 1 - share)]
        bits = [(1, n["q"]), (0, 1 - n["q"])]
        for draw in itertools.product(*[two] * self.size, *[bits] * self.size, two):
            values = [v for v, _ in draw]
            x = [n["mu"] + v for v in values[: self.size]]
            yield {"x": x, "m": values[self.size : -1], "e": values[-1]}, np.prod([w for _, w in draw])

    def number(self, expr):
        """The derived value at the numbers."""
        leaves = {(k, ()): v for k, v in self.numbers.items() if k != "a"}
        leaves |= {("a", (n + 1,)): v for n, v in enumerate(self.numbers["a"])}
        plain = PlainEvaluation(self.graph.model().nodes, {self.D: self.size}, leaves, Outcomes({}, np.ones(1)))
        return float(plain.value(expr, {}))


@pytest.mark.parametrize("seed", range(40))
def test_random_models(seed):
    """E, Var and Cov of random sums and products: the value, and every line."""
    drawn = Drawn(seed)
    (one, f), (two, h) = drawn.linear(), drawn.linear()
    d = drawn.graph.derive()
    outcomes = list(drawn.outcomes())

    def mean(function):
        return sum(w * function(o) for o, w in outcomes)

    means = mean(f), mean(h)
    asked = {
        Expectation(one): mean(f),
        Expectation(one**2 + two): mean(lambda o: f(o) ** 2 + h(o)),
        Expectation(one * two): mean(lambda o: f(o) * h(o)),
        Variance(one): mean(lambda o: (f(o) - means[0]) ** 2),
        Covariance(one, two): mean(lambda o: (f(o) - means[0]) * (h(o) - means[1])),
    }
    for symbol, truth in asked.items():
        found = d.expectation(symbol, check=False)
        assert drawn.number(found.value) == pytest.approx(truth, rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("seed", range(8))
def test_every_line_of_random_models(seed):
    """The same by the project's own check, which draws distributions of its own."""
    drawn = Drawn(100 + seed)
    drawn.graph._nodes["q"] = drawn.graph._nodes["q"]._replace(domain="probability")
    (one, _), (two, _) = drawn.linear(), drawn.linear()
    d = drawn.graph.derive()
    found = [d.expectation(s, check=False) for s in (one**2, Variance(one - two), Covariance(one, two))]
    report = verify_expectations(d.derivation, found, seed=seed, draws=3)
    assert report.worst < CLOSE, report.first_failure


# broken lines


def broken(found, number, change):
    """The same argument with one line changed."""
    lines = list(found.lines)
    lines[number] = Line(change(lines[number].terms), lines[number].reason)
    return found._replace(lines=tuple(lines))


def flipped(terms):
    """The sign of the first term turned."""
    first, *rest = terms
    return (Term((-1, *first.factors), first.sums), *rest)


def dropped(terms):
    """Without the last term."""
    return terms[:-1]


@pytest.mark.parametrize("change", [flipped, dropped])
@pytest.mark.parametrize(("name", "reading"), [("dropout", 2), ("bias-variance", 0), ("bias-variance", 2)])
def test_a_broken_line_is_named(name, reading, change):
    """Every line in turn: the report names the expectation and the line."""
    solution = solved(name, reading)
    found = solution.expectations[-1]
    for number, line in enumerate(found.lines):
        if change is dropped and len(line.terms) == 1:
            continue
        report = verify_expectations(solution.derivation, [broken(found, number, change)])
        bad = report.first_failure
        assert bad is not None, number
        assert (bad.name, bad.where) == (str(found.symbol), f"line {number + 1}")
        with pytest.raises(VerificationError, match="disagrees with the sum over all outcomes"):
            report.require()


def test_a_delta_that_is_dropped_is_caught(monkeypatch, capsysbinary):
    """Without it the moment of two entries is wrong, and so is what follows; nothing is printed."""
    forget()
    monkeypatch.setattr(laws, "same", lambda block: ())
    try:
        assert run(["dropout", "--reading", "dropout", "--format", "text"]) == 1
    finally:
        forget()
    shown = capsysbinary.readouterr()
    assert not shown.out
    assert b"E[m[j]*m[k]] (line 1) disagrees with the sum over all outcomes" in shown.err


def test_independence_that_is_not_given_is_caught():
    """An argument made for independent entries fails where they are dependent."""
    independent, dependent = (family(mean=1, variance=2, independent=given) for given in (True, False))
    g, j, _, a, x = independent
    found = g.derive().expectation(Variance(Sum(a[j] * x[j], j)))
    assert not verify_expectations(dependent[0].derive().derivation, [found]).ok


def test_a_broken_identity_is_named():
    """The line of the side where it is."""
    solution = solved("norms")
    shown = solution.identity("y", "u")
    lines = list(shown.other_lines)
    lines[1] = Line(flipped(lines[1].terms), lines[1].reason)
    bad = verify_identities(solution.derivation, [shown._replace(other_lines=tuple(lines))]).first_failure
    assert (bad.name, bad.where) == ("u", "line 2")


# the distributions of the check


@pytest.mark.parametrize("seed", range(6))
def test_the_outcomes_have_the_declared_moments(seed):
    """Weights sum to 1; means, variances and products are those declared; the distributions are skewed."""
    g = Graph("laws")
    D = g.size("D")
    g.random("x", D, mean=3, variance=2, independent=True)
    g.random("m", D, mean=Fraction(1, 4), domain="binary", independent=True)
    g.random("z", D, mean=-1, variance=5)
    g.random("b", D, mean=Fraction(2, 3), domain="binary")
    drawn = RandomDistributions(g.derive().derivation, seed)
    values, weights = drawn.outcomes
    assert weights.sum() == pytest.approx(1)
    wanted = {"x": (3, 2), "m": (0.25, 0.1875), "z": (-1, 5), "b": (2 / 3, 2 / 9)}
    for (name, _), found in values.items():
        mean = found @ weights
        assert (mean, (found - mean) ** 2 @ weights) == pytest.approx(wanted[name])
        assert name not in "mb" or set(found) == {0.0, 1.0}
    first = values["x", (1,)]
    assert abs((first - 3) ** 3 @ weights) > 1e-3
    assert (first * values["m", (1,)]) @ weights == pytest.approx(0.75)
    assert abs((values["z", (1,)] + 1) * (values["b", (1,)] - 2 / 3) @ weights) > 1e-6


# refusals


def law(**declared):
    """An expectation to ask of a graph with a random family of these moments."""
    return lambda ask: ask(*family(**declared))


REFUSED = {
    "a third moment": (law(mean=0, variance=1, independent=True), lambda g, j, k, a, x: x[j] ** 3, "order"),
    "a function": (law(mean=0, variance=1, independent=True), lambda g, j, k, a, x: exp(x[j]), "does not follow"),
    "a reciprocal": (law(mean=1, variance=1, independent=True), lambda g, j, k, a, x: 1 / x[j], "whole powers"),
    "no variance": (law(mean=1, independent=True), lambda g, j, k, a, x: x[j] ** 2, r"Var\[x\[j\]\] is not declared"),
    "no mean": (law(variance=1, independent=True), lambda g, j, k, a, x: x[j], r"E\[x\[j\]\] is not declared"),
    "dependent": (law(mean=0, variance=1), lambda g, j, k, a, x: Sum(x[j], j) ** 2, "not declared independent"),
    "too long": (law(mean=0, independent=True), lambda g, j, k, a, x: (x[j] + a[j] + 1) ** 300, "more than 200"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_moments_do_not_give_is_refused(case):
    """One clear line, never a guess."""
    declared, ask, message = REFUSED[case]
    with pytest.raises(MomentError, match=message) as refused:
        declared(lambda g, j, k, a, x: g.derive().expectation(ask(g, j, k, a, x)))
    assert "\n" not in str(refused.value)


def test_a_recurrence_has_no_expectation_here():
    """Nor has an abstract function."""
    g = Graph("walk")
    T = g.size("T")
    t = g.index("t", T)
    e = g.random("e", T, mean=0, variance=1, independent=True)
    s = g.recurrence("s", lambda s: s[t - 1] + e[t], over=t, start={0: 0})
    with pytest.raises(MomentError, match="recurrence"):
        g.derive().expectation(s[T])
    g = Graph("abstract")
    x = g.random("x", mean=0)
    f = g.node("f", Function("f")(x))
    with pytest.raises(MomentError, match="does not follow"):
        g.derive().expectation(f)


def nothing(g):
    """The mean of something that the graph does not have."""
    return g.derive().expectation(Graph("other").parameter("w"))


DECLARATIONS = [
    (lambda g: g.random("x", mean=1, variance=-1), "not negative"),
    (lambda g: g.random("x", mean=0.5, variance=0.25, domain="binary"), "follows from its mean"),
    (lambda g: g.random("x", mean=0, domain="positive"), "real or binary"),
    (lambda g: g.random("x", mean=g.random("y", mean=0)), "uses y"),
    (lambda g: g.random("x", mean=0, independent=1), "True or False"),
    (lambda g: g.random("x", mean="0"), "expected a sympy expression"),
    (lambda g: (g.random("x", mean=0), nothing(g)), "w is not in the graph"),
]


@pytest.mark.parametrize(("declare", "message"), DECLARATIONS)
def test_a_law_that_cannot_be_is_refused(declare, message):
    """At the line that makes it."""
    with pytest.raises(ModelError, match=message):
        declare(Graph("laws"))


def test_moments_that_no_distribution_has_are_refused():
    """A mean of 0 or 1 outside [0, 1], and a negative variance, at the numbers that are drawn."""
    g = Graph("masks")
    m = g.random("m", mean=2 + g.constant("c", domain="positive"), domain="binary", independent=True)
    with pytest.raises(ModelError, match="lies between 0 and 1"):
        g.derive().expectation(m)
    g = Graph("noise")
    e = g.random("e", mean=0, variance=-g.constant("c", domain="positive"), independent=True)
    with pytest.raises(ModelError, match="not negative"):
        g.derive().expectation(e**2)


def test_an_identity_that_does_not_hold_is_refused():
    """Two different nodes; a name that is none."""
    g = Graph("two")
    x = g.random("x", mean=0)
    g.node("u", x + 1)
    g.node("v", x - 1)
    with pytest.raises(ModelError, match="u = v is not seen"):
        g.derive().identity("u", "v")
    with pytest.raises(ModelError, match="x is no node"):
        g.derive().identity("u", "x")


# formats


def test_the_expectations_as_data():
    """JSON holds the lines with their reasons, the moments, both sides of an identity."""
    data = json.loads(solved("norms").to_json())
    (mean, variance) = data["expectations"]
    assert (mean["sympy"], variance["sympy"]) == ("0", "Sum(v[j]**2, (j, 1, D))")
    assert variance["formula"] == r"\mathrm{Var}[t]"
    assert variance["lines"][0]["reason"] == "the definition of the variance"
    assert [m["formula"] for m in variance["moments"]] == [r"\mathrm{E}[x_{j}]", r"\mathrm{E}[x_{j}\, x_{k}]"]


def test_the_problem_without_a_check_and_with_numbers():
    """--no-check leaves the evidence out; --at works what needs no random number."""
    solution = solved("dropout", 2)
    assert "Verification" not in solution.to_text(check=False)
    assert "sum over all outcomes" in " ".join(solution.to_text().split())


def test_no_letter_of_our_own_reaches_the_page():
    """The gradient of batch-normalised v.x is written in the model's letters."""
    g = Graph("batch norm of v.x")
    D = g.size("D")
    j = g.index("j", D)
    gamma, v = g.parameter("gamma"), g.parameter("v", D)
    x = g.random("x", D, mean=0, variance=1, independent=True)
    t = g.node("t", Sum(v[j] * x[j], j))
    y = g.node("y", gamma * (t - Expectation(t)) / sqrt(Variance(t)))
    g.loss("L", Function("L")(y))
    assert "_0" not in g.derive().to_text()


# Sums of squared deviations


def sample():
    """N independent x_i with mean mu and variance s^2, and their mean m."""
    g = Graph("sample")
    N = g.size("N")
    i, j = g.indices("i j", N)
    mu, s = g.constant("mu"), g.constant("s", domain="positive")
    x = g.random("x", N, mean=mu, variance=s**2, independent=True)
    return g, N, i, j, mu, s, x, g.node("m", Sum(x[j], j) / N)


N_, s_, mu_ = Symbol("N", integer=True, positive=True), Symbol("s", real=True), Symbol("mu", real=True)
BIASED = s_**2 * (N_ - 1) / N_
SAMPLES = {  # the expectation, its value by hand: E m^2 = mu^2 + s^2/N, Cov(x_i, m) = s^2/N
    "biased": (lambda N, i, j, mu, x, m: Expectation(Sum((x[i] - m) ** 2, i) / N), BIASED),
    "unbiased": (lambda N, i, j, mu, x, m: Expectation(Sum((x[i] - m) ** 2, i) / (N - 1)), s_**2),
    "one deviation": (lambda N, i, j, mu, x, m: Expectation((x[1] - m) ** 2), BIASED),
    "the mean written out": (lambda N, i, j, mu, x, m: Expectation(Sum((x[i] - Sum(x[j], j) / N) ** 2, i) / N), BIASED),
    "squares minus the square": (lambda N, i, j, mu, x, m: Expectation(Sum(x[i] ** 2, i) / N - m**2), BIASED),
    "half of all pairs": (
        lambda N, i, j, mu, x, m: Expectation(Sum(Sum((x[i] - x[j]) ** 2, j), i) / (2 * N**2)),
        BIASED,
    ),
    "products with deviations": (lambda N, i, j, mu, x, m: Expectation(Sum(x[i] * (x[i] - m), i) / (N - 1)), s_**2),
    "about the true mean": (lambda N, i, j, mu, x, m: Expectation(Sum((x[i] - mu) ** 2, i) / N), s_**2),
    "the square of the mean": (lambda N, i, j, mu, x, m: Expectation(m**2), mu_**2 + s_**2 / N_),
    "a sum of squares of the mean": (lambda N, i, j, mu, x, m: Expectation(Sum(m**2, i)), N_ * mu_**2 + s_**2),
    "the variance of the mean": (lambda N, i, j, mu, x, m: Variance(m), s_**2 / N_),
    "the variance of a deviation": (lambda N, i, j, mu, x, m: Variance(x[1] - m), BIASED),
    "with the mean": (lambda N, i, j, mu, x, m: Covariance(x[1], m), s_**2 / N_),
    "of a deviation with the mean": (lambda N, i, j, mu, x, m: Covariance(x[1] - m, m), 0),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_squared_deviations_from_a_mean(name):
    """Bessel's correction: a mean takes one part in N of the variance; no letter of m^2 is that of a sum around it."""
    law, value = SAMPLES[name]
    g, N, i, j, mu, _, x, m = sample()
    g.node("V", law(N, i, j, mu, x, m))
    d = g.derive()
    found = d.model.nodes["V"].cases[0].expr
    assert d.verify().ok and simplify(found - value) == 0
    if value == BIASED:
        assert found == value
    assert d.to_text("zh", check=False)


def test_a_named_variance_and_its_square_root():
    """Through nodes: v = Sum (x - m)^2/(N - 1), which divides by N - 1 also where its value does not."""
    g, N, i, *_, x, m = sample()
    d = g.node("d", x[i] - m, over=i)
    v = g.node("v", Sum(d[i] ** 2, i) / (N - 1))
    g.node("V", Expectation(v))
    found = g.derive()
    assert found.model.nodes["V"].cases[0].expr == s_**2 and found.verify().ok
    assert "N ≥ 2" in found.to_text(check=False)
