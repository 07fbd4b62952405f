"""Claims about time (docs/claims.md): the cases in which false ones were made, and each false claim put back by hand.

Expected values come from exact arithmetic, from torch by itself, or from a derivation that the test states.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from alphabets import letters
from sympy import Abs, Eq, Gt, ImmutableDenseMatrix, Indexed, Lt, Max, Symbol
from sympy.core.relational import Relational

from derive import Graph, Sum, function_named, relu, sigmoid, tanh
from derive.expressions.norms import Norm, SpectralRadius
from derive.language import Text
from derive.topics.stability.check.measured import measured
from derive.topics.stability.conditions import Condition
from derive.topics.stability.losses import Reads

WHY = Text("no reason", "无")


def scalar(law, start=0, loss=lambda h, T, t: h[T] ** 2, sizes=None):
    """h_t = law(h, w, x, t) for numbers."""
    g = Graph("scalar")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: law(h, w, x, t), over=t, start={0: start(g) if callable(start) else start})
    g.loss("L", loss(h, T, t))
    return g.derive(sizes=sizes)


def vector(law, loss=None):
    """h_ti = law(h, W, x, t, i, j) for vectors."""
    g = Graph("vector")
    T, H = g.size("T"), g.size("H")
    t, (i, j) = g.index("t", T), g.indices("i j", H)
    W, x = g.parameter("W", H, H), g.input("x", T, H)
    h = g.recurrence("h", lambda h: law(h, W, x, t, i, j), over=(t, i), start={0: 0})
    g.loss("L", Sum(h[T, i] ** 2, i) if loss is None else loss(h, T, t, i))
    return g.derive()


def through(f):
    return lambda h, W, x, t, i, j: f(Sum(W[i, j] * h[t - 1, j], j) + x[t, i])


def linear(h, w, x, t):
    return w * h[t - 1] + x[t]


def masked(h, W, x, t, i, j):
    return Sum(W[i, j] * h[t - 1, j], (j, 1, i)) + x[t, i]


def residual(h, W, x, t, i, j):
    return h[t - 1, i] + tanh(Sum(W[i, j] * h[t - 1, j], j)) + x[t, i]


def inside(f):
    return lambda h, W, x, t, i, j: Sum(W[i, j] * f(h[t - 1, j]), j) + x[t, i]


def table(solution):
    """The claims without their reasons."""
    return {(c.kind, c.strength, c.about): c.claim for c in solution.conditions}


def holds(solution):
    (analysis,) = solution.analyses
    return measured(solution.derivation, analysis)


# what is claimed


def test_a_number_that_is_never_above_one_is_not_said_to_make_anything_grow():
    """A gate without inputs lies between 0 and 1, and so does what is declared so; a weight may be anything."""
    gate = scalar(lambda h, w, x, t: sigmoid(w) * h[t - 1] + (1 - sigmoid(w)) * x[t])
    assert {c.kind for c in gate.conditions if c.about == "distant"} == {"vanishes", "stays"}
    assert {c.kind for c in scalar(linear).conditions if c.about == "distant"} == {"vanishes", "stays", "explodes"}
    assert gate.verify(40).ok and "explodes" not in str([c.kind for c in gate.conditions])


@pytest.mark.parametrize("f, kinds", [(lambda z: z, ["subexponential"]), (tanh, [])], ids=["linear", "tanh"])
def test_an_orthogonal_matrix_has_norm_and_radius_one(f, kinds):
    """What would need ||W|| or rho(W) below or above 1 is not printed: ||W^k|| = 1."""
    g = Graph("orthogonal")
    T, H = g.size("T"), g.size("H")
    t, (i, j) = g.index("t", T), g.indices("i j", H)
    W, x = g.parameter("W", H, H, orthogonal=True), g.input("x", T, H)
    law = through(f)
    h = g.recurrence("h", lambda h: law(h, W, x, t, i, j), over=(t, i), start={0: 0})
    g.loss("L", Sum(h[T, i] ** 2, i))
    solution = g.derive()
    assert [c.kind for c in solution.conditions] == kinds
    assert solution.verify(40).ok


def test_without_inputs_the_whole_gradient_is_like_t_times_a_power():
    """h_T = w^T h_0, so dh_T/dw = T w^(T-1) h_0 exactly: claimed to vanish iff |w| < 1, and measured."""
    solution = scalar(lambda h, w, x, t: w * h[t - 1], start=lambda g: g.input("s"))
    assert table(solution)["vanishes", "exact", "whole"] == Lt(Abs(Symbol("w", real=True)), 1)
    assert not any(c.kind == "bounded" for c in solution.conditions)
    assert holds(solution).ok
    w, h, slope = Fraction(1, 2), Fraction(3), Fraction(0)
    for _ in range(30):
        h, slope = w * h, h + w * slope
    assert slope == 30 * w**29 * 3


def test_with_inputs_the_whole_gradient_is_bounded_and_need_not_converge():
    """x_t = (-1)^t: the gradient in u of h_T, sum_k w^k x_(T-k), tends to +-1/(1 + w) in turn."""
    solution = scalar(linear)
    assert table(solution)["bounded", "sufficient", "whole"] == Lt(Abs(Symbol("w", real=True)), 1)
    values = [sum(Fraction(1, 2) ** k * (-1) ** (T - k) for k in range(T)) for T in (50, 51)]
    assert float(values[0]) == pytest.approx(2 / 3) and float(values[1]) == pytest.approx(-2 / 3)
    assert all(abs(v) <= 1 / (1 - Fraction(1, 2)) for v in values)


def test_the_short_answer_says_what_its_bound_needs():
    """For x_t = t and w = 1/2 the gradient sum (1/2)^(T-t) t grows without a bound: |w| < 1 alone bounds nothing."""
    grown = [sum(Fraction(1, 2) ** (T - t) * t for t in range(1, T + 1)) for T in (50, 100)]
    assert grown[0] > 97 and grown[1] > 197
    for lang, needed in (("en", "bounded if all immediate partial"), ("zh", "各直接偏导数有界时")):
        short = scalar(linear).to_text(lang, check=False, detail="answer")
        assert needed in " ".join(short.split())


@pytest.mark.parametrize("w", [0.5, 0.9])
def test_a_loss_at_every_step_is_cut_term_by_term(w):
    """The bound sums over the terms; that of the last term alone is broken (0.5: 222 against 0.0078)."""
    solution = scalar(linear, loss=lambda h, T, t: Sum(h[t] ** 2 / 2, t))
    assert ("bounded", "sufficient", "term") in table(solution) and solution.analyses[0].reads is Reads.SEVERAL
    assert letters("Σ_{s=1..T} ‖∂⁺L/∂hₛ‖") in letters(solution.to_text(check=False, detail="full"))
    T, K = 40, 10
    h = [0.0]
    for _ in range(T):
        h.append(w * h[-1] + 1)
    dropped = sum(h[s] * w ** (s - t) * h[t - 1] for s in range(1, T + 1) for t in range(1, s - K + 1))
    every, last, G = sum(map(abs, h[1:])), abs(h[T]), max(h)
    assert dropped <= G * every * w**K / (1 - w)
    naive = sum(h[s] * w ** (s - t) * h[t - 1] for s in range(1, T + 1) for t in range(1, min(s, T - K) + 1))
    assert naive > G * last * w**K / (1 - w)  # what was once printed, and the bound beside it


def test_a_part_that_is_no_state_leaves_the_whole_gradient_open():
    """The loss reads the gate of every step: the adjoint of a state is not carried by the factors alone."""
    g = Graph("parts")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    f, h = g.states("f h", over=t, start={0: 0})
    g.update(f, sigmoid(w * h[t - 1] + x[t]))
    g.update(h, f[t] * h[t - 1] / 2 + x[t])
    g.loss("L", Sum(f[t], t) + h[T])
    (analysis,) = g.derive().analyses
    assert analysis.reads is Reads.PARTS
    assert not any(c.about != "distant" for c in analysis.conditions)


def test_an_optimiser_gets_no_section():
    """Momentum with constants: no gradient is asked for through it, whatever its loss."""
    g = Graph("momentum")
    T = g.size("T")
    t = g.index("t", T)
    mu, eta, a, s = g.constants("mu eta a s")
    v, theta = g.states("v theta", over=t, start={0: s})
    g.update(v, mu * v[t - 1] + a * theta[t - 1])
    g.update(theta, theta[t - 1] - eta * v[t])
    g.loss("L", theta[T] ** 2)
    solution = g.derive()
    assert not solution.analyses and "explodes" not in solution.to_text(check=False)


@pytest.mark.parametrize(("f", "slope"), [(sigmoid, 4), (tanh, 1), (relu, 1)], ids=["sigmoid", "tanh", "relu"])
def test_an_activation_inside_is_bounded_by_its_slope(f, slope):
    """x_t = W f(x_(t-1)) and f(W x_(t-1)) have the same bound ||W||_2 max f'."""
    for law in (inside(f), through(f)):
        solution = vector(law)
        claim = table(solution)["vanishes", "sufficient", "distant"]
        assert str(claim) == ("Norm(W, 2)/4 < 1" if slope == 4 else "Norm(W, 2) < 1")
    assert holds(vector(inside(f))).ok


