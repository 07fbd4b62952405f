"""Operations that are the derivative of another one, and a few of their own."""

from __future__ import annotations

from typing import Any

import torch
from sympy import Abs, Heaviside, Ne, Piecewise, Rational, floor, pi, sin

from coverage_of_torch.rows import images
from coverage_of_torch.rows.call import Batch, Case, Made, Shaped, new
from coverage_of_torch.table import Array
from derive import Sum, log2, solve, stop

MASKED = "with the mask as zeros and ones"
STOPPED = "with the draw as an input, and stopped, as torch stops there"
UNIFORM = "with the uniform number that is drawn as an input"
LAST_DIGIT = "up to the last digit of a float"
TWICE = images.TWICE


def _kernel(v: Any) -> Any:
    """Both slopes of PReLU, to its argument and to its weight."""
    x, y, z = v.x[v.n], v.y[v.n], v.z[v.n]
    to_argument = Piecewise((x, y >= 0), (x * z, True))
    to_weight = Piecewise((0, y >= 0), (x * y, True))
    return Sum(v.u[v.n, 1] * to_argument + v.u[v.n, 2] * to_weight, v.n)


def _wide(name: str) -> tuple[str, Case]:
    """Filters whose weights sum to 1 over those pixels that the image has, one axis after the other."""
    model = new("x:2*H,2*V u:H,V", _filtered(FILTERS[name]))
    sizes = {"output_size": lambda t: [2 * t.H, 2 * t.V], "input_size": lambda t: [1, 1, t.H, t.V]}
    more = {"grad_output": Batch("x"), **sizes, "align_corners": False, "scales_h": None, "scales_w": None}
    return f"_upsample_{name}2d_aa_backward", Case(model, more, form=TWICE)


def _linear(x: Any) -> Any:
    return max(1 - abs(x), 0)


def _cubic(x: Any) -> Any:
    """The cubic kernel of Keys (1981) with a = -1/2."""
    a, x = Rational(-1, 2), abs(x)
    return ((a + 2) * x - (a + 3)) * x**2 + 1 if x <= 1 else a * (((x - 5) * x + 8) * x - 4)


def _lanczos(x: Any) -> Any:
    return 3 * sin(pi * x) * sin(pi * x / 3) / (pi * x) ** 2


FILTERS = {"bilinear": (_linear, 1), "bicubic": (_cubic, 2), "lanczos": (_lanczos, 3)}


def _filtered(kernel: Any) -> Any:
    weight, reach = kernel
    places = {side: range(-reach + side, reach + side) for side in (0, 1)}

    def axis(at: Any, end: Any, side: int, read: Any) -> Any:
        shift = Rational(2 * side - 1, 4)
        inside = lambda value, o: Piecewise((value, (at + o >= 1) & (at + o <= end)), (0, True))  # noqa: E731
        pairs = [(o, weight(o - shift)) for o in places[side]]
        return sum(inside(w * read(at + o), o) for o, w in pairs) / sum(inside(w, o) for o, w in pairs)

    def write(v: Any) -> Any:
        total = 0
        for a in (0, 1):
            y = v.node(f"y{a}", axis(v.h, v.H, a, lambda at: v.u[at, v.v]), v.h, v.v)
            for b in (0, 1):
                z = v.node(f"z{a}{b}", axis(v.v, v.V, b, lambda at, y=y: y[v.h, at]), v.h, v.v)
                total += Sum(v.x[2 * v.h + a - 1, 2 * v.v + b - 1] * z[v.h, v.v], v.h, v.v)
        return total

    return write


def _factored(v: Any) -> Any:
    """L U x = the rows of B in their order; both factors lie in A, and the diagonal of L is 1."""
    n, k, m = v.n, v.n2, v.n3
    low = v.node("l", Piecewise((v.A[n, k], k < n), (1, k <= n), (0, True)), n, k)
    up = v.node("r", Piecewise((v.A[n, k], k >= n), (0, True)), n, k)
    whole = v.node("c", Sum(low[n, m] * up[m, k], m), n, k)
    rows = v.node("b", v.B[v.p[n], v.d], n, v.d)
    y = v.node("y", solve(whole, rows)[n, v.d], n, v.d)
    return Sum(v.u[n, v.d] * y[n, v.d], n, v.d)


