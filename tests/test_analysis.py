"""The Jacobian of a step, conditions and their evidence: right for every recurrent problem, and caught where wrong."""

from __future__ import annotations

import pytest
import torch
from sympy import Abs, Eq, Function, Gt, Integer, Lt, Pow, Rational, Symbol

from derive import Graph, Max, Sum, VerificationError, exp, function_named, sigmoid, tanh
from derive.check.report import Report
from derive.errors import ShapeError
from derive.expressions import functions
from derive.expressions.matrices import Dots, Matrix, Named, Plus, Power, Scaled, Shape, Times, shape
from derive.page.blocks import Equations
from derive.problems import load
from derive.topics.stability.check.measured import measured
from derive.topics.stability.conditions import Analysis
from derive.topics.stability.page.remedies import remedies
from derive.topics.stability.page.step_jacobian import step_jacobian_section
from derive.topics.topic import Context

BPTT = [("bptt", {"activation": a, "loss": "abstract"}) for a in ("identity", "tanh", "sigmoid", "relu")]
RNN = [("rnn", {"activation": a, "loss": "abstract"}) for a in ("identity", "tanh", "relu")]
GATED = [(name, {"hidden": hidden}) for name in ("lstm", "gru") for hidden in ("scalar", "vector")]
CASES = [*BPTT, *RNN, *GATED]


def names(case):
    return "-".join([case[0], *(str(v) for v in case[1].values() if v != "abstract")])


def solved(case):
    problem = load(case[0])
    choices = problem.choices({o.name: None for o in problem.options} | case[1])
    return problem.readings[0].build(**choices).derive()


def measure(case, change=lambda analysis: analysis):
    solution = solved(case)
    (analysis,) = solution.analyses
    return measured(solution.derivation, change(analysis))


@pytest.mark.parametrize("case", CASES, ids=names)
def test_every_recurrent_problem_agrees_with_autograd(case):
    """Blocks of the Jacobian, their products over 8 steps, and all evidence."""
    found = measure(case)
    assert found.ok
    assert found.product < 1e-10 and all(error < 1e-10 for _, error in found.blocks)
    assert all(f.settings for f in found.findings)


# the Jacobian


def test_the_direct_path_of_the_lstm_is_the_forget_gate():
    """d c_t / d c_{t-1} = f_t; the gates are the other paths, four of them into h."""
    (analysis,) = solved(GATED[0]).analyses
    (cc, ch), (hc, hh) = analysis.jacobian.entries
    assert str(cc.value) == "f[t]" and [p.direct for p in cc.paths] == [True]
    assert [str(p.links[1].user) for p in ch.paths] == ["f[t]", "i[t]", "c_tilde[t]"]
    assert [len(hc.paths), len(hh.paths)] == [1, 4]


def test_a_wrong_path_is_caught():
    """One local partial with the other sign: that block is named, and nothing else."""

    def flipped(analysis: Analysis) -> Analysis:
        (row, *rest) = analysis.jacobian.entries
        path = row[1].paths[0]
        link = path.links[0]._replace(value=-path.links[0].value)
        wrong = row[1]._replace(paths=(path._replace(links=(link, *path.links[1:])), *row[1].paths[1:]))
        return analysis._replace(jacobian=analysis.jacobian._replace(entries=((row[0], wrong), *rest)))

    found = measure(GATED[0], flipped)
    assert [(str(e.of), str(e.wrt)) for e in found.wrong] == [("c[t]", "h[t - 1]")]
    assert not found.product <= 1e-6


def test_a_sum_over_a_part_of_the_state_reaches_that_part_only():
    """The range of a contracted sum stays, as a condition."""
    g = Graph("part")
    T, C = g.size("T"), g.size("C")
    t, (i, j) = g.index("t", T), g.indices("i j", C)
    w = g.parameter("w")
    h = g.recurrence("h", lambda h: w * Sum(h[t - 1, j], (j, 2, C)) + h[t - 1, i] / 3, over=(t, i), start={0: 1})
    g.loss("L", Sum(h[T, i] ** 2, i))
    solution = g.derive()
    (analysis,) = solution.analyses
    assert measured(solution.derivation, analysis).ok
    assert not analysis.conditions and analysis.silence is not None  # all its rows are alike: no norm without the size


