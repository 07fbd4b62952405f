"""Branches: an equality is met by draws, and a branch that no point reaches is said to be unchecked."""

import random
from dataclasses import replace

import pytest
import torch
from sympy import Eq, Ne, S, sin

from derive import Graph, ModelError, Piecewise, Sum, log, sigmoid
from derive.chain.derivation import Line
from derive.chain.partials import BRANCH, ONE_BRANCH
from derive.check.branches import equalities
from derive.check.samples import rational, sampled
from derive.check.steps import verify


def focal(domain="real", one=1, other=0):
    """The loss -log q where q is the probability of the label that was seen, one of two."""
    g = Graph("labels")
    x, y = g.input("x", gradient=True), g.target("y", domain=domain)
    p = g.node("p", sigmoid(x))
    q = g.node("q", Piecewise((p, Eq(y, one)), (1 - p, True)))
    g.loss("L", -log(q))
    return g.derive()


def wrong_where(derived, condition):
    """The steps, with the last line for p doubled on one branch and right on the other."""
    off = Piecewise((S(2), condition), (S(1), True))
    steps = []
    for step in derived.steps:
        terms = tuple(t._replace(factors=(*t.factors, off)) for t in step.lines[-1].terms)
        lines = (*step.lines[:-1], Line(terms, step.lines[-1].reason))
        steps.append(replace(step, lines=lines) if step.node.name == "p" else step)
    return steps


@pytest.mark.parametrize(("domain", "one"), [("real", 1), ("binary", 1), ("binary", 0), ("sign", 1), ("sign", -1)])
def test_both_sides_of_an_equality_are_drawn(domain, one):
    """An error on one branch is found, whichever it is: half of the points lie on each."""
    derived = focal(domain, one)
    report = derived.verify()
    assert report.ok and report.missed == ()
    y = derived.model.nodes["y"].symbol
    for condition in (Eq(y, one), Ne(y, one)):
        bad = verify(derived.derivation, wrong_where(derived, condition))
        assert not bad.ok and bad.first_failure.name == "p"
    assert "Every adjoint, and every line of the equalities" in " ".join(derived.to_text().split())


def test_a_number_is_met_wherever_it_stands_in_the_condition():
    g = Graph("several")
    n = g.size("N")
    i = g.index("i", n)
    x, y, k = g.input("x", n, gradient=True), g.target("y", n), g.constant("k")
    g.loss("L", Sum(Piecewise((x[i], Eq(2 * y[i] - 6, 0)), (x[i] ** 2, Ne(y[i], -1)), (x[i] ** 3, True)), i) * k)
    derived = g.derive()
    assert equalities(derived.model) == {"y": (3.0, -1.0)}
    assert derived.verify().ok and derived.verify().missed == ()


def test_a_branch_that_no_point_reaches_is_said_to_be_unchecked():
    """Inputs are drawn between -1.25 and 1.25, so x > 9 is never met."""
    g = Graph("far")
    x = g.input("x", gradient=True)
    g.loss("L", Piecewise((x, (x > 9) | (x < -9)), (x**2, True)))
    derived = g.derive()
    assert [set(c.args) for c in derived.verify().missed] == [{x > 9, x < -9}]
    english, chinese = (" ".join(derived.to_text(lang=lang).split()) for lang in ("en", "zh"))
    assert "none of these points meets x < -9 ∨ x > 9: what is derived for such a branch was not checked" in english
    assert "every line" not in english and "每一行等式都" not in chinese
    assert "x < -9 ∨ x > 9：这样的分支上的推导未经验证" in chinese
    assert r"$x < -9 \lor x > 9$" in derived.to("tex")


@pytest.mark.parametrize("condition", [
    lambda g, y: Eq(y**2, 1),
    lambda g, y: Eq(y, g.target("z")),
    lambda g, y: Eq(g.node("u", 2 * y + 1), 3),
], ids=["of a square", "of two targets", "of a node"])  # fmt: skip
def test_an_equality_that_is_not_drawn_is_said_to_be_unchecked(condition):
    """Its number is not that of a single leaf, so no point lies on it."""
    g = Graph("far")
    x, y = g.input("x", gradient=True), g.target("y")
    met = condition(g, y)
    g.loss("L", Piecewise((x**2, met), (3 * x, True)))
    derived = g.derive()
    assert derived.verify().missed == (met,)
    assert "what is derived for such a branch was not checked" in " ".join(derived.to_text().split())


def test_the_domain_of_signs():
    drawn = sampled((1000,), "sign", torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == {-1.0, 1.0} and drawn.dtype == torch.float64
    assert {rational("sign", random.Random(n)) for n in range(9)} == {-1, 1}
    g = Graph("hinge")
    n = g.size("N")
    y, x = g.target("y", n, domain="sign"), g.parameter("x", n)
    i = g.index("i", n)
    g.loss("L", Sum(log(1 + x[i] ** 2) / y[i], i))
    english, chinese = (g.derive().to_text(lang=lang) for lang in ("en", "zh"))
    assert "yᵢ is 1 or −1" in english and "yᵢ 取 1 或 −1" in chinese
    with pytest.raises(ModelError, match="cannot be declared to sum to 1"):
        Graph("bad").target("y", n, domain="sign", sums_to=1)


def shifted():
    """A loss through x_{t-1} where t > 1, through two branches by a value, and through two that are alike."""
    g = Graph("shifted")
    size = g.size("T")
    t = g.index("t", size)
    x, w, v = g.parameter("x", size), g.parameter("w"), g.parameter("v")
    a = g.node("a", Piecewise((w * x[t - 1] * sin(x[t - 1]), t > 1), (v, True)), over=t)
    b = g.node("b", Piecewise((w * x[t] ** 2, x[t] > 1), (w * x[t], True)), over=t)
    c = g.node("c", Piecewise((x[t], t > 2), (x[t] + 1, True)), over=t)
    g.loss("L", Sum(a[t] ** 2 * b[t] * c[t], t))
    return g.derive()


@pytest.mark.parametrize(
    ("user", "used", "reason"),
    [
        ("a", "x", ONE_BRANCH),
        ("a", "w", ONE_BRANCH),
        ("a", "v", ONE_BRANCH),
        ("b", "x", BRANCH),
        ("b", "w", BRANCH),
        ("c", "x", BRANCH),
    ],
)
def test_a_branch_that_the_ranges_decide_is_said_to_be_the_only_one(user, used, reason):
    """Where both branches are left, also with one and the same slope, each was differentiated."""
    uses = [u for u in shifted().derivation.adjoints[used].uses if u.user.name == user]
    assert uses and all(reason in u.rules and {BRANCH, ONE_BRANCH} - {reason} - set(u.rules) for u in uses)
