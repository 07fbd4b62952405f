"""vec and Kronecker products: their forms, values and gradients against torch, and what is refused.

torch.kron is the Kronecker product, and vec(A), column by column, is A.T.reshape(-1) (The Matrix Cookbook, 10.2). The
forms are identities of that section: (A * B) vec X = vec(B X A^T), vec^-1 undoes vec.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from derive import Graph, Sum, amax, inverse, kron, logdet, logsumexp, sin, vec
from derive.errors import ModelError
from derive.page.print.printer import printer

Array = torch.Tensor
SIZES = {"m": 2, "n": 3, "p": 4, "q": 1}


class Model(NamedTuple):
    """What a graph is filled with, the same loss in torch, and some of the matrix forms on its page."""

    write: Callable[[Graph, Any], None]
    torch: Callable[[Any], Array]
    forms: tuple[str, ...] = ()


def product_with_vec(g: Graph, s: Any) -> None:
    """r = (A * B) vec X - y."""
    i, j = g.index("i", s.m * s.p), g.index("j", s.n * s.q)
    A, B, X = g.parameter("A", s.m, s.n), g.parameter("B", s.p, s.q), g.parameter("X", s.q, s.n)
    y = g.target("y", s.m * s.p)
    r = g.node("r", Sum(kron(A, B)[i, j] * vec(X)[j], j) - y[i], over=i)
    g.loss("L", Sum(r[i] ** 2, i) / 2)


def product_with_a_column(g: Graph, s: Any) -> None:
    """z = (A * B) x, and both K = A * B and v = vec A as nodes."""
    i, j, k = g.index("i", s.m * s.p), g.index("j", s.n * s.q), g.index("k", s.m * s.n)
    A, B, x = g.parameter("A", s.m, s.n), g.parameter("B", s.p, s.q), g.parameter("x", s.n * s.q)
    u = g.input("u", s.m * s.p)
    z = g.node("z", Sum(kron(A, B)[i, j] * x[j], j), over=i)
    K = g.node("K", kron(A, B)[i, j], over=(i, j))
    v = g.node("v", vec(A)[k], over=k)
    g.loss("L", Sum(z[i] ** 2, i) + Sum(u[i] * K[i, j] * x[j], i, j) + Sum(v[k] ** 3, k))


def of_columns(g: Graph, s: Any) -> None:
    """a * b, entry by entry with u."""
    i, a, b, u = g.index("i", s.m * s.n), g.parameter("a", s.m), g.parameter("b", s.n), g.input("u", s.m * s.n)
    k = g.node("k", kron(a, b)[i], over=i)
    g.loss("L", Sum(u[i] * k[i] ** 3, i))


def of_itself(g: Graph, s: Any) -> None:
    """x^T (A * A) x, of a square matrix."""
    i, j = g.indices("i j", s.n**2)
    A, x = g.parameter("A", s.n, s.n), g.input("x", s.n**2)
    g.loss("L", Sum(x[i] * kron(A, A)[i, j] * x[j], i, j))


def traces(g: Graph, s: Any) -> None:
    """tr(A * B)^2 = tr(A)^2 tr(B)^2."""
    i, A, B = g.index("i", s.n * s.p), g.parameter("A", s.n, s.n), g.parameter("B", s.p, s.p)
    g.loss("L", Sum(kron(A, B)[i, i], i) ** 2)


def numbers_as_sizes(g: Graph, s: Any) -> None:
    """Blocks whose length is a number, on either side."""
    i, j, k = g.index("i", 2 * s.p), g.index("j", 3 * s.n), g.index("k", 6)
    A, B = g.parameter("A", 2, 3), g.parameter("B", s.p, s.n)
    x, w, u = g.input("x", 3 * s.n), g.input("w", 2 * s.p), g.input("u", 6)
    one = Sum(w[i] * kron(A, B)[i, j] * x[j], i, j)
    other = Sum(w[i] * sin(kron(B, A)[i, j]) * x[j], i, j)
    g.loss("L", one + other + Sum(u[k] * vec(A)[k] ** 2, k))


def vec_of_a_product(g: Graph, s: Any) -> None:
    """vec(A X B) under a function, in parts, and the largest."""
    a, b, c, k = g.index("a", s.m), g.index("b", s.n), g.index("c", s.p), g.index("k", s.m * s.p)
    A, X, w = g.parameter("A", s.m, s.n), g.parameter("X", s.n, s.p), g.input("w", s.m * s.p)
    M = g.node("M", Sum(A[a, b] * X[b, c], b), over=(a, c))
    part = Sum(w[k] * vec(M)[k], (k, 2, s.m * s.p))
    later = g.index("later", (2, s.m * s.p))
    part += Sum(w[later] * (vec(M)[later] - vec(M)[later - 1]) ** 2, later)
    g.loss("L", Sum(w[k] * sin(vec(M)[k]), k) + part + amax(vec(M)[k], k) + logsumexp(vec(M)[k], k))


def two_lengths(g: Graph, s: Any) -> None:
    """One index in blocks of m and of n, and vec of a Kronecker product."""
    i, k = g.index("i", s.m * s.n), g.index("k", s.m * s.p * s.n * s.q)
    A, B, C = g.parameter("A", s.m, s.n), g.parameter("B", s.n, s.m), g.parameter("C", s.p, s.q)
    w, u, r, c = g.input("w", s.m * s.n), g.input("u", s.m * s.p * s.n * s.q), s.m * s.p, s.n * s.q
    i_, j_ = g.index("r", r), g.index("c", c)
    K = g.node("K", kron(A, C)[i_, j_], over=(i_, j_))
    g.loss("L", Sum(w[i] * vec(A)[i] * vec(B)[i], i) + Sum(u[k] * vec(K)[k] ** 2, k))


def gaussian_process(g: Graph, s: Any) -> None:
    """log det(A * B) + y^T (A * B)^-1 y."""
    i, j = g.indices("i j", s.m * s.n)
    A, B = (g.parameter(name, d, d, positive_definite=True) for name, d in (("A", s.m), ("B", s.n)))
    y, K = g.input("y", s.m * s.n), g.node("K", kron(A, B)[i, j], over=(i, j))
    g.loss("L", logdet(K) + Sum(y[i] * inverse(K)[i, j] * y[j], i, j))


def column(x: Array) -> Array:
    return x.T.reshape(-1)


MODELS = {
    "product with vec": Model(
        product_with_vec,
        lambda t: ((torch.kron(t.A, t.B) @ column(t.X) - t.y) ** 2).sum() / 2,
        ("r = vec(B X Aᵀ) - y", "∂L/∂A = (vec⁻¹(r))ᵀ B X", "∂L/∂B = vec⁻¹(r) A Xᵀ", "∂L/∂X = Bᵀ vec⁻¹(r) A"),
    ),
    "product with a column": Model(
        product_with_a_column,
        lambda t: (
            ((torch.kron(t.A, t.B) @ t.x) ** 2).sum() + t.u @ torch.kron(t.A, t.B) @ t.x + (column(t.A) ** 3).sum()
        ),
        ("z = (A ⊗ B) x", "K = A ⊗ B", "v = vec(A)", "2 (A ⊗ B)ᵀ z"),
    ),
    "columns": Model(
        of_columns, lambda t: (t.u * torch.kron(t.a, t.b) ** 3).sum(),
        ("k = a ⊗ b",),
    ),
    "of itself": Model(of_itself, lambda t: t.x @ torch.kron(t.A, t.A) @ t.x),
    "traces": Model(
        traces, lambda t: torch.kron(t.A, t.B).trace() ** 2, ("∂L/∂A = 2 tr(A) tr(B)² I_n",),
    ),
    "numbers as sizes": Model(
        numbers_as_sizes,
        lambda t: (
            t.w @ torch.kron(t.A, t.B) @ t.x + t.w @ torch.kron(t.B, t.A).sin() @ t.x + (t.u * column(t.A) ** 2).sum()
        ),
    ),
    "vec of a product": Model(
        vec_of_a_product,
        lambda t: (
            (t.w * column(t.A @ t.X).sin()).sum() + (t.w * column(t.A @ t.X))[1:].sum() + (t.A @ t.X).max()
            + (t.w[1:] * column(t.A @ t.X).diff() ** 2).sum()
            + torch.logsumexp(column(t.A @ t.X), 0)
        ),
    ),
    "two lengths": Model(
        two_lengths,
        lambda t: (t.w * column(t.A) * column(t.B)).sum() + (t.u * column(torch.kron(t.A, t.C)) ** 2).sum(),
    ),
    "Gaussian process": Model(
        gaussian_process,
        lambda t: (
            torch.linalg.slogdet(torch.kron(t.A, t.B))[1] + t.y @ torch.linalg.inv(torch.kron(t.A, t.B)) @ t.y
        ),
    ),
}  # fmt: skip


class Sizes:
    """The sizes of a graph, each declared where it is used first."""

    def __init__(self, g: Graph):
        self._g = g

    def __getattr__(self, name: str) -> Any:
        found = self._g.size(name)
        setattr(self, name, found)
        return found


@pytest.mark.parametrize("name", MODELS)
def test_equal_to_torch(name: str) -> None:
    """The forms on the page, the engine's own check, and the generated code against torch.kron and A.T.reshape(-1)."""
    model, g = MODELS[name], Graph(name)
    model.write(g, Sizes(g))
    d = g.derive()
    assert name == "Gaussian process" or d.verify(points=8).ok  # that one takes long
    page = " ".join(d.to_text(check=False, detail="full").split())
    assert [form for form in model.forms if form not in page] == []
    assert ("vec⁻¹(v) is the matrix" in page) == bool(re.search(r"vec⁻¹\((?!v\))", page))
    rng = np.random.default_rng(3)
    for target in ("numpy", "torch"):
        module = types.ModuleType("generated")
        exec(d.to_code(target), module.__dict__)
        shapes = {k: tuple(eval(e, dict(SIZES)) for e in dims) for k, dims in module.SHAPES.items()}
        given = {k: rng.normal(size=shape) for k, shape in shapes.items()}
        if name == "Gaussian process":
            given |= {k: x @ x.T + np.eye(len(x)) for k, x in given.items() if x.ndim == 2}
        arrays = given if target == "numpy" else {k: torch.tensor(v) for k, v in given.items()}
        tensors = {k: torch.tensor(v, requires_grad=True) for k, v in given.items()}
        loss = model.torch(types.SimpleNamespace(**tensors))
        loss.backward()
        assert float(module.forward(**arrays)["L"]) == pytest.approx(loss.item(), rel=1e-9)
        for wanted, gradient in module.backward(**arrays).items():
            np.testing.assert_allclose(np.asarray(gradient), tensors[wanted].grad.numpy(), 1e-8, 1e-12)


