"""Recurrences that look back several steps (F7 in docs/claims.md): the companion matrix, and the sum of the bounds.

Expected values come from the roots of z^2 = a z + b, from exact arithmetic, or from torch by itself.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from sympy import Abs, Eq, Gt, Lt, Max, Symbol, oo, symbols

from derive import Graph, Piecewise, Sum, amax, amin, eigenvalues, sigmoid, tanh
from derive.errors import ModelError
from derive.expressions.norms import Norm
from derive.language import Text
from derive.problems import load
from derive.topics.stability.check.measured import measured
from derive.topics.stability.conditions import Condition
from derive.topics.stability.lags import unfolded
from derive.topics.stability.step_jacobian import step_jacobian

WHY = Text("no reason", "无")
A, B = symbols("a b", real=True)


def number(law, lag=2, start=None, loss=lambda h, T, t: h[T] ** 2):
    g = Graph("number")
    T = g.size("T")
    t = g.index("t", T)
    a, b, c, x = *g.parameters("a b c"), g.input("x", T)
    h = g.recurrence("h", lambda h: law(h, a, b, c, x, t), over=t, start=start or {-k: 0 for k in range(lag)})
    g.loss("L", loss(h, T, t))
    return g.derive()


def vector(f=lambda z: z, law=None, loss=None):
    g = Graph("vector")
    T, D = g.size("T"), g.size("D")
    t, (i, j) = g.index("t", T), g.indices("i j", D)
    U, V, b, x = g.parameter("U", D, D), g.parameter("V", D, D), g.parameter("b"), g.input("x", T, D)

    def step(h):
        if law is not None:
            return law(h, U, V, b, x, t, i, j)
        return f(Sum(U[i, j] * h[t - 1, j], j) + Sum(V[i, j] * h[t - 2, j], j) + x[t, i])

    h = g.recurrence("h", step, over=(t, i), start={0: 0, -1: 0})
    g.loss("L", Sum(h[T, i] ** 2, i) if loss is None else loss(h, T, t, i))
    return g.derive()


def linear(h, a, b, c, x, t):
    return a * h[t - 1] + b * h[t - 2] + x[t]


def said(solution):
    return {(c.kind, c.strength, c.about): str(c.claim).replace("\n", "") for c in solution.conditions}


def ok(solution, seed=0):
    (analysis,) = solution.analyses
    found = measured(solution.derivation, analysis, seed)
    return found.ok and bool(found.findings) == bool(analysis.conditions)


NAMES = {
    "number": (lambda: number(linear), "Matrix([[a, b],[1, 0]])", "Abs(a) + Abs(b) < 1"),
    "lag three": (
        lambda: number(lambda h, a, b, c, x, t: linear(h, a, b, c, x, t) + c * h[t - 3], 3),
        "Matrix([[a, b, c],[1, 0, 0],[0, 1, 0]])",
        "Abs(a) + Abs(b) + Abs(c) < 1",
    ),
    "lag two alone": (lambda: number(lambda h, a, b, c, x, t: a * h[t - 2] + x[t]), "[0, a]", "Abs(a) < 1"),
    "matrices": (vector, "Matrix([[U, V],[I, 0]])", "Norm(U, 2) + Norm(V, 2) < 1"),
    "a matrix and a number": (
        lambda: vector(law=lambda h, U, V, b, x, t, i, j: Sum(U[i, j] * h[t - 1, j], j) + b * h[t - 2, i] + x[t, i]),
        "[U, I*b]",
        "Abs(b) + Norm(U, 2) < 1",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_linear_cell_has_exact_claims_by_its_companion_matrix(name):
    build, matrix, bound = NAMES[name]
    solution = build()
    found = said(solution)
    assert matrix in found["vanishes", "exact", "distant"] and matrix in found["explodes", "exact", "distant"]
    assert ("stays", "exact", "distant") not in found and ("subexponential", "exact", "distant") in found
    assert found["vanishes", "sufficient", "distant"] == bound
    assert ok(solution)


@pytest.mark.parametrize(
    ("build", "bound"),
    [
        (lambda: number(lambda h, a, b, c, x, t: tanh(a * h[t - 1] + b * h[t - 2] + x[t])), "Abs(a) + Abs(b) < 1"),
        (lambda: number(lambda h, a, b, c, x, t: sigmoid(a * h[t - 1] + b * h[t - 2])), "Abs(a)/4 + Abs(b)/4 < 1"),
        (lambda: vector(tanh), "Norm(U, 2) + Norm(V, 2) < 1"),
        (lambda: vector(tanh, loss=lambda h, T, t, i: Sum(h[t, i] ** 2, t, i)), "Norm(U, 2) + Norm(V, 2) < 1"),
    ],
    ids=["tanh", "sigmoid", "matrices", "loss at every step"],
)
def test_a_cell_with_bounded_slopes_has_the_sum_of_its_bounds(build, bound):
    solution = build()
    found = said(solution)
    assert found["vanishes", "sufficient", "distant"] == bound
    assert not any(strength == "exact" for _, strength, _ in found)
    assert found["explodes", "necessary", "distant"] == bound.replace("<", ">")
    assert ok(solution)


@pytest.mark.parametrize(
    ("law", "kind"),
    [
        (lambda h, a, b, c, x, t: h[t - 1] + h[t - 2] + a * x[t], "explodes"),  # the golden ratio
        (lambda h, a, b, c, x, t: 2 * h[t - 1] - h[t - 2] + a * x[t], "subexponential"),  # a double root 1
        (lambda h, a, b, c, x, t: h[t - 1] - h[t - 2] + a * x[t], "subexponential"),  # e^(+-i pi/3)
        (lambda h, a, b, c, x, t: -h[t - 1] / 2 + h[t - 2] / 2 + a * x[t], "subexponential"),  # -1 and 1/2
        (lambda h, a, b, c, x, t: h[t - 1] - h[t - 2] / 2 + a * x[t], "vanishes"),  # |z|^2 = 1/2, though |a| + |b| > 1
    ],
)
def test_numbers_are_decided_by_the_roots(law, kind):
    solution = number(law)
    assert [c.kind for c in solution.conditions if c.strength == "exact"] == [kind]
    assert ok(solution)


@pytest.mark.parametrize("steps", [10, 2000])
def test_double_and_complex_roots_by_hand(steps):
    """H_k = dh_T/dh_(T-k) by torch: k + 1 for a double root at 1, sin((k + 1) u)/sin u for e^(+-iu)."""

    def H(a, b):
        first = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        h, before = first, torch.tensor(0.0, dtype=torch.float64)
        for _ in range(steps):
            h, before = a * h + b * before, h
        return torch.autograd.grad(h, first)[0].item()

    assert H(2.0, -1.0) == steps + 1
    assert H(2 * np.cos(0.3), -1.0) == pytest.approx(np.sin((steps + 1) * 0.3) / np.sin(0.3), abs=1e-8)
    assert abs(H(-0.5, 0.5)) == pytest.approx(2 / 3, abs=1e-3)  # (2 (-1)^k + (1/2)^k)/3: the sign alternates
    h = [Fraction(1), Fraction(9, 10)]  # each is below 1, the sum is not
    while len(h) <= 60:
        h.append(Fraction(9, 10) * (h[-1] + h[-2]))
    assert h[60] > 10**8


def test_the_derivation_that_looks_back_one_step_is_that_of_the_same_model():
    """Without its copies every law is the author's, and every copy holds what it says, its start value included."""
    solution = number(lambda h, a, b, c, x, t: tanh(a * h[t - 1] + b * h[t - 3]), 3, {0: 5, -1: 6, -2: 7})
    d = solution.derivation
    stage = next(s for s in d.stages if s.time)
    found = unfolded(d, stage, step_jacobian(d.model, stage).lags)
    made = found.derivation.model.nodes
    for name in stage.families:
        assert found.plain(made[name].cases[0].expr) == d.model.nodes[name].cases[0].expr
    assert [made[n].cases[1].expr for n in ("h", "h_lag1", "h_lag2")] == [5, 6, 7]
    assert found.derivation.stages and step_jacobian(found.derivation.model, found.stage).lag == 1


