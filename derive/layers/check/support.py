"""What an output sees, found by a gradient: the inputs at which the derivative of one output is not zero.

Along one axis, with one channel, a kernel of ones and averages in place of maxima (a maximum passes its gradient to
one input only), every path has a positive weight, so that no two paths cancel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch.nn import functional as F

from derive.layers.layer import ZERO, Branches, Layer, Repeat, Stack
from derive.layers.network import Network


class Support(NamedTuple):
    """Which output was looked at, and the first and the last input that it sees; None where it sees padding only."""

    at: int
    reached: tuple[int, int] | None


def supports(network: Network, axis: int, length: int) -> Iterator[Support]:
    """What an output in the middle of each layer sees of an input of that length."""
    x = torch.ones(1, 1, length, dtype=torch.float64, requires_grad=True)
    outputs: list[Any] = []
    _run(network.stack, x, axis, len(network.input.spatial), outputs)
    for out in outputs:
        middle = out.shape[-1] // 2
        (slope,) = torch.autograd.grad(out[0, 0, middle], x, retain_graph=True)
        reached = slope[0, 0].nonzero()[:, 0]
        yield Support(middle, (int(reached[0]), int(reached[-1])) if len(reached) else None)


def _run(stack: Stack, x: Any, axis: int, rank: int, outputs: list[Any]) -> Any:
    for node in stack:
        if isinstance(node, Repeat):
            for _ in range(int(node.times)):
                x = _run(node.stack, x, axis, rank, outputs)
        elif isinstance(node, Branches):
            x = sum(_run(branch, x, axis, rank, outputs) for branch in node.branches)
            outputs.append(x)
        else:
            x = _layer(node, x, axis, rank)
            outputs.append(x)
    return x


def _layer(layer: Layer, x: Any, axis: int, rank: int) -> Any:
    if layer.kind in ("conv", "maxpool", "avgpool"):
        k, s, d = (int(layer.along(sizes, axis)) for sizes in (layer.kernel, layer.stride, layer.dilation))
        x = _padded(x, layer, k, s, d, axis) if layer.ceil else x
        padding: Any = "same" if layer.padding is None else int(layer.along(layer.padding, axis))
        return F.conv1d(x, torch.ones(1, 1, k, dtype=x.dtype), stride=s, dilation=d, padding=padding) / k
    if layer.kind in ("fc", "gap"):
        return x.mean(-1, keepdim=True)
    if layer.kind == "attention" or (layer.kind == "ln" and rank > 1):
        return x + x.mean(-1, keepdim=True)
    return x


def _padded(x: Any, layer: Layer, k: int, s: int, d: int, axis: int) -> Any:
    """The map with as many zeros behind it as torch's pooling that rounds up reads there."""
    p = int(layer.along(layer.padding or (ZERO,), axis))
    many = F.max_pool1d(x, k, s, p, d, ceil_mode=True).shape[-1]
    return F.pad(x, (0, max(0, (many - 1) * s + d * (k - 1) + 1 - x.shape[-1] - 2 * p)))
