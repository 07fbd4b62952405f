"""What is declared of the inputs: used by name where a line needs it, respected by the check, refused if impossible."""

from fractions import Fraction

import pytest
import torch

from derive import Graph, ModelError, Sum, UsageError, exp, log
from derive.check.steps import Checker, verify
from derive.problems import load
from derive.topics.worked.worked import work


def cross_entropy(**declared):
    """Softmax cross-entropy of labels of which something is declared."""
    g = Graph("softmax-ce")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z, y = g.parameter("z", C), g.target("y", C, **declared)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", -Sum(y[i] * log(p[i]), i))
    return g.derive()


def of_gradient(solution):
    """The lines of dL/dz, and their reasons in English."""
    (step,) = solution.adjoint("z")
    return [str(line.expr) for line in step.lines], [line.reason.pick("en") for line in step.lines if line.reason]


DECLARATIONS = (
    {"sums_to": 1},
    {"one_hot": True},
    {"sums_to": 1, "domain": "probability"},
    {"sums_to": 1, "domain": "positive"},
)


@pytest.mark.parametrize("declared", DECLARATIONS, ids=str)
def test_the_line_that_needs_the_declaration_names_it(declared):
    """p - y, because y sums to 1; and it verifies."""
    solution = cross_entropy(**declared)
    lines, reasons = of_gradient(solution)
    assert lines[-1] == "p[i] - y[i]"
    assert reasons[-1] == "y sums to 1"
    assert solution.verify(points=200).ok


def test_without_the_declaration_the_sum_stays():
    """p_i times the sum of the labels, minus y_i: right for every y, and nothing is assumed."""
    solution = cross_entropy()
    lines, reasons = of_gradient(solution)
    assert lines[-1] == "p[i]*Sum(y[j], (j, 1, C)) - y[i]"
    assert not any("sums to" in r for r in reasons)
    assert solution.verify(points=200).ok
    assert "Assumed" not in solution.to_text(check=False)


def test_another_sum_gives_another_factor():
    """What is declared is used, not the number 1."""
    lines, reasons = of_gradient(cross_entropy(sums_to=3))
    assert lines[-1] == "3*p[i] - y[i]"
    assert reasons[-1] == "y sums to 3"


def test_a_false_use_is_caught():
    """The lines of declared labels, checked at labels that do not sum to 1, fail at the very line of dL/dz."""
    free, declared = cross_entropy(), cross_entropy(sums_to=1)
    report = verify(free.derivation, declared.steps, points=100)
    row = report.first_failure
    assert str(row.quantity) == "dL/dz[i]"
    assert row.where == f"step 2, line {len(declared.adjoint('z')[0].lines)}"
    assert verify(free.derivation, free.steps, points=100).ok


def samples(domain, **declared):
    """The values that the check draws for a family y over (N, C), at N = 2, C = 4."""
    g = Graph("samples")
    N, C = g.size("N"), g.size("C")
    n, c = g.index("n", N), g.index("c", C)
    w, y = g.parameter("w"), g.target("y", N, C, domain=domain, **declared)
    g.loss("L", w * Sum(y[n, c], c, n))
    solution = g.derive()
    sizes = dict(zip(solution.derivation.model.sizes, (2, 4), strict=True))
    return Checker(solution.derivation, sizes, 50, 0).truth.store.whole("y").detach()


@pytest.mark.parametrize("domain", ["real", "positive", "probability", "binary"])
def test_the_check_draws_only_what_is_declared(domain):
    """Every row sums to the number declared, and stays in its domain."""
    found = samples(domain, sums_to=1)
    assert found.shape == (2, 4, 50)
    assert torch.allclose(found.sum(dim=1), torch.ones(2, 50, dtype=torch.float64), atol=1e-14)
    assert found.std() > 0.05
    if domain != "real":
        assert float(found.min()) >= 0
    if domain == "binary":
        assert set(found.unique().tolist()) == {0, 1}
        assert bool((found.argmax(dim=1) != found.argmax(dim=1)[0, 0]).any())


@pytest.mark.parametrize(
    ("dimensions", "declared", "message"),
    [
        ((), {"sums_to": 1}, "needs an index"),
        ((3,), {"sums_to": 2, "domain": "binary"}, "binary cannot be declared to sum to 2"),
        ((3,), {"sums_to": 0, "domain": "positive"}, "positive cannot be declared to sum to 0"),
        ((3,), {"sums_to": 1, "domain": "nonzero"}, "nonzero cannot"),
        ((3,), {"sums_to": "1"}, "expected a sympy expression or a finite number"),
    ],
)
def test_impossible_declarations_are_refused(dimensions, declared, message):
    """One line, at the declaration."""
    with pytest.raises(ModelError, match=message):
        Graph("refused").target("y", *dimensions, **declared)


def test_definitions_are_used_by_name():
    """Layer norm: the sum of deviations vanishes by the definition of mu, the quotient is x_hat by its own."""
    solution = load("layer-norm").readings[0].build().derive()
    reasons = {str(local.symbol): local.known for s in solution.steps for local in s.locals if local.known}
    shown = {name: (str(line.expr), line.reason.pick("en")) for name, line in reasons.items()}
    assert shown["ds[n]/dmu[n]"] == ("0", "by the definition of mu[n]")
    assert shown["dx_hat[n, d]/ds[n]"] == ("-x_hat[n, d]/s[n]", "by the definition of x_hat[n, d]")


def test_the_delta_is_shown_and_kills_its_sum():
    """One partial p_j (delta_ij - p_i), then the line that the delta makes."""
    solution = cross_entropy(sums_to=1)
    (step,) = solution.adjoint("z")
    (local,) = step.locals
    assert str(local.symbol) == "dp[j]/dz[i]"
    assert str(local.known.expr) == "(KroneckerDelta(i, j) - p[i])*p[j]"
    assert any(
        "keeps only the term with j = i" in (line.reason.pick("en") if line.reason else "") for line in step.lines
    )


def test_numbers_that_break_a_declaration_are_refused():
    """--at works only what is declared."""
    derivation = cross_entropy(sums_to=1).derivation
    (C,) = derivation.model.sizes
    assert work(derivation, {C: 2}, {"z": "0", "y": "1/4 3/4"}).adjoints["z"].tolist() == [
        Fraction(1, 4),
        Fraction(-1, 4),
    ]
    with pytest.raises(UsageError, match=r"--at: y sums to 5/4, but it is declared to sum to 1"):
        work(derivation, {C: 2}, {"z": "0", "y": "1/2 3/4"})
