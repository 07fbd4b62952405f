"""Jacobians and Hessians: right for every model here, and caught where a path or a sign is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import torch
from sympy import Idx, Integer, KroneckerDelta, Rational, simplify

from derive import (
    Function,
    Graph,
    ModelError,
    Piecewise,
    Product,
    Sum,
    UsageError,
    VerificationError,
    exp,
    log,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from derive.chain.derivation import Line, Term
from derive.chain.rule import derive
from derive.check.samples import Sample
from derive.expressions.matrices import Transpose
from derive.page.print.printer import printer
from derive.problems import load
from derive.topics.hessian.check.hessian import autograd, times, verify_hessian
from derive.topics.hessian.square import Square
from derive.topics.jacobian.check.jacobian import verify_jacobian
from derive.topics.jacobian.jacobian import jacobian

DRAWS = range(20)


def logistic() -> Graph:
    """Logistic regression over a batch."""
    g = Graph("logistic regression")
    N, D = g.size("N"), g.size("D")
    n, (d, _) = g.index("n", N), g.indices("d e", D)
    w, b, X, y = g.parameter("w", D), g.parameter("b"), g.input("X", N, D), g.target("y", N, domain="binary")
    z = g.node("z", Sum(X[n, d] * w[d], d) + b, over=n)
    a = g.node("a", sigmoid(z[n]), over=n)
    g.loss("L", -Sum(y[n] * log(a[n]) + (1 - y[n]) * log(1 - a[n]), n))
    return g


def softmax(domain: str = "probability") -> Graph:
    """Softmax cross-entropy over a batch."""
    g = Graph("softmax cross-entropy")
    N, D, C = g.size("N"), g.size("D"), g.size("C")
    n, d, (i, k) = g.index("n", N), g.index("d", D), g.indices("i k", C)
    W, X, y = g.parameter("W", C, D), g.input("X", N, D), g.target("y", N, C, domain=domain)
    z = g.node("z", Sum(W[i, d] * X[n, d], d), over=(n, i))
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    g.loss("L", -Sum(y[n, i] * log(p[n, i]), n, i))
    return g


def single() -> Graph:
    """Softmax of one vector."""
    g = Graph("softmax")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z = g.parameter("z", C)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", Sum(p[i] ** 3, i))
    return g


def layer_norm() -> Graph:
    """Layer normalisation of one vector."""
    g = Graph("layer norm")
    D = g.size("D")
    i, _, d = g.indices("i k d", D)
    x, gamma, eps = g.parameter("x", D), g.parameter("gamma", D), g.constant("eps", domain="positive")
    mu = g.node("mu", Sum(x[d], d) / D)
    v = g.node("v", Sum((x[d] - mu) ** 2, d) / D)
    s = g.node("s", sqrt(v + eps))
    u = g.node("u", (x[i] - mu) / s, over=i)
    o = g.node("o", gamma[i] * u[i], over=i)
    g.loss("L", Sum(o[i] ** 3, i))
    return g


def mlp() -> Graph:
    """One hidden layer; its loss is not convex."""
    g = Graph("mlp")
    N, D, H = g.size("N"), g.size("D"), g.size("H")
    n, d, k = g.index("n", N), g.index("d", D), g.index("k", H)
    W, u, X, y = g.parameter("W", H, D), g.parameter("u", H), g.input("X", N, D), g.target("y", N)
    h = g.node("h", tanh(Sum(W[k, d] * X[n, d], d)), over=(n, k))
    o = g.node("o", Sum(u[k] * h[n, k], k), over=n)
    g.loss("L", Sum((o[n] - y[n]) ** 2, n) / 2)
    return g


def ridge() -> Graph:
    """Least squares with a penalty."""
    g = Graph("ridge")
    N, D = g.size("N"), g.size("D")
    n, d = g.index("n", N), g.index("d", D)
    w, b, X, y = g.parameter("w", D), g.parameter("b"), g.input("X", N, D), g.target("y", N)
    lam = g.constant("lamda", domain="positive")
    g.loss("L", Sum((Sum(X[n, d] * w[d], d) + b - y[n]) ** 2, n) / 2 + lam * Sum(w[d] ** 2, d))
    return g


def batch_norm() -> Graph:
    """Batch normalisation, its root not a node of its own."""
    g = Graph("batch normalisation")
    N = g.size("N")
    i, k = g.indices("i k", N)
    x, e = g.input("x", N, gradient=True), g.constant("e", domain="positive")
    mu = g.node("mu", Sum(x[k], k) / N)
    v = g.node("v", Sum((x[k] - mu) ** 2, k) / N)
    u = g.node("u", (x[i] - mu) / sqrt(v + e), over=i)
    g.loss("L", Sum(u[i] ** 3, i))
    return g


def scaled_softmax() -> Graph:
    """softmax(x / sqrt(D)), as in attention."""
    g = Graph("scaled softmax")
    N, D = g.size("N"), g.size("D")
    i, k = g.indices("i k", N)
    x = g.parameter("x", N)
    p = g.node("p", exp(x[i] / sqrt(D)) / Sum(exp(x[k] / sqrt(D)), k), over=i)
    g.loss("L", Sum(p[i] ** 2, i))
    return g


def unit_vector() -> Graph:
    """x / ||x|| in one line."""
    g = Graph("unit vector")
    N = g.size("N")
    i, k = g.indices("i k", N)
    x, c = g.parameter("x", N), g.constant("c", N)
    p = g.node("p", x[i] / sqrt(Sum(x[k] ** 2, k) + 1), over=i)
    g.loss("L", Sum(c[i] * p[i] ** 2, i))
    return g


def roots_of_roots() -> Graph:
    """A root under a root and a product with one, all scalars."""
    g = Graph("roots")
    x, w = g.parameter("x"), g.parameter("w")
    n = g.node("n", sqrt(1 + x**2))
    g.loss("L", n * x / sqrt(n + w**2))
    return g


ROOTS = [(batch_norm, "u", "x", None), (scaled_softmax, "p", "x", "x"), (unit_vector, "p", "x", "x"),
         (roots_of_roots, "L", "x", "x w")]  # fmt: skip


@pytest.mark.parametrize("graph, of, wrt, twice", ROOTS, ids=lambda x: getattr(x, "__name__", x))
def test_jacobians_and_hessians_of_roots(graph, of, wrt, twice):
    d = derive(graph().model())
    assert verify_jacobian(d, jacobian(d.model, of, wrt), {}, DRAWS).worst < 1e-10
    if twice:
        assert graph().derive().hessian(*twice.split()).report.worst < 1e-9


def test_a_root_by_hand():
    """Batch normalisation: 1/sqrt(v + e) (delta_ik - 1/N - u_i u_k / N); x / n: no letter is bound twice."""
    m = batch_norm().model()
    (u, v, e), N, (i, k) = (m.nodes[n].symbol for n in ("u", "v", "e")), m.sizes[0], m.indices[:2]
    assert simplify(jacobian(m, "u", "x").value - (KroneckerDelta(i, k) - 1 / N - u[i] * u[k] / N) / sqrt(v + e)) == 0
    m = unit_vector().model()
    p, x, (i, k, *_) = m.nodes["p"].symbol, m.nodes["x"].symbol, m.indices
    value = jacobian(m, "p", "x").value
    ((bound, *_),) = {s.limits[0] for s in value.atoms(Sum)}
    assert bound not in (i, k)
    by_hand = (KroneckerDelta(i, k) - p[i] * p[k]) / sqrt(Sum(x[bound] ** 2, (bound, 1, m.sizes[0])) + 1)
    assert simplify(value - by_hand) == 0


def convolution() -> Graph:
    """A convolution with stride 2, whose windows overlap."""
    g = Graph("convolution")
    M, K = g.size("M"), g.size("K")
    m, k = g.index("m", M), g.index("k", K)
    x, w = g.input("x", 2 * M + K), g.parameter("w", K)
    y = g.node("y", Sum(w[k] * x[2 * m + k], k), over=m)
    a = g.node("a", relu(y[m]), over=m)
    g.loss("L", Sum(a[m] ** 2, m))
    return g


# Jacobians

BETWEEN = [
    (single, "p", "z"), (single, "L", "z"), (softmax, "p", "z"), (softmax, "p", "W"), (softmax, "L", "z"),
    (layer_norm, "u", "x"), (layer_norm, "o", "x"), (layer_norm, "v", "x"), (mlp, "o", "W"), (mlp, "L", "W"),
    (convolution, "y", "x"), (convolution, "a", "w"), (logistic, "a", "w"),
]  # fmt: skip
CELLS = [("lstm", "h", "h"), ("lstm", "h", "c"), ("lstm", "c", "h"), ("lstm", "h", "f"), ("lstm", "h", "x"),
         ("gru", "h", "h"), ("gru", "h", "z"), ("rnn", "h", "h"), ("rnn", "h", "W_hh"), ("adam", "m", "g"),
         ("adam", "theta", "m_hat"), ("momentum", "v", "v")]  # fmt: skip


@pytest.mark.parametrize("graph, of, wrt", BETWEEN, ids=lambda x: getattr(x, "__name__", x))
def test_every_line_of_a_jacobian_is_autograds(graph, of, wrt):
    d = derive(graph().model())
    report = verify_jacobian(d, jacobian(d.model, of, wrt), {}, DRAWS)
    assert report.worst < 1e-10 and len(report.sizes) == 20


@pytest.mark.parametrize("name, of, wrt", CELLS)
def test_one_step_of_a_cell(name, of, wrt):
    problem = load(name)
    hidden = {"hidden": "vector"} if name in ("lstm", "gru") else {}
    choices = problem.choices({o.name: None for o in problem.options} | hidden)
    d = derive(problem.readings[0].build(**choices).model())
    assert verify_jacobian(d, jacobian(d.model, of, wrt), {}, DRAWS).worst < 1e-10


def test_the_textbook_forms():
    """p_i (delta_ik - p_k); 1/s (delta_ik - 1/D - u_i u_k / D)."""
    m = single().model()
    p, (i, k) = m.nodes["p"].symbol, m.indices[:2]
    assert jacobian(m, "p", "z").value == p[i] * (KroneckerDelta(i, k) - p[k])
    m = layer_norm().model()
    u, s, D, (i, k, _) = m.nodes["u"].symbol, m.nodes["s"].symbol, m.sizes[0], m.indices
    assert simplify(jacobian(m, "u", "x").value - (KroneckerDelta(i, k) - 1 / D - u[i] * u[k] / D) / s) == 0


def test_the_matrix_forms():
    """diag(p) - p p^T and X^T diag(a (1 - a)) X, which the check compares too."""
    softmax_form = single().derive().jacobian("p", "z")
    (block,), *_ = logistic().derive().hessian("w").blocks
    show = printer("text", ())
    assert show(softmax_form.matrix) == "diag(p) - p pᵀ"
    assert show(block.matrix) == "Xᵀ diag(a ⊙ (𝟏_N - a)) X"
    d = derive(single().model())
    turned = softmax_form._replace(form=softmax_form.form._replace(matrix=2 * softmax_form.matrix))
    assert [r.where for r in verify_jacobian(d, turned, {}, range(4)).rows if not r.ok] == ["the matrix form"]


def test_the_matrix_form_of_each_row_of_a_batch():
    """Softmax over rows, normalisation over rows and over columns, one step of a layer: the time stays a subscript."""
    for name, of, wrt, form in (
        ("attention", "A", "S", "diag(Aᵢ) - Aᵢ Aᵢᵀ"),
        ("layer-norm", "x_hat", "x", "1/sₙ (I_D - 1/D 𝟏_D 𝟏_Dᵀ - 1/D x̂ₙ x̂ₙᵀ)"),
        ("batch-norm", "x_hat", "x", "1/s_d (I_N - 1/N 𝟏_N 𝟏_Nᵀ - 1/N x̂_d x̂_dᵀ)"),
        ("rnn", "h", "h", "diag(𝟏_H - hₜ ⊙ hₜ) Wₕₕ"),
    ):
        solution = recurrent(name, {}).derive()
        d = solution.derivation
        found = solution.jacobian(of, wrt, check=False)
        assert printer("text", d.model.order)(found.form.matrix) == form
        assert verify_jacobian(d, found, {}, range(6)).ok
        for wrong in (found.form.matrix * 2, Transpose(found.form.matrix)):
            bad = found._replace(form=found.form._replace(matrix=wrong))
            rows = [r.where for r in verify_jacobian(d, bad, {}, range(6)).rows if not r.ok]
            assert rows == ["the matrix form"] or (name != "rnn" and wrong.has(Transpose))  # symmetric ones


def test_no_matrix_form_is_said():
    assert "so we keep the index form" in page(mlp, "text", "en", ("o", "W"), None)
    assert "故保留指标形式" in page(mlp, "text", "zh", ("o", "W"), None)


def test_declared_facts_are_used_by_name():
    """dL/dz = p - y only where the labels sum to 1; so does the Hessian lose the sum of the labels."""
    found = load("softmax-ce").readings[0].build("distribution").derive().jacobian("L", "z")
    assert found.lines[-1].reason.pick("en") == "y sums to 1"
    solutions = [load("softmax-ce").readings[0].build(labels).derive() for labels in ("distribution", "one-hot", "any")]
    hessians = [s.hessian("z") for s in solutions]
    values = [h.blocks[0][0].value for h in hessians]
    assert values[0] == values[1] == values[2].replace(lambda e: isinstance(e, Sum), lambda e: Integer(1))
    assert not any(v.has(Sum) for v in values[:2]) and values[2].has(Sum)
    show = printer("text", ())
    assert show(hessians[0].blocks[0][0].matrix) == "diag(p) - p pᵀ"
    assert [len(h.squares) for h in hessians] == [1, 1, 0]  # without the sign of the labels nothing is claimed


def mutated(found):
    """Every Jacobian with one thing wrong: a path left out, or one of its signs."""
    for n, path in enumerate(found.entry.paths):
        others = [p.term for p in found.entry.paths if p is not path]
        flipped = Term((*path.term.factors, Rational(-1)), path.term.sums)
        for terms in (others, [*others, flipped]):
            yield n, found._replace(lines=(*found.lines, Line(tuple(terms) or (Term((Rational(0),)),))))


@pytest.mark.parametrize(
    "graph, of, wrt", [BETWEEN[0], BETWEEN[6], BETWEEN[10]], ids=lambda x: getattr(x, "__name__", x)
)
def test_a_wrong_path_of_a_jacobian_is_caught(graph, of, wrt):
    d = derive(graph().model())
    found = jacobian(d.model, of, wrt)
    paths = {n for n, wrong in mutated(found) if not verify_jacobian(d, wrong, {}, range(6)).ok}
    vanishing = {n for n, p in enumerate(found.entry.paths) if graph is layer_norm and len(p.links) == 5}
    assert paths | vanishing == set(range(len(found.entry.paths)))


# Hessians

SECOND = [(logistic, "w"), (logistic, "w b"), (logistic, "z"), (softmax, "W"), (softmax, "z"), (mlp, "W u"),
          (mlp, "u"), (ridge, "w b"), (layer_norm, "x"), (convolution, "w"), (single, "z")]  # fmt: skip
CONVEX = [(logistic, "w"), (logistic, "w b"), (logistic, "z"), (softmax, "W"), (softmax, "z"), (mlp, "u"),
          (ridge, "w b"), (convolution, "w")]  # fmt: skip


@pytest.mark.parametrize("graph, names", SECOND, ids=lambda x: getattr(x, "__name__", x))
def test_every_block_and_product_is_that_of_torch_func(graph, names):
    """And where it is claimed to be positive semidefinite, autograd's Hessian is, and the squares add up to v^T H v."""
    solution = graph().derive(wrt=names.split())
    found = solution.hessian(*names.split(), check=False)
    report = verify_hessian(solution.derivation, found, {}, DRAWS)
    assert report.worst < 1e-10
    assert bool(found.squares) == ((graph, names) in CONVEX)


