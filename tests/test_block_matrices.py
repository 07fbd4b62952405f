"""Matrices made of blocks, and blocks taken of matrices: the matrix forms are those of a textbook."""

from collections.abc import Callable

import pytest

from derive import Graph, ModelError, Piecewise, Sum, exp, inverse, logdet, sigmoid, silu, softmax, solve, tanh


def conditional() -> Graph:
    """The mean of x_1 given x_2, where S and mu are partitioned (Bishop, 2.81): mu_1 + S_12 S_22^-1 (x_2 - mu_2)."""
    g = Graph("conditional Gaussian")
    P, Q = g.size("P"), g.size("Q")
    i, (a, b) = g.index("i", P), g.indices("a b", Q)
    S, mu = g.parameter("S", P + Q, P + Q, positive_definite=True), g.parameter("mu", P + Q)
    x, y = g.input("x", Q), g.target("y", P)
    D = g.node("D", S[P + a, P + b], over=(a, b))
    r = g.node("r", x[a] - mu[P + a], over=a)
    c = g.node("c", solve(D, r)[a], over=a)
    m = g.node("m", mu[i] + Sum(S[i, P + a] * c[a], a), over=i)
    g.loss("L", Sum((y[i] - m[i]) ** 2, i) / 2)
    return g


def schur() -> Graph:
    """The log determinant of a Schur complement."""
    g = Graph("Schur complement")
    P, Q = g.size("P"), g.size("Q")
    (i, j), (a, b) = g.indices("i j", P), g.indices("a b", Q)
    S = g.parameter("S", P + Q, P + Q, positive_definite=True)
    D = g.node("D", S[P + a, P + b], over=(a, b))
    G = g.node("G", Sum(inverse(D)[a, b] * S[P + b, i], b), over=(a, i))
    C = g.node("C", S[i, j] - Sum(S[i, P + a] * G[a, j], a), over=(i, j))
    g.loss("L", logdet(C))
    return g


def coupling() -> Graph:
    """A coupling layer of RealNVP."""
    g = Graph("coupling")
    D = g.size("D")
    (i, j), k = g.indices("i j", D), g.index("k", 2 * D)
    x = g.input("x", 2 * D, gradient=True)
    W, V = g.parameter("W", D, D), g.parameter("V", D, D)
    s = g.node("s", tanh(Sum(W[i, j] * x[j], j)), over=i)
    t = g.node("t", Sum(V[i, j] * x[j], j), over=i)
    y = g.node("y", Piecewise((x[k], k <= D), (x[k] * exp(s[k - D]) + t[k - D], True)), over=k)
    g.loss("L", Sum(y[k] ** 2, k) / 2 - Sum(s[i], i))
    return g


def fused() -> Graph:
    """Queries, keys and values by one matrix of 3D rows."""
    g = Graph("fused")
    T, D = g.size("T"), g.size("D")
    (t, s), (d, e) = g.indices("t s", T), g.indices("d e", D)
    X, W, Y = g.input("X", T, D), g.parameter("W", 3 * D, D), g.target("Y", T, D)
    Q, K, V = (g.node(name, Sum(X[t, e] * W[n * D + d, e], e), over=(t, d)) for n, name in enumerate(("Q", "K", "V")))
    A = g.node("A", softmax(Sum(Q[t, d] * K[s, d], d), s), over=(t, s))
    out = g.node("O", Sum(A[t, s] * V[s, d], s), over=(t, d))
    g.loss("L", Sum((out[t, d] - Y[t, d]) ** 2, t, d) / 2)
    return g


def swiglu() -> Graph:
    """The gate and the value by one matrix of 2F rows."""
    g = Graph("gated")
    D, F = g.size("D"), g.size("F")
    d, f, r = g.index("d", D), g.index("f", F), g.index("r", 2 * F)
    x, y, W, V = g.input("x", D), g.target("y", D), g.parameter("W", 2 * F, D), g.parameter("V", D, F)
    z = g.node("z", Sum(W[r, d] * x[d], d), over=r)
    h = g.node("h", silu(z[f]) * z[F + f], over=f)
    o = g.node("o", Sum(V[d, f] * h[f], f), over=d)
    g.loss("L", Sum((o[d] - y[d]) ** 2, d) / 2)
    return g


