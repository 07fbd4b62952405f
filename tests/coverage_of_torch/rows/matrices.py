"""Products of vectors, matrices and batches of them, and functions of a whole matrix."""

from __future__ import annotations

from typing import Any

import torch
from sympy import Abs, Piecewise, sqrt

import derive
from coverage_of_torch.table import Row
from derive import Sum, exp


def _mm(v: Any, a: Any, b: Any) -> Any:
    return Sum(a[v.n, v.k] * b[v.k, v.m], v.k)


def _out(v: Any, value: Any) -> Any:
    return Sum(v.u[v.n, v.m] * value, v.n, v.m)


def _matrix(name: str, leaves: str, write: Any, by_torch: Any, *needed: str) -> Row:
    """A row that needs words for functions of matrices."""
    if not all(hasattr(derive, word) for word in needed):
        return Row(name, why="functions of whole matrices are not there")
    return Row(name, leaves, write, by_torch)


def _cholesky(name: str) -> Row:
    """The lower triangular factor of a positive definite matrix."""
    return _matrix(
        name,
        "A:N,N@spd u:N,N",
        lambda v: Sum(v.u[v.n, v.n2] * derive.cholesky(v.A)[v.n, v.n2], v.n, v.n2),
        lambda t: (t.u * torch.linalg.cholesky(t.A)).sum(),
        "cholesky",
    )