def test_a_residual_step_is_bounded_and_nothing_impossible_is_claimed():
    """||I + D W|| <= 1 + ||W||; 1 + ||W|| < 1 is not printed, nor is 1 + ||W|| > 1 as a condition."""
    solution = vector(residual)
    (analysis,) = solution.analyses
    assert [str(v) for _, v in analysis.where] == ["Norm(W, 2) + 1"] and not analysis.conditions
    assert analysis.notes and holds(solution).ok
    number = scalar(lambda h, w, x, t: h[t - 1] + tanh(w * h[t - 1]))
    assert {c.strength for c in number.conditions} <= {"local"}


def test_a_masked_matrix_is_measured_by_its_rows():
    """||tril W||_2 can exceed ||W||_2; the largest row sum cannot grow by leaving entries out."""
    W = np.array([[1.0, -1.0], [1.0, 1.0]])
    assert np.linalg.norm(np.tril(W), 2) > 1.14 * np.linalg.norm(W, 2)
    solution = vector(masked)
    assert str(table(solution)["vanishes", "sufficient", "distant"]) == "Norm(W, rows) < 1"
    assert holds(solution).ok


@pytest.mark.parametrize("start", [5, lambda g: g.parameter("s")], ids=["5", "learned"])
def test_a_start_outside_of_the_range_widens_the_bound(start):
    """h is a tanh, but h_0 is not: f is at most sigma(|w| |h_0| + ...) in the first step."""
    g = Graph("start")
    T = g.size("T")
    t = g.index("t", T)
    w, u, b, x = *g.parameters("w u b"), g.input("x", T)
    first = start(g) if callable(start) else start
    c, h = g.states("c h", over=t, start={0: first})
    f = g.states("f", over=t, start={0: 0})[0]
    g.update(f, sigmoid(w * h[t - 1] + b))
    g.update(c, f[t] * c[t - 1] + tanh(u * h[t - 1] + x[t]))
    g.update(h, tanh(c[t]))
    g.loss("L", h[T])
    solution = g.derive()
    bounds = {str(k): str(v) for k, v in solution.analyses[0].where}
    assert bounds["f_max"] in ("sigmoid(Abs(b) + 5*Abs(w))", "sigmoid(h_max*Abs(w) + Abs(b))")
    assert start == 5 or bounds["h_max"] == "Max(1, Abs(s))"
    assert holds(solution).ok