THROUGH_TIME = [
    ("bptt", "w_hx w_hh w_qh", {"activation": "tanh"}), ("bptt", "w_hh", {"activation": "identity"}),
    ("bptt", "w_hh h_start", {"activation": "sigmoid", "loss_at": "every", "start": "learned"}),
    ("rnn", "W_hh b", {}), ("lstm", "w_fh b_o", {}), ("gru", "w_hh w_zh", {}),
]  # fmt: skip


def recurrent(name: str, chosen: dict[str, str]):
    """A recurrent problem with a loss that is written out."""
    problem = load(name)
    squared = {"loss": "squared"} if any(o.name == "loss" for o in problem.options) else {}
    return problem.readings[0].build(**problem.choices({o.name: None for o in problem.options} | squared | chosen))


@pytest.mark.parametrize("name, names, chosen", THROUGH_TIME)
def test_through_a_recurrence_for_any_number_of_steps(name, names, chosen):
    """The derivatives carried through time, for lengths from 1 to 6."""
    solution = recurrent(name, chosen).derive(wrt=names.split())
    found = solution.hessian(*names.split(), check=False)
    report = verify_hessian(solution.derivation, found, {}, DRAWS)
    assert report.worst < 1e-10 and {dict(s)["T"] for s in report.sizes} == set(range(1, 7))


