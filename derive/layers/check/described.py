"""A torch module by its settings: the layer that it is, and the shape of its input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Integer
from torch import nn

from derive.language import Text
from derive.layers.layer import ONE, Layer, Sizes
from derive.layers.shape import Shape

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
MAX, AVERAGE = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
ADAPTIVE = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
BATCH = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
FEATURES_LAST = (nn.Linear, nn.LayerNorm, nn.MultiheadAttention, nn.Embedding, nn.RNNBase)


class NotKnown(Exception):
    """A module or a function that is no layer of ours, and why."""

    def __init__(self, why: Text):
        super().__init__(why.en)
        self.why = why


NO_KIND = Text("no layer of this kind is known", "不认识这一类层")
UNEVEN = Text("its windows differ in size", "各窗口大小不一")
ANOTHER = Text("it attends to another sequence, or has the batch in the middle", "查询另一序列，或批维不在最前")
SEVERAL = Text("it has several layers, two directions or a projection", "它有多层、双向或带投影")
STATES = Text("it starts from a given state, or has the batch in the middle", "给定了初始状态，或批维不在最前")
WIDTHS = Text("its keys or values have a width of their own", "键或值的宽度与查询不同")


def called(module: nn.Module) -> bool:
    """Whether a module gets a row, or is listed, as a whole: one without parts, and attention."""
    return isinstance(module, nn.MultiheadAttention) or next(module.children(), None) is None


def shape_of(x: Any, last: bool) -> Shape:
    """The shape of a tensor, without its batch, the features `last` or first."""
    sizes = [Integer(n) for n in x.shape[1:]]
    if not sizes:
        return Shape((), ONE)
    return Shape(tuple(sizes[:-1]), sizes[-1]) if last else Shape(tuple(sizes[1:]), sizes[0])


def described(module: nn.Module, x: Any, args: Any, known: Shape | None) -> tuple[Layer, Shape]:
    """The layer that a module is, and its input as a layer sees it. Errors: NotKnown."""
    layer = _layer(module, x, args)
    windows = isinstance(module, (*CONVS, *TRANSPOSED, *MAX, *AVERAGE, *ADAPTIVE, *BATCH))
    if isinstance(module, FEATURES_LAST):
        return layer, shape_of(x, True)
    return layer, shape_of(x, False) if windows or known is None or known.count != x.numel() else known


def _layer(module: nn.Module, x: Any, args: Any) -> Layer:
    if isinstance(module, (*CONVS, *TRANSPOSED)):
        return _conv(module)
    if isinstance(module, (*MAX, *AVERAGE)):
        return pooled("maxpool" if isinstance(module, MAX) else "avgpool", vars(module))
    if isinstance(module, ADAPTIVE):
        return _adaptive(module, x)
    if isinstance(module, nn.Linear):
        kind = "linear" if x.dim() > 2 else "fc"
        return Layer(
            kind, Integer(module.out_features), bias=module.bias is not None, typed=f"{kind} {module.out_features}"
        )
    if isinstance(module, BATCH) and module.affine:
        return Layer("bn", typed="bn")
    if isinstance(module, nn.PReLU):
        slopes = module.num_parameters
        return Layer("prelu", rows=Integer(slopes), typed="prelu" if slopes == 1 else f"prelu {slopes}")
    if isinstance(module, nn.LayerNorm) and module.bias is not None and _of_features(module, x):
        return Layer("ln", typed="ln")
    if isinstance(module, nn.Embedding):
        rows, width = module.num_embeddings, module.embedding_dim
        return Layer("embedding", Integer(width), rows=Integer(rows), typed=f"embedding {rows} {width}")
    if isinstance(module, nn.MultiheadAttention):
        return _attention(module, x, args)
    if isinstance(module, nn.RNNBase):
        return _recurrent(module, args)
    if isinstance(module, DROPOUT):
        return Layer("dropout", typed="dropout")
    if isinstance(module, nn.Identity):
        return Layer("identity", typed="identity")
    if isinstance(module, nn.Flatten) and module.start_dim == 1 and module.end_dim == -1:
        return Layer("flatten", typed="flatten")
    if type(module).__module__ == "torch.nn.modules.activation" and next(module.parameters(), None) is None:
        return activation(type(module).__name__.lower())
    raise NotKnown(NO_KIND)


def _of_features(module: nn.LayerNorm, x: Any) -> bool:
    """Whether it runs over the features of a sequence or of a vector."""
    return len(module.normalized_shape) == 1 and x.dim() < 4


def activation(name: str) -> Layer:
    """An activation by its name."""
    return Layer("activation", typed=name)


def _sizes(value: Any) -> Sizes:
    return tuple(map(Integer, value)) if isinstance(value, (tuple, list)) else (Integer(value),)


def _short(sizes: Sizes) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))


def _typed(head: str, options: Mapping[str, tuple[Sizes | None, int]]) -> str:
    """A layer as it would be typed: options that are not the default."""
    words = [head]
    for word, (sizes, default) in options.items():
        if sizes is None:
            words.append(f"{word} same")
        elif any(s != default for s in sizes):
            words.append(f"{word} {_short(sizes)}")
    return " ".join(words)


def _conv(module: Any) -> Layer:
    kernel, stride, dilation = map(_sizes, (module.kernel_size, module.stride, module.dilation))
    padding = None if module.padding == "same" else _sizes(0 if module.padding == "valid" else module.padding)
    transposed = isinstance(module, TRANSPOSED)
    head = f"{'tconv' if transposed else 'conv'} {module.out_channels} {'x'.join(map(str, kernel))}"
    more = _sizes(module.output_padding) if transposed else (Integer(0),)
    typed = _typed(head, {"stride": (stride, 1), "pad": (padding, 0), "dilation": (dilation, 1),
                          "groups": (_sizes(module.groups), 1), "outpad": (more, 0)})  # fmt: skip
    return Layer(
        head.split()[0], Integer(module.out_channels), kernel, stride, padding, dilation, Integer(module.groups), more,
        module.bias is not None, typed=typed if module.bias is not None else f"{typed} nobias",
    )  # fmt: skip


def pooled(kind: str, given: Mapping[str, Any]) -> Layer:
    """A pooling by its settings."""
    kernel = _sizes(given["kernel_size"])
    stride = _sizes(given.get("stride") or given["kernel_size"])
    padding, dilation = _sizes(given.get("padding", 0)), _sizes(given.get("dilation", 1))
    head = f"{'pool' if kind == 'maxpool' else 'avgpool'} {_short(kernel)}"
    typed = _typed(head, {"pad": (padding, 0), "dilation": (dilation, 1)})
    typed = typed if stride == kernel else f"{typed} stride {_short(stride)}"
    ceil = bool(given.get("ceil_mode"))
    return Layer(kind, None, kernel, stride, padding, dilation, ceil=ceil, typed=f"{typed} ceil" if ceil else typed)


def _adaptive(module: Any, x: Any) -> Layer:
    """An adaptive pooling: a global average, nothing, or a pooling whose windows are all alike."""
    lengths = x.shape[2:]
    wished = (
        module.output_size if isinstance(module.output_size, (tuple, list)) else (module.output_size,) * len(lengths)
    )
    wished = [n if n is not None else length for n, length in zip(wished, lengths, strict=True)]
    if all(n == 1 for n in wished):
        return Layer("mean", typed="gap")
    if all(n == length for n, length in zip(wished, lengths, strict=True)):
        return Layer("identity", typed="identity")
    if any(length % n for n, length in zip(wished, lengths, strict=True)):
        raise NotKnown(UNEVEN)
    return pooled("avgpool", {"kernel_size": [length // n for n, length in zip(wished, lengths, strict=True)]})


def _recurrent(module: nn.RNNBase, args: Any) -> Layer:
    kind = module.mode.partition("_")[0].lower()
    if module.num_layers > 1 or module.bidirectional or module.proj_size:
        raise NotKnown(SEVERAL)
    if not module.batch_first or len(args) > 1:
        raise NotKnown(STATES)
    typed = f"{kind} {module.hidden_size} " + ("biases 2" if module.bias else "nobias")
    return Layer(kind, Integer(module.hidden_size), bias=module.bias, biases=Integer(2), typed=typed)


def _attention(module: nn.MultiheadAttention, x: Any, args: Any) -> Layer:
    if not module.batch_first or len(args) < 3 or args[1] is not x or args[2] is not x:
        raise NotKnown(ANOTHER)
    if module.bias_k is not None or module.kdim != module.embed_dim or module.vdim != module.embed_dim:
        raise NotKnown(WIDTHS)
    bias = module.in_proj_bias is not None
    return Layer("attention", heads=Integer(module.num_heads), bias=bias, typed=f"attention heads {module.num_heads}")