def _swaps(order: Array) -> Array:
    """An order of rows as the swaps that make it, counted from 1."""
    rows, found = list(range(len(order))), []
    for i, row in enumerate(order.tolist()):
        j = rows.index(row)
        rows[i], rows[j] = rows[j], rows[i]
        found.append(j + 1)
    return torch.tensor(found, dtype=torch.int32)


def _sliced(t: Any) -> tuple[Array, Array]:
    base = t.y.clone()
    base[1 : t.N + 1] = t.x
    return base[1 : t.N + 1], base


def _both(value: Array, argument: str, t: Any) -> dict[str, Array]:
    return {{"self": "x", "src": "y"}[argument]: value}


def _drawn(**arguments: Any) -> Case:
    model = new("x:N y:N@positive z:N u:N", lambda v: Sum(v.u[v.n] * stop(v.x[v.n] + v.y[v.n] * v.z[v.n]), v.n))
    return Case(model, arguments, form=STOPPED, valued=False)


def _below(**arguments: Any) -> Case:
    """1 where a uniform number is below the probability."""
    model = new("x:N@probability z:N@probability u:N", lambda v: Sum(v.u[v.n] * Heaviside(v.x[v.n] - v.z[v.n]), v.n))
    return Case(model, arguments, form=UNIFORM, valued=False)


CALLS: dict[str, Case] = {
    "masked_scatter_backward": Case(
        new("x:N z:N@binary u:N", lambda v: Sum(v.u[v.n] * v.z[v.n] * v.x[v.n], v.n)),
        {"grad_output": "x", "mask": lambda t: t.z > 0.5, "sizes": lambda t: [int(t.z.sum())]},
        lambda t, y: t.u[t.z > 0.5],
        form=MASKED,
    ),
    "_prelu_kernel_backward": Case(
        new("x:N y:N z:N u:N,2", _kernel),
        {"grad_output": "x", "self": "y", "weight": "z"},
        lambda t, y: [t.u[:, 0], t.u[:, 1]],
    ),
    "slice_inverse": Case(
        new(
            "x:N y:N+2 u:N+2",
            lambda v: Sum(v.u[v.n + 1] * v.x[v.n], v.n) + v.u[1] * v.y[1] + v.u[v.N + 2] * v.y[v.N + 2],
        ),
        {
            "self": Made("x", lambda t: _sliced(t)[0]),
            "src": Made("y", lambda t: _sliced(t)[1]),
            "dim": 0,
            "start": 1,
            "end": lambda t: t.N + 1,
            "step": 1,
        },
        read=_both,
    ),
    "linalg_lu_solve": Case(
        new("A:N,N B:N,D x:N p:N@order u:N,D", _factored),
        {"LU": "A", "pivots": lambda t: _swaps(t.p), "B": "B", "left": True, "adjoint": False},
    ),
    "frexp.Tensor": Case(
        new("x:N@nonzero u:N", lambda v: Sum(v.u[v.n] * v.x[v.n] / 2 ** (floor(log2(Abs(v.x[v.n]))) + 1), v.n)),
        {"self": "x"},
    ),
    "nextafter": Case(
        new(
            "x:N y:N u:N",
            lambda v: Sum(v.u[v.n] * Piecewise((v.x[v.n], Ne(v.x[v.n], v.y[v.n])), (stop(v.y[v.n]), True)), v.n),
        ),
        {"self": "x", "other": "y"},
        form=LAST_DIGIT,
    ),
    "normal.Tensor_float": _drawn(mean="x", std=2.0),
    "normal.float_Tensor": _drawn(mean=1.0, std="y"),
    "normal.Tensor_Tensor": _drawn(mean="x", std="y"),
    "bernoulli": _below(self="x"),
    "bernoulli.Tensor": _below(self=Shaped(lambda t: torch.zeros_like(t.x)), p="x"),
    **dict(map(_wide, FILTERS)),
}