def in_time(law, loss) -> Graph:
    """Two states: h, and k whose law is given."""
    g = Graph("two recurrences")
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + x[t]), over=t, start={0: 0})
    k = g.recurrence("k", lambda k: law(w, h, k, t), over=t, start={0: 0, -1: 1, T + 1: 0})
    g.loss("L", loss(h, k, t, T))
    return g


@pytest.mark.parametrize("law, loss, least", [
    (lambda w, h, k, t: w * k[t - 2] + h[t], lambda h, k, t, T: k[T] ** 2, 1),
    (lambda w, h, k, t: tanh(w * k[t + 1] + h[t]), lambda h, k, t, T: Sum(k[t] ** 2, t), 1),
    (lambda w, h, k, t: w * k[t - 1] + 1, lambda h, k, t, T: h[1] ** 2 + h[T] ** 3 + k[T], 2),
], ids=["two steps back", "against time", "both ends"])  # fmt: skip
def test_other_recurrences(law, loss, least):
    """Regions without a law, time that runs backwards; where t = 1 and t = T are one, general T is not tried."""
    solution = in_time(law, loss).derive()
    report = verify_hessian(solution.derivation, solution.hessian("w", check=False), {}, DRAWS)
    assert report.worst < 1e-10 and {dict(s)["T"] for s in report.sizes} == set(range(least, 7))


