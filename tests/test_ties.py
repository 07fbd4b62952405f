"""Ties of a maximum and other points without a slope: one value on the page, in the check, in numbers and in code."""

import types
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from sympy import S, Symbol

from derive import Graph, Max, Min, Sum, VerificationError, clip, norm, relu, sqrt
from derive.code.targets import TARGETS
from derive.evaluate.exact import ExactBackend
from derive.expressions.elementwise import Compared, share, step
from derive.expressions.functions import BY_NAME
from derive.page.print.printer import printer
from derive.topics.matrix_form.check.evaluator import Evaluator


def module(derived, target):
    found = types.ModuleType("generated")
    exec(derived.to_code(target), found.__dict__)
    return found


def clipped():
    """PPO's objective: the ratio r, the advantage A, clipped to [1 - e, 1 + e]; Min is written by Max."""
    g = Graph("PPO")
    r, a, e = g.input("r", gradient=True), g.constant("A"), g.constant("e", domain="positive")
    c = g.node("c", -Max(-Max(r, 1 - e), -1 - e))
    g.loss("L", Max(-r * a, -c * a))
    return g.derive()


def largest(count):
    g = Graph("largest")
    x = g.inputs(" ".join(f"x{n}" for n in range(1, count + 1)), gradient=True)
    g.loss("L", Max(*x) ** 2)
    return g.derive()


@pytest.mark.parametrize("r", [0.7, 0.95, 1.05, 1.3])
def test_the_clipped_objective_has_its_own_slope_inside_of_the_range(r):
    """Inside the range both arguments are -r A, and so the gradient is -A; outside max(-rA, -cA) decides, for A = 2."""
    derived, numbers = clipped(), {"r": r, "A": 2.0, "e": 0.2}
    by_hand = -2.0 if r <= 1.2 else 0.0
    printed, clip = derived.gradient("r"), min(max(r, 0.8), 1.2)
    assert float(printed.subs({s: (numbers | {"c": clip})[s.name] for s in printed.free_symbols})) == by_hand
    assert float(module(derived, "numpy").backward(**{n: np.float64(v) for n, v in numbers.items()})["r"]) == by_hand
    x = torch.tensor(r, dtype=torch.float64, requires_grad=True)
    loss = torch.maximum(-x * 2, -torch.minimum(torch.maximum(x, torch.tensor(0.8)), torch.tensor(1.2)) * 2)
    assert torch.autograd.grad(loss, x)[0].item() == by_hand
    assert derived.verify().ok


TIED = [(1, 1), (2, 1), (1, 1, 1), (1, 1, 0), (0, 1, 1), (2, 1, 1), (1, 1, 1, 1), (3, 3, 0, 3), (1, 2, 2, 1)]


@pytest.mark.parametrize("values", TIED, ids=str)
def test_arguments_that_tie_share_one_slope(values):
    """n tied arguments have 1/n each: by torch.amax, in the formula, in both targets, and in exact numbers."""
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.grad(torch.amax(x, 0) ** 2, x)[0].tolist()
    slopes = [1 / values.count(v) if v == max(values) else 0 for v in values]
    assert expected == pytest.approx([2 * max(values) * s for s in slopes])
    derived, names = largest(len(values)), [f"x{n}" for n in range(1, len(values) + 1)]
    for target, number in (("numpy", np.float64), ("torch", lambda v: torch.tensor(v, dtype=torch.float64))):
        assert set(TARGETS) == {"numpy", "torch"}
        found = module(derived, target).backward(**{n: number(v) for n, v in zip(names, values, strict=True)})
        assert [float(found[n]) for n in names] == pytest.approx(expected, rel=1e-15)
    for n, name in enumerate(names):
        formula = derived.gradient(name)
        at = {s: values[int(s.name[1:]) - 1] for s in formula.free_symbols}
        assert float(formula.subs(at)) == pytest.approx(expected[n], rel=1e-15)
        differences = [Fraction(values[n] - v) for m, v in enumerate(values) if m != n]
        exact = ExactBackend().apply(BY_NAME["share"], *differences)
        assert exact == (Fraction(1, values.count(values[n])) if slopes[n] else 0)
    assert derived.verify().ok


