"""Normalisation, convolution, pooling, upsampling: images have the height H and the width V, kernels R and S."""

from __future__ import annotations

from typing import Any

import torch
from sympy import Rational, sqrt
from torch.nn import functional as F

from coverage_of_torch.table import Row
from derive import Sum, amax, mean

EPS = Rational(1, 100000)
FACTOR = "for a window that divides the size"
TWICE = "for an image of twice the size"


def _normalised(v: Any, mu: Any, variance: Any, value: Any) -> Any:
    return (value - mu) / sqrt(variance + EPS)


def _layer_norm(v: Any) -> Any:
    mu = v.node("mu", mean(v.x[v.n, v.d], v.d), v.n)
    s = v.node("s", Sum((v.x[v.n, v.d] - mu[v.n]) ** 2, v.d) / v.D, v.n)
    y = v.node("y", v.w[v.d] * (v.x[v.n, v.d] - mu[v.n]) / sqrt(s[v.n] + EPS) + v.b[v.d], v.n, v.d)
    return Sum(v.u[v.n, v.d] * y[v.n, v.d], v.n, v.d)


def _batch_norm(v: Any) -> Any:
    mu = v.node("mu", mean(v.x[v.n, v.d], v.n), v.d)
    s = v.node("s", Sum((v.x[v.n, v.d] - mu[v.d]) ** 2, v.n) / v.N, v.d)
    y = v.node("y", v.w[v.d] * (v.x[v.n, v.d] - mu[v.d]) / sqrt(s[v.d] + EPS) + v.b[v.d], v.n, v.d)
    return Sum(v.u[v.n, v.d] * y[v.n, v.d], v.n, v.d)


def _group_norm(v: Any) -> Any:
    mu = v.node("mu", Sum(v.x[v.n, v.c, v.d], v.c, v.d) / (v.C * v.D), v.n)
    s = v.node("s", Sum((v.x[v.n, v.c, v.d] - mu[v.n]) ** 2, v.c, v.d) / (v.C * v.D), v.n)
    y = v.node("y", v.w[v.c] * (v.x[v.n, v.c, v.d] - mu[v.n]) / sqrt(s[v.n] + EPS) + v.b[v.c], v.n, v.c, v.d)
    return Sum(v.u[v.n, v.c, v.d] * y[v.n, v.c, v.d], v.n, v.c, v.d)


def _rms_norm(v: Any) -> Any:
    s = v.node("s", mean(v.x[v.n, v.d] ** 2, v.d), v.n)
    return Sum(v.u[v.n, v.d] * v.w[v.d] * v.x[v.n, v.d] / sqrt(s[v.n] + EPS), v.n, v.d)


def _two(f: Any) -> Any:
    """sum_hv u_hv^2-weighted results over the windows of an image, 2 by 2."""

    def write(v: Any) -> Any:
        p, q = v.over("p", 2), v.over("q", 2)
        y = v.node("y", f(v.x[2 * v.h + p - 2, 2 * v.v + q - 2], p, q), v.h, v.v)
        return Sum(v.u[v.h, v.v] * y[v.h, v.v] ** 2, v.h, v.v)

    return write


def _three(f: Any) -> Any:
    def write(v: Any) -> Any:
        o, p, q = v.over("o", 2), v.over("p", 2), v.over("q", 2)
        y = v.node("y", f(v.x[2 * v.d + o - 2, 2 * v.h + p - 2, 2 * v.v + q - 2], o, p, q), v.d, v.h, v.v)
        return Sum(v.u[v.d, v.h, v.v] * y[v.d, v.h, v.v] ** 2, v.d, v.h, v.v)

    return write


def pool2(name: str, f: Any, by_torch: Any, form: str = FACTOR) -> Row:
    """Windows of two by two."""
    return Row(name, "x:2*H,2*V u:H,V", _two(f), lambda t: (t.u * by_torch(t.x[None, None])[0, 0] ** 2).sum(), form)