def _grid(w, v, x):
    """E of `grid` in torch: a table filled row by row. Shapes (L,), (), (T,)."""
    above, rows = [(value, value) for value in x], len(w)
    for row in range(rows):
        h, left = [], (torch.zeros(()), torch.zeros(()))
        for cell, state in above:
            cell = torch.sigmoid(w[row] * state) * left[0] + torch.tanh(v * left[1] + cell)
            left = (cell, torch.tanh(w[row] * cell))
            h.append(left)
        above = h
    return sum(state**2 for _, state in above)


def grid() -> Graph:
    """Two states that step through layers and times, and need each other."""
    g = Graph("grid")
    L, T = g.size("L"), g.size("T")
    row, t = g.index("l", L), g.index("t", T)
    w, v, x = g.parameter("w", L), g.parameter("v"), g.input("x", T)
    c, h = g.states("c h", over=(row, t), start={(0, t): x[t], (row, 0): 0})
    g.update(c, sigmoid(w[row] * h[row - 1, t]) * c[row, t - 1] + tanh(v * h[row, t - 1] + c[row - 1, t]))
    g.update(h, tanh(w[row] * c[row, t]))
    g.loss("E", Sum(h[L, t] ** 2, t))
    return g


def warped() -> Graph:
    """Soft-DTW of two sequences that are parameters, with a learned value at the border."""
    g = Graph("warped")
    N, M = g.size("N"), g.size("M")
    i, j = g.index("i", N), g.index("j", M)
    x, c, y = g.parameter("x", N), g.parameter("c"), g.input("y", M)
    law = lambda r: (x[i] - y[j]) ** 2 - log(exp(-r[i - 1, j]) + exp(-r[i, j - 1]) + exp(-r[i - 1, j - 1]))  # noqa: E731
    r = g.recurrence("r", law, over=(i, j), start={(0, j): c, (i, 0): c**2, (0, 0): 0})
    g.loss("L", r[N, M])
    return g