@cache
def edit_distance():
    """The least costs of turning one word into another: two of three ways to a cell tie up to rounding."""
    g = Graph("edit distance")
    N, M = g.size("N"), g.size("M")
    i, j, c, a, b = g.index("i", N), g.index("j", M), g.parameter("c", N, M), *g.parameters("a b")
    start = {(0, j): a * j, (i, 0): b * i, (0, 0): 0}
    law = lambda D: Min(D[i - 1, j] + a, D[i, j - 1] + b, D[i - 1, j - 1] + c[i, j])  # noqa: E731
    D = g.recurrence("D", law, over=(i, j), start=start)
    g.loss("L", D[N, M])
    return g.derive()


@pytest.mark.parametrize("target", TARGETS)
def test_arguments_that_tie_up_to_rounding_have_shares_that_sum_to_1(target):
    """The costs are homogeneous, so they are the sum of each times its slope, at random numbers too (Euler)."""
    derived = edit_distance()
    assert derived.verify(points=20).ok
    made, array = module(derived, target), {"numpy": np.asarray, "torch": torch.as_tensor}[target]
    for seed in range(60):
        rng = np.random.default_rng(seed)
        given = {"c": array(rng.uniform(1, 3, (4, 5)))} | {n: array(rng.uniform(0.3, 0.7)) for n in "ab"}
        slopes = made.backward(**given)
        total = sum(float((given[n] * slopes[n]).sum()) for n in given)
        assert total == pytest.approx(float(made.forward(**given)["L"]), rel=1e-12)


GAPS = {
    "c": lambda c: c,
    "c**2": lambda c: c**2,
    "c/3": lambda c: c / 3,
}


@cache
def one_gap(kind):
    """Edit distance where both ways along the border cost the same, and the way across as much as both together."""
    g = Graph("edit distance")
    N, M = g.size("N"), g.size("M")
    i, j, c, m, k = (
        g.index("i", N),
        g.index("j", M),
        g.parameter("c"),
        g.constant("m", N, M, domain="binary"),
        GAPS[kind],
    )
    law = lambda D: Min(D[i - 1, j - 1] + 2 * m[i, j] * k(c), D[i - 1, j] + k(c), D[i, j - 1] + k(c))  # noqa: E731
    D = g.recurrence("D", law, over=(i, j), start={(0, j): k(c) * j, (i, 0): k(c) * i, (0, 0): 0})
    g.loss("L", D[N, M])
    return g.derive()


def _one_gap(kind, c, m):
    """The same in torch, cell by cell, by torch.amin."""
    k = GAPS[kind]
    D = {(0, 0): torch.zeros((), dtype=c.dtype)}
    D |= {(i, 0): k(c) * i for i in range(1, len(m) + 1)} | {(0, j): k(c) * j for j in range(1, len(m[0]) + 1)}
    for i in range(1, len(m) + 1):
        for j in range(1, len(m[0]) + 1):
            ways = D[i - 1, j - 1] + 2 * m[i - 1, j - 1] * k(c), D[i - 1, j] + k(c), D[i, j - 1] + k(c)
            D[i, j] = torch.amin(torch.stack(ways), 0)
    return D[len(m), len(m[0])]


@pytest.mark.parametrize("kind", GAPS)
def test_a_term_of_all_arguments_is_compared_with_them(kind):
    """D + c and E + c may be equal in floats where D and E are not: the check, both targets, and torch's slope in c."""
    derived = one_gap(kind)
    assert derived.verify(points=30).ok
    made = {target: module(derived, target) for target in TARGETS}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        c, m = rng.uniform(0.1, 1), rng.integers(0, 2, (4, 5)).astype(float)
        given = torch.tensor(c, dtype=torch.float64, requires_grad=True)
        loss = _one_gap(kind, given, torch.as_tensor(m))
        truth = torch.autograd.grad(loss, given)[0].item()
        found = made["numpy"].backward(c=np.float64(c), m=m)["c"]
        assert float(found) == pytest.approx(truth, rel=1e-12)
        given = {"c": torch.tensor(c, dtype=torch.float64), "m": torch.as_tensor(m)}
        assert float(made["torch"].backward(**given)["c"]) == pytest.approx(truth, rel=1e-12)