def test_two_layers_and_falling_time():
    """A second recurrence on top of the first, running backwards in time."""
    g = Graph("stack")
    T = g.size("T")
    t = g.index("t", T)
    w, u, v = g.parameters("w u v")
    x = g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + x[t]), over=t, start={0: 0})
    k = g.recurrence("k", lambda k: tanh(u * k[t + 1] + v * h[t]), over=t, start={T + 1: 0})
    g.loss("L", k[1] ** 2)
    solution = g.derive()
    assert [str(a.jacobian.before) for a in solution.analyses] == ["t - 1", "t + 1"]
    assert all(measured(solution.derivation, a).ok for a in solution.analyses)


# the conditions


def claims(case):
    return {(c.kind, c.strength, c.about): c.claim for c in solved(case).conditions}


def test_catalogue_0_8():
    """Explodes iff |w_hh| > 1, vanishes iff |w_hh| < 1, stays put at 1."""
    w = Symbol("w_hh", real=True)
    found = claims(BPTT[0])
    assert found["vanishes", "exact", "distant"] == Lt(Abs(w), 1)
    assert found["stays", "exact", "distant"] == Eq(Abs(w), 1)
    assert found["explodes", "exact", "distant"] == Gt(Abs(w), 1)
    assert found["bounded", "sufficient", "whole"] == Lt(Abs(w), 1)


@pytest.mark.parametrize(("activation", "slope"), [("tanh", 1), ("sigmoid", 4), ("relu", 1)])
def test_nonlinear_scalar(activation, slope):
    """|w| M < 1 suffices, |w| M > 1 is necessary, an explosion is local; M is 1, 1/4, 1."""
    found = claims(("bptt", {"activation": activation, "loss": "abstract"}))
    w = Symbol("w_hh", real=True)
    assert found["vanishes", "sufficient", "distant"] == Lt(Abs(w) / slope, 1)
    assert found["explodes", "necessary", "distant"] == Gt(Abs(w) / slope, 1)
    assert ("explodes", "sufficient", "distant") not in found and ("explodes", "local", "distant") in found


def test_a_slope_that_is_never_small_suffices_to_explode():
    """Leaky ReLU: its slope is at least 1/100, so |w| > 100 explodes whatever the inputs."""
    g = Graph("leaky")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: function_named("leaky_relu")(w * h[t - 1] + x[t]), over=t, start={0: 0})
    g.loss("L", h[T] ** 2)
    solution = g.derive()
    (found,) = [c for c in solution.conditions if (c.kind, c.strength) == ("explodes", "sufficient")]
    assert found.claim == Gt(Abs(w) / 100, 1)
    assert measured(solution.derivation, solution.analyses[0]).ok


def test_coupled_numbers_are_exact():
    """Gradient descent with momentum on a quadratic: v and theta, a constant matrix, its spectral radius."""
    g = Graph("heavy ball")
    T = g.size("T")
    t = g.index("t", T)
    a, mu = g.parameters("a mu")
    v, theta = g.states("v theta", over=t, start={0: 1})
    g.update(v, mu * v[t - 1] + a * theta[t - 1])
    g.update(theta, theta[t - 1] / 2 - v[t] / 3)
    g.loss("L", theta[T] ** 2)
    solution = g.derive()
    assert {c.strength for c in solution.conditions if c.about == "distant"} == {"exact"}
    assert measured(solution.derivation, solution.analyses[0]).ok


def refused(law, start=None):
    g = Graph("unclear")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: law(h, w, x, t), over=t, start=start or {0: 1})
    g.loss("L", Function("L")(h[T]))
    return g.derive().analyses[0]