def pool3(name: str, f: Any, by_torch: Any, form: str = FACTOR) -> Row:
    """Windows of two by two by two."""
    return Row(
        name, "x:2*D,2*H,2*V u:D,H,V", _three(f), lambda t: (t.u * by_torch(t.x[None, None])[0, 0] ** 2).sum(), form
    )


def _conv(v: Any) -> Any:
    y = v.node(
        "y",
        Sum(v.w[v.m, v.c, v.r, v.s] * v.x[v.c, v.h + v.r - 1, v.v + v.s - 1], v.c, v.r, v.s) + v.b[v.m],
        v.m,
        v.h,
        v.v,
    )
    return Sum(v.u[v.m, v.h, v.v] * y[v.m, v.h, v.v] ** 2, v.m, v.h, v.v)


def _nearest(dims: int) -> Any:
    def write(v: Any) -> Any:
        places = [getattr(v, letter) for letter in "hvd"[:dims]]
        parts = [v.over(letter, 2) for letter in "opq"[:dims]]
        doubled = tuple(2 * place + part - 2 for place, part in zip(places, parts, strict=True))
        return Sum(v.u[doubled] * v.x[tuple(places)] ** 2, *parts, *places)

    return write


ROWS = (
    Row(
        "native_layer_norm",
        "x:N,D w:D b:D u:N,D",
        _layer_norm,
        lambda t: (t.u * F.layer_norm(t.x, (t.D,), t.w, t.b)).sum(),
    ),
    Row(
        "native_batch_norm",
        "x:N,D w:D b:D u:N,D",
        _batch_norm,
        lambda t: (t.u * F.batch_norm(t.x, None, None, t.w, t.b, True)).sum(),
    ),
    Row(
        "native_group_norm",
        "x:N,C,D w:C b:C u:N,C,D",
        _group_norm,
        lambda t: (t.u * F.group_norm(t.x, 1, t.w, t.b)).sum(),
    ),
    Row("_fused_rms_norm", "x:N,D w:D u:N,D", _rms_norm, lambda t: (t.u * F.rms_norm(t.x, (t.D,), t.w, 1e-5)).sum()),
    Row(
        "convolution",
        "x:C,H+R-1,V+S-1 w:M,C,R,S b:M u:M,H,V",
        _conv,
        lambda t: (t.u * F.conv2d(t.x[None], t.w, t.b)[0] ** 2).sum(),
    ),
    Row(
        "conv_tbc",
        "x:N+R-1,C w:R,C,M b:M u:N,M",
        lambda v: Sum(
            v.u[v.n, v.m] * (Sum(v.w[v.r, v.c, v.m] * v.x[v.n + v.r - 1, v.c], v.r, v.c) + v.b[v.m]) ** 2, v.n, v.m
        ),
        lambda t: (t.u * torch.conv_tbc(t.x[:, None], t.w, t.b)[:, 0] ** 2).sum(),
    ),
    pool2("avg_pool2d", lambda x, p, q: Sum(x, p, q) / 4, lambda x: F.avg_pool2d(x, 2), ""),
    pool2("max_pool2d", lambda x, p, q: amax(x, p, q), lambda x: F.max_pool2d(x, 2), ""),
    pool2(
        "max_pool2d_with_indices",
        lambda x, p, q: amax(x, p, q),
        lambda x: F.max_pool2d(x, 2, return_indices=True)[0],
        "",
    ),
    pool2(
        "_adaptive_avg_pool2d",
        lambda x, p, q: Sum(x, p, q) / 4,
        lambda x: F.adaptive_avg_pool2d(x, (x.shape[2] // 2, x.shape[3] // 2)),
    ),
    pool2(
        "adaptive_max_pool2d",
        lambda x, p, q: amax(x, p, q),
        lambda x: F.adaptive_max_pool2d(x, (x.shape[2] // 2, x.shape[3] // 2)),
    ),
    pool3("avg_pool3d", lambda x, o, p, q: Sum(x, o, p, q) / 8, lambda x: F.avg_pool3d(x, 2), ""),
    pool3(
        "max_pool3d_with_indices",
        lambda x, o, p, q: amax(x, o, p, q),
        lambda x: F.max_pool3d(x, 2, return_indices=True)[0],
        "",
    ),
    pool3(
        "_adaptive_avg_pool3d",
        lambda x, o, p, q: Sum(x, o, p, q) / 8,
        lambda x: F.adaptive_avg_pool3d(x, [s // 2 for s in x.shape[2:]]),
    ),
    pool3(
        "adaptive_max_pool3d",
        lambda x, o, p, q: amax(x, o, p, q),
        lambda x: F.adaptive_max_pool3d(x, [s // 2 for s in x.shape[2:]]),
    ),
    Row(
        "im2col",
        "x:C,H+R-1,V+S-1 u:C,R,S,H,V",
        lambda v: Sum(
            v.u[v.c, v.r, v.s, v.h, v.v] * v.x[v.c, v.h + v.r - 1, v.v + v.s - 1] ** 2, v.c, v.r, v.s, v.h, v.v
        ),
        lambda t: (t.u.reshape(-1) * F.unfold(t.x[None], (t.R, t.S)).reshape(-1) ** 2).sum(),
    ),
    Row(
        "col2im",
        "x:C,R,S,H,V u:C,H+R-1,V+S-1",
        lambda v: Sum(v.u[v.c, v.h + v.r - 1, v.v + v.s - 1] * v.x[v.c, v.r, v.s, v.h, v.v], v.c, v.r, v.s, v.h, v.v),
        lambda t: (
            t.u * F.fold(t.x.reshape(1, t.C * t.R * t.S, t.H * t.V), (t.H + t.R - 1, t.V + t.S - 1), (t.R, t.S))[0]
        ).sum(),
    ),
    Row(
        "upsample_nearest1d",
        "x:H u:2*H",
        _nearest(1),
        lambda t: (t.u * F.interpolate(t.x[None, None], scale_factor=2)[0, 0] ** 2).sum(),
        TWICE,
    ),
    Row(
        "upsample_nearest2d",
        "x:H,V u:2*H,2*V",
        _nearest(2),
        lambda t: (t.u * F.interpolate(t.x[None, None], scale_factor=2)[0, 0] ** 2).sum(),
        TWICE,
    ),
    Row(
        "upsample_nearest3d",
        "x:H,V,D u:2*H,2*V,2*D",
        _nearest(3),
        lambda t: (t.u * F.interpolate(t.x[None, None], scale_factor=2)[0, 0] ** 2).sum(),
        TWICE,
    ),
    Row(
        "pixel_shuffle",
        "x:4,H,V u:2*H,2*V",
        lambda v: (
            lambda p, q: Sum(v.u[2 * v.h + p - 2, 2 * v.v + q - 2] * v.x[2 * p + q - 2, v.h, v.v] ** 2, p, q, v.h, v.v)
        )(v.over("p", 2), v.over("q", 2)),
        lambda t: (t.u * F.pixel_shuffle(t.x[None], 2)[0, 0] ** 2).sum(),
    ),
    Row(
        "pixel_unshuffle",
        "x:2*H,2*V u:4,H,V",
        lambda v: (
            lambda p, q: Sum(v.u[2 * p + q - 2, v.h, v.v] * v.x[2 * v.h + p - 2, 2 * v.v + q - 2] ** 2, p, q, v.h, v.v)
        )(v.over("p", 2), v.over("q", 2)),
        lambda t: (t.u * F.pixel_unshuffle(t.x[None, None], 2)[0] ** 2).sum(),
    ),
    Row(
        "channel_shuffle",
        "x:2*C,H u:2*C,H",
        lambda v: (lambda p: Sum(v.u[2 * v.c + p - 2, v.h] * v.x[v.C * (p - 1) + v.c, v.h] ** 2, p, v.c, v.h))(
            v.over("p", 2)
        ),
        lambda t: (t.u * F.channel_shuffle(t.x[None, :, :, None], 2)[0, :, :, 0] ** 2).sum(),
    ),
)