def test_a_comparison_reads_as_the_sum_of_both_sides():
    """The page and what a user reads have D - E, not D + c - E - c; numbers put in decide."""
    derived = one_gap("c")
    shown = derived.to_text(check=False)
    assert "1[D_{i-1,j} - D_{i,j-1}" in shown.replace("−", "-") or "⪰ 0]" in shown
    a, b, c = (Symbol(name, real=True) for name in "abc")
    slope = share(Compared(a + c, b + c))
    assert str(slope) == "Heaviside(a - b)" and slope.subs({a: 2, b: 1}) == 1 and slope.subs(a, b) == S.Half
    assert printer("text", ())(slope) == "1[a - b ⪰ 0]"


def test_a_tie_is_seen_in_print():
    u, v = Symbol("u", real=True), Symbol("v", real=True)
    text, latex = printer("text", ()), printer("latex", ())
    assert text(step(u)) == "1[u > 0]" and text(share(u)) == "1[u ⪰ 0]" and text(share(v, u)) == "1[u, v ⪰ 0]"
    assert latex(share(u)) == r"\mathbf{1}[u \succeq 0]" != latex(step(u))


def test_the_value_of_a_share():
    u = Symbol("u", real=True)
    assert (share(S(2)), share(S(0)), share(S(0), S(0)), share(S(-1), u)) == (1, S.Half, S(1) / 3, 0)
    assert share(S(1), u) == share(u) and share(u, S(0)).subs(u, 0) == S(1) / 3


def page(make, language="en"):
    g = Graph("kinks")
    n = g.size("N")
    x, y, eps = g.parameter("x", n), g.constant("y", n), g.constant("eps", domain="positive")
    g.loss("L", make(x, y, eps, g.index("i", n)))
    return " ".join(g.derive().to_text(check=False, lang=language).split())


KINKS = {
    "hinge": lambda x, y, e, i: Sum(Max(0, 1 - x[i] * y[i]), i),
    "squared hinge": lambda x, y, e, i: Sum(Max(0, 1 - x[i] * y[i]) ** 2, i),
    "triplet": lambda x, y, e, i: Max(Sum((x[i] - y[i]) ** 2 - x[i] ** 2, i) + e, 0),
    "relu by hand": lambda x, y, e, i: Sum(Max(x[i], 0), i),
}


@pytest.mark.parametrize("kind", KINKS)
def test_the_page_says_what_happens_at_a_tie(kind):
    """1/2 at a tie, in both languages, and the sign that the formulas have."""
    assert "each of them takes half of the derivative" in page(KINKS[kind]) and "1[u ⪰ 0] is 1 for u > 0" in page(
        KINKS[kind]
    )
    assert "⪰ 0]" in page(KINKS[kind]).split("Gradients of the parameters")[-1]
    assert "各取一半导数" in page(KINKS[kind], "zh")


def test_several_arguments_have_a_sentence_of_their_own():
    three = page(lambda x, y, e, i: Max(x[1], x[2], 0))
    assert "each of them takes 1/n of the derivative" in three and "half of the derivative" not in three


def test_the_page_says_that_a_norm_has_no_slope_at_0():
    norm, safe = (lambda x, y, e, i: sqrt(Sum(x[i] ** 2, i))), (lambda x, y, e, i: sqrt(Sum(x[i] ** 2, i) + e))
    assert "Any vector of length at most 1 is a subgradient there; we take 0" in page(norm)
    assert "长度不超过 1 的任何向量都是次梯度，约定取 0" in page(norm, "zh")
    root = lambda x, y, e, i: Sum(sqrt(x[i] + y[i]), i)  # noqa: E731
    assert "The square root has no derivative at 0" in page(root) and "平方根在 0 处没有导数" in page(root, "zh")
    assert "no derivative" not in page(safe) and "norm" not in page(safe)
    assert "ReLU has a kink" in page(lambda x, y, e, i: Sum(relu(x[i]), i))