def refused(solution, wrong):
    (analysis,) = solution.analyses
    return not measured(solution.derivation, analysis._replace(conditions=(wrong,))).ok


def claim(kind, strength, relation):
    return Condition(kind, strength, relation, relation.args[0], WHY)


U, V = Norm(Symbol("U"), "2"), Norm(Symbol("V"), "2")
FALSE = {
    "vanishes iff the sum is below 1": (lambda: number(linear), claim("vanishes", "exact", Lt(Abs(A + B), 1))),
    "vanishes if the sum is below 1": (lambda: number(linear), claim("vanishes", "sufficient", Lt(Abs(A + B), 1))),
    "vanishes if each is below 1": (
        lambda: number(linear),
        claim("vanishes", "sufficient", Lt(Max(Abs(A), Abs(B)), 1)),
    ),
    "vanishes iff the sizes add up to less": (
        lambda: number(linear),
        claim("vanishes", "exact", Lt(Abs(A) + Abs(B), 1)),
    ),
    "explodes if the sizes add up to more": (
        lambda: number(linear),
        claim("explodes", "sufficient", Gt(Abs(A) + Abs(B), 1)),
    ),
    "lag one decides": (lambda: number(linear), claim("vanishes", "sufficient", Lt(Abs(A), 1))),
    "half of the sum": (lambda: vector(tanh), claim("vanishes", "sufficient", Lt((U + V) / 2, 1))),
    "the larger norm": (lambda: vector(tanh), claim("vanishes", "sufficient", Lt(Max(U, V), 1))),
    "norms decide": (vector, claim("vanishes", "exact", Lt(U + V, 1))),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_neighbour_is_contradicted(name):
    build, wrong = FALSE[name]
    solution = build()
    assert refused(solution, wrong)


def test_the_size_at_radius_one_is_not_said_to_stay():
    solution = vector()
    (analysis,) = solution.analyses
    radius = next(c.measure for c in analysis.conditions if c.kind == "explodes")
    wrong = claim("stays", "exact", Eq(radius, 1, evaluate=False))
    assert refused(solution, wrong)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_the_state_and_the_companion_matrix(lang):
    text = number(linear).to_text(lang=lang, check=False, detail="full")
    assert "sₜ = (hₜ" in text and "∂hₜ/∂hₜ₋₂ = b" in text and "[∂hₜ/∂hₜ₋₁, ∂hₜ/∂hₜ₋₂; 1, 0]" in text
    assert "lag1" not in text and "ρ([a, b; 1, 0])" in text
    residual = number(lambda h, a, b, c, x, t: h[t - 1] + tanh(b * h[t - 2] + x[t]))
    assert (
        not residual.conditions
        and residual.analyses[0].notes
        and "{bound" not in residual.to_text(lang=lang, check=False)
    )


def test_backwards_in_time_and_with_a_second_state():
    g = Graph("backwards")
    T = g.size("T")
    t = g.index("t", T)
    a, b, x = *g.parameters("a b"), g.input("x", T)
    h = g.recurrence("h", lambda h: a * h[t + 1] + b * h[t + 2] + x[t], over=t, start={T + 1: 0, T + 2: 0})
    g.loss("L", h[1] ** 2)
    solution = g.derive()
    assert "[a, b]" in said(solution)["vanishes", "exact", "distant"] and ok(solution)
    g = Graph("two")
    T = g.size("T")
    t = g.index("t", T)
    a, b, x = *g.parameters("a b"), g.input("x", T)
    c, s = g.states("c s", over=t, start={0: 0, -1: 0})
    g.update(c, tanh(a * c[t - 2] + s[t - 1] / 3))
    g.update(s, tanh(b * c[t - 1] + x[t]))
    g.loss("L", c[T] ** 2)
    solution = g.derive()
    assert ok(solution) and solution.to_text(check=False) and solution.analyses[0].silence is None


@pytest.mark.parametrize(("first", "word"), [(oo, "amin"), (-oo, "amax"), (float("inf"), "amin")])
def test_an_infinite_start_is_refused_with_a_way_out_that_works(first, word):
    g = Graph("least")
    T = g.size("T")
    t, k = g.index("t", T), g.index("k", T)
    x = g.parameter("x", T)
    with pytest.raises(ModelError, match=rf"m: a start value .*, {word}\(x\[k\], \(k, 1, t\)\)"):
        g.recurrence("m", lambda m: Max(m[t - 1], x[t]), over=t, start={0: first})
    m = g.node("m", (amin if word == "amin" else amax)(x[k], (k, 1, t)), over=t)
    g.loss("L", Sum(m[t] ** 2, t))
    assert g.derive().verify(20).ok


def test_eigenvalues_of_a_node_that_is_not_symmetric_are_refused_with_a_way_out_that_works():
    g = Graph("spectrum")
    T, D = g.size("T"), g.size("D")
    t, (i, j) = g.index("t", T), g.indices("i j", D)
    A = g.parameter("A", D, D, symmetric=True)
    P = g.recurrence("P", lambda P: P[t - 1, i, j] / 2 + A[i, j], over=(t, i, j), start={0: 0})
    Y = g.node("Y", P[T, i, j], over=(i, j))
    with pytest.raises(ModelError, match=r"take its symmetric part, \(Y\[i, j\] \+ Y\[j, i\]\)/2, as a node"):
        g.loss("L", Sum(eigenvalues(Y)[i] ** 2, i))
    Z = g.node("Z", (Y[i, j] + Y[j, i]) / 2, over=(i, j))
    g.loss("L", Sum(eigenvalues(Z)[i] ** 2, i))
    assert g.derive().verify(20).ok


def guarded(lag, guard):
    """A law that looks back `lag` steps from step `guard` + 1 on; before that the state is the input."""
    g = Graph("guarded")
    T, D = g.size("T"), g.size("D")
    t, i = g.index("t", T), g.index("i", D)
    a, x = g.parameter("a", D), g.input("x", T, D)
    f = g.recurrence(
        "f",
        lambda f: Piecewise((a[i] * tanh(f[t - lag, i]), t > guard), (x[t, i], True)),
        over=(t, i),
        start={-k: 0 for k in range(lag)},
    )
    g.loss("L", Sum(f[t, i] ** 2, t, i))
    return g


@pytest.mark.parametrize(("lag", "guard"), [(1, 1), (1, 2), (2, 2), (3, 3)])
def test_a_sum_over_later_steps_may_be_empty(lag, guard):
    """t = 3, ..., T holds no step for T = 1 and 2: the matrix form is 0 there, as the gradient is."""
    assert guarded(lag, guard).derive().verify(points=60).ok


def test_the_page_says_from_which_length_on_its_cases_are_apart():
    """With learned starts h_{T-1} is a step of its own, and for T = 1 it is the start h_0."""
    g = Graph("learned")
    T = g.size("T")
    t, a, b = g.index("t", T), g.parameter("a"), g.parameter("b")
    one, two = g.parameters("h_one h_two")
    f = g.recurrence("f", lambda f: a * tanh(f[t - 1]) + b * f[t - 2], over=t, start={0: one, -1: two})
    g.loss("L", Sum(f[t] ** 2, t))
    said = "hold as written for T of at least 2"
    assert said in " ".join(g.derive().to_text(check=False).split())
    assert "T 不小于 2" in g.derive().to_text("zh", check=False)
    assert said not in " ".join(g.derive(sizes={"T": 3}).to_text(check=False).split())
    assert said not in " ".join(
        load("bptt").readings[0].build("tanh", "squared", "every", "learned").derive().to_text(check=False).split()
    )


def test_a_long_lag_is_apart_from_a_long_length_on():
    """f_{t-15} with learned starts: at T = 14 the steps T - 14, ..., T - 1 begin with t = 0, a start with a step of its
    own; from T = 15 on no two cases hold for one t."""
    g = Graph("long lag")
    T = g.size("T")
    t, a, b = g.index("t", T), g.parameter("a"), g.parameter("b")
    starts = g.parameters(" ".join(f"s_{letter}" for letter in "abcdefghijklmno"))
    law = lambda f: a * tanh(f[t - 1]) + b * f[t - 15]  # noqa: E731
    f = g.recurrence("f", law, over=t, start={-k: s for k, s in enumerate(starts)})
    g.loss("L", Sum(f[t] ** 2, t))
    assert "hold as written for T of at least 15" in " ".join(g.derive().to_text(check=False).split())
