"""Closed forms and limits against loops written anew, in exact fractions and with autograd; and that they can fail.

`number` evaluates a formula with plain Python, sums and products term by term; nothing of the engine evaluates here.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

import pytest
import torch
from sympy import (
    Add,
    Idx,
    Indexed,
    IndexedBase,
    Integer,
    Mul,
    Pow,
    Product,
    Rational,
    Sum,
    Symbol,
    oo,
    sign,
    symbols,
    tanh,
)

from derive import Function, Graph, Limit, ModelError, VerificationError, stop
from derive.chain.closed_forms.geometric import summed
from derive.chain.closed_forms.induction import proof, vanishes
from derive.chain.derivation import Line, Term
from derive.check.steps import verify
from derive.expressions.elementwise import step
from derive.expressions.indices import index, substitute
from derive.expressions.products import gathered, joined
from derive.expressions.symbols import Given, Partial
from derive.model.domains import nonzero, proper
from derive.problems import load
from derive.sheet.closed_forms import _step as proof_step
from derive.topics.limits.check import in_the_limit

MEANING = {Add: lambda *x: sum(x), Mul: lambda *x: prod(x), Pow: lambda a, b: a**b, step: lambda x: float(x > 0)}


def number(expr, env, read):
    """The value of a formula; `env` gives symbols and indices, `read(name, t)` elements and partials."""
    if isinstance(expr, Rational):
        return Fraction(int(expr.p), int(expr.q)) if expr.q != 1 else int(expr)
    if isinstance(expr, (Symbol, Idx)):
        return env[str(expr)]
    if isinstance(expr, Partial):
        return read(f"d{expr.wrt.base if isinstance(expr.wrt, Indexed) else expr.wrt}", *places(expr.wrt, env, read))
    if isinstance(expr, Indexed):
        return read(str(expr.base), *places(expr, env, read))
    if isinstance(expr, (Sum, Product)):
        ((idx, low, high),) = expr.limits
        times = range(number(low, env, read), number(high, env, read) + 1)
        parts = [number(expr.function, env | {str(idx): t}, read) for t in times]
        return sum(parts) if isinstance(expr, Sum) else prod(parts)
    return MEANING[expr.func](*(number(a, env, read) for a in expr.args))


def places(element, env, read):
    return [number(i, env, read) for i in getattr(element, "indices", ())]


# Adjoints: every variant of bptt

ACTIVATIONS = {
    "identity": lambda z: z,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
}
VARIANTS = [*product(ACTIVATIONS, ("abstract", "squared"), ("last", "every"), ("zero", "learned"))]


def network(activation, loss, loss_at, start, T, seed):
    """The recurrent network as a plain loop: leaves, states and the loss, with autograd watching."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: (2 * torch.rand(*shape, generator=generator, dtype=torch.float64) - 1) * 1.25  # noqa: E731
    leaves = {name: draw(()).requires_grad_() for name in ("w_hx", "w_hh", "w_qh", "h_start")}
    x, y, slopes = draw(T), draw(T), draw(T)
    state = leaves["h_start"] if start == "learned" else torch.zeros((), dtype=torch.float64)
    seen = {"x": [None, *x], "y": [None, *y], "h": [state], "z": [None], "o": [None]}
    for t in range(T):
        seen["z"].append(leaves["w_hx"] * x[t] + leaves["w_hh"] * seen["h"][-1])
        seen["h"].append(ACTIVATIONS[activation](seen["z"][-1]))
        seen["o"].append(leaves["w_qh"] * seen["h"][-1])
    judged = range(1, T + 1) if loss_at == "every" else (T,)
    one = (
        (lambda t: (seen["o"][t] - y[t - 1]) ** 2 / 2)
        if loss == "squared"
        else (lambda t: slopes[t - 1] * seen["o"][t])
    )
    loss_slopes = slopes if loss == "abstract" else [(seen["o"][t] - y[t - 1]).item() for t in range(1, T + 1)]
    return leaves, seen, sum(one(t) for t in judged), loss_slopes


def values_of(seen, slopes, T):
    """How a formula reads the network: elements by time, and the slopes of the loss in the outputs."""

    def read(name, *place):
        if name == "do":
            return float(slopes[place[0] - 1])
        return seen[name][place[0] if place else T].item()

    return read


