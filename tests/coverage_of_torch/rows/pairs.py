"""Complex numbers, each as a pair of real ones: torch's slope of a complex number z is dL/dRe z + i dL/dIm z."""

from __future__ import annotations

from typing import Any

import torch
from sympy import cos, pi, sin

from coverage_of_torch.rows.call import Case, new
from coverage_of_torch.table import Array
from derive import Sum

PAIRS = "with complex numbers as pairs of real ones"


def _complex(t: Any) -> Array:
    return torch.complex(t.x, t.y)


def _slope(t: Any, result: Any) -> Array:
    return torch.view_as_complex(t.u)


def _parts(value: Array, argument: str, t: Any) -> dict[str, Array]:
    return {"x": value.real, "y": value.imag} if value.is_complex() else {"x": value}


def _pair(first: Any, second: Any, slope: Any = _slope, read: Any = _parts, **arguments: Any) -> Case:
    """L = sum u1 Re + u2 Im of the result."""
    write = lambda v: Sum(v.u[v.n, 1] * first(v) + v.u[v.n, 2] * second(v), v.n)  # noqa: E731
    return Case(new("x:N y:N u:N,2", write), arguments, slope, read, PAIRS)


def _conjugated() -> Case:
    return _pair(lambda v: v.x[v.n], lambda v: -v.y[v.n], self=_complex)


def _as_letters(value: Array, argument: str, t: Any) -> dict[str, Array]:
    return {"x" if argument == "real" else "y": value}


def _fourier(real: bool) -> Any:
    """sum_k (x_k + i y_k) exp(-2 pi i (n - 1) (k - 1) / N), its real or its imaginary part."""

    def write(v: Any) -> Any:
        k = v.n2
        angle = 2 * pi * (v.n - 1) * (k - 1) / v.N
        c, s = cos(angle), sin(angle)
        return Sum(v.x[k] * c + v.y[k] * s if real else v.y[k] * c - v.x[k] * s, k)

    return write


CALLS: dict[str, Case] = {
    "complex": _pair(lambda v: v.x[v.n], lambda v: v.y[v.n], read=_as_letters, real="x", imag="y"),
    "_conj": _conjugated(),
    "_conj_physical": _conjugated(),
    "conj_physical": _conjugated(),
    "view_as_real": _pair(lambda v: v.x[v.n], lambda v: v.y[v.n], lambda t, y: t.u, self=_complex),
    "view_as_complex": Case(
        new("x:N,2 u:N,2", lambda v: Sum(v.u[v.n, 1] * v.x[v.n, 1] + v.u[v.n, 2] * v.x[v.n, 2], v.n)),
        {"self": "x"},
        _slope,
        form=PAIRS,
    ),
    "_fft_c2c": _pair(_fourier(True), _fourier(False), self=_complex, dim=[0], normalization=0, forward=True),
}