def lstm() -> Graph:
    """The four gates by one matrix."""
    g = Graph("one matrix for all gates")
    T, D, H = g.size("T"), g.size("D"), g.size("H")
    t, j, r, (i, k) = g.index("t", T), g.index("j", D), g.index("r", 4 * H), g.indices("i k", H)
    x, y = g.input("x", T, D), g.target("y", H)
    W, U, b = g.parameter("W", 4 * H, D), g.parameter("U", 4 * H, H), g.parameter("b", 4 * H)
    c, h = g.states("c h", over=(t, i), start={0: 0})
    z = g.node("z", Sum(W[r, j] * x[t, j], j) + Sum(U[r, k] * h[t - 1, k], k) + b[r], over=(t, r))
    g.update(c, sigmoid(z[t, i]) * c[t - 1, i] + sigmoid(z[t, H + i]) * tanh(z[t, 3 * H + i]))
    g.update(h, sigmoid(z[t, 2 * H + i]) * tanh(c[t, i]))
    g.loss("L", Sum((h[T, i] - y[i]) ** 2, i) / 2)
    return g


def concatenated() -> Graph:
    """A cell that reads [h, x] by one matrix."""
    g = Graph("one matrix for [h, x]")
    T, D, H = g.size("T"), g.size("D"), g.size("H")
    t, i, r = g.index("t", T), g.index("i", H), g.index("r", H + D)
    x, y, W = g.input("x", T, D), g.target("y", H), g.parameter("W", H, H + D)
    (h,) = g.states("h", over=(t, i), start={0: 0})
    u = g.node("u", Piecewise((h[t - 1, r], r <= H), (x[t, r - H], True)), over=(t, r))
    g.update(h, tanh(Sum(W[i, r] * u[t, r], r)))
    g.loss("L", Sum((h[T, i] - y[i]) ** 2, i) / 2)
    return g


def neighbours() -> Graph:
    """The products of all neighbours: the ends have one neighbour."""
    g = Graph("neighbours")
    T = g.size("T", least=3)
    t, x = g.index("t", (1, T - 1)), g.parameter("x", T)
    g.loss("L", Sum(x[t] * x[t + 1], t))
    return g


def gap() -> Graph:
    """An element that nothing reads, between a number and a block."""
    g = Graph("gap")
    T = g.size("T", least=3)
    t, x = g.index("t", T), g.parameter("x", T)
    g.loss("L", 3 * x[1] + Sum(x[t] ** 2, (t, 3, T)))
    return g


def split() -> Graph:
    """The same, whose matrix is read by its blocks."""
    g = Graph("blocks of one matrix")
    T, D, H = g.size("T"), g.size("D"), g.size("H")
    t, d, (i, k) = g.index("t", T), g.index("d", D), g.indices("i k", H)
    x, y, W = g.input("x", T, D), g.target("y", H), g.parameter("W", H, H + D)
    law = lambda h: tanh(Sum(W[i, k] * h[t - 1, k], k) + Sum(W[i, H + d] * x[t, d], d))  # noqa: E731
    h = g.recurrence("h", law, over=(t, i), start={0: 0})
    g.loss("L", Sum((h[T, i] - y[i]) ** 2, i) / 2)
    return g


def bordered() -> Graph:
    """A matrix of four blocks by cases of both of its indices."""
    g = Graph("bordered")
    P, Q = g.size("P"), g.size("Q")
    i, j = g.indices("i j", P + Q)
    A, B, C, D = (
        g.parameter(name, *sides) for name, sides in zip("ABCD", ((P, P), (P, Q), (Q, P), (Q, Q)), strict=True)
    )
    top = Piecewise((A[i, j], j <= P), (B[i, j - P], True))
    low = Piecewise((C[i - P, j], j <= P), (D[i - P, j - P], True))
    M = g.node("M", Piecewise((top, i <= P), (low, True)), over=(i, j))
    g.loss("L", logdet(M))
    return g


def bordered_by_columns() -> Graph:
    """The same, whose cases are first those of the columns."""
    g = Graph("bordered")
    P, Q = g.size("P"), g.size("Q")
    i, j = g.indices("i j", P + Q)
    A, C, D = (g.parameter(name, *sides) for name, sides in zip("ACD", ((P, P), (Q, P), (Q, Q)), strict=True))
    left = Piecewise((A[i, j], i <= P), (C[i - P, j], True))
    right = Piecewise((0, i <= P), (D[i - P, j - P], True))
    M = g.node("M", Piecewise((left, j <= P), (right, True)), over=(i, j))
    g.loss("L", logdet(M))
    return g