def test_a_gate_whose_start_is_read_bounds_no_sum():
    """c_t = f_(t-1) c_(t-1) + 1 with f_0 = 5: 1/(1 - f) bounds nothing, so nothing is claimed."""
    g = Graph("late gate")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    f, c = g.states("f c", over=t, start={0: 5})
    g.update(f, sigmoid(w * c[t - 1] / 2 + x[t]))
    g.update(c, f[t - 1] * c[t - 1] + 1)
    g.loss("L", c[T])
    (analysis,) = g.derive().analyses
    assert analysis.silence is not None and not analysis.conditions


def test_a_norm_of_a_matrix_bounds_nothing_from_below():
    """W = [[0, 200], [0, 0]]: ||W||_2/100 = 2 > 1, and yet two steps give 0 under leaky ReLU, as every (D W)^2 is 0."""
    solution = vector(through(function_named("leaky_relu")))
    assert ("explodes", "sufficient", "distant") not in table(solution)
    W = np.array([[0.0, 200.0], [0.0, 0.0]])
    for d in (np.diag([0.01, 1.0]), np.diag([1.0, 1.0])):
        assert not (d @ W @ d @ W).any() and np.linalg.norm(W, 2) / 100 > 1


@pytest.mark.parametrize("seed", range(10))
def test_a_linear_network_is_never_refused(seed):
    """Every seed: a claim about powers of a matrix is held against Henrici's bound, not against a rate with a slack."""
    solution = vector(through(lambda z: z), loss=lambda h, T, t, i: Sum(h[t, i] ** 2 / 2, t, i) / T)
    (analysis,) = solution.analyses
    assert measured(solution.derivation, analysis, seed).ok


@pytest.mark.parametrize("steps", [10, 100, 2000])
def test_powers_at_radius_one_by_hand(steps):
    """[[1, 1], [0, 1]]^k has the entry k: neither bounded nor exponential. A rotation keeps every norm."""
    J = np.linalg.matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), steps)
    assert J[0, 1] == steps and np.linalg.norm(J, 2) < steps + 2
    kinds = {(c.kind, c.strength): str(c.claim) for c in vector(through(lambda z: z)).conditions}
    assert kinds["subexponential", "exact"].startswith("Eq(SpectralRadius(W)")
    assert ("stays", "exact") not in kinds