def test_the_page_says_the_signs_in_both_languages() -> None:
    g = Graph("signs")
    product_with_a_column(g, Sizes(g))
    d = g.derive()
    assert "has the block Aᵢⱼ B for each entry" in " ".join(d.to_text(check=False).split())
    assert "克罗内克积 A ⊗ B" in d.to_text("zh", check=False)
    assert r"A \otimes B" in d.to_latex(check=False) and r"\lceil" in d.to_latex(check=False)
    law = d.model.nodes["v"].cases[0].expr
    assert printer("text", d.model.order)(law) == "A_{k-m(⌈k/m⌉-1),⌈k/m⌉}"


REFUSED = {
    "must run from 1 to m*n, and runs from 1 to N": lambda g, A, a: Sum(vec(A)[(i := g.index("i", g.size("N")))], i),
    "as in vec(A)[i]; found vec(A)[1, 1]": lambda g, A, a: vec(A)[1, 1],
    "two matrices, or two columns, as in kron(A, B)[i, j]": lambda g, A, a: kron(A, a)[1],
    "a position picks an element of what has a name": lambda g, A, a: vec(A)[g.positions("y", 2, among=2)[1]],
    "the sizes decide which element 2 is; write A[i, k]*B[j, l] for it": lambda g, A, a: kron(A, A)[1, 2],
    "expected a family or a node without its indices": lambda g, A, a: vec(A[1, 1])[1],
    "which is no family of this graph": lambda g, A, a: vec(Graph("other").parameter("B", 2, 2))[1],
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_is_refused(said: str) -> None:
    g = Graph("refused")
    m, n = g.size("m"), g.size("n")
    A, a = g.parameter("A", m, n), g.parameter("a", m)
    with pytest.raises(ModelError) as refused:
        g.loss("L", REFUSED[said](g, A, a))
    assert said in str(refused.value) and "\n" not in str(refused.value)