LAWS: dict[tuple[Callable[[], Graph], str], str] = {
    (conditional, "m"): "mu[1:P] + S[1:P, P + 1:P + Q]*c",
    (schur, "C"): "S[1:P, 1:P] - S[1:P, P + 1:P + Q]*G",
    (coupling, "y"): "[x[1:D]; x[D + 1:2*D].*exp(s) + t]",
    (fused, "K"): "X*W[D + 1:2*D, :].T",
    (swiglu, "h"): "z[F + 1:2*F].*silu(z[1:F])",
    (lstm, "z"): "b + U*h[t - 1, :] + W*x[t, :]",
    (concatenated, "u"): "[h[t - 1, :]; x[t, :]]",
    (split, "z"): "W[:, H + 1:D + H]*x[t, :] + W[:, 1:H]*h[t - 1, :]",
    (bordered, "M"): "[A, B; C, D]",
    (bordered_by_columns, "M"): "[A, zeros(P, Q); C, D]",
}
GRADIENTS: dict[tuple[Callable[[], Graph], str], str] = {
    (conditional, "mu"): "[m - y; -D**-1*(dL/dc)]",
    (conditional, "S"): "[zeros(P, P), (m - y)*c.T; zeros(Q, P), -D**-1*S[P + 1:P + Q, 1:P]*(m - y)*c.T]",
    (coupling, "V"): "y[D + 1:2*D]*x[1:D].T",
    (coupling, "x"): (
        "[y[1:D] + V.T*y[D + 1:2*D] + W.T*((ones(D) - (s.*s)).*(x[D + 1:2*D].*y[D + 1:2*D].*exp(s) - ones(D))); "
        "y[D + 1:2*D].*exp(s)]"
    ),
    (fused, "W"): "[(dL/dQ).T*X; (dL/dK).T*X; (dL/dV).T*X]",
    (swiglu, "W"): "(dL/dz)*x.T",
    (lstm, "W"): "Sum((dL/dz[t, :])*x[t, :].T, (t, 1, T))",
    (split, "W"): "[Sum((dL/dz[t, :])*h[t - 1, :].T, (t, 1, T)), Sum((dL/dz[t, :])*x[t, :].T, (t, 1, T))]",
    (neighbours, "x"): "[x[2]; x[3:T] + x[1:T - 2]; x[T - 1]]",
    (gap, "x"): "[3; zeros(1, 1); 2*x[3:T]]",
    (bordered, "A"): "(M**-1).T[1:P, 1:P]",
    (bordered, "C"): "(M**-1).T[P + 1:P + Q, 1:P]",
}


@pytest.mark.parametrize(("build", "name"), LAWS, ids=lambda x: getattr(x, "__name__", x))
def test_a_definition_has_the_blocks_of_the_textbook(build: Callable[[], Graph], name: str) -> None:
    (form,) = (f for node, _, f in build().derive().matrices.laws if node.name == name and f.matrix is not None)
    assert str(form.matrix) == LAWS[build, name]


@pytest.mark.parametrize(("build", "name"), GRADIENTS, ids=lambda x: getattr(x, "__name__", x))
def test_a_gradient_is_put_together_of_its_blocks(build: Callable[[], Graph], name: str) -> None:
    """The value is compared with autograd before it is given."""
    assert str(build().derive().matrix(name)) == GRADIENTS[build, name]


@pytest.mark.parametrize("build", dict.fromkeys(build for build, _ in LAWS), ids=lambda x: x.__name__)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_says_no_case_that_never_holds(build: Callable[[], Graph], lang: str) -> None:
    """Every formula is read back; a condition of an index is one comparison with a whole number of sizes."""
    page = build().derive().to_latex(lang)
    assert "i/2" not in page
    assert r"\frac{i}{2}" not in page
    assert "\\lor" not in page.replace(r"j > P \lor k < P+1", "")


def test_a_block_of_a_matrix_is_no_orthogonal_one() -> None:
    """Of W beside [h, x] only a block carries the adjoint back: no spectral radius of it, no orthogonal start."""
    page = split().derive().to_text()
    assert "if ‖W‖₂ < 1 (a sufficient condition)" in " ".join(page.split())
    assert "orthogonal" not in page
    assert "ρ(W)" not in page


def test_blocks_that_may_meet_are_not_put_together() -> None:
    """At T = 1 both ends are one element."""
    g = Graph("neighbours")
    T = g.size("T")
    t, x = g.index("t", (1, T - 1)), g.parameter("x", T)
    g.loss("L", Sum(x[t] * x[t + 1], t))
    with pytest.raises(ModelError, match="only for a part of its elements"):
        g.derive().matrix("x")
