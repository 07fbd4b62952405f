"""The formulas of torch's list of derivatives, each beside the gradient that is derived from a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch
from sympy import Eq, Ge, Gt, Heaviside, Le, Lt, Max, Min, Ne, Piecewise, Rational, S, log
from torch.nn import functional as F

from coverage_of_torch.inline import Formula, called, evaluated, formulas
from coverage_of_torch.names import left_out
from coverage_of_torch.rows import elementwise, images, layers, matrices, pairs, reductions, remaining, shapes, stored
from coverage_of_torch.rows.call import Batch, Call, Case, Shaped, new
from coverage_of_torch.table import Array, Row
from derive import Sum, amax, exp, floor, log1p, mean, trunc

HALF = S.Half
POINT = Rational(1, 5)
KNOWN = {
    row.name: row
    for row in (*elementwise.ROWS, *reductions.ROWS, *matrices.ROWS, *shapes.ROWS, *layers.ROWS, *images.ROWS)
}
SHAPE = "what it gives depends only on the shape of this argument"
DRAW = "what was drawn at random is a number, of which nothing is derived"
DRAWN = "(bernoulli|cauchy|exponential|geometric|log_normal|normal|poisson|random|uniform|_standard_gamma|fractional).*"
NO_MODEL = "no model yet"
WHY = {
    "native_layer_norm_backward": "the operation does not read this argument, and the list gives no number",
    "max_pool2d_backward": "torch has this operation for one device alone, and gives 0",
    "_pin_memory": "torch has this operation for one device alone",
    "_test_autograd_multiple_dispatch": "a formula for torch's own tests, on purpose no derivative",
}


def _one(f: Any, domain: str = "") -> Row:
    return new(f"x:N{domain} u:N", lambda v: Sum(v.u[v.n] * f(v.x[v.n]), v.n))


def _two(f: Any) -> Row:
    return new("x:N y:N u:N", lambda v: Sum(v.u[v.n] * f(v.x[v.n], v.y[v.n]), v.n))


def _larger(x: Any, y: Any) -> Any:
    """The larger one; of two that are equal x is taken."""
    return Piecewise((x, x >= y), (y, True))


def _smaller(x: Any, y: Any) -> Any:
    return Piecewise((x, x <= y), (y, True))


def _step(relation: Any, *sides: Any) -> Any:
    return Piecewise((1, relation(*sides)), (0, True))


def _steps() -> Iterator[tuple[str, Call]]:
    for name, relation in {"eq": Eq, "ne": Ne, "gt": Gt, "ge": Ge, "lt": Lt, "le": Le}.items():
        yield f"{name}.Scalar", (_one(lambda x, r=relation: _step(r, x, POINT)), {"self": "x", "other": 0.2})
        yield f"{name}.Tensor", (_two(lambda x, y, r=relation: _step(r, x, y)), {"self": "x", "other": "y"})


def _padded_back(letters: str, place: Any) -> Row:
    """sum_i g_i pad(u)_i, which is sum_n u_n y_n where y is the slope of padding applied to g."""
    small = ",".join(a.upper() for a in letters)
    large = ",".join(a.upper() + "+2" for a in letters)

    def write(v: Any) -> Any:
        own = [v.over(a, getattr(v, b.upper()) + 2) for a, b in zip("ijo", letters, strict=False)]
        at, made = [getattr(v, b) for b in letters], v.u
        for axis, letter in enumerate(letters):
            free = [*own[: axis + 1], *at[axis + 1 :]]
            read = lambda here, axis=axis, free=free, made=made: made[(*free[:axis], here, *free[axis + 1 :])]  # noqa: E731
            made = v.node(f"y{axis + 1}", place(own[axis], read, getattr(v, letter.upper())), *free)
        return Sum(v.x[tuple(own)] * made[tuple(own)], *own)

    return new(f"x:{large} u:{small}", write)


def _windows_back(letters: str, scale: Any, inner: bool) -> Row:
    """A number for each window of two along every axis, and one for each place in it."""
    one, two = (",".join(f"{m}{a.upper()}" for a in letters) for m in ("", "2*"))

    def write(v: Any) -> Any:
        parts = [v.over(p, 2) for p in "opq"[: len(letters)]]
        at = [getattr(v, a) for a in letters]
        places = tuple(2 * a + p - 2 for a, p in zip(at, parts, strict=True))
        pair = v.x[tuple(at)] * v.u[places] if inner else v.x[places] * v.u[tuple(at)]
        return Sum(pair / scale, *at, *parts)

    return new(f"x:{one} u:{two}" if inner else f"x:{two} u:{one}", write)


def _like(letter: str) -> Any:
    return Shaped(Batch(letter))


def _sides(t: Any, letters: str, scale: int = 1) -> list[int]:
    return [scale * getattr(t, a.upper()) for a in letters]


def _largest_back(letters: str) -> Row:
    """The number of a window goes to the place of its largest number y."""
    one, two = (",".join(f"{m}{a.upper()}" for a in letters) for m in ("", "2*"))

    def write(v: Any) -> Any:
        parts = [v.over(p, 2) for p in "opq"[: len(letters)]]
        at = [getattr(v, a) for a in letters]
        places = tuple(2 * a + p - 2 for a, p in zip(at, parts, strict=True))
        most = v.node("most", amax(v.y[places], *parts), *at)
        here = Piecewise((1, Ge(v.y[places], most[tuple(at)])), (0, True))
        return Sum(v.x[tuple(at)] * v.u[places] * here, *at, *parts)

    return new(f"x:{one} y:{two} u:{two}", write)


def _places(kind: Any, *args: Any) -> Any:
    return lambda t: kind(t.y[None, None], *(a(t) for a in args), return_indices=True)[1]


def _extremes_back() -> Iterator[tuple[str, Call]]:
    for d, letters in ((2, "hv"), (3, "hvd")):
        call = {"grad_output": Batch("x"), "self": Batch("y")}
        plain, adaptive = getattr(F, f"max_pool{d}d"), getattr(F, f"adaptive_max_pool{d}d")
        window = {"kernel_size": [2] * d, "stride": [2] * d, "padding": [0] * d, "dilation": [1] * d}
        more = {**window, "ceil_mode": False, "indices": _places(plain, lambda t: 2)}
        yield f"max_pool{d}d_with_indices_backward", (_largest_back(letters), {**call, **more})
        places = _places(adaptive, lambda t, s=letters: _sides(t, s))
        yield f"adaptive_max_pool{d}d_backward", (_largest_back(letters), {**call, "indices": places})


def _interpolations_back() -> Iterator[tuple[str, Call]]:
    kinds = {"linear1d": "h", "bilinear2d": "hv", "trilinear3d": "hvd", "bicubic2d": "hv"}
    for kind, letters in kinds.items():
        taps = images.CUBIC if "cubic" in kind else images.LINEAR
        one, two = (",".join(f"{m}{a.upper()}" for a in letters) for m in ("", "2*"))
        model = new(f"x:{two} u:{one}", images._doubled(letters, taps, "u", "x", 1))
        sizes = {
            "grad_output": Batch("x"),
            "output_size": lambda t, s=letters: _sides(t, s, 2),
            "input_size": lambda t, s=letters: [1, 1, *_sides(t, s)],
        }
        scales = ["scales"] if len(letters) == 1 else ["scales_d", "scales_h", "scales_w"][-len(letters) :]
        yield f"upsample_{kind}_backward", (model, {**sizes, "align_corners": False, **dict.fromkeys(scales)})


def _picked_back(name: str, leaves: str, axes: str, where: Any) -> tuple[str, Call]:
    """-g at the place of the label, 0 beside it."""

    def write(v: Any) -> Any:
        at = [getattr(v, a) for a in axes]
        return -Sum(v.u[(at[0], v.p[tuple(at)], *at[1:])] * v.x[tuple(at)], *at)

    call = {
        "grad_output": lambda t: where(t.x),
        "self": Shaped(lambda t: torch.zeros_like(where(t.u))),
        "target": lambda t: where(t.p),
        "weight": None,
        "reduction": 0,
        "ignore_index": -100,
        "total_weight": lambda t: torch.tensor(1.0).double(),
    }
    return name, (new(leaves, write), call)


def _least(kind: Any) -> Row:
    return _one(lambda x: kind(x, POINT))


def _known(names: str, **call: Any) -> dict[str, Call]:
    return {name: (KNOWN[name.partition(".")[0]], call) for name in names.split()}


def _images_back() -> Iterator[tuple[str, Call]]:
    for d in (1, 2, 3):
        letters, pads = "hvd"[:d], [1, 1] * d
        call = {"grad_output": Batch("x"), "self": _like("u"), "padding": pads}
        yield f"reflection_pad{d}d_backward", (_padded_back(letters, images._reflected), call)
        yield f"replication_pad{d}d_backward", (_padded_back(letters, images._replicated), call)
        sizes = {
            "grad_output": Batch("x"),
            "output_size": lambda t, s=letters: _sides(t, s, 2),
            "input_size": lambda t, s=letters: [1, 1, *_sides(t, s)],
        }
        scales = ["scales"] if d == 1 else ["scales_d", "scales_h", "scales_w"][-d:]
        for kind in ("", "_exact"):
            name = f"{'_' if kind else ''}upsample_nearest{kind}{d}d_backward"
            yield name, (_windows_back(letters, 1, False), {**sizes, **dict.fromkeys(scales)})
        if d > 1:
            pool = {"grad_output": Batch("x"), "self": _like("u"), "kernel_size": [2] * d, "stride": [2] * d}
            more = {"padding": [0] * d, "ceil_mode": False, "count_include_pad": True, "divisor_override": None}
            model = _windows_back(letters, 2**d, True)
            yield f"avg_pool{d}d_backward", (model, {**pool, **more})
            yield f"_adaptive_avg_pool{d}d_backward", (model, {"grad_output": Batch("x"), "self": _like("u")})


UNARY = (
    "abs acos acosh asinh atanh asin atan cos cosh erf erfc special_erfcx erfinv exp exp2 expm1 lgamma digamma log "
    "log10 log2 nan_to_num neg reciprocal special_entr special_ndtri special_log_ndtr rsqrt sin sinh sqrt tan ceil "
    "floor frac round round.decimals sign trunc alias clone"
)
BINARY = (
    "hypot logaddexp logaddexp2 xlogy.Tensor special_xlog1py maximum minimum fmod.Tensor remainder.Tensor "
    "copysign.Tensor"
)
X, XY = {"self": "x"}, {"self": "x", "other": "y"}

ELEMENTWISE: dict[str, Call] = {
    **_known(UNARY, self="x", decimals=0),
    **_known("polygamma", self="x", n=2),
    **_known(BINARY, **XY),
    **_known("add.Tensor sub.Tensor rsub.Tensor", **XY, alpha=2),
    "fmax": (_two(_larger), XY),
    "fmin": (_two(_smaller), XY),
    "clamp_min.Tensor": (_two(_larger), {"self": "x", "min": "y"}),
    "clamp_max.Tensor": (_two(_smaller), {"self": "x", "max": "y"}),
    **_known("addcmul addcdiv", self="x", tensor1="y", tensor2="z", value=3),
    **_known("lerp.Tensor", self="x", end="y", weight="z"),
    **_known("where.self", condition=lambda t: t.x > 0, self="y", other="z"),
    **_known("masked_fill.Scalar", self="x", mask=lambda t: t.y > t.z, value=7),
    **_known("masked_fill.Tensor", self="x", mask=lambda t: t.y > t.z, value=lambda t: torch.tensor(7.0).double()),
    "add.Scalar": (_one(lambda x: x + HALF), {**X, "other": 0.5, "alpha": 1}),
    "sub.Scalar": (_one(lambda x: x - HALF), {**X, "other": 0.5, "alpha": 1}),
    "rsub.Scalar": (_one(lambda x: 1 - 2 * x), {**X, "other": 1, "alpha": 2}),
    "clamp_min": (_one(lambda x: _larger(x, POINT)), {**X, "min": 0.2}),
    "clamp_max": (_one(lambda x: _smaller(x, POINT)), {**X, "max": 0.2}),
    "fmod.Scalar": (_one(lambda x: x - HALF * trunc(2 * x)), {**X, "other": 0.5}),
    "remainder.Scalar": (_one(lambda x: x - HALF * floor(2 * x)), {**X, "other": 0.5}),
    "ldexp.Tensor": (_two(lambda x, y: x * 2**y), XY),
    "lerp.Scalar": (_two(lambda x, y: x + HALF * (y - x)), {**X, "end": "y", "weight": 0.5}),
    "xlogy.Scalar_Self": (_one(lambda x: HALF * log(x), "@positive"), {"self": 0.5, "other": "x"}),
    "xlogy.Scalar_Other": (_one(lambda x: x * log(2)), {**X, "other": 2.0}),
    "special_xlog1py.self_scalar": (_one(lambda x: HALF * log1p(x), "@-1..2"), {"self": 0.5, "other": "x"}),
    "special_xlog1py.other_scalar": (_one(lambda x: x * log(3)), {**X, "other": 2.0}),
    "sigmoid_backward": (_two(lambda x, y: x * y * (1 - y)), {"grad_output": "x", "output": "y"}),
    "tanh_backward": (_two(lambda x, y: x * (1 - y**2)), {"grad_output": "x", "output": "y"}),
    "hardswish_backward": (
        _two(lambda x, y: x * Piecewise((0, y < -3), (y / 3 + HALF, y < 3), (1, True))),
        {"grad_output": "x", "self": "y"},
    ),
    "threshold_backward": (
        _two(lambda x, y: x * Heaviside(y - POINT)),
        {"grad_output": "x", "self": "y", "threshold": 0.2},
    ),
    "leaky_relu_backward": (
        _two(lambda x, y: x * (POINT + (1 - POINT) * Heaviside(y))),
        {"grad_output": "x", "self": "y", "negative_slope": 0.2, "self_is_result": False},
    ),
    "rrelu_with_noise_backward": (
        _two(lambda x, y: x * (POINT + (1 - POINT) * Heaviside(y))),
        {
            "grad_output": "x",
            "self": "y",
            "noise": lambda t: torch.zeros_like(t.y),
            "lower": 0.1,
            "upper": 0.3,
            "training": False,
            "self_is_result": False,
        },
    ),
    "hardtanh_backward": (
        _two(lambda x, y: x * Piecewise((1, (y > -1) & (y < 1)), (0, True))),
        {"grad_output": "x", "self": "y", "min_val": -1, "max_val": 1},
    ),
    "hardshrink_backward": (
        _two(lambda x, y: x * Piecewise((0, (y >= -HALF) & (y <= HALF)), (1, True))),
        {"grad_out": "x", "self": "y", "lambd": 0.5},
    ),
    "softshrink_backward": (
        _two(lambda x, y: x * Piecewise((0, (y >= -HALF) & (y <= HALF)), (1, True))),
        {"grad_output": "x", "self": "y", "lambd": 0.5},
    ),
    **dict(_steps()),
}

MATRICES: dict[str, Call] = {
    **_known("addbmm baddbmm", self="z", batch1="A", batch2="B", beta=1, alpha=1),
    **_known("addmm", self="z", mat1="A", mat2="B", beta=2, alpha=3),
    **_known("addmv", self="z", mat="A", vec="x", beta=1, alpha=2),
    **_known("addr", self="z", vec1="x", vec2="y", beta=1, alpha=1),
    **_known("bmm", self="A", mat2="B"),
    **_known("mv", self="A", vec="x"),
    **_known("linalg_cross", self="x", other="y", dim=-1),
    **_known("linalg_inv_ex", A="A"),
    "dot": (new("x:N y:N u", lambda v: v.u * Sum(v.x[v.n] * v.y[v.n], v.n)), {"self": "x", "tensor": "y"}),
    "vdot": (new("x:N y:N u", lambda v: v.u * Sum(v.x[v.n] * v.y[v.n], v.n)), XY),
    "sum": (new("x:N,D u", lambda v: v.u * Sum(v.x[v.n, v.d], v.n, v.d)), X),
    "mean": (new("x:N,D u", lambda v: v.u * mean(v.x[v.n, v.d], v.n, v.d)), X),
    **_known("amax amin", self="x", dim=[1], keepdim=False),
    "_log_softmax_backward_data": (
        new(
            "x:N,D y:N,D u:N,D",
            lambda v: Sum(v.u[v.n, v.d] * (v.x[v.n, v.d] - exp(v.y[v.n, v.d]) * Sum(v.x[v.n, v.d2], v.d2)), v.n, v.d),
        ),
        {"grad_output": "x", "output": "y", "dim": 1, "input_dtype": torch.float64},
    ),
}

_columns = new("x:D u:D", lambda v: Sum(v.u[v.d] * v.x[v.d], v.d))
SHAPES: dict[str, Call] = {
    **_known("diag_embed", self="x", offset=0, dim1=-2, dim2=-1),
    **_known("expand", self="x", size=lambda t: [t.N, t.D]),
    **_known("fill.Tensor", self="u", value="a"),
    **_known("index_add", self="z", dim=0, index="p", source="x", alpha=1),
    **_known("index_copy", self="z", dim=0, index="p", source=lambda t: t.x[None]),
    "index_fill.int_Tensor": (KNOWN["index_fill"], {"self": "z", "dim": 0, "index": "p", "value": "x"}),
    "index_fill.int_Scalar": (
        new(
            "z:N p:1@among_N u:N",
            lambda v: Sum(v.u[v.n] * Piecewise((7, Eq(v.p[1], v.n)), (v.z[v.n], True)), v.n),
        ),
        {"self": "z", "dim": 0, "index": "p", "value": 7},
    ),
    **_known("index_put", self="z", indices=lambda t: [t.p], values=lambda t: t.x[None], accumulate=False),
    "_unsafe_index_put": (
        KNOWN["index_put"],
        {"self": "z", "indices": lambda t: [t.p], "values": lambda t: t.x[None], "accumulate": False},
    ),
    "_unsafe_index.Tensor": (KNOWN["index"], {"self": "x", "indices": lambda t: [t.p]}),
    **_known("put", self="z", index="p", source=lambda t: t.x[None], accumulate=False),
    **_known("scatter.src", self="z", dim=0, index="p", src=lambda t: t.x[None]),
    "scatter.value": (
        new(
            "z:N p:1@among_N u:N",
            lambda v: Sum(v.u[v.n] * Piecewise((7, Eq(v.p[1], v.n)), (v.z[v.n], True)), v.n),
        ),
        {"self": "z", "dim": 0, "index": "p", "value": 7},
    ),
    **_known("scatter_add", self="z", dim=0, index=lambda t: t.p[:, None].expand(-1, t.D), src="x"),
    **_known("slice_scatter", self="x", src="y", dim=0, start=lambda t: t.N, end=lambda t: t.N + t.M, step=1),
    **_known("select_scatter", self="x", src="y", dim=0, index=0),
    **_known("diagonal_scatter", self="x", src="y", offset=0, dim1=0, dim2=1),
    **_known("squeeze", self="x"),
    **_known("squeeze.dim", self="x", dim=1),
    **_known("squeeze.dims", self="x", dim=[1]),
    **_known("t", self="x"),
    **_known("roll", self="x", shifts=[1], dims=[0]),
    **_known("flip", self="x", dims=[0]),
    **_known("rot90", self="x", k=-1, dims=[0, 1]),
    **_known("transpose.int transpose", self="x", dim0=0, dim1=1),
    **_known("tril triu", self="x", diagonal=0),
    **_known("view", self="x", size=lambda t: [t.N * t.D]),
    "_unsafe_view": (KNOWN["view"], {"self": "x", "size": lambda t: [t.N * t.D]}),
    "unsqueeze": (_columns, {"self": "x", "dim": 0}),
    "lift": (_columns, X),
    "lift_fresh": (_columns, X),
    "masked_scatter": (
        new(
            "x:N y:N z:N@binary u:N",
            lambda v: Sum(v.u[v.n] * ((1 - v.z[v.n]) * v.x[v.n] + v.z[v.n] * v.y[v.n]), v.n),
        ),
        {"self": "x", "mask": lambda t: t.z > 0.5, "source": lambda t: t.y[t.z > 0.5]},
    ),
    **_known("pixel_shuffle", self=lambda t: t.x[None], upscale_factor=2),
    **_known("pixel_unshuffle", self=lambda t: t.x[None, None], downscale_factor=2),
    **_known("channel_shuffle", self=lambda t: t.x[None, :, :, None], groups=2),
    **_known(
        "im2col",
        self=lambda t: t.x[None],
        kernel_size=lambda t: [t.R, t.S],
        dilation=[1, 1],
        padding=[0, 0],
        stride=[1, 1],
    ),
    **_known(
        "col2im",
        self=lambda t: t.x.reshape(1, t.C * t.R * t.S, t.H * t.V),
        output_size=lambda t: [t.H + t.R - 1, t.V + t.S - 1],
        kernel_size=lambda t: [t.R, t.S],
        dilation=[1, 1],
        padding=[0, 0],
        stride=[1, 1],
    ),
    "slice_backward": (
        new("x:N,D u:N+2,D", lambda v: Sum(v.u[v.n + 2, v.d] * v.x[v.n, v.d], v.n, v.d)),
        {
            "grad_output": "x",
            "input_sizes": lambda t: [t.N + 2, t.D],
            "dim": 0,
            "start": 2,
            "end": lambda t: t.N + 2,
            "step": 1,
        },
    ),
    "select_backward": (
        new("x:N u:N,3", lambda v: Sum(v.u[v.n, 2] * v.x[v.n], v.n)),
        {"grad_output": "x", "input_sizes": lambda t: [t.N, 3], "dim": 1, "index": 1},
    ),
    "diagonal_backward": (
        new("x:N u:N,N", lambda v: Sum(v.u[v.n, v.n] * v.x[v.n], v.n)),
        {"grad_output": "x", "input_sizes": lambda t: [t.N, t.N], "offset": 0, "dim1": 0, "dim2": 1},
    ),
    "unfold_backward": (
        new("x:N,R u:N+R-1", lambda v: Sum(v.u[v.n + v.r - 1] * v.x[v.n, v.r], v.n, v.r)),
        {"grad_in": "x", "input_sizes": lambda t: [t.N + t.R - 1], "dim": 0, "size": lambda t: t.R, "step": 1},
    ),
    "_index_put_impl": (
        KNOWN["index_put"],
        {"self": "z", "indices": lambda t: [t.p], "values": lambda t: t.x[None], "accumulate": False, "unsafe": False},
    ),
    "_unsafe_masked_index": (
        new("x:C p:N@among_C z:N@binary u:N", lambda v: Sum(v.u[v.n] * v.z[v.n] * v.x[v.p[v.n]], v.n)),
        {"self": "x", "mask": lambda t: t.z > 0.5, "indices": lambda t: [t.p], "fill": 0},
    ),
    "_unsafe_masked_index_put_accumulate": (
        new(
            "x:N y:C p:N@among_C z:N@binary u:C",
            lambda v: Sum(v.u[v.c] * v.y[v.c], v.c) + Sum(v.u[v.p[v.n]] * v.z[v.n] * v.x[v.n], v.n),
        ),
        {"self": "y", "mask": lambda t: t.z > 0.5, "indices": lambda t: [t.p], "values": "x"},
    ),
    **{
        f"_foreach_{name}.{kind}": (_least(f), {"self": lambda t: [t.x], number: value, "i": 0})
        for name, f in (("minimum", Min), ("maximum", Max))
        for kind, number, value in (("Scalar", "scalar", 0.2), ("ScalarList", "scalars", [0.2]))
    },
    **dict([_picked_back("nll_loss_backward", "x:N u:N,C p:N@among_C", "n", lambda x: x)]),
    **dict([_picked_back("nll_loss2d_backward", "x:N,D u:N,C,D p:N,D@among_C", "nd", lambda x: x[..., None])]),
    **dict(_images_back()),
    **dict(_interpolations_back()),
    **dict(_extremes_back()),
}

PLAIN = {**ELEMENTWISE, **MATRICES, **SHAPES}
CALLS = {name: Case(*call) for name, call in PLAIN.items()} | pairs.CALLS | stored.CALLS | remaining.CALLS
SCALARS = ("alpha", "beta", "weight", "value", "other")  # numbers that a formula asks as it asks arrays


def _slopes(formula: Formula, case: Case) -> Any:
    """The gradient of the leaf that the argument is, as the formula has it where the slope of the result is given.

    Beside it stands L itself, the sum of slopes times results, or half of it where the loss has squares.
    """
    leaf = _leaf(formula, case)

    def found(t: Any) -> dict[str, Array]:
        values = {k: _value(a, t) for k, a in case.arguments.items()}
        results = called(formula.operation, values)
        slopes, loss = _given(case, t, results)
        scalars = {
            k: torch.tensor(v).double() for k, v in values.items() if k in SCALARS and isinstance(v, int | float)
        }
        value = evaluated(formula, {**values, **scalars, **results, "grad": slopes[0], "grads": slopes})
        return {**(case.read(value, formula.argument, t) if case.read else {leaf: value}), **loss}

    return found


def _given(case: Case, t: Any, results: dict[str, Any]) -> tuple[list[Any], dict[str, Array]]:
    """The slopes of the results, and the loss where it is told by them."""
    result = results["result"]
    if case.slope is not None:
        slopes = case.slope(t, result)
        slopes = slopes if isinstance(slopes, list) else [slopes]
        pairs = zip(slopes, results["results"], strict=False)
        return slopes, {"L": sum(_inner(a, b) for a, b in pairs)} if case.valued else {}
    weights = t.u.reshape(result.shape) if hasattr(t, "u") else torch.ones(result.shape, dtype=torch.float64)
    if not case.valued:
        return [weights], {}
    result = _dense(result).to(torch.float64)
    model = case.model.by_torch
    squared = model is not None and not torch.isclose((weights * result).sum(), model(t))
    assert not squared or torch.isclose((weights * result**2).sum(), model(t))
    return [2 * weights * result if squared else weights], {"L": (weights * result ** (1 + squared)).sum()}


def _dense(array: Array) -> Array:
    return array if array.layout == torch.strided else array.to_dense()


def _inner(one: Array, other: Array) -> Array:
    """Re sum conj(a) b, where nested arrays are the numbers that they store."""
    a, b = (x.values() if x.is_nested else _dense(x) for x in (one, other))
    return (a.conj() * b).sum().real


def _value(argument: Any, t: Any) -> Any:
    if callable(argument):
        return argument(t)
    return getattr(t, argument) if isinstance(argument, str) else argument


def _leaf(formula: Formula, case: Case) -> str:
    """The letter of the argument; where the call reshapes it, the one that the row is about."""
    argument = case.arguments.get(formula.argument)
    return argument if isinstance(argument, str) else getattr(argument, "letter", "x")


def _row(formula: Formula) -> Row:
    base, dot, overload = formula.operation.partition(".")
    case = CALLS.get(base.removesuffix("_") + dot + overload, CALLS.get(formula.operation))
    if case is None or formula.argument not in case.arguments:
        return Row(formula.name, why=_why(formula, base))
    argument = case.arguments[formula.argument]
    if argument == "u" or isinstance(argument, Shaped):
        return Row(formula.name, why=SHAPE)
    model = case.model
    return Row(formula.name, model.leaves, model.write, slopes=_slopes(formula, case), form=case.form or model.form)


def _why(formula: Formula, base: str) -> str:
    if base in WHY:
        return WHY[base]
    if re.fullmatch(DRAWN, base):
        return DRAW
    if re.fullmatch("(fill|zero)_?", base):
        return SHAPE
    reason = left_out().get(base, NO_MODEL)
    return NO_MODEL if reason.startswith(("the same operation", "the derivative of another")) else reason


def listed() -> tuple[str, ...]:
    """The formulas by operation and argument."""
    return tuple(f.name for f in formulas())


ROWS = tuple(map(_row, formulas()))
