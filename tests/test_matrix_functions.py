"""Inverse, determinant, solve, trace, powers and Cholesky factors: textbook forms, values, and what is refused.

The forms are those of Petersen and Pedersen, The Matrix Cookbook (2012), whose numbers are given, and of the numbered
examples in sympy's matrices/expressions/tests/test_derivatives.py; the values are those of torch.autograd on the same
losses, written with torch.linalg by hand.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from generated import module as generated
from sympy import Expr, KroneckerDelta, Matrix, Piecewise

from derive import (
    Graph,
    Min,
    Rational,
    Sum,
    cholesky,
    det,
    eigenvalues,
    exp,
    inverse,
    log,
    logdet,
    matrix_power,
    singular_values,
    solve,
    trace,
)
from derive.errors import ModelError, UsageError
from derive.model.structure import has
from derive.page.print.printer import printer
from derive.solution import Solution
from derive.topics.worked.numbers_as_typed import parse
from derive.topics.worked.worked import work

Array = torch.Tensor
N = 3


class Identity(NamedTuple):
    """A loss of square matrices X, A, B, C and columns a, b; the same in torch; what dL/dX is, and where it stands."""

    loss: Callable[[Any], Expr]
    torch: Callable[[Any], Array]
    form: str = ""
    source: str = ""


class Names(types.SimpleNamespace):
    """A graph with its letters and families, to write a loss with."""

    def quadratic(self, middle: Any) -> Any:
        """X^T M X as a node."""
        X, i, j, k, m = self.X, self.i, self.j, self.k, self.m
        return self.g.node("K", Sum(X[k, i] * middle[k, m] * X[m, j], k, m), over=(i, j))

    def named(self, name: str, expr: Expr) -> Any:
        """A square node."""
        return self.g.node(name, expr, over=(self.i, self.j))


def names(**declared: Any) -> Names:
    """The graph of one identity."""
    g = Graph("identity")
    n = g.size("n")
    i, j, k, m = g.indices("i j k m", n)
    A, B, C = (g.constant(name, n, n) for name in "ABC")
    a, b = g.constant("a", n), g.constant("b", n)
    X = g.parameter("X", n, n, **declared)
    return Names(g=g, n=n, i=i, j=j, k=k, m=m, X=X, A=A, B=B, C=C, a=a, b=b)


def bilinear(s: Names) -> Expr:
    return Sum(s.a[s.i] * inverse(s.X)[s.i, s.j] * s.b[s.j], s.i, s.j)


def traced(s: Names, left: Any, right: Any, matrix: Any) -> Expr:
    """tr(A M^-1 B)."""
    return Sum(left[s.i, s.j] * inverse(matrix)[s.j, s.k] * right[s.k, s.i], s.i, s.j, s.k)


def product(s: Names) -> Any:
    """A X B as a node."""
    return s.named("K", Sum(s.A[s.i, s.k] * s.X[s.k, s.m] * s.B[s.m, s.j], s.k, s.m))


def squares(s: Names) -> Any:
    """X^T X as a node."""
    return s.named("K", Sum(s.X[s.k, s.i] * s.X[s.k, s.j], s.k))


def of_inverse(s: Names) -> Expr:
    """tr((X + A)^-1)."""
    inv = inverse(s.named("K", s.X[s.i, s.j] + s.A[s.i, s.j]))
    return Sum(inv[s.i, s.i], s.i)


inv, ld = torch.linalg.inv, lambda M: torch.linalg.slogdet(M)[1]
IDENTITIES = {
    "49": Identity(lambda s: det(s.X), lambda t: t.X.det(), "L X⁻ᵀ"),
    "51": Identity(lambda s: det(product(s)), lambda t: (t.A @ t.X @ t.B).det(), "L Aᵀ K⁻ᵀ Bᵀ"),
    "52": Identity(lambda s: det(s.quadratic(s.A)), lambda t: (t.X.mT @ t.A @ t.X).det()),
    "55": Identity(lambda s: logdet(squares(s)), lambda t: ld(t.X.mT @ t.X), "2 X K⁻¹"),
    "57": Identity(lambda s: logdet(s.X), lambda t: ld(t.X), "X⁻ᵀ"),
    "58": Identity(
        lambda s: det(s.named("K", matrix_power(s.X, 3)[s.i, s.j])),
        lambda t: torch.linalg.matrix_power(t.X, 3).det(),
    ),
    "59": Identity(lambda s: inverse(s.X)[1, 1] * s.a[1], lambda t: inv(t.X)[0, 0] * t.a[0]),
    "61": Identity(bilinear, lambda t: t.a @ inv(t.X) @ t.b, "-X⁻ᵀ a bᵀ X⁻ᵀ"),
    "62": Identity(
        lambda s: det(s.named("V", inverse(s.X)[s.i, s.j])), lambda t: inv(t.X).det(), "-L Vᵀ"
    ),
    "63": Identity(
        lambda s: traced(s, s.A, s.B, s.X), lambda t: (t.A @ inv(t.X) @ t.B).trace(), "-X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"
    ),
    "64": Identity(of_inverse, lambda t: inv(t.X + t.A).trace(), "-(K⁻²)ᵀ"),
    "100": Identity(lambda s: trace(s.X), lambda t: t.X.trace(), "I_n"),
    "121": Identity(
        lambda s: trace(s.named("K", matrix_power(s.X, 3)[s.i, s.j])),
        lambda t: torch.linalg.matrix_power(t.X, 3).trace(), "3 (X²)ᵀ",
    ),
    "125": Identity(
        lambda s: Sum(inverse(s.quadratic(s.C))[s.i, s.j] * s.A[s.j, s.i], s.i, s.j),
        lambda t: (inv(t.X.mT @ t.C @ t.X) @ t.A).trace(),
    ),
    "126": Identity(
        lambda s: Sum(
            inverse(s.quadratic(s.C))[s.i, s.j] * s.X[s.k, s.j] * s.B[s.k, s.m] * s.X[s.m, s.i], s.i, s.j, s.k, s.m
        ),
        lambda t: (inv(t.X.mT @ t.C @ t.X) @ (t.X.mT @ t.B @ t.X)).trace(),
    ),
    "127": Identity(
        lambda s: traced(
            s, s.quadratic(s.B), inverse_identity(s), s.named("M", quadratic_plus(s))
        ),
        lambda t: (inv(t.A + t.X.mT @ t.C @ t.X) @ (t.X.mT @ t.B @ t.X)).trace(),
    ),
    "solve": Identity(
        lambda s: Sum(solve(s.X, s.b)[s.i] * s.a[s.i], s.i),
        lambda t: t.a @ torch.linalg.solve(t.X, t.b), "-X⁻ᵀ a bᵀ X⁻ᵀ",
    ),
    "solve for a matrix": Identity(
        lambda s: Sum(solve(s.X, s.B)[s.i, s.j] * s.A[s.i, s.j], s.i, s.j),
        lambda t: (t.A * torch.linalg.solve(t.X, t.B)).sum(),
    ),
    "power -2": Identity(
        lambda s: Sum(s.a[s.i] * matrix_power(s.X, -2)[s.i, s.j] * s.b[s.j], s.i, s.j),
        lambda t: t.a @ inv(t.X) @ inv(t.X) @ t.b,
    ),
    "log of a determinant": Identity(
        lambda s: log(det(squares(s))), lambda t: (t.X.mT @ t.X).det().log()
    ),
}  # fmt: skip


def inverse_identity(s: Names) -> Any:
    """The identity as a node."""
    return s.named("I", KroneckerDelta(s.i, s.j))


def quadratic_plus(s: Names) -> Expr:
    """A + X^T C X."""
    return s.A[s.i, s.j] + Sum(s.X[s.k, s.i] * s.C[s.k, s.m] * s.X[s.m, s.j], s.k, s.m)


def derived(identity: Identity, **declared: Any) -> Solution:
    s = names(**declared)
    s.g.loss("L", identity.loss(s))
    return s.g.derive()


def code(d: Solution, target: str = "numpy") -> types.ModuleType:
    """The generated module."""
    module = types.ModuleType("generated")
    exec(d.to_code(target), module.__dict__)
    return module


def numbers(seed: int) -> dict[str, np.ndarray]:
    """Matrices that are not near a singular one, and columns."""
    rng = np.random.default_rng(seed)
    square = {name: rng.normal(size=(N, N)) + 2 * np.eye(N) for name in "XABC"}
    return square | {name: rng.normal(size=N) for name in "ab"}


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_of_the_cookbook(name: str) -> None:
    """Its form, and the generated gradient against torch.autograd on torch's own functions."""
    identity = IDENTITIES[name]
    d = derived(identity)
    assert d.verify(points=60).ok
    if identity.form:
        assert printer("text", d.model.order)(d.matrix("X")) == identity.form
    given = numbers(seed=1)
    own = {n: given[n] for n in given if n in d.model.nodes}
    tensors = types.SimpleNamespace(**{n: torch.tensor(v, requires_grad=True) for n, v in given.items()})
    loss = identity.torch(tensors)
    loss.backward()
    for target in ("numpy", "torch"):
        arrays = own if target == "numpy" else {n: torch.tensor(v) for n, v in own.items()}
        module = code(d, target)
        assert float(module.forward(**arrays)["L"]) == pytest.approx(float(loss.detach()), rel=1e-9)
        np.testing.assert_allclose(np.asarray(module.backward(**arrays)["X"]), tensors.X.grad.numpy(), 1e-8, 1e-12)


