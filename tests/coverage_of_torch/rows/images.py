"""Sampling of images: interpolation, padding of two and three axes, grids, and the inverse of pooling."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from sympy import Abs, Eq, Max, Min, Piecewise, Rational
from torch.nn import functional as F

from coverage_of_torch.table import Row
from derive import Sum, relu

TWICE = "for an image of twice the size"
HATS = "as a sum over all pixels, each with its hat function"
Tap = tuple[int, Any]  # how far from the pixel, and its weight
LINEAR: tuple[tuple[Tap, ...], ...] = (
    ((-1, Rational(1, 4)), (0, Rational(3, 4))),
    ((0, Rational(3, 4)), (1, Rational(1, 4))),
)


def _keys(x: Any) -> Any:
    """The cubic kernel of Keys (1981) with a = -3/4, as torch has it."""
    a, x = Rational(-3, 4), abs(x)
    return ((a + 2) * x - (a + 3)) * x**2 + 1 if x <= 1 else a * (((x - 5) * x + 8) * x - 4)


CUBIC = tuple(
    tuple((o, _keys(o - shift)) for o in offsets)
    for shift, offsets in ((Rational(-1, 4), range(-2, 2)), (Rational(1, 4), range(-1, 3)))
)


def _near(place: Any, offset: int, last: Any) -> Any:
    """A pixel beside another one, that at the border beyond it."""
    return place if not offset else Max(place + offset, 1) if offset < 0 else Min(place + offset, last)


def _doubled(letters: str, taps: Any, image: str = "x", weights: str = "u", power: int = 2) -> Any:
    """L = sum u y^2 for the interpolated image y, one axis after the other; odd and even places are apart."""

    def write(v: Any) -> Any:
        idx, ends = [getattr(v, a) for a in letters], [getattr(v, a.upper()) for a in letters]
        parts = {(): lambda *at: getattr(v, image)[at]}
        for axis in range(len(letters)):
            new = {}
            for (done, read), side in product(parts.items(), (0, 1)):
                places = [[*idx[:axis], _near(idx[axis], o, ends[axis]), *idx[axis + 1 :]] for o, _ in taps[side]]
                value = sum(w * read(*at) for at, (_, w) in zip(places, taps[side], strict=True))
                name = "y" + "".join(str(s + 1) for s in (*done, side))
                node = v.node(name, value, *idx)
                new[(*done, side)] = lambda *at, node=node: node[at]
            parts = new
        spots = {sides: tuple(2 * i + s - 1 for i, s in zip(idx, sides, strict=True)) for sides in parts}
        weight = getattr(v, weights)
        return sum(Sum(weight[spots[sides]] * read(*idx) ** power, *idx) for sides, read in parts.items())

    return write


def _upsampled(name: str, letters: str, taps: Any, mode: str) -> Row:
    axes = ",".join(a.upper() for a in letters)
    twice = ",".join(f"2*{a.upper()}" for a in letters)

    def by_torch(t: Any) -> torch.Tensor:
        y = F.interpolate(t.x[None, None], scale_factor=2, mode=mode, align_corners=False)[0, 0]
        return (t.u * y**2).sum()

    return Row(name, f"x:{axes} u:{twice}", _doubled(letters, taps), by_torch, TWICE)


def _padded(name: str, letters: str, mode: str, place: Any) -> Row:
    """One pixel more on every side."""
    axes, more = (",".join(f"{a.upper()}{'+2' * m}" for a in letters) for m in (0, 1))

    def write(v: Any) -> Any:
        own = [v.over(a, getattr(v, b.upper()) + 2) for a, b in zip("ijo", letters, strict=False)]
        at, made = [getattr(v, b) for b in letters], v.x
        for axis, letter in enumerate(letters):  # one axis after the other
            free = [*own[: axis + 1], *at[axis + 1 :]]
            read = lambda here, axis=axis, free=free, made=made: made[(*free[:axis], here, *free[axis + 1 :])]  # noqa: E731
            value = place(own[axis], read, getattr(v, letter.upper()))
            made = v.node(f"y{axis + 1}", value, *free)
        return Sum(v.u[tuple(own)] * made[tuple(own)] ** 2, *own)

    def by_torch(t: Any) -> torch.Tensor:
        return (t.u * F.pad(t.x[None, None], (1, 1) * len(letters), mode=mode)[0, 0] ** 2).sum()

    return Row(name, f"x:{axes} u:{more}", write, by_torch)


def _reflected(i: Any, read: Any, end: Any) -> Any:
    return Piecewise((read(2), Eq(i, 1)), (read(end - 1), Eq(i, end + 2)), (read(i - 1), True))


def _replicated(i: Any, read: Any, end: Any) -> Any:
    return Piecewise((read(1), Eq(i, 1)), (read(end), Eq(i, end + 2)), (read(i - 1), True))


def _sampled(v: Any) -> Any:
    """The image at the points of a grid in [-1, 1]: sum over pixels of x times a hat function for each axis."""
    a = v.node("a", ((v.g[v.n, 1] + 1) * v.V + 1) / 2, v.n)
    b = v.node("b", ((v.g[v.n, 2] + 1) * v.H + 1) / 2, v.n)
    hats = relu(1 - Abs(b[v.n] - v.h)) * relu(1 - Abs(a[v.n] - v.v))
    y = v.node("y", Sum(v.x[v.h, v.v] * hats, v.h, v.v), v.n)
    return Sum(v.u[v.n] * y[v.n] ** 2, v.n)


def _sampled3(v: Any) -> Any:
    a, b, c = (
        v.node(name, ((v.g[v.n, axis] + 1) * size + 1) / 2, v.n)
        for name, axis, size in (("a", 1, v.V), ("b", 2, v.H), ("c", 3, v.D))
    )
    hats = relu(1 - Abs(c[v.n] - v.d)) * relu(1 - Abs(b[v.n] - v.h)) * relu(1 - Abs(a[v.n] - v.v))
    y = v.node("y", Sum(v.x[v.d, v.h, v.v] * hats, v.d, v.h, v.v), v.n)
    return Sum(v.u[v.n] * y[v.n] ** 2, v.n)


def _affine(v: Any) -> Any:
    x, y = (2 * v.v - 1) / v.V - 1, (2 * v.h - 1) / v.H - 1
    value = sum(v.u[v.h, v.v, i] * (v.A[i, 1] * x + v.A[i, 2] * y + v.A[i, 3]) ** 2 for i in (1, 2))
    return Sum(value, v.h, v.v)


def _unpooled(letters: str) -> Row:
    """Each number stands at its place of an image of twice the size, whose places are counted row by row."""
    axes, d = ",".join(a.upper() for a in letters), len(letters)
    whole = "*".join([str(2**d), *letters.upper()])

    def write(v: Any) -> Any:
        at = tuple(getattr(v, a) for a in letters)
        return Sum(v.u[v.p[at]] * v.x[at] ** 2, *at)

    def by_torch(t: Any) -> torch.Tensor:
        y = getattr(F, f"max_unpool{d}d")(t.x[None, None], t.p[None, None], 2)
        return (t.u * y.flatten() ** 2).sum()

    return Row(f"max_unpool{d}d", f"x:{axes} p:{axes}@apart_{whole} u:{whole}", write, by_torch)


ROWS = (
    _upsampled("upsample_linear1d", "h", LINEAR, "linear"),
    _upsampled("upsample_bilinear2d", "hv", LINEAR, "bilinear"),
    _upsampled("upsample_trilinear3d", "hvd", LINEAR, "trilinear"),
    _upsampled("upsample_bicubic2d", "hv", CUBIC, "bicubic"),
    _padded("reflection_pad2d", "hv", "reflect", _reflected),
    _padded("reflection_pad3d", "hvd", "reflect", _reflected),
    _padded("replication_pad2d", "hv", "replicate", _replicated),
    _padded("replication_pad3d", "hvd", "replicate", _replicated),
    Row(
        "affine_grid_generator",
        "A:2,3 u:H,V,2",
        _affine,
        lambda t: (t.u * F.affine_grid(t.A[None], (1, 1, t.H, t.V), align_corners=False)[0] ** 2).sum(),
    ),
    Row(
        "grid_sampler_2d",
        "x:H,V g:N,2@-1..1 u:N",
        _sampled,
        lambda t: (t.u * F.grid_sample(t.x[None, None], t.g[None, None], align_corners=False)[0, 0, 0] ** 2).sum(),
        HATS,
    ),
    Row(
        "grid_sampler_3d",
        "x:D,H,V g:N,3@-1..1 u:N",
        _sampled3,
        lambda t: (
            t.u * F.grid_sample(t.x[None, None], t.g[None, None, None], align_corners=False)[0, 0, 0, 0] ** 2
        ).sum(),
        HATS,
    ),
    _unpooled("hv"),
    _unpooled("dhv"),
)
