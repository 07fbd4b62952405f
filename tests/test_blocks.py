"""A gradient with another form on every block of its elements stands in one box by cases, in matrices too."""

import re
from collections.abc import Callable

import pytest

from derive import Function, Graph, Sum, sigmoid


def one_row() -> Graph:
    """Only the first row of W is read."""
    g = Graph("one row")
    N = g.size("N")
    (i, j), W, v = g.indices("i j", N), g.parameter("W", N, N), g.constant("v", N)
    o = g.node("o", Sum(W[i, j] * v[j], j), over=i)
    g.loss("L", o[1] ** 2 / 2)
    return g


def other_rows(first: bool) -> Graph:
    """The first row is read by o, if at all, and the others by q."""
    g = Graph("other rows")
    N = g.size("N")
    (i, j), W, v = g.indices("i j", N), g.parameter("W", N, N), g.constant("v", N)
    q, k = g.node("q", Sum(W[i, j] * v[j], j), over=i), g.index("k", (2, N))
    L = Sum(q[k] ** 3, k)
    if first:
        u = g.constant("u", N)
        L += g.node("o", Sum(W[i, j] * u[j], j), over=i)[1] ** 2 / 2
    g.loss("L", L)
    return g


def halves() -> Graph:
    """A gated unit: the second half of x is the gate of the first."""
    g = Graph("gated unit")
    K = g.size("K")
    j, x = g.index("j", K), g.parameter("x", 2 * K)
    g.loss("L", Function("L")(g.node("y", x[j] * sigmoid(x[K + j]), over=j)))
    return g


def side_by_side() -> Graph:
    """The weights of queries and keys side by side in one matrix, D x 2D."""
    g = Graph("side by side")
    T, D = g.size("T"), g.size("D")
    (t, s), (d, e) = g.indices("t s", T), g.indices("d e", D)
    X, W = g.input("X", T, D), g.parameter("W", D, 2 * D)
    Q = g.node("Q", Sum(X[t, e] * W[e, d], e), over=(t, d))
    K = g.node("K", Sum(X[t, e] * W[e, D + d], e), over=(t, d))
    g.loss("L", Function("L")(g.node("S", Sum(Q[t, d] * K[s, d], d), over=(t, s))))
    return g


def differences() -> Graph:
    """The squares of all steps: the ends of x have one neighbour."""
    g = Graph("differences")
    T = g.size("T")
    t, x = g.index("t", (1, T - 1)), g.parameter("x", T)
    g.loss("L", Sum((x[t + 1] - x[t]) ** 2, t))
    return g


BOXES: dict[str, tuple[Callable[[], Graph], list[str]]] = {
    "one row": (one_row, ["∂L/∂Wᵢⱼ = {vⱼ o₁ [i = 1]; 0 [i ≠ 1]}", "∂L/∂W₁ = o₁ v"]),
    "all other rows": (
        lambda: other_rows(False),
        ["∂L/∂Wᵢⱼ = {3 vⱼ qᵢ² [i ≥ 2]; 0 [i < 2]}", "∂L/∂Wᵢ = {3 qᵢ² v [i ≥ 2]; 0 [i < 2]}"],
    ),
    "one row and the others": (
        lambda: other_rows(True),
        ["∂L/∂Wᵢⱼ = {uⱼ o₁ [i = 1]; 3 vⱼ qᵢ² [i ≥ 2]}", "∂L/∂Wᵢ = {3 qᵢ² v [i ≥ 2]}", "∂L/∂W₁ = o₁ u"],
    ),
    "halves": (
        halves,
        [
            "∂L/∂x_i = {∂L/∂y_i σ(x_{K+i}) [i ≤ K]; ∂L/∂y_{i-K} x_{i-K} (1 - σ(x_i)) σ(x_i) [i ≥ K+1]}",
            "∂L/∂x = [∂L/∂y ⊙ σ(x_{K+1:2K}); ∂L/∂y ⊙ x_{1:K} ⊙ (𝟏_K - σ(x_{K+1:2K})) ⊙ σ(x_{K+1:2K})]",
        ],
    ),
    "side by side": (
        side_by_side,
        [
            "∂L/∂W_di = {Σ_{t=1..T} ∂L/∂Q_ti X_td [i ≤ D]; Σ_{t=1..T} ∂L/∂K_{t,i-D} X_td [i ≥ D+1]}",
            "∂L/∂W = [Xᵀ ∂L/∂Q, Xᵀ ∂L/∂K]",
            "∂L/∂K = (∂L/∂S)ᵀ Q",
            "∂L/∂Q = ∂L/∂S K",
        ],
    ),
}


def boxes(text: str) -> list[str]:
    """The rows of the boxes of a sheet, each on one line; a row begins with the derivative of the loss."""
    found: list[str] = []
    for row in (line.strip(" │") for line in text.splitlines() if line.strip().startswith("│")):
        if re.match("∂L/∂[^ ]+ += ", row):
            found.append("")
        found[-1] = " ".join(f"{found[-1]} {row}".split())
    return found


@pytest.mark.parametrize("name", BOXES)
def test_one_box_by_cases(name: str) -> None:
    """No two boxes have one left side, and what stands in them is what one gets by hand."""
    model, by_hand = BOXES[name]
    derived = model().derive()
    found = boxes(derived.to_text(check=False))
    assert found == by_hand
    assert len({box.split(" = ")[0] for box in found}) == len(found)
    assert derived.verify(200).ok


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_three_regions(lang: str) -> None:
    """Both ends and what lies between, with every condition in its index."""
    (box,) = boxes(differences().derive().to_text(lang, check=False))
    assert all(condition in box for condition in ("[i = 1]", "[i ≥ 2 ∧ i ≤ T-1]", "[i = T]"))
    assert r"i \ge 2 \land i \le T-1" in differences().derive().to_latex(lang, check=False)