STRUCTURED = {
    ("gauss", "positive_definite"): "1/2 (X⁻¹ - X⁻¹ a aᵀ X⁻¹)",
    ("gauss", "symmetric"): "1/2 (X⁻¹ - X⁻¹ a aᵀ X⁻¹)",
    ("gauss", ""): "1/2 (X⁻ᵀ - X⁻ᵀ a aᵀ X⁻ᵀ)",
}


@pytest.mark.parametrize("model", STRUCTURED)
def test_what_is_declared_of_a_matrix_is_used(model: tuple[str, str]) -> None:
    """The likelihood of a Gaussian (Cookbook, 57 and 61) with and without a symmetric covariance."""
    declared = {model[1]: True} if model[1] else {}
    s = names(**declared)
    s.g.loss("L", (logdet(s.X) + Sum(s.a[s.i] * inverse(s.X)[s.i, s.j] * s.a[s.j], s.i, s.j)) / 2)
    d = s.g.derive()
    assert printer("text", d.model.order)(d.matrix("X")) == STRUCTURED[model]
    for lang, word in (("en", "free"), ("zh", "自由梯度")):
        assert (word in d.to_text(lang)) == bool(declared)


def test_a_symmetric_target_of_a_gram_matrix() -> None:
    """|Z Z^T - S|^2 has the gradient 4 (Z Z^T - S) Z where S is symmetric."""
    g = Graph("gram")
    n, q = g.size("N"), g.size("D")
    i, j, d = *g.indices("i j", n), g.index("d", q)
    Z, S = g.parameter("Z", n, q), g.constant("S", n, n, symmetric=True)
    g.loss("L", Sum((Sum(Z[i, d] * Z[j, d], d) - S[i, j]) ** 2, i, j))
    assert printer("text", ("Z", "S"))(g.derive().matrix("Z")) == "4 (Z Zᵀ - S) Z"