ROWS = (
    Row("dot", "x:N y:N", lambda v: Sum(v.x[v.n] * v.y[v.n], v.n) ** 2, lambda t: torch.dot(t.x, t.y) ** 2),
    Row(
        "mv",
        "A:N,K x:K u:N",
        lambda v: Sum(v.u[v.n] * Sum(v.A[v.n, v.k] * v.x[v.k], v.k), v.n),
        lambda t: t.u @ torch.mv(t.A, t.x),
    ),
    Row("mm", "A:N,K B:K,M u:N,M", lambda v: _out(v, _mm(v, v.A, v.B)), lambda t: (t.u * torch.mm(t.A, t.B)).sum()),
    Row(
        "matmul",
        "A:N,K B:K,M u:N,M",
        lambda v: _out(v, _mm(v, v.A, v.B) ** 2),
        lambda t: (t.u * torch.matmul(t.A, t.B) ** 2).sum(),
    ),
    Row(
        "addmm",
        "z:N,M A:N,K B:K,M u:N,M",
        lambda v: _out(v, 2 * v.z[v.n, v.m] + 3 * _mm(v, v.A, v.B)),
        lambda t: (t.u * torch.addmm(t.z, t.A, t.B, beta=2, alpha=3)).sum(),
    ),
    Row(
        "addmv",
        "z:N A:N,K x:K u:N",
        lambda v: Sum(v.u[v.n] * (v.z[v.n] + 2 * Sum(v.A[v.n, v.k] * v.x[v.k], v.k)), v.n),
        lambda t: t.u @ torch.addmv(t.z, t.A, t.x, alpha=2),
    ),
    Row(
        "addr",
        "z:N,M x:N y:M u:N,M",
        lambda v: _out(v, v.z[v.n, v.m] + v.x[v.n] * v.y[v.m]),
        lambda t: (t.u * torch.addr(t.z, t.x, t.y)).sum(),
    ),
    Row(
        "bmm",
        "A:D,N,K B:D,K,M u:D,N,M",
        lambda v: Sum(v.u[v.d, v.n, v.m] * Sum(v.A[v.d, v.n, v.k] * v.B[v.d, v.k, v.m], v.k), v.d, v.n, v.m),
        lambda t: (t.u * torch.bmm(t.A, t.B)).sum(),
    ),
    Row(
        "baddbmm",
        "z:D,N,M A:D,N,K B:D,K,M u:D,N,M",
        lambda v: Sum(
            v.u[v.d, v.n, v.m] * (v.z[v.d, v.n, v.m] + Sum(v.A[v.d, v.n, v.k] * v.B[v.d, v.k, v.m], v.k)), v.d, v.n, v.m
        ),
        lambda t: (t.u * torch.baddbmm(t.z, t.A, t.B)).sum(),
    ),
    Row(
        "addbmm",
        "z:N,M A:D,N,K B:D,K,M u:N,M",
        lambda v: Sum(
            v.u[v.n, v.m] * (v.z[v.n, v.m] + Sum(v.A[v.d, v.n, v.k] * v.B[v.d, v.k, v.m], v.d, v.k)), v.n, v.m
        ),
        lambda t: (t.u * torch.addbmm(t.z, t.A, t.B)).sum(),
    ),
    Row(
        "linear",
        "x:N,K A:M,K b:M u:N,M",
        lambda v: _out(v, Sum(v.A[v.m, v.k] * v.x[v.n, v.k], v.k) + v.b[v.m]),
        lambda t: (t.u * torch.nn.functional.linear(t.x, t.A, t.b)).sum(),
    ),
    Row(
        "_trilinear",
        "x:N,K A:D,K,M y:N,M u:N,D",
        lambda v: Sum(v.u[v.n, v.d] * Sum(v.x[v.n, v.k] * v.A[v.d, v.k, v.m] * v.y[v.n, v.m], v.k, v.m), v.n, v.d),
        lambda t: (t.u * torch.nn.functional.bilinear(t.x, t.y, t.A)).sum(),
    ),
    Row(
        "_grouped_mm",
        "A:D,N,K B:D,K,M",
        lambda v: Sum(Sum(v.A[v.d, v.n, v.k] * v.B[v.d, v.k, v.m], v.k) ** 2, v.d, v.n, v.m),
        lambda t: (torch.bmm(t.A, t.B) ** 2).sum(),
        "for groups of one size",
    ),
    Row(
        "linalg_cross",
        "x:3 y:3 u:3",
        lambda v: (
            v.u[1] * (v.x[2] * v.y[3] - v.x[3] * v.y[2])
            + v.u[2] * (v.x[3] * v.y[1] - v.x[1] * v.y[3])
            + v.u[3] * (v.x[1] * v.y[2] - v.x[2] * v.y[1])
        ),
        lambda t: t.u @ torch.linalg.cross(t.x, t.y),
    ),
    Row("trace", "A:N,N", lambda v: Sum(v.A[v.n, v.n], v.n) ** 2, lambda t: torch.trace(t.A) ** 2),
    Row(
        "_cdist_forward",
        "x:N,K y:M,K u:N,M",
        lambda v: _out(v, sqrt(Sum((v.x[v.n, v.k] - v.y[v.m, v.k]) ** 2, v.k))),
        lambda t: (t.u * torch.cdist(t.x, t.y, compute_mode="donot_use_mm_for_euclid_dist")).sum(),
    ),
    Row(
        "_euclidean_dist",
        "x:N,K y:M,K u:N,M",
        lambda v: _out(v, sqrt(Sum((v.x[v.n, v.k] - v.y[v.m, v.k]) ** 2, v.k))),
        lambda t: (t.u * (t.x[:, None] - t.y).norm(dim=2)).sum(),
    ),
    Row(
        "_pdist_forward",
        "x:N,K",
        lambda v: Sum(
            Piecewise((Sum(Abs(v.x[v.n, v.k] - v.x[v.n2, v.k]), v.k) ** 2, v.n < v.n2), (0, True)), v.n, v.n2
        ),
        lambda t: (torch.pdist(t.x, 1) ** 2).sum(),
    ),
    Row(
        "_scaled_dot_product_flash_attention_for_cpu",
        "q:N,D a:M,D b:M,D u:N,D",
        lambda v: Sum(
            v.u[v.n, v.d]
            * Sum(
                (lambda s: exp(s[v.n, v.m]) / Sum(exp(s[v.n, v.m2]), v.m2))(
                    v.node("s", Sum(v.q[v.n, v.d] * v.a[v.m, v.d], v.d) / sqrt(v.D), v.n, v.m)
                )
                * v.b[v.m, v.d],
                v.m,
            ),
            v.n,
            v.d,
        ),
        lambda t: (t.u * torch.nn.functional.scaled_dot_product_attention(t.q, t.a, t.b)).sum(),
    ),
    _matrix(
        "linalg_inv_ex",
        "A:N,N u:N,N",
        lambda v: Sum(v.u[v.n, v.n2] * derive.inverse(v.A)[v.n, v.n2], v.n, v.n2),
        lambda t: (t.u * torch.linalg.inv(t.A)).sum(),
        "inverse",
    ),
    _matrix("_linalg_det", "A:N,N", lambda v: derive.det(v.A) ** 2, lambda t: torch.linalg.det(t.A) ** 2, "det"),
    _matrix("_linalg_slogdet", "A:N,N", lambda v: derive.logdet(v.A), lambda t: torch.linalg.slogdet(t.A)[1], "logdet"),
    _matrix(
        "_linalg_solve_ex",
        "A:N,N x:N u:N",
        lambda v: Sum(v.u[v.n] * derive.solve(v.A, v.x)[v.n], v.n),
        lambda t: t.u @ torch.linalg.solve(t.A, t.x),
        "solve",
    ),
    _cholesky("linalg_cholesky_ex"),
    _cholesky("cholesky"),
)
