"""The same layers as torch modules on the meta device, where they have shapes and parameters and no numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from warnings import catch_warnings

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from derive.layers.layer import GATES, Layer
from derive.layers.row import Row
from derive.layers.shape import Shape

CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
MAX = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVERAGE = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
BATCH = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU,
    "elu": nn.ELU, "softplus": nn.Softplus, "leaky_relu": nn.LeakyReLU, "hardswish": nn.Hardswish, "mish": nn.Mish,
    "softmax": lambda: nn.Softmax(dim=1),
}  # fmt: skip


class Wired(nn.Module):
    """Maps that read some of the maps before: one convolution for each."""

    def __init__(self, layer: Layer, rank: int):
        super().__init__()
        self.reads = [int(reads) for maps, reads in layer.wiring for _ in range(int(maps))]
        self.maps = nn.ModuleList(CONVS[rank](reads, 1, **_window(layer), bias=layer.bias) for reads in self.reads)

    def forward(self, x: Any) -> Any:
        """Each map reads the first of the maps before: how many counts, not which."""
        return torch.cat([conv(x[:, :reads]) for conv, reads in zip(self.maps, self.reads, strict=True)], 1)


class Recurrent(nn.Module):
    """A recurrent layer; where each gate has one bias, torch's second one is none of its parameters."""

    def __init__(self, kind: str, width: int, units: int, bias: bool, biases: int):
        super().__init__()
        self.cell = CELLS[kind](width, units, bias=bias, batch_first=True)
        if bias and biases == 1:
            second = self.cell._parameters.pop("bias_hh_l0")
            self.cell.register_buffer("bias_hh_l0", second)

    def forward(self, x: Any) -> Any:
        """The states of all steps."""
        return self.cell(x)[0]


class Attention(nn.Module):
    """Multi-head attention of a sequence to itself, with its four maps."""

    def __init__(self, width: int, heads: int, bias: bool):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, bias=bias, batch_first=True)

    def forward(self, x: Any) -> Any:
        """Queries, keys and values are made of the same sequence."""
        return self.attention(x, x, x)[0]


def _window(layer: Layer) -> dict[str, Any]:
    padding = "same" if layer.padding is None else _ints(layer.padding)
    found = {"kernel_size": _ints(layer.kernel), "stride": _ints(layer.stride), "padding": padding}
    return found | ({"dilation": _ints(layer.dilation)} if layer.kind != "avgpool" else {})


def _ints(sizes: Any) -> Any:
    return int(sizes[0]) if len(sizes) == 1 else tuple(map(int, sizes))


def module(layer: Layer, before: Shape, after: Shape) -> nn.Module | None:
    """The torch module of a layer between two shapes with numbers; None for a branching point."""
    rank, c_in, c_out = len(before.spatial), int(before.channels), int(after.channels)
    groups: dict[str, Any] = {"groups": int(layer.groups), "bias": layer.bias}
    match layer.kind:
        case "conv":
            return Wired(layer, rank) if layer.wiring else CONVS[rank](c_in, c_out, **_window(layer), **groups)
        case "tconv":
            return TRANSPOSED[rank](c_in, c_out, **_window(layer), **groups, output_padding=_ints(layer.output_padding))
        case "maxpool":
            return MAX[rank](**_window(layer), ceil_mode=layer.ceil)
        case "avgpool":
            return AVERAGE[rank](**_window(layer), ceil_mode=layer.ceil)
        case "fc":
            return nn.Sequential(nn.Flatten(), nn.Linear(int(before.count), c_out, bias=layer.bias))
        case "linear":
            return nn.Linear(c_in, c_out, bias=layer.bias)
        case "bn":
            return BATCH[rank](c_in)
        case "prelu":
            return nn.PReLU(int(layer.rows or 1))
        case "ln":
            return nn.LayerNorm(c_in if rank < 2 else [c_in, *map(int, before.spatial)])
        case "embedding":
            assert layer.rows is not None
            return nn.Embedding(int(layer.rows), c_out)
        case "attention":
            return Attention(c_in, int(layer.heads), layer.bias)
        case "rnn" | "lstm" | "gru":
            return Recurrent(layer.kind, c_in, c_out, layer.bias, int(layer.biases))
        case "gap":
            return nn.Sequential({1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}[rank](1),
                                 nn.Flatten())  # fmt: skip
        case "flatten":
            return nn.Flatten()
        case "activation":
            return ACTIVATIONS[layer.typed.split()[0].lower()]()
        case "dropout" | "identity":
            return nn.Dropout()
    return None


def last(layer: Layer, shape: Shape) -> bool:
    """Whether torch has the features at the end: of a linear map, and of a sequence that is read or attended to."""
    sequence = layer.kind in ("ln", "attention", "embedding") and len(shape.spatial) == 1
    return sequence or layer.kind in ("linear", *GATES)


def sized(shape: Shape, features_last: bool) -> tuple[int, ...]:
    """A batch of one in torch's order."""
    order = (*shape.spatial, shape.channels) if features_last else (shape.channels, *shape.spatial)
    return (1, *map(int, order))


def told(row: Row) -> tuple[tuple[int, ...], int, int] | None:
    """What torch says of a layer: the shape of its output, its parameters and its multiply-adds.

    None for a branching point. Errors: RuntimeError where torch refuses the layer.
    """
    with torch.device("meta"):
        made = module(row.layer, row.input, row.output)
        if made is None:
            return None
        if row.layer.kind == "embedding":
            x = torch.zeros(1, int(row.input.channels), dtype=torch.long)
        else:
            x = torch.zeros(sized(row.input, last(row.layer, row.input)))
        made.eval()
        with FlopCounterMode(display=False) as counter, slowly(), catch_warnings(action="ignore"):
            out = made(x)
    return tuple(out.shape), sum(p.numel() for p in made.parameters()), counter.get_total_flops() // 2


class slowly:
    """Without the fused kernels of attention, which are counted as one."""

    def __enter__(self) -> None:
        self.before = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)

    def __exit__(self, *error: Any) -> None:
        torch.backends.mha.set_fastpath_enabled(self.before)