def _warped(x, c, y):
    """L of `warped` in torch, cell by cell."""
    r = {(0, 0): torch.zeros((), dtype=c.dtype)}
    r |= {(0, j): c for j in range(1, len(y) + 1)} | {(i, 0): c**2 for i in range(1, len(x) + 1)}
    for i in range(1, len(x) + 1):
        for j in range(1, len(y) + 1):
            near = torch.stack([r[i - 1, j], r[i, j - 1], r[i - 1, j - 1]])
            r[i, j] = (x[i - 1] - y[j - 1]) ** 2 - torch.logsumexp(-near, 0)
    return r[len(x), len(y)]


@pytest.mark.parametrize("graph, names, program", [(grid, "w v", _grid), (warped, "x c", _warped)])
def test_through_loops_inside_each_other(graph, names, program):
    """Blocks and H v at many sizes; and torch.func.hessian of a program of its own is what they are compared with."""
    solution = graph().derive()
    found = solution.hessian(*names.split(), check=False)
    report = verify_hessian(solution.derivation, found, {}, range(3))
    assert report.ok and report.worst < 1e-10 and len(report.sizes) == 3
    sample = Sample(solution.derivation, {}, 0, 1)
    assert min(sample.sizes.values()) > 1
    leaves = [sample.numbers[n].squeeze(-1) for n in solution.derivation.model.nodes if n in sample.numbers]
    count = len(names.split())
    theirs = torch.func.hessian(program, tuple(range(count)))(*leaves)
    for row, their_row in zip(autograd(sample, found), theirs, strict=True):
        for a, b in zip(row, their_row, strict=True):
            assert torch.allclose(a.squeeze(-1), b, rtol=1e-10, atol=1e-12) and bool(b.abs().max() > 1e-3)
    for wrong in (a for a in found.along[-5:-2] if a.computed != 0):
        along = tuple(a._replace(computed=-a.computed) if a is wrong else a for a in found.along)
        assert not verify_hessian(solution.derivation, found._replace(along=along), {}, range(1)).ok


def paths() -> Graph:
    """CTC in probabilities: the sum over all paths that stay, move on, or jump where m is 1; L = -log of it."""
    g = Graph("paths")
    T, S = g.size("T"), g.size("S", least=2)
    t, s = g.index("t", T), g.index("s", S)
    p, m = g.parameter("p", T, S, domain="positive"), g.constant("m", S, domain="binary")
    one = lambda a: Piecewise((a[t - 1, s - 1], s > 1), (0, True))  # noqa: E731
    two = lambda a: Piecewise((m[s] * a[t - 1, s - 2], s > 2), (0, True))  # noqa: E731
    law = lambda a: p[t, s] * (a[t - 1, s] + one(a) + two(a))  # noqa: E731
    a = g.recurrence("a", law, over=(t, s), start={0: KroneckerDelta(s, 1)})
    g.loss("L", -log(a[T, S] + a[T, S - 1]))
    return g


def test_points_without_a_loss_are_drawn_again():
    """No path reaches the end at many random masks m, where L = -log 0; S = 7 in T = 2 steps it never does."""
    solution = paths().derive()
    found = solution.hessian("p", check=False)
    report = verify_hessian(solution.derivation, found, {}, range(2))
    assert report.ok and (("T", 2), ("S", 5)) in report.sizes
    with pytest.raises(UsageError, match="not finite at random points"):
        never = {s: 2 if s.name == "T" else 7 for s in solution.derivation.model.sizes}
        verify_hessian(solution.derivation, found, never, range(2))


@pytest.mark.parametrize("graph, names", [(layer_norm(), "x gamma"), (mlp(), "W u"), (recurrent("rnn", {}), "W_hh b")])
def test_what_the_check_compares_with_is_torch_func(graph, names):
    """torch.func.hessian of the model as a function, and the jvp of torch.func.grad."""
    solution = graph.derive()
    found = solution.hessian(*names.split(), check=False)
    sample = Sample(solution.derivation, {}, 1, 1)
    values = [sample.numbers[w.name].squeeze(-1) for w in found.wrt]

    def loss(*given):
        store = sample.store(sample.numbers | {w.name: v.unsqueeze(-1) for w, v in zip(found.wrt, given, strict=True)})
        sample.passes.forward(store)
        return store.whole("L").sum()

    every = tuple(range(len(values)))
    ours, theirs = autograd(sample, found), torch.func.hessian(loss, every)(*values)
    moved = [torch.randn_like(v) for v in values]
    product = torch.func.jvp(torch.func.grad(loss, every), tuple(values), tuple(moved))[1]
    for row, their_row, expected in zip(ours, theirs, product, strict=True):
        for a, b in zip(row, their_row, strict=True):
            assert torch.allclose(a.squeeze(-1), b, rtol=1e-12, atol=1e-12)
        assert torch.allclose(
            times(row, [v.unsqueeze(-1) for v in moved]).squeeze(-1), expected, rtol=1e-12, atol=1e-12
        )


