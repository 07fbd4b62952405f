"""Modules of torch.nn for images and sequences: convolution, pooling, padding, normalisation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sympy import And, Eq, Piecewise, Rational, sqrt
from torch import nn

from coverage_of_torch.rows import images, layers, matrices, shapes
from coverage_of_torch.rows.module_units import run
from coverage_of_torch.table import Array, Row
from derive import Sum, amax, mean

KNOWN = {row.name: row for row in (*shapes.ROWS, *layers.ROWS, *images.ROWS, *matrices.ROWS)}
EPS = layers.EPS
LETTERS, TAPS = "hvd", "rso"
HALF = Rational(1, 2)


def _squares(t: Any, y: Array) -> Array:
    return (t.u * y**2).sum()


def _axes(dims: int) -> str:
    return ",".join("NDK"[:dims])


@cache
def _windows(dims: int) -> Any:
    """Every window of an image times a kernel of two pixels along each axis."""
    sizes = "NDK"[:dims]

    def write(v: Any) -> Any:
        taps = [v.over(tap, 2) for tap in TAPS[:dims]]
        at = [getattr(v, s.lower()) for s in sizes]
        window = tuple(a + tap - 1 for a, tap in zip(at, taps, strict=True))
        value = Sum(v.w[(v.m, v.c, *taps)] * v.x[(v.c, *window)], v.c, *taps) + v.b[v.m]
        y = v.node("y", value, v.m, *at)
        return Sum(v.u[(v.m, *at)] * y[(v.m, *at)] ** 2, v.m, *at)

    return write


def _convolution(name: str, dims: int, make: Any) -> Row:
    sizes = "NDK"[:dims]
    return Row(
        name,
        f"x:C,{','.join(s + '+1' for s in sizes)} w:M,C,{','.join('2' * dims)} b:M u:M,{','.join(sizes)}",
        _windows(dims),
        lambda t: _squares(t, run(make(t), t.x, weight=t.w, bias=t.b)),
    )


@cache
def _spread(dims: int) -> Any:
    """Every pixel adds its kernel to the result: y_m,i = sum_c,r w_c,m,r x_c,i-r+1 + b_m, where the place exists."""
    sizes = "NDK"[:dims]

    def write(v: Any) -> Any:
        taps = [v.over(tap, 2) for tap in TAPS[:dims]]
        at = [v.over(a, getattr(v, s) + 1) for a, s in zip("ijl", sizes, strict=False)]
        window = [a - tap + 1 for a, tap in zip(at, taps, strict=True)]
        inside = And(*(c for p, s in zip(window, sizes, strict=True) for c in (p >= 1, p <= getattr(v, s))))
        pixel = Piecewise((v.x[(v.c, *window)], inside), (0, True))
        y = v.node("y", Sum(v.w[(v.c, v.m, *taps)] * pixel, v.c, *taps) + v.b[v.m], v.m, *at)
        return Sum(v.u[(v.m, *at)] * y[(v.m, *at)] ** 2, v.m, *at)

    return write


def _transposed(name: str, dims: int, make: Any) -> Row:
    sizes = "NDK"[:dims]
    return Row(
        name,
        f"x:C,{','.join(sizes)} w:C,M,{','.join('2' * dims)} b:M u:M,{','.join(s + '+1' for s in sizes)}",
        _spread(dims),
        lambda t: _squares(t, run(make(t), t.x, weight=t.w, bias=t.b)),
    )


def _pooled(name: str, dims: int, f: Any, make: Any, form: str = "") -> Row:
    """Windows of two along every axis."""
    letters = "hvd"[:dims]

    def write(v: Any) -> Any:
        parts = [v.over(p, 2) for p in "opq"[:dims]]
        at = [getattr(v, a) for a in letters]
        y = v.node("y", f(v.x[tuple(2 * a + p - 2 for a, p in zip(at, parts, strict=True))], *parts), *at)
        return Sum(v.u[tuple(at)] * y[tuple(at)] ** 2, *at)

    own = ",".join(a.upper() for a in letters)
    return Row(
        name,
        f"x:{','.join('2*' + a.upper() for a in letters)} u:{own}",
        write,
        lambda t: _squares(t, make(t)(t.x[None])[0]),
        form,
    )


def _adaptive(dims: int, kind: Any) -> Callable[[Any], nn.Module]:
    return lambda t: kind(tuple(getattr(t, a.upper()) for a in "hvd"[:dims]))


def _padded(name: str, dims: int, place: Any, make: Any) -> Row:
    known = images._padded(name, "hvd"[:dims], "", place)
    return known._replace(by_torch=lambda t: _squares(t, make(t.x[None])[0]))


def _filled(number: int) -> Any:
    return lambda i, read, end: Piecewise((read(i - 1), And(i > 1, i < end + 2)), (number, True))


def _circular(i: Any, read: Any, end: Any) -> Any:
    return Piecewise((read(end), Eq(i, 1)), (read(1), Eq(i, end + 2)), (read(i - 1), True))


def _normalised(name: str, dims: int, over_batch: bool, make: Any, own: bool) -> Row:
    """Standardised over all places of a channel, of the whole batch or of one example."""
    sizes = "DKM"[:dims]

    def write(v: Any) -> Any:
        at = tuple(getattr(v, s.lower()) for s in sizes)
        summed, kept = ((v.n, *at), (v.c,)) if over_batch else (at, (v.n, v.c))
        x = v.x[(v.n, v.c, *at)]
        mu = v.node("mu", mean(x, *summed), *kept)
        s = v.node("s", mean((x - mu[kept]) ** 2, *summed), *kept)
        y = (x - mu[kept]) / sqrt(s[kept] + EPS)
        y = v.node("y", v.w[v.c] * y + v.b[v.c] if own else y, v.n, v.c, *at)
        return Sum(v.u[(v.n, v.c, *at)] * y[(v.n, v.c, *at)], v.n, v.c, *at)

    axes = f"N,C,{','.join(sizes)}"
    return Row(
        name,
        f"x:{axes} {'w:C b:C ' if own else ''}u:{axes}",
        write,
        lambda t: (t.u * run(make(t.C), t.x, **({"weight": t.w, "bias": t.b} if own else {}))).sum(),
    )


def _group_norm(v: Any) -> Any:
    at = (v.n, v.g, v.c, v.d)
    mu = v.node("mu", mean(v.x[at], v.c, v.d), v.n, v.g)
    s = v.node("s", mean((v.x[at] - mu[v.n, v.g]) ** 2, v.c, v.d), v.n, v.g)
    y = v.node("y", v.w[v.g, v.c] * (v.x[at] - mu[v.n, v.g]) / sqrt(s[v.n, v.g] + EPS) + v.b[v.g, v.c], *at)
    return Sum(v.u[at] * y[at], *at)


def _by_groups(t: Any) -> Array:
    y = run(nn.GroupNorm(t.G, t.G * t.C), t.x.flatten(1, 2), weight=t.w.flatten(), bias=t.b.flatten())
    return (t.u.flatten(1, 2) * y).sum()


def _local_response(v: Any) -> Any:
    o = v.over("o", 3)
    near = Piecewise((v.x[v.n, v.c + o - 2, v.d] ** 2, And(v.c + o > 2, v.c + o < v.C + 3)), (0, True))
    s = v.node("s", 1 + HALF * Sum(near, o) / 3, v.n, v.c, v.d)
    y = v.node("y", v.x[v.n, v.c, v.d] / s[v.n, v.c, v.d] ** Rational(3, 4), v.n, v.c, v.d)
    return Sum(v.u[v.n, v.c, v.d] * y[v.n, v.c, v.d] ** 2, v.n, v.c, v.d)


def known(name: str, model: str, by_torch: Any) -> Row:
    """The model of another row."""
    return KNOWN[model]._replace(name=name, by_torch=by_torch)


CONVOLUTIONS = (
    *(_convolution(f"Conv{d}d", d, lambda t, d=d: getattr(nn, f"Conv{d}d")(t.C, t.M, 2)) for d in (1, 2, 3)),
    *(_convolution(f"LazyConv{d}d", d, lambda t, d=d: getattr(nn, f"LazyConv{d}d")(t.M, 2)) for d in (1, 2, 3)),
    *(
        _transposed(f"ConvTranspose{d}d", d, lambda t, d=d: getattr(nn, f"ConvTranspose{d}d")(t.C, t.M, 2))
        for d in (1, 2, 3)
    ),
    *(
        _transposed(f"LazyConvTranspose{d}d", d, lambda t, d=d: getattr(nn, f"LazyConvTranspose{d}d")(t.M, 2))
        for d in (1, 2, 3)
    ),
)

POOLING = tuple(
    row
    for d in (1, 2, 3)
    for row in (
        _pooled(f"AvgPool{d}d", d, lambda x, *p: mean(x, *p), lambda t, d=d: getattr(nn, f"AvgPool{d}d")(2)),
        _pooled(f"MaxPool{d}d", d, lambda x, *p: amax(x, *p), lambda t, d=d: getattr(nn, f"MaxPool{d}d")(2)),
        _pooled(f"LPPool{d}d", d, lambda x, *p: sqrt(Sum(x**2, *p)), lambda t, d=d: getattr(nn, f"LPPool{d}d")(2, 2)),
        _pooled(
            f"AdaptiveAvgPool{d}d",
            d,
            lambda x, *p: mean(x, *p),
            _adaptive(d, getattr(nn, f"AdaptiveAvgPool{d}d")) if d > 1 else lambda t: nn.AdaptiveAvgPool1d(t.H),
            layers.FACTOR,
        ),
        _pooled(
            f"AdaptiveMaxPool{d}d",
            d,
            lambda x, *p: amax(x, *p),
            _adaptive(d, getattr(nn, f"AdaptiveMaxPool{d}d")) if d > 1 else lambda t: nn.AdaptiveMaxPool1d(t.H),
            layers.FACTOR,
        ),
    )
)

PADDING = tuple(
    row
    for d in (1, 2, 3)
    for row in (
        _padded(f"ReflectionPad{d}d", d, images._reflected, getattr(nn, f"ReflectionPad{d}d")(1)),
        _padded(f"ReplicationPad{d}d", d, images._replicated, getattr(nn, f"ReplicationPad{d}d")(1)),
        _padded(f"ZeroPad{d}d", d, _filled(0), getattr(nn, f"ZeroPad{d}d")(1)),
        _padded(f"ConstantPad{d}d", d, _filled(2), getattr(nn, f"ConstantPad{d}d")(1, 2.0)),
        _padded(f"CircularPad{d}d", d, _circular, getattr(nn, f"CircularPad{d}d")(1)),
    )
)

NORMALISATION = (
    *(_normalised(f"BatchNorm{d}d", d, True, getattr(nn, f"BatchNorm{d}d"), True) for d in (1, 2, 3)),
    *(_normalised(f"InstanceNorm{d}d", d, False, getattr(nn, f"InstanceNorm{d}d"), False) for d in (1, 2, 3)),
    Row("GroupNorm", "x:N,G,C,D w:G,C b:G,C u:N,G,C,D", _group_norm, _by_groups),
    Row(
        "LocalResponseNorm",
        "x:N,C,D u:N,C,D",
        _local_response,
        lambda t: _squares(t, nn.LocalResponseNorm(3, alpha=0.5)(t.x)),
    ),
    known(
        "LayerNorm",
        "native_layer_norm",
        lambda t: (t.u * run(nn.LayerNorm(t.D), t.x, weight=t.w, bias=t.b)).sum(),
    ),
    known("RMSNorm", "_fused_rms_norm", lambda t: (t.u * run(nn.RMSNorm(t.D, 1e-5), t.x, weight=t.w)).sum()),
)

LINEAR = (
    known("Linear", "linear", lambda t: (t.u * run(nn.Linear(t.K, t.M), t.x, weight=t.A, bias=t.b)).sum()),
    Row(
        "Bilinear",
        "x:N,K A:D,K,M y:N,M b:D u:N,D",
        lambda v: Sum(
            v.u[v.n, v.d] * (Sum(v.x[v.n, v.k] * v.A[v.d, v.k, v.m] * v.y[v.n, v.m], v.k, v.m) + v.b[v.d]), v.n, v.d
        ),
        lambda t: (t.u * run(nn.Bilinear(t.K, t.M, t.D), t.x, t.y, weight=t.A, bias=t.b)).sum(),
    ),
    known("Embedding", "embedding", lambda t: _squares(t, run(nn.Embedding(t.C, t.D), t.p, weight=t.x))),
)

ROWS = (*CONVOLUTIONS, *POOLING, *PADDING, *NORMALISATION, *LINEAR)