@pytest.mark.parametrize("variant", VARIANTS, ids=" ".join)
def test_gradients_in_closed_form_equal_autograd(variant):
    """For T = 1, ..., 8 the general formulas, evaluated term by term, are autograd's gradients of a loop."""
    names = ("activation", "loss", "loss_at", "start")
    solution = load("bptt").readings[0].build(**dict(zip(names, variant, strict=True))).derive()
    parameters = ["w_hx", "w_hh", "w_qh", *(["h_start"] if variant[3] == "learned" else [])]
    for T in range(1, 9):
        leaves, seen, loss, slopes = network(*variant, T, seed=T)
        wanted = torch.autograd.grad(loss, [leaves[p] for p in parameters])
        env = {k: v.item() for k, v in leaves.items()} | {"T": T, "y": seen["y"][T].item()}
        read = values_of(seen, slopes, T)
        found = [number(solution.gradient(p), env, read) for p in parameters]
        assert found == pytest.approx([float(g) for g in wanted], rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("variant", VARIANTS, ids=" ".join)
def test_gradients_need_no_adjoint(variant):
    """The general answer holds no adjoint of a state: the recursion is solved."""
    names = ("activation", "loss", "loss_at", "start")
    solution = load("bptt").readings[0].build(**dict(zip(names, variant, strict=True))).derive()
    for parameter in solution.derivation.wanted:
        left = {str(p.wrt) for p in solution.gradient(parameter).atoms(Partial) if not isinstance(p, Given)}
        assert left <= {"o[T]", "o[t]"}, parameter


def test_the_exam_question():
    """0.8: dL/dw_hx = L' w_qh sum w_hh^(T-t) x_t, dL/dw_hh the same with h_{t-1}, dL/dw_qh = L' h_T."""
    solution = load("bptt").readings[0].build("identity", "abstract", "last", "zero").derive()
    nodes = solution.derivation.model.nodes
    w_hh, w_qh, x, h, o = (nodes[n].symbol for n in ("w_hh", "w_qh", "x", "h", "o"))
    T, t = solution.derivation.model.sizes[0], nodes["h"].indices[0]
    slope = Partial(solution.loss, o[T])
    assert solution.gradient("w_qh") == slope * h[T]
    assert solution.gradient("w_hx") == slope * w_qh * Sum(w_hh ** (T - t) * x[t], (t, 1, T))
    assert solution.gradient("w_hh") == slope * w_qh * Sum(w_hh ** (T - t) * h[t - 1], (t, 1, T))
    (form,) = solution.closed_forms
    assert form.value == slope * w_qh * w_hh ** (T - t)


@pytest.mark.parametrize("start", ["zero", "learned"])
def test_the_state_in_closed_form_exactly(start):
    """h_t = w_hh^t h_0 + w_hx sum w_hh^(t-j) x_j, and o_t made of it, in fractions for T = 1, ..., 8."""
    solution = load("bptt").readings[0].build("identity", "abstract", "last", start).derive()
    found = {s.node.name: s.value for s in solution.values}
    assert list(found) == ["h", "o"]
    env = {"w_hx": Fraction(2, 3), "w_hh": Fraction(-5, 4), "w_qh": Fraction(7, 2), "h_start": Fraction(1, 9)}
    x = [Fraction((-1) ** n * (n + 2), n + 1) for n in range(9)]
    h = env["h_start"] if start == "learned" else Fraction(0)
    assert number(found["h"], env | {"t": 0}, lambda name, t: x[t]) == h
    for t in range(1, 9):
        h = env["w_hx"] * x[t] + env["w_hh"] * h
        assert number(found["h"], env | {"t": t}, lambda name, t: x[t]) == h
        assert number(found["o"], env | {"t": t}, lambda name, t: x[t]) == env["w_qh"] * h


@pytest.mark.parametrize("start", [0, "h_0"])
@pytest.mark.parametrize("factor", ["1", "a", "c", "x"])
def test_every_line_of_the_proof_by_induction_is_true(factor, start):
    """h_t = f h_{t-1} + x_t, or h_{t-1} + 3: all lines of the step of the proof have the value of h_t, in fractions."""
    g = Graph("sums")
    T = g.size("T")
    t = g.index("t", T)
    a, c, x = g.parameter("a"), g.input("c", T), g.input("x", T)
    first = g.constant("h_0") if start else 0
    by, added = {"1": (1, x[t]), "a": (a, x[t]), "c": (c[t], x[t]), "x": (1, x[t] * a)}[factor]
    h = g.recurrence("h", lambda h: by * h[t - 1] + added, over=t, start={0: first})
    g.loss("L", Function("L")(h[T]))
    (solved,) = g.derive().values
    values = {name: [Fraction((-1) ** n * (n + k), n + 1) for n in range(6)] for k, name in enumerate("cxh", 2)}
    env = {"a": Fraction(-5, 4), "h_0": Fraction(1, 9), "T": 5}
    values["h"][0] = env["h_0"] if start else Fraction(0)
    for n in range(1, 6):
        f = {"1": 1, "a": env["a"], "c": values["c"][n], "x": 1}[factor]
        values["h"][n] = f * values["h"][n - 1] + values["x"][n] * (env["a"] if factor == "x" else 1)
    rows = list(proof_step(solved.form))
    assert len(rows) >= 3
    for row, n in product(rows, range(1, 6)):
        assert number(Line(row.right).expr, env | {"t": n}, lambda name, at: values[name][at]) == values["h"][n], row


# Recurrences in either direction


def backwards(last=0):
    """A state that is computed from later ones: its values run backward, its adjoint forward."""
    g = Graph("backwards")
    T = g.size("T")
    t = g.index("t", T)
    a, x = g.parameter("a"), g.input("x", T)
    h = g.recurrence("h", lambda h: a * h[t + 1] + x[t], over=t, start={T + 1: last})
    g.loss("L", Function("L")(h[1]))
    return g


def test_a_state_that_runs_backward():
    """h_t = sum a^(j-t) x_j over j = t..T, and dL/dh_t = a^(t-1) dL/dh_1."""
    solution = backwards().derive()
    assert solution.verify(200).ok
    nodes = solution.derivation.model.nodes
    a, t = nodes["a"].symbol, nodes["h"].indices[0]
    (form,), (state,) = solution.closed_forms, solution.values
    assert form.value == a ** (t - 1) * Partial(solution.loss, nodes["h"].symbol[1])
    x = [None, *(Fraction(n, n + 3) for n in range(1, 8))]
    env = {"a": Fraction(-3, 2), "T": 7}
    h = Fraction(0)
    for time in range(7, 0, -1):
        h = env["a"] * h + x[time]
        assert number(state.value, env | {"t": time}, lambda name, t: x[t]) == h


def test_a_factor_that_moves_in_time():
    """c_t = f_t c_{t-1} + x_t with given f_t: products of the f's, forward and backward."""
    g = Graph("gated")
    T = g.size("T")
    t = g.index("t", T)
    w, f, x, start = g.parameter("w"), g.input("f", T), g.input("x", T), g.parameter("c_start")
    c = g.recurrence("c", lambda c: f[t] * c[t - 1] + w * x[t], over=t, start={0: start})
    g.loss("L", Function("L")(c[T]))
    solution = g.derive()
    assert solution.verify(200, conditions=False).ok
    (state,) = solution.values
    numbers = {name: [Fraction(k * n % 7 - 3, n + 2) for n in range(9)] for name, k in (("f", 3), ("x", 5))}
    env = {"w": Fraction(2, 5), "c_start": Fraction(-7, 3)}
    value = env["c_start"]
    for time in range(1, 9):
        value = numbers["f"][time] * value + env["w"] * numbers["x"][time]
        assert number(state.value, env | {"t": time}, lambda name, t: numbers[name][t]) == value


def test_what_is_not_affine_has_no_closed_form():
    """A state under tanh, a coefficient that depends on it, states that refer to each other; a stopped state, sg(s)."""
    g = Graph("not affine")
    T = g.size("T")
    t = g.index("t", T)
    w = g.parameter("w")
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1]), over=t, start={0: w})
    q = g.recurrence("q", lambda q: q[t - 1] * tanh(q[t - 1]) + w, over=t, start={0: w})
    a, b = g.states("a b", over=t, start={0: w})
    g.update(a, w * b[t - 1])
    g.update(b, a[t - 1] + w)
    s = g.recurrence("s", lambda s: w * s[t - 1] + stop(s[t - 1]) / 3, over=t, start={0: 1})
    g.loss("L", h[T] + q[T] + a[T] + s[T])
    assert g.derive().values == ()
    assert g.derive().verify(100).ok


