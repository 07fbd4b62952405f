"""Losses of a batch."""

from __future__ import annotations

from typing import Any

import torch
from sympy import Abs, Piecewise, Rational, log
from torch.nn import functional as F

from coverage_of_torch.table import Row
from derive import KroneckerDelta, Sum, exp, log_softmax, mean, relu, softplus

HALF = Rational(1, 2)
ONE_HOT = "with labels as a matrix of zeros and ones"


def _huber(d: Any, delta: Any) -> Any:
    return Piecewise((d**2 / 2, Abs(d) <= delta), (delta * (Abs(d) - delta / 2), True))


def _ctc(v: Any) -> Any:
    """Graves et al. 2006: the probability of all paths to a word, with blanks around its letters, forward in time.

    A path goes over a blank between two different letters; blanks and equal letters are equal to the place before last.
    """
    s = v.s
    y = v.node("y", log_softmax(v.x[v.t, v.c], v.c), v.t, v.c)
    a = v.recurrence(
        "a",
        lambda a: (
            (
                a[v.t - 1, s]
                + Piecewise((a[v.t - 1, s - 1], s > 1), (0, True))
                + Piecewise(((1 - KroneckerDelta(v.p[s], v.p[s - 2])) * a[v.t - 1, s - 2], s > 2), (0, True))
            )
            * exp(y[v.t, v.p[s]])
        ),
        (v.t, s),
        {0: KroneckerDelta(s, 1)},
    )
    return -log(a[v.T, v.S] + a[v.T, v.S - 1])


def _ctc_by_torch(t: Any) -> torch.Tensor:
    return F.ctc_loss(t.x.log_softmax(1)[:, None], t.p[None, 1::2], (t.T,), (t.S // 2,), reduction="sum")


ROWS = (
    Row(
        "mse_loss",
        "x:N,D y:N,D",
        lambda v: mean((v.x[v.n, v.d] - v.y[v.n, v.d]) ** 2, v.n, v.d),
        lambda t: F.mse_loss(t.x, t.y),
    ),
    Row(
        "huber_loss",
        "x:N y:N",
        lambda v: mean(_huber(v.x[v.n] - v.y[v.n], HALF), v.n),
        lambda t: F.huber_loss(t.x, t.y, delta=0.5),
    ),
    Row(
        "smooth_l1_loss",
        "x:N y:N",
        lambda v: mean(_huber(v.x[v.n] - v.y[v.n], HALF) / HALF, v.n),
        lambda t: F.smooth_l1_loss(t.x, t.y, beta=0.5),
    ),
    Row(
        "binary_cross_entropy",
        "x:N@probability u:N@probability",
        lambda v: -mean(v.u[v.n] * log(v.x[v.n]) + (1 - v.u[v.n]) * log(1 - v.x[v.n]), v.n),
        lambda t: F.binary_cross_entropy(t.x, t.u),
    ),
    Row(
        "binary_cross_entropy_with_logits",
        "x:N u:N@probability",
        lambda v: mean(softplus(v.x[v.n]) - v.u[v.n] * v.x[v.n], v.n),
        lambda t: F.binary_cross_entropy_with_logits(t.x, t.u),
    ),
    Row(
        "soft_margin_loss",
        "x:N u:N@sign",
        lambda v: mean(log(1 + exp(-v.u[v.n] * v.x[v.n])), v.n),
        lambda t: F.soft_margin_loss(t.x, t.u),
    ),
    Row(
        "nll_loss_forward",
        "x:N,C p:N@among_C",
        lambda v: -mean(v.x[v.n, v.p[v.n]], v.n),
        lambda t: F.nll_loss(t.x, t.p),
    ),
    Row(
        "nll_loss2d_forward",
        "x:N,C,D p:N,D@among_C",
        lambda v: -mean(v.x[v.n, v.p[v.n, v.d], v.d], v.n, v.d),
        lambda t: F.nll_loss(t.x, t.p),
    ),
    Row(
        "multi_margin_loss",
        "x:N,C p:N@among_C",
        lambda v: (
            Sum((1 - KroneckerDelta(v.p[v.n], v.c)) * relu(1 - v.x[v.n, v.p[v.n]] + v.x[v.n, v.c]), v.n, v.c)
            / (v.C * v.N)
        ),
        lambda t: F.multi_margin_loss(t.x, t.p),
    ),
    Row(
        "multilabel_margin_loss_forward",
        "x:C u:C@one_hot",
        lambda v: Sum(v.u[v.c] * (1 - v.u[v.c2]) * relu(1 - v.x[v.c] + v.x[v.c2]), v.c, v.c2) / v.C,
        lambda t: F.multilabel_margin_loss(t.x, torch.cat([t.u.argmax()[None], torch.full((t.C - 1,), -1)])),
        ONE_HOT,
    ),
    Row("_ctc_loss", "x:T,C p:S@labels", _ctc, _ctc_by_torch),
)