def test_where_nothing_follows_it_says_why():
    """A state that multiplies itself without a bound; two steps back something follows."""
    back = refused(lambda h, w, x, t: tanh(w * h[t - 2] + x[t]), {0: 0, -1: 0})
    assert back.conditions and back.silence is None
    square = refused(lambda h, w, x, t: w * h[t - 1] ** 2 + x[t])
    assert not square.conditions and "no bound" in square.silence.pick("en", str)


def test_numbers_are_not_compared_in_print():
    """max(h_{t-1} + x_t, 0) passes on at most 1 a step: that 1 is not above 1 is no condition."""
    g = Graph("queue")
    T = g.size("T")
    t, x = g.index("t", T), g.parameter("x", T)
    h = g.recurrence("h", lambda h: Max(h[t - 1] + x[t], 0), over=t, start={0: 0})
    g.loss("L", h[T] ** 2)
    for lang, said in (("en", "the product does not grow exponentially"), ("zh", "因子之积不按指数增长")):
        page = g.derive().to_text(lang, check=False)
        assert said in page and "1 > 1" not in page


# false claims are caught


@pytest.mark.parametrize("case", CASES, ids=names)
def test_a_flipped_inequality_is_contradicted(case):
    """Every claim with < and > exchanged, one at a time."""
    solution = solved(case)
    (analysis,) = solution.analyses
    flips = {Lt: Gt, Gt: Lt}
    for condition in analysis.conditions:
        other = flips.get(type(condition.claim))
        if other is not None:
            wrong = condition._replace(claim=other(condition.measure, 1, evaluate=False))
            found = measured(solution.derivation, analysis._replace(conditions=(wrong,), gates=()))
            assert not found.ok, f"{condition.kind} ({condition.strength}, {condition.about}) was not contradicted"


@pytest.mark.parametrize("case", GATED, ids=names)
def test_bounds_without_the_gate_paths_are_contradicted(case, monkeypatch):
    """Claims made from the direct paths only: the adjoints grow beyond what these bounds allow."""
    (whole,) = solved(case).analyses

    def direct(model, stage):
        rows = [
            [e._replace(paths=tuple(p for p in e.paths if p.direct)) for e in row] for row in whole.jacobian.entries
        ]
        return whole.jacobian._replace(entries=tuple(map(tuple, rows)))

    monkeypatch.setattr("derive.topics.stability.analysis.step_jacobian", direct)
    solution = solved(case)
    wrong = solution.analyses[0]._replace(jacobian=whole.jacobian)
    found = measured(solution.derivation, wrong)
    assert not found.wrong and not found.bounded


def test_swapped_ends_of_a_slope_are_contradicted(monkeypatch):
    """With (1, 0) for the slopes of tanh an explosion would follow from |w| > 1."""
    row = functions.BY_NAME["tanh"]
    wrong = row._replace(slope_range=row.slope_range[::-1])
    monkeypatch.setitem(functions._BY_CLASS, tanh, wrong)
    found = measure(BPTT[1])
    assert not found.ok and not found.wrong


def test_a_slope_range_that_is_too_small_is_contradicted(monkeypatch):
    """With M = 1/2 for tanh the bound of a step is broken."""
    row = functions.BY_NAME["tanh"]
    monkeypatch.setitem(functions._BY_CLASS, tanh, row._replace(slope_range=(0, Rational(1, 4))))
    assert not measure(BPTT[1]).ok


def test_a_gate_that_keeps_less_is_caught():
    """The bias with the other sign keeps nothing."""

    def turned(analysis: Analysis) -> Analysis:
        return analysis._replace(conditions=(), gates=tuple(g._replace(sign=-g.sign) for g in analysis.gates))

    for case in (GATED[0], GATED[2]):
        found = measure(case, turned)
        assert not all(k.ok for k in found.kept)
        with pytest.raises(VerificationError, match="that should keep half"):
            Report(claims=(found,)).require()