def one_letter_for_two_ranges() -> Graph:
    """The author's j of s runs further than that of a: seed 10043 wrote the adjoint of s with another letter."""
    g = Graph("one letter")
    C = g.size("C")
    j, n = g.index("j", C), g.index("n", 3)
    w, u, v = g.parameter("w", 3), g.parameter("u", C), g.input("v", 5)
    a = g.node("a", (w[4 - n] ** 2 + 1) ** u[1], over=(n, j))
    further = Idx("j", (1, 3))
    s = g.node("s", a[further, C] * v[further - n + 3], over=(further, n))
    g.loss("J", sin((s[3, 3] - s[1, 3]) ** 2 / 2))
    return g


def products_up_to_a_letter() -> Graph:
    """Two deltas end a sum and the one inside that ends at its letter: seed 10070 kept the letter."""
    g = Graph("products")
    C = g.size("C")
    m, q = g.indices("m q", C)
    w, u = g.parameter("w", C), g.parameter("u", C, C)
    a = g.node("a", Product(tanh(w[m] * u[q, m]), (m, 1, q)), over=q)
    g.loss("J", Sum(a[q], q))
    return g


@pytest.mark.parametrize("graph, names", [(one_letter_for_two_ranges, "w u"), (products_up_to_a_letter, "w u")])
def test_letters_end_with_their_sums(graph, names):
    solution = graph().derive()
    assert verify_hessian(solution.derivation, solution.hessian(*names.split(), check=False), {}, DRAWS).worst < 1e-9


def test_a_wrong_derivative_through_time_is_caught():
    """Each law of what is carried, with a sign, is noticed in a block or in the product."""
    solution = recurrent("bptt", {"activation": "tanh"}).derive()
    found = solution.hessian("w_hh", check=False)
    (carried,) = found.carried

    def flipped(laws):
        for n, law in enumerate(laws):
            if law.computed != 0:
                yield (*laws[:n], law._replace(computed=-law.computed), *laws[n + 1 :])

    wrong = [found._replace(carried=(laws,)) for laws in flipped(carried[:-1])]
    wrong += [found._replace(along=laws) for laws in flipped(found.along)]
    assert len(wrong) > 12
    for bad in wrong:
        assert not verify_hessian(solution.derivation, bad, {}, range(4)).ok


def test_the_curvature_of_logistic_regression_is_x_transposed_d_x():
    solution = logistic().derive()
    found = solution.hessian("w", check=False)
    m = solution.derivation.model
    X, a, n, (d, e) = m.nodes["X"].symbol, m.nodes["a"].symbol, m.indices[0], m.indices[1:]
    ((block,),) = found.blocks
    assert block.value == Sum(X[n, d] * X[n, e] * a[n] * (1 - a[n]), (n, 1, m.sizes[0]))
    (square,) = found.squares
    assert (square.low, square.high) == (0, Rational(1, 4)) and square.row.name == "sigmoid"


def test_without_the_sign_of_the_targets_nothing_is_claimed():
    """Softmax cross-entropy is convex because the targets are not negative."""
    assert not softmax("real").derive().hessian("W", check=False).squares


def test_scalar_parameters_are_one_square():
    """a (1 - a) (x1 v1 + x2 v2 + v_b)^2, which is compared with v^T H v; nothing for products of parameters."""
    solution = load("logistic").readings[0].build().derive()
    found = solution.hessian("w1", "w2", "b")
    (square,) = found.squares
    a = solution.derivation.model.nodes["a"].symbol
    assert square.weight == a * (1 - a) and len(square.parts) == 3 and square.row.name == "sigmoid"
    g = Graph("no convex loss")
    w, u = g.parameters("w u")
    x, y = g.inputs("x y")
    g.loss("L", (w * u * x - y) ** 2)
    assert not g.derive().hessian("w", "u").squares


@pytest.mark.parametrize("graph", [logistic, ridge, softmax], ids=lambda g: g.__name__)
def test_a_wrong_hessian_is_caught(graph):
    """A sign, a product, a weight of a square."""
    solution = graph().derive()
    names = [n.name for n in solution.derivation.model.of_kind("parameter")]
    found = solution.hessian(*names, check=False)
    (first, *others), *rows = found.blocks
    wrong = first._replace(lines=(*first.lines, Line((Term((-first.value,)),))))
    turned = found._replace(blocks=((wrong, *others), *rows))
    last = found.along[-1]._replace(computed=2 * found.along[-1].computed)
    doubled = found._replace(along=(*found.along[:-1], last))
    heavier = found._replace(
        squares=(found.squares[0]._replace(weight=2 * found.squares[0].weight), *found.squares[1:])
    )
    for bad, name in ((turned, str(first.symbol)), (doubled, str(last.target)), (heavier, "H")):
        failed = [r for r in verify_hessian(solution.derivation, bad, {}, range(4)).rows if not r.ok]
        assert len(failed) == 1 and name in str(failed[0].quantity)