# Constants: geometric sums


def constant_recursion(domain):
    """m_t = beta m_{t-1} + (1 - beta) g, m_0 = 0."""
    g = Graph("average")
    T = g.size("T")
    t = g.index("t", T)
    beta, slope = g.constant("beta", domain=domain), g.constant("g", domain="nonzero")
    g.recurrence("m", lambda m: beta * m[t - 1] + (1 - beta) * slope, over=t, start={0: 0})
    return g


def test_the_geometric_sum():
    """m_t = (1 - beta^t) g where beta is a probability; where it may be 1, the sum stays."""
    (state,) = constant_recursion("probability").derive().values
    beta, g, t = *symbols("beta g", real=True), state.node.indices[0]
    assert state.value == (1 - beta**t) * g
    assert len(state.lines) == 3
    (state,) = constant_recursion("real").derive().values
    assert state.value.has(Sum) and not state.form.summed


def test_a_sum_is_divided_by_nothing_that_may_be_zero():
    """1 - q is certainly not 0 for probabilities and their products; not for reals, and not for a positive number."""
    g = Graph("domains")
    p, q = g.constants("p q", domain="probability")
    r, s, n = g.constant("r"), g.constant("s", domain="positive"), g.constant("n", domain="nonzero")
    g.loss("L", p + q + r + s + n)
    nodes = g.model().nodes
    assert all(proper(e, nodes) for e in (p, p * q, 1 - p, 1 - p * q, p * (1 - q)))
    assert not any(proper(e, nodes) for e in (r, s, n, p + q, 1 + p, 2 - p, p * s, 1 - s))
    assert all(nonzero(e, nodes) for e in (s, n, 1 - p, s * n, 1 / s, -p * q, Integer(2)))
    assert not any(nonzero(e, nodes) for e in (r, 1 - r, 1 - s, s - n, p * r, Integer(0)))