def test_a_contradicted_claim_fails_the_check(monkeypatch):
    """verify() is not ok, require() raises, and the message names the claim."""
    solution = solved(BPTT[0])
    (analysis,) = solution.analyses
    first, *rest = analysis.conditions
    wrong = first._replace(claim=Gt(first.measure, 1, evaluate=False))
    broken = analysis._replace(conditions=(wrong, *rest))
    monkeypatch.setattr("derive.topics.stability.analyses", lambda derived: (broken,))
    report = solution.verify(points=20)
    assert not report.ok and all(r.ok for r in report.rows)
    with pytest.raises(VerificationError, match=r"exact claim .* vanishes under Abs\(w_hh\) > 1"):
        report.require()


# against torch by itself


def test_decay_of_a_linear_cell_by_hand():
    """The rates on the page are those of a loop written here, not those of the trial."""
    w = torch.tensor(0.9, dtype=torch.float64)
    states = [torch.zeros((), dtype=torch.float64, requires_grad=True)]
    for _ in range(100):
        states.append(w * states[-1] + 0.1)
    for s in states[1:]:
        s.retain_grad()
    states[-1].backward()
    (finding, *_) = measure(BPTT[0]).findings
    inside = finding.settings[0]
    for k, norms in zip((1, 10, 25, 50, 100), inside.norms, strict=True):
        assert norms == pytest.approx((float(states[-1 - k].grad),) * 2, rel=1e-12)


def test_gates_keep_what_they_promise_by_hand():
    """sigma(u)^k = 1/2 at u = -log(2^(1/k) - 1)."""
    (analysis,) = solved(GATED[0]).analyses
    (gate,) = analysis.gates
    for k in (1, 7, 50):
        needed = float(gate.claim.args[1].subs({gate.rest: 0, Symbol("k", positive=True): k}))
        assert float(torch.tensor(needed, dtype=torch.float64).sigmoid() ** k) == pytest.approx(0.5)
    assert sigmoid(gate.bias - gate.rest) == gate.lower


# the page


@pytest.mark.parametrize("case", [*RNN, *GATED[:2], GATED[3]], ids=names)
def test_both_sides_of_a_line_of_matrices_have_one_shape(case):
    """The ordered product, its power, the adjoint carried back, the norm under an orthogonal weight."""
    solution = solved(case)
    (analysis,) = solution.analyses
    page = [
        *step_jacobian_section(analysis, Context(solution)),
        *remedies(analysis, solution.steps, None, "full"),
    ]
    rows = [row for block in page if isinstance(block, Equations) for row in block.rows]
    left: Shape | None = None
    compared = 0
    for row in rows:
        left = left if row.left is None else shape(row.left) if isinstance(row.left, (Matrix, Pow)) else None
        if left is not None and isinstance(row.right, Matrix):
            assert shape(row.right) == left, row
            compared += 1
    assert compared


def test_a_power_and_a_product_over_steps_want_shapes_that_agree():
    n, m = Symbol("n"), Symbol("m")
    J, W = Named(Symbol("J"), n, n), Named(Symbol("W"), n, m)
    assert shape(Times(J, Dots(n, n), Power(J, Symbol("k")), Named(Symbol("v"), n))) == (n, 1)
    with pytest.raises(ShapeError):
        Power(W, Symbol("k"))
    with pytest.raises(ShapeError):
        Times(W, Dots(n, n), J)
    with pytest.raises(ShapeError):
        Plus(Integer(1), Scaled(Integer(-1), J))  # 1 - J is no matrix; I - J is


def test_points_where_the_model_overflows_say_nothing_about_its_jacobian():
    """h = exp(w x + u h) overflows within a few steps at some points; the others decide, and a wrong block is seen."""
    g = Graph("a tower of exponentials")
    T = g.size("T")
    t = g.index("t", T)
    w, u = g.parameters("w u")
    x = g.input("x", T)
    h = g.recurrence("h", lambda h: exp(w * x[t] + u * h[t - 1]), over=t, start={0: 0})
    g.loss("L", h[T] ** 2 / 2)
    [found] = g.derive().verify(20).of("stability").claims
    assert found.product < 1e-9 and found.complaint() is None