def test_a_false_claim_is_caught():
    """Squares that do not add up, and a negative eigenvalue."""
    solution = mlp().derive()
    found = solution.hessian("W", "u", check=False)
    k = solution.derivation.model.nodes["u"].indices[0]
    part = Term((found.direction(found.wrt[1], (k,)),))
    claim = Square(Integer(1), ((k, k.lower, k.upper),), (part,), Integer(1), Integer(1))
    report = verify_hessian(solution.derivation, found._replace(squares=(claim,)), {}, range(4))
    assert [str(r.quantity) for r in report.rows if not r.ok][-1] == "lamda_min" and len(report.rows) == 8


def test_two_regions_of_an_adjoint():
    """The adjoint of z differs at the ends, and the second derivative keeps the ranges."""
    g = Graph("ends")
    N = g.size("N")
    n = g.index("n", N)
    w, x = g.parameter("w", N), g.input("x", N)
    z = g.node("z", tanh(w[n] * x[n]), over=n)
    g.loss("L", Sum(z[n] ** 2, n) + z[1] ** 3 * z[N])
    solution = g.derive()
    assert verify_hessian(solution.derivation, solution.hessian("w", check=False), {}, DRAWS).worst < 1e-10


def test_a_loss_that_is_linear_has_a_page():
    """L = j sum x: the gradient is constant, no product with a vector is shown, and the page says 0."""
    g = Graph("linear")
    i = g.index("i", g.size("n"))
    x = g.input("x", i.upper)
    g.loss("L", g.parameter("j") * Sum(x[i], i))
    for form in ("text", "tex", "typst", "html"):
        assert g.derive().to(form, hessian="j", check=False)
    assert "∂²L/∂j² = 0" in g.derive().to("text", hessian="j")


# Refusals, one line each


def test_zero_is_claimed_only_where_nothing_leads():
    """A start value, and what only earlier steps read, reach a state on a path for every number of steps.

    dm_1/dw_0 = a for m_0 = w_0 in m_t = beta m_{t-1} + a w_{t-1}, w_0 not 0: no zero.
    """
    g = Graph("momentum")
    T = g.size("T")
    t = g.index("t", T)
    a, eta, beta, w0, q = g.constant("a"), *g.parameters("eta beta"), g.input("w0"), g.parameter("q")
    w, m = g.states("w m", over=t, start={0: w0})
    g.update(m, beta * m[t - 1] + a * w[t - 1])
    g.update(w, w[t - 1] - eta * m[t])
    g.loss("L", w[T] ** 2 / 2 + q)
    solution = g.derive()
    for wrt in ("w0", "eta"):
        with pytest.raises(ModelError, match=f"within one step no path leads from {wrt} to m, but"):
            solution.jacobian("m", wrt)
    with pytest.raises(ModelError, match="there is no path from q to m, so d m / d q is zero"):
        solution.jacobian("m", "q")


def test_refusals():
    solution = logistic().derive()
    for ask, words in (
        (lambda: solution.jacobian("a", "q"), "q is not in the graph"),
        (lambda: solution.jacobian("w", "a"), "w is given"),
        (lambda: solution.jacobian("z", "y"), "there is no path from y to z"),
        (lambda: solution.hessian("q"), "q is not in the graph"),
        (lambda: solution.hessian("w", "z"), "z is computed from w"),
        (lambda: load("lstm").readings[0].build("scalar").derive().hessian("h"), "state of a recurrence"),
        (lambda: load("lstm").readings[0].build("scalar").derive().jacobian("L", "w_fh"), "recurrence of"),
        (lambda: load("adam").readings[0].build().derive().hessian("m"), "no loss"),
    ):
        with pytest.raises(ModelError, match=words):
            ask()


def test_a_name_given_twice_counts_once():
    """hessian("w", "w") is hessian("w"): diag(a (1 - a)) between X' and X, one block."""
    d = logistic().derive()
    once, twice = d.hessian("w"), d.hessian("w", "w")
    assert len(twice.blocks) == len(twice.blocks[0]) == 1
    both = [[line.terms for line in found.blocks[0][0].lines] for found in (once, twice)]
    assert both[0] == both[1] and twice.report.worst < 1e-9
    with pytest.raises(ModelError, match="expects the parameters"):
        d.hessian()


def test_an_abstract_loss_has_no_hessian():
    g = Graph("abstract")
    w, x = g.parameter("w"), g.input("x")
    o = g.node("o", w * x)
    g.loss("L", Function("L")(o))
    with pytest.raises(ModelError, match="abstract"):
        g.derive().hessian("w")


def test_what_disagrees_is_not_printed(monkeypatch):
    import derive.topics.jacobian.lines as textbook

    def wrong(terms, facts):
        yield Line((Term((2 * terms[0].factors[0], *terms[0].factors[1:])), *terms[1:]))

    monkeypatch.setattr(textbook, "RULES", (*textbook.RULES, wrong))
    with pytest.raises(VerificationError, match="line"):
        single().derive().jacobian("p", "z")