@pytest.mark.parametrize("low, high", [(1, 1), (1, 5), (0, 4), (3, 7)])
def test_sums_of_powers_exactly(low, high):
    """Constants and powers of a probability, rising and falling, against adding up."""
    g = Graph("powers")
    q, T = g.constant("q", domain="probability"), Symbol("T", integer=True, positive=True)
    c, s = g.constant("c"), index("s", 0, T)
    g.loss("L", q + c)
    for body in (q**s, q ** (T - s), c + q**s, c * (1 - q ** (s + 2)), Integer(1)):
        total = Sum(body, (s, low, high))
        found = summed(total, g.model().nodes)
        env = {"q": Fraction(3, 7), "c": Fraction(-2, 5), "T": 9}
        assert not found.has(Sum)
        assert number(found, env, None) == number(total, env, None)
    assert summed(Sum(s * q**s, (s, low, high)), g.model().nodes) is None
    assert summed(Sum(c**s, (s, low, high)), g.model().nodes) is None


# The proof


def test_a_wrong_solution_is_not_proved():
    """Base and step fail each by itself: another start, another power, another factor."""
    (state,) = constant_recursion("probability").derive().values
    form = state.form
    beta, g, t = *symbols("beta g", real=True), form.index

    def claimed(value):
        return proof(replace(form, lines=(*form.lines[:-1], Line((Term((value,)),)))))

    assert claimed((1 - beta**t) * g) == (True, True)
    assert claimed((1 - beta ** (t + 1)) * g) == (False, True)
    assert claimed((1 - beta ** (2 * t)) * g) == (True, False)
    assert claimed((1 + beta**t) * g) == (False, True)
    assert claimed(g * t) == (True, False)


