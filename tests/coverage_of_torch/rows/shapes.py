"""What moves numbers and adds none: shapes, parts, permutations, padding, gathering and scattering."""

from __future__ import annotations

from typing import Any

import torch
from sympy import And, Eq, Piecewise
from torch.nn import functional as F

from coverage_of_torch.table import Row
from derive import KroneckerDelta, Product, Sum

GIVEN = "for the order that the numbers have, as positions"


def _all(v: Any, value: Any) -> Any:
    """Sum u y^2 over N and D."""
    return Sum(v.u[v.n, v.d] * value**2, v.n, v.d)


def same(name: str, f: Any, by_torch: Any, leaves: str = "x:N,D u:N,D", form: str = "") -> Row:
    """A row whose result has the shape N, D."""
    return Row(name, leaves, lambda v: _all(v, f(v)), lambda t: (t.u * by_torch(t) ** 2).sum(), form)


def _flat(t: Any, shape: Any) -> torch.Tensor:
    return t.reshape(*shape)


def _cat(v: Any) -> Any:
    i = v.over("i", v.N + v.M)
    z = v.node("z", Piecewise((v.x[i], i <= v.N), (v.y[i - v.N], True)), i)
    return Sum(v.u[i] * z[i] ** 2, i)


def _block_diag(v: Any) -> Any:
    i, j = v.over("i", v.N + v.M), v.over("j", v.N + v.M)
    here = Piecewise((v.x[i, j], And(i <= v.N, j <= v.N)), (v.y[i - v.N, j - v.N], And(i > v.N, j > v.N)), (0, True))
    z = v.node("z", here, i, j)
    return Sum(v.u[i, j] * z[i, j] ** 2, i, j)


def _padded(v: Any, value: Any) -> Any:
    i = v.over("i", v.N + 2)
    z = v.node("z", value(i), i)
    return Sum(v.u[i] * z[i] ** 2, i)


def _pad2(v: Any, row: Any, column: Any) -> Any:
    i, j = v.over("i", v.H + 2), v.over("j", v.V + 2)
    z = v.node("z", row(i, column), i, j)
    return Sum(v.u[i, j] * z[i, j] ** 2, i, j)


def _first(n: Any, first: Any, inner: Any, last: Any, end: Any) -> Any:
    """Three pieces along one axis: the first place, those inside, the last."""
    return Piecewise((first, Eq(n, 1)), (last, Eq(n, end)), (inner, True))


def picked(name: str, by_torch: Any, form: str = "") -> Row:
    """Rows picked by positions: y_nd = x[p_n, d]."""

    def write(v: Any) -> Any:
        y = v.node("y", v.x[v.p[v.n], v.d], v.n, v.d)
        return Sum(v.u[v.n, v.d] * y[v.n, v.d] ** 2, v.n, v.d)

    return Row(name, "x:C,D p:N@among_C u:N,D", write, lambda t: (t.u * by_torch(t) ** 2).sum(), form)


def added(name: str, by_torch: Any) -> Row:
    """Rows added at positions: z_cd + sum_n delta(p_n, c) x_nd."""

    def write(v: Any) -> Any:
        y = v.node("y", v.z[v.c, v.d] + Sum(KroneckerDelta(v.p[v.n], v.c) * v.x[v.n, v.d], v.n), v.c, v.d)
        return Sum(y[v.c, v.d] ** 2, v.c, v.d)

    return Row(name, "x:N,D z:C,D p:N@among_C", write, lambda t: (by_torch(t) ** 2).sum())


def put(name: str, by_torch: Any) -> Row:
    """A number put at one place of a vector."""

    def write(v: Any) -> Any:
        y = v.node("y", Piecewise((v.x, Eq(v.p[1], v.n)), (v.z[v.n], True)), v.n)
        return Sum(v.u[v.n] * y[v.n] ** 2, v.n)

    return Row(name, "x z:N p:1@among_N u:N", write, lambda t: (t.u * by_torch(t) ** 2).sum())