# Pages


def page(graph, format, lang, of_wrt, names):
    solution = graph().derive()
    wishes = ({"jacobian": ",".join(of_wrt)} if of_wrt else {}) | ({"hessian": ",".join(names)} if names else {})
    return solution.to(format, lang, **wishes)


def test_both_languages_carry_the_same_formulas():
    pages = [page(softmax, "tex", lang, ("p", "z"), ["W"]) for lang in ("en", "zh")]
    rows = [re.findall(r"^.*?&= (.*?)(?: \\why.*)?$", p, re.M) for p in pages]
    assert rows[0] == rows[1] and len(rows[0]) > 8


def test_json_has_the_blocks_and_the_product():
    data = json.loads(page(logistic, "json", "en", ("a", "w"), ["w", "b"]))
    assert data["hessians"][0]["blocks"][0]["formula"].startswith(r"\frac{\partial^{2} L}")
    assert len(data["hessians"][0]["blocks"]) == 4 and len(data["jacobians"]) == 1
    assert all(row["ok"] for row in data["hessians"][0]["verification"]) and data["hessians"][0]["carried"] == []
    carried = json.loads(page(lambda: recurrent("bptt", {}), "json", "en", None, ["w_hh"]))["hessians"][0]["carried"]
    assert carried[0]["formula"].startswith(r"\frac{\partial h_{t}}") and len(carried) > 4


COMMANDS = [
    (["lstm", "--jacobian", "h,c"], 0, ""), (["logistic", "--hessian", "w1,b"], 0, ""),
    (["adam", "--jacobian", "theta,m_hat"], 0, ""), (["lstm", "--hessian", "w_fh,b_f", "--T", "1"], 0, ""),
    (["bptt", "--hessian", "w_hh", "--loss", "squared"], 0, ""), (["bptt", "--hessian", "w_hh"], 2, "abstract"),
    (["logistic", "--jacobian", "a"], 2, "two names such as p,z"), (["logistic", "--hessian", "w1;b"], 2, "--hessian"),
    (["logistic", "--hessian", "nope"], 2, "nope"), (["lstm", "--hessian", "h"], 2, "recurrence"),
    (["adam", "--hessian", "m"], 2, "no loss"), (["logistic", "--jacobian", "x1,w1"], 2, "no path"),
    (["logistic", "--jacobian", "a,w1", "--lr", "1"], 2, "--lr"),
]  # fmt: skip


@pytest.mark.parametrize("argv, status, words", COMMANDS, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_the_command_line(argv, status, words):
    done = subprocess.run([sys.executable, "-m", "derive", *argv], capture_output=True, text=True, check=False)
    assert done.returncode == status and words in done.stderr
    assert len(done.stderr.splitlines()) == (status != 0) and bool(done.stdout) == (status == 0)


def _triangular(g, N, i, j, x):
    """A sum and a product whose ranges end at letters of the path."""
    return {
        "product": lambda: Product(x[i], i),
        "products": lambda: Sum(Product(x[j], (j, 1, i)), i),
        "squared products": lambda: Sum(g.node("y", Product(x[j], (j, 1, i)), over=i)[i] ** 2, i),
        "tails": lambda: Sum(g.node("y", Sum(sin(x[j]) * x[i], (j, i, N)), over=i)[i] ** 3, i),
        "heads of tails": lambda: Sum(
            g.node("z", Sum(tanh(g.node("y", Sum(sin(x[j]), (j, i, N)), over=i)[j]), (j, 1, i)), over=i)[i] ** 2, i
        ),
    }


@pytest.mark.parametrize("name", ["product", "products", "squared products", "tails", "heads of tails"])
@pytest.mark.parametrize("letters", ["i j k", "p q r"])
def test_hessians_through_ranges_that_end_at_letters(name, letters):
    """Every line is autograd's; a sum inside another one ends at its letter, also after a delta has decided that."""
    g = Graph("triangular")
    N = g.size("N")
    i, j, _ = g.indices(letters, N)
    x = g.parameter("x", N)
    g.loss("L", _triangular(g, N, i, j, x)[name]())
    assert g.derive().hessian("x").report.ok


def test_only_some_elements_reach_a_recurrence():
    """Of w only w_C starts it, of u only u_1 enters, in two steps: elsewhere the second derivative is 0.

    Random graphs found that the law of these elements stood for all (10045, 10056, 10075, 10093, 10095).
    """
    g = Graph("starts")
    C, T = g.size("C"), g.size("T")
    t, w, u = g.index("t", T), g.parameter("w", C), g.parameter("u", C)
    x = g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(h[t - 1] * u[1] + h[t - 2] * x[t]), over=t, start={0: w[C], -1: w[C] + u[1]})
    g.loss("L", Sum(h[t] ** 2, t))
    found = g.derive().hessian("w", "u")
    assert found.report.ok
    assert all(block.value.has(KroneckerDelta) for row in found.blocks for block in row)