def test_a_wrong_kernel_is_not_proved():
    """Of a sum: P(t, t) must be 1, and A(t) P(t+1, s) must be P(t, s)."""
    solution = load("bptt").readings[0].build("tanh", "squared", "every", "zero").derive()
    (form,) = solution.closed_forms
    t, (s, _, _) = form.index, form.bounds
    w_hh = solution.derivation.model.nodes["w_hh"].symbol
    assert proof(form).holds
    assert not proof(replace(form, kernel=form.kernel * w_hh)).base
    assert not proof(replace(form, kernel=form.kernel * w_hh ** (s - t))).step
    assert not proof(replace(form, kernel=substitute(form.kernel, {t: t + 1}))).holds


def test_an_identity_in_powers_is_recognised():
    b, c = symbols("b c", real=True)
    t = index("t", 1, 9)
    assert vanishes(b * b ** (t - 1) - b**t)
    assert vanishes((1 - b * c) * (1 - b * c) ** (t - 1) - (1 - b * c) ** t)
    assert vanishes(b ** (t + 2) / b**2 - b**t)
    assert not vanishes(b ** (t - 1) - b**t)
    assert not vanishes(b**t - c**t)


def test_factors_join_products_and_powers():
    """a_t times a_{t+1} ... a_T is a_t ... a_T; a power in front of a sum joins the power that moves with it."""
    T = Symbol("T", integer=True, positive=True)
    t, s, k = (index(n, 1, T) for n in "tsk")
    w = Symbol("w", real=True)
    a = Symbol("a", real=True)
    f = IndexedBase("f", real=True)
    assert joined(a * f[t] * Product(f[k], (k, t + 1, T))) == a * Product(f[k], (k, t, T))
    assert joined(f[T] * Product(f[k], (k, t, T - 1))) == Product(f[k], (k, t, T))
    assert joined(f[t - 2] * Product(f[k], (k, t, T))) == f[t - 2] * Product(f[k], (k, t, T))
    assert joined(w * Sum(w ** (s - 1) * f[s], (s, 1, T))) == Sum(w**s * f[s], (s, 1, T))
    assert joined(a * Sum(w ** (s - 1) * f[s], (s, 1, T))) == a * Sum(w ** (s - 1) * f[s], (s, 1, T))
    assert gathered(w * w ** (t - 1)) == w**t


# A wrong claim is caught


def spoiled(solved, factor):
    """The closed form of a value, its last line multiplied."""
    return solved._replace(lines=(*solved.lines[:-1], Line((Term((factor, solved.value)),))))


@pytest.mark.parametrize("name, at", [("bptt", 0), ("bptt", 1), *(("adam", n) for n in range(6)), ("momentum", 0)])
def test_a_wrong_closed_form_of_a_value_is_named(name, at):
    """The report names the family and the line; the page is refused."""
    problem = load(name)
    solution = problem.readings[0].build(**problem.choices({})).derive()
    values = list(solution.values)
    values[at] = spoiled(values[at], Rational(1001, 1000))
    report = verify(solution.derivation, solution.steps, {}, 100, values=values)
    failed = report.first_failure
    assert failed.quantity == values[at].node.generic
    assert failed.where == "closed form, in fractions" or failed.where == f"closed form, line {len(values[at].lines)}"
    with pytest.raises(VerificationError, match="disagrees with its definition, computed step by step"):
        report.require()
    assert verify(solution.derivation, solution.steps, {}, 100, values=solution.values).ok


def test_a_small_error_is_seen_in_fractions():
    """One part in 10^15 is below what float64 tolerates; fractions tolerate nothing."""
    solution = constant_recursion("probability").derive()
    wrong = spoiled(solution.values[0], 1 + Rational(1, 10**15))
    report = verify(solution.derivation, (), {}, 100, values=[wrong])
    assert not report.ok
    assert report.first_failure.where == "closed form, in fractions"


# Adam and momentum: 1.6