def test_an_orthogonal_matrix_keeps_lengths() -> None:
    """|Q x|^2/2 has the gradient x in x, for Q^T Q = I, and the page says why."""
    g = Graph("rotation")
    n = g.size("n")
    i, j, k = g.indices("i j k", n)
    Q, x = g.constant("Q", n, n, orthogonal=True), g.parameter("x", n)
    g.loss("L", Sum(Q[i, j] * x[j] * Q[i, k] * x[k], i, j, k) / 2)
    d = g.derive()
    assert d.gradient("x") == x[d.model.nodes["x"].indices[0]]
    assert d.verify(points=60).ok
    assert "orthonormal" in d.to_text()


def test_a_matrix_and_its_inverse_make_the_identity() -> None:
    """tr(A A^-1) = n for every A, so its gradient is 0; also where the inverse is that of a symmetric matrix."""
    for declared in ({}, {"symmetric": True}):
        s = names(**declared)
        s.g.loss("L", Sum(s.X[s.i, s.j] * inverse(s.X)[s.j, s.i], s.i, s.j))
        d = s.g.derive()
        assert d.gradient("X") == 0
        assert d.verify(points=60).ok


def test_a_triangular_matrix_is_drawn_as_one() -> None:
    """log |det T| is the sum of the logarithms on the diagonal, and its gradient T^-T is 0 below it."""
    g = Graph("flow")
    n = g.size("n")
    i = g.index("i", n)
    T = g.parameter("T", n, n, triangular=True)
    g.loss("L", logdet(T) - Sum(log(T[i, i] ** 2), i) / 2)
    d = g.derive()
    assert d.verify(points=60).ok
    lower = np.tril(numbers(3)["X"])
    found = code(d).backward(T=lower)["T"]
    np.testing.assert_allclose(np.diag(found), 0, atol=1e-12)


