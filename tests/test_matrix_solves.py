"""The matrix forms of C^-1 x in all its places, of single entries, and of what reads a vector element by element.

With y = C^-1 x and the adjoint G of y, dL/dx = C^-T G and dL/dC = -C^-T G y^T (The Matrix Cookbook, 59 to 61); an entry
is y_1 = e_1^T y. `matrix` compares each form with torch.autograd before it gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from derive import Graph, KroneckerDelta, Piecewise, Sum, cholesky, eigenvalues, exp, inverse, log, norm, softmax, solve
from derive.errors import NoMatrixForm, VerificationError
from derive.solution import Solution
from derive.topics.matrix_form.check.evaluator import Evaluator

Model = Callable[[Any], Any]


def names(**declared: Any) -> SimpleNamespace:
    """A graph with its letters: C square, x a column, B with m columns."""
    g = Graph("solves")
    n, m = g.size("n"), g.size("m")
    i, j = g.indices("i j", n)
    a = g.index("a", m)
    C, x, B = g.parameter("C", n, n, **declared), g.parameter("x", n), g.parameter("B", n, m)
    return SimpleNamespace(g=g, n=n, i=i, j=j, a=a, C=C, x=x, B=B)


def column(m: Any, what: Any = None) -> Any:
    """y = C^-1 x, as a node."""
    return m.g.node("y", solve(m.C, m.x)[m.i] if what is None else what, over=m.i)


def transposed(m: Any) -> Any:
    """The columns of C^-T x."""
    return Sum(inverse(m.C)[m.j, m.i] * m.x[m.j], m.j)


def entry(m: Any) -> Any:
    """A loss that reads one entry of y."""
    return column(m)[1] ** 2


def cumulative(m: Any) -> Any:
    """A loss that reads y up to each place."""
    y = column(m)
    z = m.g.node("z", Sum(y[m.j], (m.j, 1, m.i)), over=m.i)
    return Sum(z[m.i] ** 2, m.i)


def differences(m: Any) -> Any:
    """A loss of neighbours in y."""
    y, i = column(m), m.i
    return Sum(Piecewise(((y[i] - y[i - 1]) ** 2, i > 1), (0, True)), i)


def cross_entropy(m: Any) -> Any:
    """A softmax of the solution."""
    p = m.g.node("p", softmax(solve(m.C, m.x)[m.i], m.i), over=m.i)
    return -log(p[1])


FORMS: dict[str, tuple[Model, dict[str, str]]] = {
    "squares": (
        lambda m: Sum(column(m)[m.i] ** 2, m.i) / 2,
        {"x": "(C**-1).T*y", "C": "-(dL/dx)*y.T"},  # dL/dx is the first factor of -C^-T y y^T
    ),
    "a quadratic form": (
        lambda m: Sum(m.x[m.i] * solve(m.C, m.x)[m.i], m.i),
        {"x": "(C**-1 + (C**-1).T)*x", "C": "-(C**-1).T*x*x.T*(C**-1).T"},
    ),
    "of the transpose": (
        lambda m: Sum(column(m, transposed(m))[m.i] ** 2, m.i) / 2,
        {"x": "C**-1*y", "C": "-y*y.T*(C**-1).T"},
    ),
    "of a matrix": (
        lambda m: Sum(solve(m.C, m.B)[m.i, m.a] ** 2, m.i, m.a) / 2,
        {"B": "(C**-1).T*C**-1*B", "C": "-(C**-1).T*C**-1*B*B.T*(C**-1).T"},
    ),
    "its norm": (lambda m: norm(column(m)[m.i], m.i), {"x": "(C**-1).T*y/L", "C": "-(dL/dx)*y.T"}),
    "one entry of it": (
        entry,
        {"x": "2*(C**-1).T*unit(1, n)*y[1]", "C": "-2*(C**-1).T*unit(1, n)*y.T*y[1]"},
    ),
    "one entry, of no name": (
        lambda m: solve(m.C, m.x)[1],
        {"x": "(C**-1).T*unit(1, n)", "C": "-(C**-1).T*unit(1, n)*x.T*(C**-1).T"},
    ),
    "one entry of the inverse": (
        lambda m: inverse(m.C)[1, m.n],
        {"C": "-(C**-1).T*unit(1, n)*unit(n, n).T*(C**-1).T"},
    ),
    "a row of the inverse": (
        lambda m: Sum(inverse(m.C)[1, m.j] * m.x[m.j], m.j),
        {"x": "(C**-1).T*unit(1, n)", "C": "-(C**-1).T*unit(1, n)*x.T*(C**-1).T"},
    ),
    "neighbours in it": (differences, {"x": "(C**-1).T*(dL/dy)", "C": "-(dL/dx)*y.T"}),
    "a softmax of it": (cross_entropy, {"x": "(C**-1).T*(dL/dz)"}),
}


def derived(model: Model, **declared: Any) -> Solution:
    """The derivation of a loss of these names."""
    m = names(**declared)
    m.g.loss("L", model(m))
    return m.g.derive()


@pytest.mark.parametrize("name", FORMS)
def test_a_solution_has_its_matrix_form(name: str) -> None:
    model, expected = FORMS[name]
    d = derived(model)
    assert {of: str(d.matrix(of)) for of in expected} == expected


def test_a_triangular_solution_has_its_matrix_form() -> None:
    """The squares of C^-T x with C C^T = S: L = x^T S^-1 x / 2, so dL/dx = C^-1 C^-T x."""
    m = names()
    S = m.g.constant("S", m.n, m.n, positive_definite=True)
    F = m.g.node("F", cholesky(S)[m.i, m.j], over=(m.i, m.j))
    y = column(m, Sum(inverse(F)[m.j, m.i] * m.x[m.j], m.j))
    m.g.loss("L", Sum(y[m.i] ** 2, m.i) / 2)
    assert str(m.g.derive().matrix("x")) == "F**-1*y"


def test_only_the_line_that_cannot_be_read_says_why() -> None:
    """Cumulative sums of y have no matrix form; y = C^-1 x has one all the same."""
    known = {str(form.element): form for form in derived(cumulative).matrices.all}
    assert str(known["y[i]"].matrix) == "C**-1*x"
    assert known["z[i]"].matrix is None
    assert "a part of its range" in known["z[i]"].reason.en


def test_a_label_and_a_number_are_said_as_the_reason() -> None:
    m = names()
    o = m.g.positions("o", m.n, among=m.n)
    y = column(m, m.i * m.x[m.i])
    m.g.loss("L", Sum(y[o[m.j]] ** 2, m.j))
    known = {str(form.element): form.reason for form in m.g.derive().matrices.all}
    assert known["y[i]"].en == "an index stands in it as a number"
    assert known["L"].en == "a label or a position picks an entry"


def test_the_unit_vector_is_explained_in_both_languages() -> None:
    d = derived(entry)
    english, chinese = (" ".join(d.to_text(check=False, lang=lang).split()) for lang in ("en", "zh"))
    assert "The entry k of the column 𝐞ₖ is 1, and its others are 0." in english
    assert "列向量 𝐞ₖ 的第 k 个分量为 1，其余为 0。" in chinese
    assert "∂L/∂x = 2 y₁ C⁻ᵀ 𝐞₁" in english


def test_eigenvalues_of_a_matrix_without_a_matrix_form() -> None:
    """An index counts, or runs backwards, in the definition of the matrix: its eigenvectors are no whole there."""
    g = Graph("eigenvalues")
    n = g.size("n")
    k, p = g.indices("k p", n)
    w = g.parameter("w", n)
    A = g.node("A", k * KroneckerDelta(k, p) + w[n + 1 - p] / 6 + w[n + 1 - k] / 6, over=(k, p))
    e = g.node("e", eigenvalues(A)[k], over=k)
    g.loss("L", Sum(exp(e[p]), p))
    d = g.derive()
    d.verify(points=60).require()
    with pytest.raises(NoMatrixForm, match="shifted"):
        d.matrix("w")


# the Cholesky factor F of S, with the adjoint G: dL/dS = F^-T (low(F^T G) + low(F^T G)^T) F^-1 / 2 (Murray 2016)


def gram(m: Any) -> Any:
    """The factor of a matrix that is positive definite by its definition, B B^T + I."""
    i, j = m.i, m.j
    S = m.g.node("S", Sum(m.B[i, m.a] * m.B[j, m.a], m.a) + KroneckerDelta(i, j), over=(i, j))
    F = m.g.node("F", cholesky(S)[i, j], over=(i, j))
    return Sum(F[i, j] * m.x[i] * m.x[j], i, j)


MURRAY = "(F**-1).T*(low({0}).T + low({0}))*F**-1/2"
FACTORS: dict[str, tuple[Model, dict[str, str]]] = {
    "of its elements": (
        lambda m: Sum(exp(factor(m)[m.i, m.j]), m.i, m.j),
        {"C": MURRAY.format("F.T*exp(F)")},
    ),
    "of its product with a vector": (
        lambda m: Sum(Sum(factor(m)[m.i, m.j] * m.x[m.j], m.j) ** 2, m.i) / 2,
        {"C": MURRAY.format("F.T*F*x*x.T")},
    ),
    "of a form in two vectors": (
        lambda m: Sum(factor(m)[m.i, m.j] * m.x[m.i] * m.x[m.j], m.i, m.j),
        {"C": MURRAY.format("F.T*x*x.T")},
    ),
    "of a node": (gram, {"B": "2*(dL/dS)*B"}),
}


def factor(m: Any) -> Any:
    """The Cholesky factor of C, as a node."""
    return m.g.node("F", cholesky(m.C)[m.i, m.j], over=(m.i, m.j))


@pytest.mark.parametrize("name", FACTORS)
def test_the_gradient_of_a_cholesky_factor_has_its_matrix_form(name: str) -> None:
    model, expected = FACTORS[name]
    d = derived(model, positive_definite=True)
    assert {of: str(d.matrix(of)) for of in expected} == expected


def test_the_lower_triangle_is_explained_in_both_languages() -> None:
    d = derived(FACTORS["of a form in two vectors"][0], positive_definite=True)
    english, chinese = (" ".join(d.to_text(check=False, lang=lang).split()) for lang in ("en", "zh"))
    assert "low(A) is the lower triangle of A with half of its diagonal." in english
    assert "low(A) 保留 A 的下三角部分，其对角线减半。" in chinese


def test_a_diagonal_that_is_not_halved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's claim against autograd: with the whole diagonal the check refuses the form."""
    monkeypatch.setattr(Evaluator, "_low", lambda self, expr, at: torch.tril(self.value(expr.args[0], at)))
    d = derived(FACTORS["of a form in two vectors"][0], positive_definite=True)
    with pytest.raises(VerificationError):
        d.matrix("C")