# false claims, put back by hand


def claim(kind, strength, relation: Relational, about="distant"):
    return Condition(kind, strength, relation, relation.args[0], WHY, about)


def put_back(solution, *conditions, **changed):
    """What is measured if these are the claims."""
    (analysis,) = solution.analyses
    return measured(solution.derivation, analysis._replace(conditions=conditions, gates=(), **changed))


w_ = Abs(Symbol("w", real=True))
FALSE = {
    "a matrix of radius 1 keeps the size": (
        lambda: vector(through(lambda z: z)),
        lambda W: claim("stays", "exact", Eq(SpectralRadius(W), 1, evaluate=False)),
    ),
    "a linear network vanishes iff its norm is below 1": (
        lambda: vector(through(lambda z: z)),
        lambda W: claim("vanishes", "exact", Lt(Norm(W, "2"), 1, evaluate=False)),
    ),
    "radius below 1 bounds every step": (
        lambda: vector(through(lambda z: z)),
        lambda W: claim("vanishes", "sufficient", Lt(SpectralRadius(W), 1, evaluate=False)),
    ),
    "tanh explodes with the norm": (
        lambda: vector(through(tanh)),
        lambda W: claim("explodes", "sufficient", Gt(Norm(W, "2"), 1, evaluate=False)),
    ),
    "tanh vanishes if and only if the norm is below 1": (
        lambda: vector(through(tanh)),
        lambda W: claim("vanishes", "exact", Lt(Norm(W, "2"), 1, evaluate=False)),
    ),
    "leaky ReLU explodes with a hundredth of the norm": (
        lambda: vector(through(function_named("leaky_relu"))),
        lambda W: claim("explodes", "sufficient", Gt(Norm(W, "2") / 100, 1, evaluate=False)),
    ),
    "a masked matrix is bounded by the norm of the whole": (
        lambda: vector(masked),
        lambda W: claim("vanishes", "sufficient", Lt(Norm(W, "2"), 1, evaluate=False)),
    ),
    "an inner sigmoid has half its slope": (
        lambda: vector(inside(sigmoid)),
        lambda W: claim("vanishes", "sufficient", Lt(Norm(W, "2") / 8, 1, evaluate=False)),
    ),
    "a residual step vanishes with its branch": (
        lambda: vector(residual),
        lambda W: claim("vanishes", "sufficient", Lt(Norm(W, "2"), 1, evaluate=False)),
    ),
    "a residual step grows only with a large branch": (
        lambda: vector(residual),
        lambda W: claim("explodes", "necessary", Gt(Norm(W, "2"), 1, evaluate=False)),
    ),
    "the whole gradient converges": (
        lambda: scalar(linear),
        lambda W: claim("stays", "sufficient", Lt(w_, 1, evaluate=False), "whole"),
    ),
    "the whole gradient fades although inputs enter": (
        lambda: scalar(linear),
        lambda W: claim("vanishes", "exact", Lt(w_, 1, evaluate=False), "whole"),
    ),
    "the whole gradient is bounded at any radius": (
        lambda: vector(through(lambda z: z)),
        lambda W: claim("bounded", "sufficient", Gt(SpectralRadius(W), 1, evaluate=False), "whole"),
    ),
    "the whole gradient is bounded for half the weight": (
        lambda: scalar(linear),
        lambda W: claim("bounded", "sufficient", Lt(w_ / 2, 1, evaluate=False), "whole"),
    ),
    "a number explodes below 1": (
        lambda: scalar(linear),
        lambda W: claim("explodes", "exact", Gt(2 * w_, 1, evaluate=False)),
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_claim_is_contradicted(name):
    """Every false claim that was printed, or is near one: the evidence says no, while the claims made are right."""
    build, wrong = FALSE[name]
    solution = build()
    (analysis,) = solution.analyses
    values = [link.value for path in analysis.jacobian.paths() for link in path.links]
    weight = next((a.base for v in values for a in v.atoms(Indexed) if str(a.base) == "W"), None)
    assert measured(solution.derivation, analysis).ok
    assert not put_back(solution, wrong(weight)).ok


@pytest.mark.parametrize("seed", range(3))
def test_a_bound_that_is_too_small_is_seen_without_any_claim(seed):
    """The bound of a residual step without its 1: some step back lengthens an adjoint more, and the page is refused."""
    solution = vector(residual)
    (analysis,) = solution.analyses
    wrong = analysis._replace(where=tuple((k, v - 1) for k, v in analysis.where))
    found = measured(solution.derivation, wrong, seed)
    assert not found.bounded and "more than its bound" in found.complaint()


def test_the_norm_of_the_whole_does_not_bound_a_mask():
    """Without any condition: the spectral norm of W put back as the bound of a step by tril W."""
    solution = vector(masked)
    (analysis,) = solution.analyses
    weight = next(a.base for p in analysis.jacobian.paths() for a in p.value.atoms(Indexed))
    wrong = analysis._replace(bound=ImmutableDenseMatrix([[Norm(weight, "2")]]), order="2", conditions=())
    assert not measured(solution.derivation, wrong).bounded


@pytest.mark.parametrize("build", [lambda loss: scalar(linear, loss=loss), lambda loss: vector(through(tanh), loss)])
def test_claims_for_the_last_step_are_contradicted_by_a_loss_at_every_step(build):
    """The evidence runs the model's own loss: what it reads at a step is its adjoint less what is carried back."""

    def every(h, T, t, *i):
        return Sum(h[(t, *i)] ** 2, t, *i)

    solution = build(every)
    (analysis,) = solution.analyses
    assert measured(solution.derivation, analysis).ok
    found = measured(solution.derivation, analysis._replace(reads=Reads.LAST))
    assert not found.read and "more steps" in found.complaint()


@pytest.mark.parametrize(("swapped", "said"), [(False, True), (True, False)])
def test_a_sum_over_time_hands_adjoints_on_as_they_are(swapped, said):
    """s_t = s_{t-1} + x_t has the Jacobian I, and no claim compares 1 with 1; the transpose of s_{t-1} has another."""
    g = Graph("sums")
    T, D = g.size("T"), g.size("D")
    t, (i, j) = g.index("t", T), g.indices("i j", D)
    x = g.input("x", T, D, D, gradient=True)
    law = (lambda s: s[t - 1, j, i] + x[t, i, j]) if swapped else (lambda s: s[t - 1, i, j] + x[t, i, j])
    s = g.recurrence("s", law, over=(t, i, j), start={0: 0})
    g.loss("L", Sum(s[T, i, j] ** 2, i, j))
    text = g.derive().to_text()
    assert ("The Jacobian of every step is the identity" in " ".join(text.split())) is said
    assert not said or "1 > 1" not in text


NUMBERS = {
    "half": (lambda h, enters: relu(h) / 2 + enters, "The product tends to zero: no step", "1/2 < 1"),
    "opposite": (lambda h, enters: enters - h, "steps: every factor is -1.", "1 = 1"),
    "triple": (lambda h, enters: enters + 3 * h, "The product grows exponentially, for almost every adjoint", "3 > 1"),
    "kadane": (lambda h, enters: Max(h + enters, 0), "The product does not grow exponentially", "1 > 1"),
    "twice": (lambda h, enters: 2 * relu(h) + enters, "The bound 2 of a step", "2 > 1"),
    "no bound below 1": (lambda h, enters: relu(h) - h / 3 + enters, "The bound 4/3 of a step", "4/3"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_two_numbers_are_no_condition(name):
    """A factor that is a number is below 1 or not: the page says what follows, and compares no number with 1."""
    law, said, compared = NUMBERS[name]
    g = Graph("a number")
    T = g.size("T")
    t, x, w = g.index("t", T), g.input("x", T), g.parameter("w", T)
    h = g.recurrence("h", lambda h: law(h[t - 1], w[t] * x[t]), over=t, start={0: 0})
    g.loss("L", h[T] ** 2 / 2)
    text = " ".join(g.derive().to_text(check=False).split())
    assert said in text and (compared == "4/3" or compared not in text)
    assert "The statements are about" not in text or "Going back k steps" in text  # no lead without what it leads to


@pytest.mark.parametrize("detail", ["brief", "answer"])
def test_a_given_number_of_steps_keeps_the_answer(detail):
    """What is said of k steps as k grows needs no letter T: the results say it also for T = 5, and nothing is measured.

    h_t = w h_{t-1} + x_t has the step w, so its powers tend to zero if and only if |w| < 1.
    """
    five = scalar(lambda h, w, x, t: w * h[t - 1] + x[t], sizes={"T": 5})
    page = five.to_text(check=False, detail=detail)
    results = " ".join(page.partition("Results")[2].partition("Backward pass")[0].split())
    for said in ("∂hₜ/∂hₜ₋₁ = w", "tends to zero |w| < 1 if and only if", "grows exponentially |w| > 1 if and only if"):
        assert said in results
    assert not five.analyses and not five.conditions
    assert "were not compared here" in " ".join(five.to_text(detail=detail).split())