def test_the_gradient_of_a_cholesky_factor_is_that_of_torch() -> None:
    s = names(positive_definite=True)
    s.g.loss("L", Sum(s.A[s.i, s.j] * cholesky(s.X)[s.i, s.j], s.i, s.j))
    d = s.g.derive()
    assert d.verify(points=60).ok
    given = numbers(4)
    spd = torch.tensor(given["X"] @ given["X"].T, requires_grad=True)
    (torch.tensor(given["A"]) * torch.linalg.cholesky(spd)).sum().backward()
    found = code(d).backward(**{**given, "X": spd.detach().numpy()})["X"]
    np.testing.assert_allclose(found, spd.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("form", ["1/2 R⁻ᵀ R⁻¹", "-1/2 R⁻ᵀ y yᵀ R⁻¹"])
def test_what_is_said_by_a_factor_is_differentiated_as_without(form: str) -> None:
    """sum log R_ii is log det X / 2, whose slope is X^-1/2 = R^-T R^-1 / 2; |R^-1 a|^2 is a^T X^-1 a, which has
    -X^-1 a a^T X^-1 = -R^-T y y^T R^-1 with y = R^-1 a."""
    s = names(positive_definite=True)
    R = s.named("R", cholesky(s.X)[s.i, s.j])
    if "y" in form:
        y = s.g.node("y", solve(R, s.a)[s.i], over=s.i)
        s.g.loss("L", Sum(y[s.i] ** 2, s.i) / 2)
    else:
        s.g.loss("L", Sum(log(R[s.i, s.i]), s.i))
    d = s.g.derive()
    assert d.verify(points=60).ok
    assert printer("text", d.model.order)(d.matrix("X")) == form


def test_eigenvalues() -> None:
    """Their weighted sum has the gradient V diag(c) V^T, their plain sum the identity, for it is the trace."""
    s = names(symmetric=True)
    s.g.loss("L", Sum(s.a[s.k] * eigenvalues(s.X)[s.k], s.k))
    d = s.g.derive()
    assert printer("text", d.model.order)(d.matrix("X")) == "Q(X) diag(a) Q(X)ᵀ"
    assert "eigenvectors of X" in d.to_text() and "单位特征向量" in d.to_text("zh")
    assert d.verify(points=60).ok
    given = numbers(5)
    symmetric = torch.tensor(given["X"] + given["X"].T, requires_grad=True)
    (torch.tensor(given["a"]) * torch.linalg.eigvalsh(symmetric)).sum().backward()
    for target, kind in (("numpy", np.asarray), ("torch", torch.tensor)):
        arrays = {name: kind(v) for name, v in {**given, "X": symmetric.detach().numpy()}.items()}
        np.testing.assert_allclose(np.asarray(code(d, target).backward(**arrays)["X"]), symmetric.grad.numpy(), 1e-9)
    s = names(symmetric=True)
    s.g.loss("L", Sum(eigenvalues(s.X)[s.k], s.k))
    assert s.g.derive().gradient("X") == KroneckerDelta(*s.g.derive().model.nodes["X"].indices)


def test_eigenvalues_are_differentiated_once() -> None:
    """A second derivative needs that of the eigenvectors, and says so in one line."""
    s = names()
    K = s.named("K", Sum(s.X[s.k, s.i] * s.X[s.k, s.j], s.k))
    s.g.loss("L", Sum(eigenvalues(K)[s.k] ** 2, s.k))
    d = s.g.derive()
    assert d.verify(points=60).ok
    with pytest.raises(ModelError, match="eigenvectors is not known"):
        d.hessian("X")


SINGULAR: dict[str, tuple[Callable[[Any, Any], Expr], Callable[[Array], Array], str]] = {
    "nuclear norm": (lambda s, k: Sum(s[k], k), lambda s: s.sum(), "U(A) V(A)ᵀ"),
    "spectral norm": (lambda s, k: s[1], lambda s: s[0], ""),
    "Schatten norm": (
        lambda s, k: Sum(s[k] ** 3, k) ** Rational(1, 3), lambda s: (s**3).sum() ** (1 / 3), ""
    ),
    "log-volume": (lambda s, k: Sum(log(s[k]), k), lambda s: s.log().sum(), "U(A) diag(σ(A))⁻¹ V(A)ᵀ"),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGULAR)
def test_singular_values(name: str) -> None:
    """Matrices of any shape: the slope of s_k is u_k v_k^T; values and gradients are those of torch.linalg.svdvals."""
    loss, truth, form = SINGULAR[name]
    g = Graph("singular")
    m, n = g.size("m"), g.size("n")
    k, A = g.index("k", Min(m, n)), g.parameter("A", m, n)
    g.loss("L", loss(singular_values(A), k))
    d = g.derive()
    report = d.verify(points=60)
    assert report.ok
    assert {dict(sizes)["m"] > dict(sizes)["n"] for sizes in report.sizes} == {True, False}  # tall and wide
    if form:
        assert printer("text", d.model.order)(d.matrix("A")) == form
    assert "falling; to differentiate" in d.to_text(check=False) and "求导时假设" in d.to_text("zh", check=False)
    assert [d.to_code(target).count("linalg.svd(") for target in ("numpy", "torch")] == [1, 1]
    for shape in ((3, 5), (4, 2)):
        given = np.random.default_rng(6).normal(size=shape)
        leaf = torch.tensor(given, requires_grad=True)
        truth(torch.linalg.svdvals(leaf)).backward()
        for target, kind in (("numpy", np.asarray), ("torch", torch.tensor)):
            found = np.asarray(code(d, target).backward(A=kind(given))["A"])
            np.testing.assert_allclose(found, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_singular_values_are_differentiated_once() -> None:
    s = names()
    s.g.loss("L", Sum(singular_values(s.X)[s.k] ** 2, s.k))
    d = s.g.derive()
    with pytest.raises(ModelError, match="singular vectors is not known"):
        d.hessian("X")


MANY: dict[str, tuple[Callable[[Any], Expr], Callable[[Array, Array], Array]]] = {
    "inverse": (
        lambda v: Sum(v.c[v.k] * v.x[v.i] * inverse(v.S)[v.k, v.i, v.j] * v.x[v.j], v.k, v.i, v.j),
        lambda S, x: torch.einsum("k,i,kij,j->", x, x, torch.linalg.inv(S), x),
    ),
    "log det": (lambda v: Sum(v.c[v.k] * logdet(v.S)[v.k], v.k), lambda S, x: x @ torch.linalg.slogdet(S)[1]),
    "det": (lambda v: Sum(det(v.S)[v.k] ** 2, v.k), lambda S, x: (torch.linalg.det(S) ** 2).sum()),
    "solve": (
        lambda v: Sum(v.c[v.k] * solve(v.S, v.x)[v.k, v.i], v.k, v.i),
        lambda S, x: torch.einsum("k,kij,j->", x, torch.linalg.inv(S), x),
    ),
    "trace": (lambda v: Sum(v.c[v.k] * trace(v.S)[v.k], v.k), lambda S, x: torch.einsum("k,kii->", x, S)),
    "power": (
        lambda v: Sum(v.c[v.k] * matrix_power(v.S, 2)[v.k, v.i, v.j], v.k, v.i, v.j),
        lambda S, x: torch.einsum("k,kij->", x, S @ S),
    ),
    "cholesky": (
        lambda v: Sum(v.c[v.k] * cholesky(v.S)[v.k, v.i, v.j], v.k, v.i, v.j),
        lambda S, x: torch.einsum("k,kij->", x, torch.linalg.cholesky(S)),
    ),
    "eigenvalues": (
        lambda v: Sum(v.c[v.k] * eigenvalues(v.S)[v.k, 1], v.k), lambda S, x: x @ torch.linalg.eigvalsh(S)[:, 0]
    ),
    "singular values": (
        lambda v: Sum(v.c[v.k] * singular_values(v.S)[v.k, 1], v.k), lambda S, x: x @ torch.linalg.svdvals(S)[:, 0]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("declared", [{"positive_definite": True}, {}], ids=["declared", "plain"])
def test_many_matrices_in_one_family(name: str, declared: dict[str, bool]) -> None:
    """The first index says which matrix it is; equal to torch's batched functions, also where they are symmetric."""
    if not declared and name in ("cholesky", "eigenvalues"):
        return
    loss, truth = MANY[name]
    g = Graph("many")
    K, n = g.size("K"), g.size("n")
    k, (i, j) = g.index("k", K), g.indices("i j", n)
    v = types.SimpleNamespace(k=k, i=i, j=j, S=g.parameter("S", K, n, n, **declared), c=g.constant("c", K))
    v.x = g.constant("x", n)
    g.loss("L", loss(v))
    d = g.derive()
    assert d.verify(points=60).ok
    assert "Sₖ" in d.to_text(check=False) and "Sₖ" in d.to_text("zh", check=False)
    rng = np.random.default_rng(7)
    S = rng.normal(size=(N, N, N)) + 2 * np.eye(N)
    given = {"S": S @ S.swapaxes(-1, -2) if declared else S, "c": (x := rng.normal(size=N)), "x": x}
    leaf = torch.tensor(given["S"], requires_grad=True)
    truth(leaf, torch.tensor(x)).backward()
    for target, kind in (("numpy", np.asarray), ("torch", torch.tensor)):
        found = np.asarray(code(d, target).backward(**{a: kind(value) for a, value in given.items()})["S"])
        np.testing.assert_allclose(found, leaf.grad.numpy(), rtol=1e-8, atol=1e-11)


def test_second_derivatives() -> None:
    """log |det X| has the second derivative -(X^-1)_li (X^-1)_jk; a x^T A^-1 x that of A^-1, both checked."""
    s = names()
    s.g.loss("L", logdet(s.X))
    assert s.g.derive().hessian("X").report.ok
    s = names()
    s.g.loss("L", bilinear(s))
    assert s.g.derive().hessian("X").report.ok
    assert s.g.derive().jacobian("X_inv", "X").report.ok


def test_nodes_that_are_functions_of_a_matrix_keep_their_names() -> None:
    """B = inverse(A) by itself makes B the inverse: no second one is computed."""
    s = names()
    V = s.g.node("V", inverse(s.X)[s.i, s.j], over=(s.i, s.j))
    s.g.loss("L", logdet(s.X) + Sum(V[s.i, s.i], s.i))
    d = s.g.derive()
    assert "X_inv" not in d.model.nodes
    assert d.to_code().count("= _inverse(") == 1
    assert "V" in str(d.gradient("X"))


def test_a_definition_that_is_symmetric_is_seen_to_be() -> None:
    """X^T X + c I, A S A^T for a symmetric S, and their inverses; not A S B."""
    s = names()
    S = s.g.constant("S", s.n, s.n, symmetric=True)
    K = s.named("K", Sum(s.X[s.k, s.i] * s.X[s.k, s.j], s.k) + 2 * KroneckerDelta(s.i, s.j))
    s.named("P", Sum(s.A[s.i, s.k] * S[s.k, s.m] * s.A[s.j, s.m], s.k, s.m))
    s.named("Q", Sum(s.A[s.i, s.k] * S[s.k, s.m] * s.B[s.j, s.m], s.k, s.m))
    s.named("R", inverse(K)[s.i, s.j])
    s.named("U", exp(-((s.a[s.i] - s.a[s.j]) ** 2)) + abs(s.b[s.i] - s.b[s.j]))
    s.named("V", (s.a[s.i] - s.a[s.j]) ** 3)
    s.named("W", s.a[s.i] * KroneckerDelta(s.i, s.j) + s.b[s.i] * s.b[s.j])
    later = Sum(Piecewise((s.B[s.k, s.i], s.m > s.k), (0, True)), s.m)  # letters of the inner sum and of the outer one
    s.named("Y", Sum(s.A[s.k, s.j] * later, s.k))
    s.g.loss("L", logdet(K))
    nodes = s.g.model().nodes
    assert [nodes[name].symmetric for name in "KPQRUVWY"] == [True, True, False, True, True, False, True, False]


def test_the_adjoint_of_a_symmetric_matrix_is_symmetric_where_its_value_is() -> None:
    """tr(K^-1 X^T B X) with K = X^T X: dL/dK = -K^-1 X^T B X K^-1 is symmetric where B is, and only there."""
    for declared, form in (({"symmetric": True}, "2 (X ∂L/∂K + B X K⁻¹)"), ({}, "(∂L/∂K)ᵀ")):
        s = names()
        B = s.g.constant("S", s.n, s.n, **declared)
        K = squares(s)
        inner = Sum(s.X[s.k, s.j] * B[s.k, s.m] * s.X[s.m, s.i], s.k, s.m)
        s.g.loss("L", Sum(inverse(K)[s.i, s.j] * inner, s.i, s.j))
        d = s.g.derive()
        found = printer("text", d.model.order)(d.matrix("X"))
        assert form.replace("B", "S") in found
        assert ("∂L/∂K is symmetric" in d.to_text()) == ("∂L/∂K 是对称矩阵" in d.to_text("zh")) == bool(declared)
    s = names()  # M = K + K K: dL/dK = G + G K + K G for G = dL/dM, which is a constant A that is not symmetric
    K = squares(s)
    M = s.named("M", K[s.i, s.j] + Sum(K[s.i, s.k] * K[s.k, s.j], s.k))
    s.g.loss("L", Sum(s.A[s.i, s.j] * exp(M[s.i, s.j]), s.i, s.j))
    d = s.g.derive()
    assert "∂L/∂K is symmetric" not in d.to_text() and d.verify(points=60).ok


def test_a_product_of_too_low_a_rank_is_not_drawn() -> None:
    """X^T X, and X^T C X, are singular where X has fewer rows than columns; X^T X + c I is not."""
    for shift, least in ((0, 3), (1, 1)):
        g = Graph("normal equations")
        n, q = g.size("N"), g.size("D")
        k, m = g.indices("k m", n)
        i, j = g.indices("i j", q)
        X, C, y = g.parameter("X", n, q), g.constant("C", n, n), g.input("y", q)
        gram = Sum(X[k, i] * C[k, m] * X[m, j], k, m) / n + shift * KroneckerDelta(i, j)
        K = g.node("K", gram, over=(i, j))
        g.loss("L", Sum(y[i] * solve(K, y)[i], i))
        d = g.derive()
        report = d.verify(points=60)
        assert report.ok
        drawn = [dict(sizes) for sizes in report.sizes]
        assert all(sizes["N"] >= sizes["D"] for sizes in drawn) == (not shift)
        if not shift:
            with pytest.raises(ModelError, match="needs N >= D"):
                g.derive(sizes={"N": 2, "D": least}).verify()


REFUSED = {
    "a formula": (lambda s: inverse(s.X[s.i, s.j]), "without its indices"),
    "one index": (lambda s: s.g.loss("L", inverse(s.X)[s.i]), "takes 2"),
    "a column": (lambda s: s.g.loss("L", logdet(s.a)), "square matrix"),
    "not square": (lambda s: s.g.loss("L", det(s.g.constant("W", s.n, 2))), "square matrix"),
    "another length": (lambda s: s.g.loss("L", solve(s.X, s.g.constant("c", 2))[1]), "as many rows"),
    "another graph": (lambda s: s.g.loss("L", det(Graph("g").parameter("U", 2, 2))), "no family of this graph"),
    "no factor": (lambda s: s.g.loss("L", cholesky(s.X)[1, 1]), "positive_definite=True"),
    "not symmetric": (lambda s: s.g.loss("L", eigenvalues(s.X)[1]), "declare X symmetric=True"),
    "no index of the matrix": (lambda s: s.g.loss("L", det(s.g.constant("F", 2, s.n, s.n))), "takes 1, as in det"),
    "an element": (lambda s: inverse(s.g.constant("F", 2, s.n, s.n)[1, s.i, s.j]), "say which one behind"),
    "no matrix": (lambda s: s.g.loss("L", singular_values(s.a)[1]), "is taken of a matrix"),
    "a fraction": (lambda s: matrix_power(s.X, 0.5), "whole number"),
    "a whole matrix": (lambda s: s.g.node("P", s.X**-1, over=(s.i, s.j)), "without an index"),
    "a name that the graph has given": (
        lambda s: (s.g.node("s", logdet(s.X)), s.g.node("X_inv", s.a[1])),
        "the name of inverse",
    ),
    "two structures": (lambda s: s.g.constant("S", s.n, s.n, symmetric=True, orthogonal=True), "not supported"),
    "a structure of a column": (lambda s: s.g.constant("c", s.n, symmetric=True), "square matrix"),
    "a structure that is none": (lambda s: s.g.constant("S", s.n, s.n, symmetrical=True), "unknown declaration"),
    "a structure and a domain": (lambda s: s.g.constant("S", s.n, s.n, symmetric=True, domain="positive"), "no room"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    act, words = REFUSED[name]
    with pytest.raises(ModelError, match=words) as found:
        act(names())
    assert "\n" not in str(found.value)


def test_worked_numbers() -> None:
    """Sigma = [[2, 1], [1, 1]] has the inverse [[1, -1], [-1, 2]]; with a = (1, 2) the loss is 5."""
    s = names(positive_definite=True)
    s.g.loss("L", Sum(s.a[s.i] * inverse(s.X)[s.i, s.j] * s.a[s.j], s.i, s.j) + logdet(s.X))
    d = s.g.derive(sizes={"n": 2})
    others = ", ".join(f"{name}=0" for name in "ABCb")
    numbers = work(d.derivation, d.sizes, parse(f"X=2 1 1 1, a=1 2, {others}"))
    assert numbers.values["X_inv"].tolist() == [[1, -1], [-1, 2]]
    assert numbers.values["L"] == 5
    with pytest.raises(UsageError, match="declared positive definite"):
        work(d.derivation, d.sizes, parse(f"X=1 2 2 1, a=1 2, {others}"))
    found = {word: has(word, Matrix([[0, 1], [1, 0]])) for word in ("symmetric", "orthogonal", "triangular")}
    assert found == {"symmetric": True, "orthogonal": True, "triangular": False}


def test_a_hessian_by_a_structured_matrix_is_refused() -> None:
    """Its gradient uses what is declared, so that it may not be differentiated as if the elements were free."""
    s = names(symmetric=True)
    s.g.loss("L", logdet(s.X))
    with pytest.raises(ModelError, match="declared symmetric"):
        s.g.derive().hessian("X")


@pytest.mark.parametrize("declared", [None, "symmetric", "positive_definite", "orthogonal"])
def test_the_page_says_that_a_matrix_has_to_be_invertible(declared: str | None) -> None:
    """The slope of det A is written with the inverse; a positive definite or orthogonal matrix has one."""
    g = Graph("determinant")
    D = g.size("D")
    g.loss("L", det(g.parameter("A", D, D, **({declared: True} if declared else {}))) ** 2)
    derived, said = g.derive(), declared in (None, "symmetric")
    assert ("A is invertible" in " ".join(derived.to_text(check=False).split())) == said
    assert ("A 可逆" in derived.to_text("zh", check=False)) == said


NO_SUCH = {
    "singular": (lambda A, i, j, n: inverse(A)[i, j], "A is singular"),
    "solved": (lambda A, i, j, n: solve(A, A)[i, j], "A is singular"),
    "a node": (lambda A, i, j, n: inverse(n)[i, j], "K is singular"),
    "not positive": (lambda A, i, j, n: cholesky(n)[i, j], "K is not positive definite"),
}


@pytest.mark.parametrize("kind", NO_SUCH)
def test_code_names_the_matrix_that_has_no_inverse_or_factor(kind: str) -> None:
    """One line with its name and a way out, in both targets; the next matrix is computed as before."""
    write, told = NO_SUCH[kind]
    g = Graph("singular")
    n = g.size("n")
    i, j, k = g.indices("i j k", n)
    A = g.parameter("A", n, n)
    K = g.node("K", Sum(A[i, k] * A[j, k], k), over=(i, j)) if "K" in told else None
    g.loss("L", Sum(write(A, i, j, K), i, j))
    for target, array in (("numpy", np.asarray), ("torch", torch.as_tensor)):
        made = generated(g.derive().derivation, target)
        with pytest.raises(ValueError, match=f"{told} and has no .*; give other numbers") as raised:
            made["backward"](A=array([[1.0, 2.0], [2.0, 4.0]]))
        assert "\n" not in str(raised.value)
        assert np.isfinite(np.asarray(made["backward"](A=array([[1.0, 2.0], [2.0, 5.0]]))["A"])).all()
