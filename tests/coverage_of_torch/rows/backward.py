"""The reference backward functions of `torch/_decomp/decompositions.py`, each beside a model of its function.

The models are those of the other rows; the gradients are what the reference function returns where the slope of the
loss with respect to the result is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch._decomp import decompositions as D
from torch.nn import functional as F

from coverage_of_torch.rows import elementwise, images, layers, losses, reductions, shapes
from coverage_of_torch.table import Array, Row

MEAN, EPS = 1, 1e-5
ONE = torch.tensor(1.0, dtype=torch.float64)
ALL = [True, True, True]
LIST = Path(D.__file__)
Slopes = Callable[[Any], dict[str, Array]]
KNOWN = {
    row.name: row
    for row in (*elementwise.ROWS, *reductions.ROWS, *shapes.ROWS, *losses.ROWS, *layers.ROWS, *images.ROWS)
}


def listed() -> tuple[str, ...]:
    """The functions whose names contain `backward`, in their order."""
    return tuple(re.findall(r"^def (\w*backward\w*)\(", LIST.read_text(encoding="utf-8"), re.MULTILINE))


def of(name: str, model: str, slopes: Slopes) -> Row:
    """A reference function, and the row that has the model of it."""
    known = KNOWN[model]
    return Row(name, known.leaves, known.write, form=known.form, slopes=slopes)


def into(function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """What a function writes into the arrays that it is given."""
    function(*args, **more)
    return tuple(more.values())


def named(names: str, slopes: Any) -> dict[str, Array]:
    """Gradients by the letters of the leaves."""
    return dict(zip(names, slopes, strict=True))


def one_slope(name: str, model: str, slope: Callable[[Any], Array]) -> Row:
    """A reference function that returns the gradient of x alone."""
    return of(name, model, lambda t: {"x": slope(t)})


def _picked_loss(t: Any, function: Any) -> Array:
    count = torch.tensor(float(t.p.numel()), dtype=torch.float64)
    return function(ONE, t.x, t.p, None, MEAN, -100, count)


def _spatial(t: Any) -> Array:
    x, p = t.x[..., None], t.p[..., None]
    return _picked_loss(_Case(x=x, p=p), D.nll_loss2d_backward)


class _Case:
    def __init__(self, **fields: Any):
        self.__dict__.update(fields)


def _batch(t: Any) -> tuple[Array, Array]:
    return t.x.mean(0), (t.x.var(0, correction=0) + EPS).rsqrt()


def _by_batch(t: Any) -> tuple[Any, ...]:
    return (t.u, t.x, t.w, None, None, *_batch(t), True, EPS, ALL)


def _by_library(t: Any) -> tuple[Any, ...]:
    return (t.x, t.u, t.w, None, None, *_batch(t), EPS)


def _by_layer(t: Any) -> tuple[Any, ...]:
    average = t.x.mean(1, keepdim=True)
    return (t.u, t.x, [t.D], average, (t.x.var(1, correction=0, keepdim=True) + EPS).rsqrt(), t.w, t.b, ALL)


def _by_group(t: Any) -> tuple[Any, ...]:
    flat = t.x.flatten(1)
    average, root = flat.mean(1, keepdim=True), (flat.var(1, correction=0, keepdim=True) + EPS).rsqrt()
    return (t.u, t.x, average, root, t.w, t.N, t.C, t.D, 1, ALL)


def _three(t: Any, args: Any, name: str) -> Any:
    """The arrays into which a function with the ending `_out` writes."""
    outs = {f"out{i}": torch.empty_like(a) for i, a in enumerate((t.x, t.w, t.b))}
    return into(getattr(D, name), *args, **outs)


def _pooled(t: Any) -> Array:
    y, at = F.max_pool2d(t.x[None, None], 2, return_indices=True)
    slope = 2 * t.u[None, None] * y
    return D.max_pool2d_with_indices_backward(slope, t.x[None, None], [2, 2], [2, 2], [0, 0], [1, 1], False, at)


def _reflected(t: Any) -> Array:
    y = F.pad(t.x[None], (1, 1), mode="reflect")
    return D._reflection_pad_backward(2 * t.u[None] * y, t.x[None], [1, 1])


def _embedded(t: Any) -> Array:
    return D.embedding_dense_backward(2 * t.u * t.x[t.p], t.p, t.C, -1, False)


def _dropped(t: Any) -> Array:
    return D.native_dropout_backward(2 * t.x, t.u > 0.5, 1 / 0.8)


def _loss_into(name: str, t: Any, *more: Any) -> Array:
    return into(getattr(D, name), ONE, t.x, t.y, MEAN, *more, grad_input=torch.empty_like(t.x))[0]


ELEMENTWISE = (
    one_slope("tanh_backward", "tanh", lambda t: D.tanh_backward(t.u, t.x.tanh())),
    one_slope("sigmoid_backward", "sigmoid", lambda t: D.sigmoid_backward(t.u, t.x.sigmoid())),
    one_slope("softplus_backward", "softplus", lambda t: D.softplus_backward(t.u, t.x, 1.0, 20.0)),
    Row(
        "elu_backward",
        "x:N u:N",
        KNOWN["celu"].write,
        slopes=lambda t: {"x": D.elu_backward(t.u, 2.0, 1.0, 0.5, False, t.x)},
    ),
    one_slope("hardsigmoid_backward", "hardsigmoid", lambda t: D.hardsigmoid_backward(t.u, t.x)),
    one_slope("hardtanh_backward", "hardtanh", lambda t: D.hardtanh_backward(t.u, t.x, -1.0, 1.0)),
    one_slope("hardswish_backward", "hardswish", lambda t: D.hardswish_backward(t.u, t.x)),
    one_slope("threshold_backward", "threshold", lambda t: D.threshold_backward(t.u, t.x, 0.2)),
    one_slope("leaky_relu_backward", "leaky_relu", lambda t: D.leaky_relu_backward(t.u, t.x, 0.01, False)),
    one_slope("gelu_backward", "gelu", lambda t: D.gelu_backward(t.u, t.x)),
    one_slope("mish_backward", "mish", lambda t: D.mish_backward(t.u, t.x)),
    one_slope("silu_backward", "silu", lambda t: D.silu_backward(t.u, t.x)),
    of(
        "_prelu_kernel_backward",
        "_prelu_kernel",
        lambda t: (lambda x, a: {"x": x, "a": a.sum(0)})(*D._prelu_kernel_backward(t.u, t.x, t.a)),
    ),
    one_slope(
        "rrelu_with_noise_backward",
        "rrelu_with_noise",
        lambda t: D.rrelu_with_noise_backward(t.u, t.x, 0.2 + 0.8 * (t.x > 0).to(t.x), 0.1, 0.3, True, False),
    ),
    one_slope(
        "log_sigmoid_backward", "log_sigmoid_forward", lambda t: D.log_sigmoid_backward(t.u, t.x, torch.empty(0))
    ),
    one_slope("logit_backward", "logit", lambda t: D.logit_backward(t.u, t.x)),
    of(
        "glu_backward",
        "glu",
        lambda t: named("xy", D.glu_backward(t.u, torch.cat([t.x, t.y], 1), 1).chunk(2, 1)),
    ),
    one_slope("native_dropout_backward", "native_dropout", _dropped),
)

LOSSES = (
    one_slope("mse_loss_backward", "mse_loss", lambda t: D.mse_loss_backward(ONE, t.x, t.y, MEAN)),
    one_slope(
        "smooth_l1_loss_backward", "smooth_l1_loss", lambda t: D.smooth_l1_loss_backward(ONE, t.x, t.y, MEAN, 0.5)
    ),
    one_slope(
        "smooth_l1_loss_backward_out",
        "smooth_l1_loss",
        lambda t: _loss_into("smooth_l1_loss_backward_out", t, 0.5),
    ),
    one_slope("huber_loss_backward", "huber_loss", lambda t: D.huber_loss_backward(ONE, t.x, t.y, MEAN, 0.5)),
    one_slope("huber_loss_backward_out", "huber_loss", lambda t: _loss_into("huber_loss_backward_out", t, 0.5)),
    one_slope("_nll_loss_backward", "nll_loss_forward", lambda t: _picked_loss(t, D._nll_loss_backward)),
    one_slope("nll_loss_backward", "nll_loss_forward", lambda t: _picked_loss(t, D.nll_loss_backward)),
    one_slope("nll_loss2d_backward", "nll_loss2d_forward", _spatial),
    one_slope(
        "binary_cross_entropy_backward",
        "binary_cross_entropy",
        lambda t: D.binary_cross_entropy_backward(ONE, t.x, t.u),
    ),
    one_slope("soft_margin_loss_backward", "soft_margin_loss", lambda t: D.soft_margin_loss_backward(ONE, t.x, t.u)),
)

SHAPES = (
    one_slope("slice_backward", "slice", lambda t: D.slice_backward(2 * t.u * t.x[2:], t.x.shape, 0, 2, t.N + 2, 1)),
    one_slope("select_backward", "select", lambda t: D.select_backward(2 * t.u * t.x[:, 1], t.x.shape, 1, 1)),
    one_slope(
        "diagonal_backward",
        "diagonal",
        lambda t: D.diagonal_backward(2 * t.u * t.x.diagonal(), t.x.shape, 0, 0, 1),
    ),
    one_slope(
        "unfold_backward",
        "unfold",
        lambda t: D.unfold_backward(2 * t.u * t.x.unfold(0, t.R, 1), t.x.shape, 0, t.R, 1),
    ),
    one_slope("embedding_dense_backward", "embedding", _embedded),
    one_slope("_reflection_pad_backward", "reflection_pad1d", _reflected),
    one_slope("max_pool2d_with_indices_backward", "max_pool2d_with_indices", _pooled),
)

NORMALISED = (
    one_slope(
        "_softmax_backward_data", "_softmax", lambda t: D._softmax_backward_data(t.u, t.x.softmax(1), 1, t.x.dtype)
    ),
    one_slope(
        "_log_softmax_backward_data",
        "_log_softmax",
        lambda t: D._log_softmax_backward_data(t.u, t.x.log_softmax(1), 1, t.x.dtype),
    ),
    of(
        "native_group_norm_backward",
        "native_group_norm",
        lambda t: named("xwb", D.native_group_norm_backward(*_by_group(t))),
    ),
    of(
        "native_group_norm_backward_out",
        "native_group_norm",
        lambda t: named("xwb", _three(t, _by_group(t), "native_group_norm_backward_out")),
    ),
    of(
        "native_layer_norm_backward",
        "native_layer_norm",
        lambda t: named("xwb", D.native_layer_norm_backward(*_by_layer(t))),
    ),
    of(
        "native_layer_norm_backward_out",
        "native_layer_norm",
        lambda t: named("xwb", _three(t, _by_layer(t), "native_layer_norm_backward_out")),
    ),
    of(
        "_fused_rms_norm_backward",
        "_fused_rms_norm",
        lambda t: named(
            "xw",
            D._fused_rms_norm_backward(
                t.u, t.x, [t.D], ((t.x**2).mean(1, keepdim=True) + EPS).rsqrt(), t.w, [True, True]
            ),
        ),
    ),
    of(
        "batch_norm_backward",
        "native_batch_norm",
        lambda t: named("xwb", D.batch_norm_backward(*_by_batch(t), torch.empty(0))),
    ),
    of(
        "native_batch_norm_backward",
        "native_batch_norm",
        lambda t: named("xwb", D.native_batch_norm_backward(*_by_batch(t))),
    ),
    of(
        "native_batch_norm_backward_out",
        "native_batch_norm",
        lambda t: named("xwb", _three(t, _by_batch(t), "native_batch_norm_backward_out")),
    ),
    of(
        "miopen_batch_norm_backward",
        "native_batch_norm",
        lambda t: named("xwb", D.miopen_batch_norm_backward(*_by_library(t))),
    ),
    of(
        "cudnn_batch_norm_backward",
        "native_batch_norm",
        lambda t: named("xwb", D.cudnn_batch_norm_backward(*_by_library(t), torch.empty(0))),
    ),
)

ROWS = (
    *ELEMENTWISE,
    *LOSSES,
    *SHAPES,
    *NORMALISED,
    Row("_broadcast_batch_norm_backward", why="it gives an array more axes and is no derivative"),
)