def norm_of_units(named: bool) -> Graph:
    """(|h| - 1)^2 of units that may all be 0, with the norm as a node of its own or not."""
    g = Graph("dead units")
    n, m = g.size("n"), g.size("m")
    i, k = g.index("i", n), g.index("k", m)
    W, x = g.parameter("W", m, n), g.input("x", n)
    h = g.node("h", relu(Sum(W[k, i] * x[i], i)), over=k)
    length = norm(h[k], k)
    g.loss("L", ((g.node("r", length) if named else length) - 1) ** 2)
    return g


@pytest.mark.parametrize("named", [True, False])
def test_a_matrix_form_has_no_slope_of_a_norm_at_0_either(named):
    """Where all units are off, ||h|| is 0, and 2 (||h|| - 1)/||h|| h is read as 0, as the page says."""
    d = norm_of_units(named).derive()
    page = d.to_text()
    assert "take 0" in page and ("/‖h‖" in page or "/r" in page)


def test_a_wrong_matrix_form_is_seen_where_the_norm_is_not_0(monkeypatch):
    monkeypatch.setattr(
        Evaluator, "_length", lambda self, expr, at: 2 * self.value(expr.args[0], at).norm(dim=-2)[..., None]
    )
    with pytest.raises(VerificationError, match="matrix form"):
        norm_of_units(False).derive().to_text()


def test_what_sympy_makes_of_an_expression_is_what_is_shown_and_derived():
    """The root of a square reaches the graph as an absolute value, and has its convention: the slope at 0 is 0."""
    g = Graph("root of a square")
    x = g.input("x", gradient=True)
    g.loss("L", sqrt((x - 1) ** 2))
    derived = g.derive()
    text = derived.to_text(check=False)
    assert "L = |x - 1|" in text and "any number in [−1, 1] is a subgradient" in " ".join(text.split())
    assert module(derived, "numpy").backward(x=np.float64(1.0))["x"] == 0.0
    assert "`sqrt((x - 1)**2)` is `Abs(x - 1)`" in Graph.__doc__


def test_a_share_is_of_a_sign_alone():
    """Leaky ReLU spelled as a maximum: its slope asks for the sign of z, not of 99/100 z; at a tie both share."""
    z, w = Symbol("z", real=True), Symbol("w", real=True)
    assert share(99 * z / 100) == share(z) and share(-99 * z / 100) == share(-z) and share(w - z) == share(w - z)
    g = Graph("leaky")
    w, x = g.parameter("w"), g.input("x")
    g.loss("L", Max(w * x, w * x / 100))
    d = g.derive()
    assert d.verify(points=60).ok and "99" not in d.to_text()


def clipped_at_a_variable():
    g = Graph("clip to [a, b]")
    x, a, b = g.input("x", gradient=True), *g.parameters("a b")
    g.loss("L", clip(x, a, b))
    return g.derive()


@pytest.mark.parametrize("at", [(-2, 0, -1), (0.5, 0, -1), (2, 0, -1), (-2, 0, 1), (0.5, 0, 1), (2, 0, 1)], ids=str)
def test_a_clip_whose_ends_cross_has_the_slopes_of_torch(at):
    """torch.clamp(x, a, b) is min(max(x, a), b): where b is below a, it is b."""
    derived, given = clipped_at_a_variable(), dict(zip("xab", map(float, at), strict=True))
    leaves = {n: torch.tensor(v, dtype=torch.float64, requires_grad=True) for n, v in given.items()}
    torch.clamp(*leaves.values()).backward()
    found = module(derived, "numpy").backward(**{n: np.float64(v) for n, v in given.items()})
    assert {n: float(v) for n, v in found.items()} == {n: leaf.grad.item() for n, leaf in leaves.items()}
