"""Sums, products, extremes and norms along an axis, and what is computed along one."""

from __future__ import annotations

from typing import Any

import torch
from sympy import Piecewise, S, sqrt

from coverage_of_torch.table import Row
from derive import (
    Max,
    Product,
    Sum,
    amax,
    amin,
    exp,
    log,
    log_softmax,
    logsumexp,
    mean,
    norm,
    softmax,
    var,
)

PERMUTED = "for the permutation that the numbers have, as a matrix of zeros and ones"
FINITE = "for numbers that are all finite"


def rows_of(name: str, f: Any, by_torch: Any, form: str = "", leaves: str = "x:N,D u:N") -> Row:
    """One number for each row."""
    return Row(name, leaves, lambda v: Sum(v.u[v.n] * f(v, v.x), v.n), lambda t: (t.u * by_torch(t)).sum(), form)


def along(name: str, f: Any, by_torch: Any, form: str = "", leaves: str = "x:N,D u:N,D") -> Row:
    """One number for each element."""
    return Row(
        name, leaves, lambda v: Sum(v.u[v.n, v.d] * f(v, v.x), v.n, v.d), lambda t: (t.u * by_torch(t)).sum(), form
    )


def _cumulated(name: str, kind: Any, body: Any, by_torch: Any) -> Row:
    def write(v: Any) -> Any:
        y = v.node("y", kind(body(v.x[v.n, v.d2]), (v.d2, 1, v.d)), v.n, v.d)
        return Sum(v.u[v.n, v.d] * y[v.n, v.d] ** 2, v.n, v.d)

    return Row(name, "x:N,D u:N,D", write, lambda t: (t.u * by_torch(t.x) ** 2).sum())


ROWS = (
    rows_of("sum", lambda v, x: Sum(x[v.n, v.d], v.d) ** 2, lambda t: t.x.sum(1) ** 2),
    rows_of("nansum", lambda v, x: Sum(x[v.n, v.d], v.d) ** 2, lambda t: t.x.nansum(1) ** 2, FINITE),
    rows_of("mean", lambda v, x: mean(x[v.n, v.d], v.d) ** 2, lambda t: t.x.mean(1) ** 2),
    rows_of("prod", lambda v, x: Product(x[v.n, v.d], v.d), lambda t: t.x.prod(1)),
    rows_of("amax", lambda v, x: amax(x[v.n, v.d], v.d), lambda t: t.x.amax(1)),
    rows_of("amin", lambda v, x: amin(x[v.n, v.d], v.d), lambda t: t.x.amin(1)),
    rows_of("max", lambda v, x: amax(x[v.n, v.d], v.d) ** 2, lambda t: t.x.max(1)[0] ** 2),
    rows_of("min", lambda v, x: amin(x[v.n, v.d], v.d) ** 2, lambda t: t.x.min(1)[0] ** 2),
    rows_of(
        "aminmax", lambda v, x: amax(x[v.n, v.d], v.d) * amin(x[v.n, v.d], v.d), lambda t: t.x.amax(1) * t.x.amin(1)
    ),
    rows_of("var", lambda v, x: var(x[v.n, v.d], v.d), lambda t: t.x.var(1, correction=0)),
    rows_of(
        "var_mean",
        lambda v, x: var(x[v.n, v.d], v.d) * mean(x[v.n, v.d], v.d),
        lambda t: t.x.var(1, correction=0) * t.x.mean(1),
    ),
    rows_of("std", lambda v, x: sqrt(var(x[v.n, v.d], v.d, correction=1)), lambda t: t.x.std(1), leaves="x:N,D u:N"),
    rows_of(
        "std_mean",
        lambda v, x: sqrt(var(x[v.n, v.d], v.d, correction=1)) * mean(x[v.n, v.d], v.d),
        lambda t: t.x.std(1) * t.x.mean(1),
        leaves="x:N,D u:N",
    ),
    rows_of("norm", lambda v, x: norm(x[v.n, v.d], v.d, p=3), lambda t: t.x.norm(3, 1)),
    rows_of("linalg_vector_norm", lambda v, x: norm(x[v.n, v.d], v.d), lambda t: torch.linalg.vector_norm(t.x, dim=1)),
    rows_of("dist", lambda v, x: norm(x[v.n, v.d] - 2, v.d), lambda t: (t.x - 2).norm(2, 1)),
    rows_of("logsumexp", lambda v, x: logsumexp(x[v.n, v.d], v.d), lambda t: torch.logsumexp(t.x, 1)),
    along("_softmax", lambda v, x: softmax(x[v.n, v.d], v.d), lambda t: t.x.softmax(1)),
    along("_log_softmax", lambda v, x: log_softmax(x[v.n, v.d], v.d), lambda t: t.x.log_softmax(1)),
    _cumulated("cumsum", Sum, lambda x: x, lambda x: x.cumsum(1)),
    _cumulated("cumprod", Product, lambda x: x, lambda x: x.cumprod(1)),
    _cumulated("cummax", amax, lambda x: x, lambda x: x.cummax(1)[0]),
    _cumulated("cummin", amin, lambda x: x, lambda x: x.cummin(1)[0]),
    along("logcumsumexp", lambda v, x: log(Sum(exp(x[v.n, v.d2]), (v.d2, 1, v.d))), lambda t: t.x.logcumsumexp(1)),
    along(
        "renorm",
        lambda v, x: x[v.n, v.d] / Max(1, norm(x[v.n, v.d2], v.d2)),
        lambda t: t.x / torch.clamp(t.x.norm(dim=1, keepdim=True), min=1),
    ),
    Row(
        "_masked_softmax",
        "x:N,N u:N,N",
        lambda v: Sum(
            v.u[v.n, v.n2]
            * (lambda m: exp(m[v.n, v.n2]) / Sum(exp(m[v.n, v.n3]), v.n3))(
                v.node("m", Piecewise((v.x[v.n, v.n2], v.n2 <= v.n), (-S.Infinity, True)), v.n, v.n2)
            ),
            v.n,
            v.n2,
        ),
        lambda t: (t.u * t.x.masked_fill(torch.ones_like(t.x).triu(1) > 0, -torch.inf).softmax(1)).sum(),
    ),
)