def ordered(name: str, leaves: str, write: Any, by_torch: Any) -> Row:
    """Numbers in their order, whose positions are given: y_n = x[p_n], the least first."""
    return Row(name, leaves, lambda v: write(v, lambda at: v.x[v.p[at]]), by_torch, GIVEN)


def _segments(t: Any) -> torch.Tensor:
    """The sums of the rows of each position, by segments of torch, in which rows of one position follow each other."""
    order = t.p.argsort()
    return torch.segment_reduce(t.x[order], "sum", lengths=torch.bincount(t.p, minlength=t.C), initial=0)


ROWS = (
    same("permute", lambda v: v.x[v.d, v.n], lambda t: t.x.permute(1, 0), "x:D,N u:N,D"),
    same("t", lambda v: v.x[v.d, v.n], lambda t: t.x.t(), "x:D,N u:N,D"),
    same("transpose", lambda v: v.x[v.d, v.n], lambda t: t.x.transpose(0, 1), "x:D,N u:N,D"),
    same("expand", lambda v: v.x[v.d], lambda t: t.x.expand(t.N, t.D), "x:D u:N,D"),
    same("repeat", lambda v: v.x[v.d], lambda t: t.x.repeat(t.N, 1), "x:D u:N,D"),
    same("unsqueeze", lambda v: v.x[v.d] + v.y[v.n], lambda t: t.x.unsqueeze(0) + t.y.unsqueeze(1), "x:D y:N u:N,D"),
    same("squeeze", lambda v: v.x[v.n, 1, v.d], lambda t: t.x.squeeze(1), "x:N,1,D u:N,D"),
    same("select", lambda v: v.x[v.n, 2, v.d], lambda t: t.x.select(1, 1), "x:N,3,D u:N,D"),
    same("slice", lambda v: v.x[v.n + 2, v.d], lambda t: t.x[2:], "x:N+2,D u:N,D"),
    same("flip", lambda v: v.x[v.N + 1 - v.n, v.d], lambda t: t.x.flip(0)),
    same("rot90", lambda v: v.x[v.D + 1 - v.d, v.n], lambda t: t.x.rot90(-1), "x:D,N u:N,D"),
    same("tril", lambda v: Piecewise((v.x[v.n, v.d], v.d <= v.n), (0, True)), lambda t: t.x.tril()),
    same("triu", lambda v: Piecewise((v.x[v.n, v.d], v.d >= v.n), (0, True)), lambda t: t.x.triu()),
    same("fill", lambda v: v.a, lambda t: torch.fill(0 * t.u, t.a), "a u:N,D"),
    same("unbind", lambda v: v.x[v.n, 1, v.d] * v.x[v.n, 2, v.d], lambda t: torch.mul(*t.x.unbind(1)), "x:N,2,D u:N,D"),
    same("chunk", lambda v: v.x[v.n, v.d] * v.x[v.N + v.n, v.d], lambda t: torch.mul(*t.x.chunk(2)), "x:2*N,D u:N,D"),
    same("split", lambda v: v.x[v.n, v.d] * v.x[v.N + v.n, v.d], lambda t: torch.mul(*t.x.split(t.N)), "x:2*N,D u:N,D"),
    Row(
        "split_with_sizes",
        "x:N+M",
        lambda v: Sum(v.x[v.n] ** 2, v.n) * Sum(v.x[v.N + v.m] ** 3, v.m),
        lambda t: (lambda a, b: (a**2).sum() * (b**3).sum())(*t.x.split([t.N, t.M])),
    ),
    same(
        "stack",
        lambda v: Piecewise((v.x[v.d], Eq(v.n, 1)), (v.y[v.d], Eq(v.n, 2)), (0, True)),
        lambda t: torch.cat([torch.stack([t.x, t.y]), torch.zeros(t.N - 2, t.D, dtype=t.x.dtype)]),
        "x:D y:D u:N,D",
    ),
    Row("cat", "x:N y:M u:N+M", _cat, lambda t: (t.u * torch.cat([t.x, t.y]) ** 2).sum()),
    Row("block_diag", "x:N,N y:M,M u:N+M,N+M", _block_diag, lambda t: (t.u * torch.block_diag(t.x, t.y) ** 2).sum()),
    Row(
        "view",
        "x:N,D u:N*D",
        lambda v: Sum(v.u[v.D * (v.n - 1) + v.d] * v.x[v.n, v.d] ** 2, v.n, v.d),
        lambda t: (t.u * t.x.view(-1) ** 2).sum(),
    ),
    Row(
        "roll",
        "x:N u:N",
        lambda v: Sum(v.u[v.n] * v.node("z", Piecewise((v.x[v.n - 1], v.n > 1), (v.x[v.N], True)), v.n)[v.n] ** 2, v.n),
        lambda t: (t.u * t.x.roll(1) ** 2).sum(),
    ),
    Row(
        "diagonal",
        "x:N,N u:N",
        lambda v: Sum(v.u[v.n] * v.x[v.n, v.n] ** 2, v.n),
        lambda t: (t.u * t.x.diagonal() ** 2).sum(),
    ),
    Row(
        "diag_embed",
        "x:N u:N,N",
        lambda v: Sum(
            v.u[v.n, v.n2] * v.node("z", Piecewise((v.x[v.n], Eq(v.n, v.n2)), (0, True)), v.n, v.n2)[v.n, v.n2] ** 2,
            v.n,
            v.n2,
        ),
        lambda t: (t.u * torch.diag_embed(t.x) ** 2).sum(),
    ),
    Row(
        "unfold",
        "x:N+R-1 u:N,R",
        lambda v: Sum(v.u[v.n, v.r] * v.x[v.n + v.r - 1] ** 2, v.n, v.r),
        lambda t: (t.u * t.x.unfold(0, t.R, 1) ** 2).sum(),
    ),
    Row(
        "select_scatter",
        "x:N,D y:D u:N,D",
        lambda v: _all(v, Piecewise((v.y[v.d], Eq(v.n, 1)), (v.x[v.n, v.d], True))),
        lambda t: (t.u * torch.select_scatter(t.x, t.y, 0, 0) ** 2).sum(),
    ),
    Row(
        "diagonal_scatter",
        "x:N,N y:N u:N,N",
        lambda v: Sum(v.u[v.n, v.n2] * Piecewise((v.y[v.n], Eq(v.n, v.n2)), (v.x[v.n, v.n2], True)) ** 2, v.n, v.n2),
        lambda t: (t.u * torch.diagonal_scatter(t.x, t.y) ** 2).sum(),
    ),
    Row(
        "slice_scatter",
        "x:N+M y:M u:N+M",
        lambda v: (
            lambda i: Sum(v.u[i] * v.node("z", Piecewise((v.x[i], i <= v.N), (v.y[i - v.N], True)), i)[i] ** 2, i)
        )(v.over("i", v.N + v.M)),
        lambda t: (t.u * torch.slice_scatter(t.x, t.y, 0, t.N) ** 2).sum(),
    ),
    Row(
        "constant_pad_nd",
        "x:N u:N+2",
        lambda v: _padded(v, lambda i: Piecewise((v.x[i - 1], And(i > 1, i < v.N + 2)), (3, True))),
        lambda t: (t.u * F.pad(t.x, (1, 1), value=3) ** 2).sum(),
    ),
    Row(
        "replication_pad1d",
        "x:N u:N+2",
        lambda v: _padded(v, lambda i: _first(i, v.x[1], v.x[i - 1], v.x[v.N], v.N + 2)),
        lambda t: (t.u * F.pad(t.x[None], (1, 1), mode="replicate")[0] ** 2).sum(),
    ),
    Row(
        "reflection_pad1d",
        "x:N u:N+2",
        lambda v: _padded(v, lambda i: _first(i, v.x[2], v.x[i - 1], v.x[v.N - 1], v.N + 2)),
        lambda t: (t.u * F.pad(t.x[None], (1, 1), mode="reflect")[0] ** 2).sum(),
    ),
    picked("index_select", lambda t: t.x.index_select(0, t.p)),
    picked("index", lambda t: t.x[t.p]),
    picked("embedding", lambda t: F.embedding(t.p, t.x)),
    Row(
        "gather",
        "x:C,D p:N,D@among_C u:N,D",
        lambda v: Sum(v.u[v.n, v.d] * v.x[v.p[v.n, v.d], v.d] ** 2, v.n, v.d),
        lambda t: (t.u * t.x.gather(0, t.p) ** 2).sum(),
    ),
    Row(
        "take",
        "x:C p:N@among_C u:N",
        lambda v: Sum(v.u[v.n] * v.x[v.p[v.n]] ** 2, v.n),
        lambda t: (t.u * t.x.take(t.p) ** 2).sum(),
    ),
    Row(
        "_embedding_bag",
        "x:C,D p:N@among_C u:D",
        lambda v: Sum(v.u[v.d] * Sum(v.x[v.p[v.n], v.d], v.n) ** 2, v.d),
        lambda t: (t.u * F.embedding_bag(t.p[None], t.x, mode="sum")[0] ** 2).sum(),
    ),
    Row(
        "masked_select",
        "x:N u:N@binary",
        lambda v: Sum(v.u[v.n] * v.x[v.n] ** 2, v.n),
        lambda t: (t.x.masked_select(t.u > 0.5) ** 2).sum(),
        "with the mask as zeros and ones",
    ),
    Row(
        "masked_scatter",
        "x:N y:N u:N@binary",
        lambda v: Sum((v.x[v.n] * (1 - v.u[v.n]) + v.u[v.n] * v.y[v.n]) ** 2, v.n),
        lambda t: (t.x.masked_scatter(t.u > 0.5, t.y[t.u > 0.5]) ** 2).sum(),
        "with the mask as zeros and ones",
    ),
    added("index_add", lambda t: t.z.index_add(0, t.p, t.x)),
    added("scatter_add", lambda t: t.z.scatter_add(0, t.p[:, None].expand(-1, t.D), t.x)),
    added("scatter_reduce", lambda t: t.z.scatter_reduce(0, t.p[:, None].expand(-1, t.D), t.x, "sum")),
    added("segment_reduce", lambda t: t.z + _segments(t)),
    Row(
        "index_reduce",
        "x:N z:C p:N@among_C",
        lambda v: Sum(
            v.node("y", v.z[v.c] * Product(Piecewise((v.x[v.n], Eq(v.p[v.n], v.c)), (1, True)), v.n), v.c)[v.c] ** 2,
            v.c,
        ),
        lambda t: (t.z.index_reduce(0, t.p, t.x, "prod") ** 2).sum(),
    ),
    put("index_fill", lambda t: t.z.index_fill(0, t.p, t.x)),
    put("index_put", lambda t: t.z.index_put((t.p,), t.x[None])),
    put("index_copy", lambda t: t.z.index_copy(0, t.p, t.x[None])),
    put("put", lambda t: t.z.put(t.p, t.x[None])),
    put("scatter", lambda t: t.z.scatter(0, t.p, t.x[None])),
    ordered(
        "sort",
        "x:N p:N@order u:N",
        lambda v, y: Sum(v.u[v.n] * y(v.n) ** 2, v.n),
        lambda t: (t.u * t.x.sort()[0] ** 2).sum(),
    ),
    ordered(
        "topk",
        "x:N p:N@order",
        lambda v, y: y(v.N) ** 2 * y(v.N - 1),
        lambda t: (lambda a: a[0] ** 2 * a[1])(t.x.topk(2)[0]),
    ),
    ordered("kthvalue", "x:N p:N@order", lambda v, y: y(2) ** 2, lambda t: t.x.kthvalue(2)[0] ** 2),
    ordered("median", "x:5 p:5@order", lambda v, y: y(3) ** 2, lambda t: t.x.median() ** 2),
    ordered("nanmedian", "x:5 p:5@order", lambda v, y: y(3) ** 2, lambda t: t.x.nanmedian() ** 2),
    ordered("mode", "x:N p:N@order", lambda v, y: y(1) ** 2, lambda t: t.x.mode()[0] ** 2),
)