def adam(beta1, beta2, alpha, epsilon, g, start, T):
    """The algorithm as a loop, in fractions: |g| is the root of v_hat, which is a square."""
    m, v, theta, seen = Fraction(0), Fraction(0), start, []
    for t in range(1, T + 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        assert v_hat == g**2
        delta = -alpha * m_hat / (abs(g) + epsilon)
        theta += delta
        seen.append((m, v, m_hat, v_hat, delta, theta))
    return seen


@pytest.mark.parametrize("g", [Fraction(3, 7), Fraction(-11, 5)])
@pytest.mark.parametrize("reading, epsilon", [(0, Fraction(0)), (1, Fraction(1)), (1, Fraction(5, 2))])
def test_adam_in_closed_form_is_the_algorithm(g, reading, epsilon):
    """m_t = (1 - b1^t) g, v_t = (1 - b2^t) g^2, m_hat = g, v_hat = g^2 and the update, exactly for ten steps."""
    solution = load("adam").readings[reading].build().derive()
    nodes = solution.derivation.model.nodes
    names = {"beta1": Fraction(9, 10), "beta2": Fraction(99, 100), "alpha": Fraction(1, 8), "g": g}
    names |= {"epsilon": epsilon, "theta_start": Fraction(2, 3)}
    at = {nodes[n].symbol: Rational(v) for n, v in names.items() if n in nodes}
    wanted = adam(*(names[n] for n in ("beta1", "beta2", "alpha", "epsilon", "g", "theta_start")), T=10)
    t = nodes["m"].indices[0]
    for time, expected in enumerate(wanted, 1):
        found = [substitute(s.value, at | {t: Integer(time)}) for s in solution.values]
        assert found == [Rational(e) for e in expected]


def test_adam_is_the_catalogue():
    """The formulas themselves: -alpha sign(g) for eps = 0, -alpha g/(|g| + eps) otherwise."""
    zero, positive = (r.build().derive() for r in load("adam").readings)
    g, alpha, epsilon, beta1, beta2 = symbols("g alpha epsilon beta1 beta2", real=True)
    t = zero.derivation.model.nodes["m"].indices[0]
    found = {s.node.name: s.value for s in zero.values}
    assert found["m"] == (1 - beta1**t) * g and found["v"] == (1 - beta2**t) * g**2
    assert found["m_hat"] == g and found["v_hat"] == g**2
    assert found["Delta"] == -alpha * sign(g)
    assert {s.node.name: s.value for s in positive.values}["Delta"] == -alpha * g / (abs(g) + epsilon)


def test_adam_with_a_large_constant():
    """The leading term -alpha g/eps, the exact deviation |g|/(|g| + eps); near linear in small g."""
    reading = load("adam").readings[1]
    solution = reading.build().derive()
    g, alpha, epsilon = symbols("g alpha epsilon", real=True)
    for found in solution.limits(reading.wishes["limits"]):
        assert found.limit == 0
        assert found.leading == -alpha * g / epsilon
        assert found.deviation == abs(g) / (abs(g) + epsilon)
    assert solution.verify(100, limits=reading.wishes["limits"]).ok


def test_momentum_and_decay():
    """v_t = g (1 - mu^t)/(1 - mu), rate eta/(1 - mu); theta tends to -g/lamda, and alone to 0 as (1 - eta lamda)^t."""
    solutions = [r.build().derive() for r in load("momentum").readings]
    mu, eta, g, lamda, beta, start = symbols("mu eta g lamda beta theta_start", real=True)
    first, average, decay, alone = ({s.node.name: s.value for s in one.values} for one in solutions)
    t = solutions[0].derivation.model.nodes["v"].indices[0]
    assert first["v"] == g * (1 - mu**t) / (1 - mu)
    assert solutions[0].limit("eta_eff", "t").limit == eta / (1 - mu)
    assert average["b"] == -g * beta**t and average["m_hat"] == g
    assert decay["theta"] == start * (1 - eta * lamda) ** t - g * (1 - (1 - eta * lamda) ** t) / lamda
    assert alone["theta"] == start * (1 - eta * lamda) ** t
    assert [one.limit("theta", "t").limit for one in solutions[2:]] == [-g / lamda, 0]


def test_momentum_position_exactly():
    """theta_t of the loop v = mu v + g, theta = theta - eta v, in fractions."""
    solution = load("momentum").readings[0].build().derive()
    nodes = solution.derivation.model.nodes
    at = {"mu": Fraction(9, 10), "eta": Fraction(1, 3), "g": Fraction(-4, 7), "theta_start": Fraction(5, 2)}
    value = next(s.value for s in solution.values if s.node.name == "theta")
    v, theta = Fraction(0), at["theta_start"]
    for time in range(1, 12):
        v = at["mu"] * v + at["g"]
        theta -= at["eta"] * v
        assert number(value, at | {"t": time}, None) == theta
    assert number(value, at | {"t": 0}, None) == at["theta_start"]
    assert {n.name for n in nodes.values() if n.is_leaf} == set(at)


# Limits


def test_a_wrong_limit_is_caught():
    """Another limit, another leading term, another deviation: each fails its comparison with numbers."""
    reading = load("adam").readings[1]
    solution = reading.build().derive()
    good = solution.limits(reading.wishes["limits"])[0]
    for wrong in (
        good._replace(limit=Rational(1, 10**6)),
        good._replace(leading=2 * good.leading),
        good._replace(deviation=good.deviation**2),
    ):
        report = in_the_limit(solution.derivation, [wrong])
        assert report.first_failure.where == "limit in epsilon"
    average = load("momentum").readings[1].build().derive()
    late = average.limit("m", "t")
    assert not in_the_limit(average.derivation, [late._replace(limit=2 * late.limit)]).ok
    assert in_the_limit(average.derivation, [late]).ok


def test_limits_that_are_not_there():
    """A quantity without a closed form, a variable that does not occur, a limit that is infinite."""
    solution = load("momentum").readings[0].build().derive()
    for quantity, variable, why in (
        ("mu", "t", "no closed form"),
        ("v", "eta", "does not contain"),
        ("theta", "t", "finite"),
    ):
        with pytest.raises(ModelError, match=why):
            solution.limit(quantity, variable)
    assert Limit("v", "t").to == "oo" and solution.limit("v", "t").to is oo


# No loss


def test_a_model_without_a_loss_is_solved_forward():
    """No adjoints, no steps, no gradients; the sheet has no backward pass, and the check is of values."""
    solution = constant_recursion("probability").derive()
    assert solution.steps == () and not solution.derivation.adjoints and not solution.derivation.unreachable
    report = solution.verify(200)
    assert report.ok and report.of("fractions").samples == 2 + 9  # t = 0..T for the shortest and the longest sequence
    assert {name: n for one in report.sizes for name, n in one} == {"T": 8}
    text = solution.to_text()
    assert "Backward" not in text and "autograd" not in text and "Gradients" not in text
    assert "反向传播" not in solution.to_text(lang="zh")


def test_without_a_loss_there_must_be_a_recurrence():
    g = Graph("nothing to do")
    w = g.parameter("w")
    g.node("a", w**2)
    with pytest.raises(ModelError, match="has no loss"):
        g.derive()
    with pytest.raises(ModelError, match="no derivative to ask for"):
        constant_recursion("real").derive(wrt="beta")


def test_the_general_check_reaches_eight_steps():
    """T = 1, ..., 8 where the model has a recurrence."""
    report = load("bptt").readings[0].build("identity", "abstract", "last", "zero").derive().verify(80)
    assert list(report.sizes) == [(("T", n),) for n in range(1, 9)]


def test_a_closed_form_holds_where_the_steps_that_it_solves_do():
    """With a lag of 3, dL/dh_t for t = T-2, ..., T supposes T > 2: for T = 1 the loss does not read h_0 and h_-1."""
    g = Graph("lag 3")
    size = g.size("T")
    t = g.index("t", size)
    w, u, a, b = g.parameters("w u a b")
    law = lambda h: tanh(w * h[t - 1] + u * h[t - 3])  # noqa: E731
    h = g.recurrence("h", law, over=t, start={0: a, -1: b, -2: 0})
    g.loss("L", Sum(h[t] ** 2, t))
    d = g.derive()
    assert d.closed_steps and d.verify(200).ok
    wrong = [replace(s, lines=(s.lines[-1]._replace(terms=(Term((2 * s.value,)),)),)) for s in d.closed_steps]
    failed = verify(d.derivation, (*d.steps, *wrong), points=200).first_failure
    assert failed is not None and failed.name == "h"
