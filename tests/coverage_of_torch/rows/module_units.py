"""Modules of torch.nn that are functions of elements, and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sympy import Abs, Rational
from torch import nn

from coverage_of_torch.rows import elementwise, layers, losses, reductions, shapes
from coverage_of_torch.table import Array, Row
from derive import (
    Piecewise,
    Sum,
    exp,
    log,
    log_softmax,
    logsigmoid,
    mean,
    relu,
    relu6,
    selu,
    softmax,
    softsign,
    sqrt,
    tanhshrink,
)

HALF = Rational(1, 2)
TINY = Rational(1, 10**12)
KNOWN = {row.name: row for row in (*elementwise.ROWS, *reductions.ROWS, *shapes.ROWS, *losses.ROWS, *layers.ROWS)}


def run(module: nn.Module, *inputs: Array, **parameters: Array) -> Any:
    """What a module gives with these parameters; the dots of their names are written __."""
    module = module.double()
    module(*(x.detach() for x in inputs))  # a lazy module learns its sizes
    named = {name.replace("__", "."): value for name, value in parameters.items()}
    assert set(named) == {name for name, _ in module.named_parameters()}
    return torch.func.functional_call(module, named, inputs)


def unit(name: str, model: str, make: Callable[[], nn.Module]) -> Row:
    """A function of one number, whose model is that of another row."""
    known = KNOWN[model]
    return Row(name, known.leaves, known.write, lambda t: (t.u * make()(t.x)).sum())


def new_unit(name: str, f: Callable[[Any], Any], make: Callable[[], nn.Module]) -> Row:
    """A function of one number, with its model."""
    return elementwise.unary(name, f, lambda x: make()(x))


def along(name: str, f: Any, make: Callable[[], nn.Module]) -> Row:
    """A function along the rows of a matrix."""
    return reductions.along(name, lambda v, x: f(v), lambda t: make()(t.x))


def loss(name: str, leaves: str, write: Any, make: Callable[[], nn.Module], form: str = "") -> Row:
    """A loss of the leaves in their order."""
    letters = [leaf.partition(":")[0] for leaf in leaves.split()]
    return Row(name, leaves, write, lambda t: make()(*(getattr(t, a) for a in letters)), form)


def known_loss(name: str, model: str, make: Callable[[], nn.Module]) -> Row:
    """A loss whose model is that of another row."""
    return loss(name, KNOWN[model].leaves, KNOWN[model].write, make)


def _cosine(v: Any) -> Any:
    a = v.node("a", Sum(v.x[v.n, v.d] ** 2, v.d) + TINY, v.n)
    b = v.node("b", Sum(v.y[v.n, v.d] ** 2, v.d) + TINY, v.n)
    c = v.node("c", Sum(v.x[v.n, v.d] * v.y[v.n, v.d], v.d) / sqrt(a[v.n] * b[v.n]), v.n)
    return mean(Piecewise((1 - c[v.n], v.u[v.n] > 0), (relu(c[v.n] - Rational(1, 10)), True)), v.n)


def _cross_entropy(v: Any) -> Any:
    y = v.node("y", log_softmax(v.x[v.n, v.c], v.c), v.n, v.c)
    return -mean(y[v.n, v.p[v.n]], v.n)


def _linear_cross_entropy(v: Any) -> Any:
    z = v.node("z", Sum(v.w[v.c, v.d] * v.x[v.n, v.d], v.d), v.n, v.c)
    y = v.node("y", log_softmax(z[v.n, v.c], v.c), v.n, v.c)
    return -mean(y[v.n, v.p[v.n]], v.n)


def _soft_labels(v: Any) -> Any:
    x, u = v.x[v.n, v.c], v.u[v.n, v.c]
    return -mean(mean(u * logsigmoid(x) + (1 - u) * logsigmoid(-x), v.c), v.n)


def _normal(v: Any) -> Any:
    return mean((log(v.z[v.n]) + (v.x[v.n] - v.y[v.n]) ** 2 / v.z[v.n]) / 2, v.n)


def _of_labels(t: Any) -> Array:
    """One right class; the list of classes ends with -1."""
    return nn.MultiLabelMarginLoss()(t.x, torch.cat([t.u.argmax()[None], torch.full((t.C - 1,), -1)]))


def _of_paths(t: Any) -> Array:
    return nn.CTCLoss(reduction="sum")(t.x.log_softmax(1)[:, None], t.p[None, 1::2], (t.T,), (t.S // 2,))


UNITS = (
    unit("CELU", "celu", lambda: nn.CELU(2.0)),
    unit("ELU", "elu", lambda: nn.ELU(0.3)),
    unit("GELU", "gelu", nn.GELU),
    unit("Hardshrink", "hardshrink", nn.Hardshrink),
    unit("Hardswish", "hardswish", nn.Hardswish),
    unit("Hardtanh", "hardtanh", nn.Hardtanh),
    unit("ReLU", "relu", nn.ReLU),
    unit("LeakyReLU", "leaky_relu", nn.LeakyReLU),
    unit("Sigmoid", "sigmoid", nn.Sigmoid),
    unit("LogSigmoid", "log_sigmoid_forward", nn.LogSigmoid),
    unit("SiLU", "silu", nn.SiLU),
    unit("Softplus", "softplus", nn.Softplus),
    unit("Softshrink", "softshrink", nn.Softshrink),
    unit("Tanh", "tanh", nn.Tanh),
    unit("Threshold", "threshold", lambda: nn.Threshold(0.2, 3.0)),
    unit("Mish", "mish", nn.Mish),
    new_unit("ReLU6", relu6, nn.ReLU6),
    new_unit("SELU", selu, nn.SELU),
    new_unit("Softsign", softsign, nn.Softsign),
    new_unit("Tanhshrink", tanhshrink, nn.Tanhshrink),
    KNOWN["glu"]._replace(name="GLU", by_torch=lambda t: (t.u * nn.GLU(1)(torch.cat([t.x, t.y], 1))).sum()),
    KNOWN["_prelu_kernel"]._replace(name="PReLU", by_torch=lambda t: (t.u * run(nn.PReLU(t.D), t.x, weight=t.a)).sum()),
    along("Softmax", lambda v: softmax(v.x[v.n, v.d], v.d), lambda: nn.Softmax(1)),
    along("LogSoftmax", lambda v: log_softmax(v.x[v.n, v.d], v.d), lambda: nn.LogSoftmax(1)),
    along("Softmin", lambda v: softmax(-v.x[v.n, v.d], v.d), lambda: nn.Softmin(1)),
    Row(
        "Softmax2d",
        "x:N,C,D,K u:N,C,D,K",
        lambda v: Sum(v.u[v.n, v.c, v.d, v.k] * softmax(v.x[v.n, v.c, v.d, v.k], v.c), v.n, v.c, v.d, v.k),
        lambda t: (t.u * nn.Softmax2d()(t.x)).sum(),
    ),
)

LOSSES = (
    known_loss("MSELoss", "mse_loss", nn.MSELoss),
    known_loss("SmoothL1Loss", "smooth_l1_loss", lambda: nn.SmoothL1Loss(beta=0.5)),
    known_loss("HuberLoss", "huber_loss", lambda: nn.HuberLoss(delta=0.5)),
    known_loss("BCELoss", "binary_cross_entropy", nn.BCELoss),
    known_loss("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", nn.BCEWithLogitsLoss),
    known_loss("SoftMarginLoss", "soft_margin_loss", nn.SoftMarginLoss),
    known_loss("NLLLoss", "nll_loss_forward", nn.NLLLoss),
    known_loss("MultiMarginLoss", "multi_margin_loss", nn.MultiMarginLoss),
    KNOWN["multilabel_margin_loss_forward"]._replace(name="MultiLabelMarginLoss", by_torch=_of_labels),
    KNOWN["_ctc_loss"]._replace(name="CTCLoss", by_torch=_of_paths),
    loss("L1Loss", "x:N,D y:N,D", lambda v: mean(Abs(v.x[v.n, v.d] - v.y[v.n, v.d]), v.n, v.d), nn.L1Loss),
    loss(
        "KLDivLoss",
        "x:N,D u:N,D@probability",
        lambda v: Sum(v.u[v.n, v.d] * (log(v.u[v.n, v.d]) - v.x[v.n, v.d]), v.n, v.d) / v.N,
        lambda: nn.KLDivLoss(reduction="batchmean"),
    ),
    loss("CosineEmbeddingLoss", "x:N,D y:N,D u:N@sign", _cosine, lambda: nn.CosineEmbeddingLoss(0.1)),
    loss(
        "MarginRankingLoss",
        "x:N y:N u:N@sign",
        lambda v: mean(relu(HALF - v.u[v.n] * (v.x[v.n] - v.y[v.n])), v.n),
        lambda: nn.MarginRankingLoss(0.5),
    ),
    loss("MultiLabelSoftMarginLoss", "x:N,C u:N,C@binary", _soft_labels, nn.MultiLabelSoftMarginLoss),
    loss("GaussianNLLLoss", "x:N y:N z:N@positive", _normal, nn.GaussianNLLLoss, "for variances above its eps"),
    loss("PoissonNLLLoss", "x:N u:N", lambda v: mean(exp(v.x[v.n]) - v.u[v.n] * v.x[v.n], v.n), nn.PoissonNLLLoss),
    loss(
        "HingeEmbeddingLoss",
        "x:N u:N@sign",
        lambda v: mean(Piecewise((v.x[v.n], v.u[v.n] > 0), (relu(1 - v.x[v.n]), True)), v.n),
        nn.HingeEmbeddingLoss,
    ),
    loss("CrossEntropyLoss", "x:N,C p:N@among_C", _cross_entropy, nn.CrossEntropyLoss),
    Row(
        "LinearCrossEntropyLoss",
        "x:N,D w:C,D p:N@among_C",
        _linear_cross_entropy,
        lambda t: run(nn.LinearCrossEntropyLoss(t.D, t.C), t.x, t.p, linear__weight=t.w),
    ),
)

ROWS = (*UNITS, *LOSSES)
