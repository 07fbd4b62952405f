"""A layer as it is named on a page: as it was typed, and in Chinese with the words of the field."""

from __future__ import annotations

from derive.language import Text
from derive.layers.layer import Layer

CHINESE = {
    "conv": "卷积", "depthwise": "逐通道卷积", "tconv": "转置卷积", "deconv": "转置卷积", "pool": "最大池化",
    "maxpool": "最大池化", "avgpool": "平均池化", "fc": "全连接", "dense": "全连接", "linear": "逐位置全连接",
    "bn": "批归一化", "batchnorm": "批归一化", "ln": "层归一化", "layernorm": "层归一化", "embedding": "嵌入",
    "attention": "注意力", "rnn": "RNN", "lstm": "LSTM", "gru": "GRU",
    "biases": "每门偏置数", "gap": "全局平均池化", "flatten": "展平", "identity": "恒等", "sum": "相加",
    "concat": "拼接", "stride": "步幅", "pad": "填充", "padding": "填充", "dilation": "膨胀率",
    "groups": "分组", "outpad": "输出填充", "heads": "头数", "wiring": "连接方式", "nobias": "无偏置",
    "ceil": "向上取整",
    "relu": "ReLU", "prelu": "PReLU", "gelu": "GELU", "silu": "SiLU", "elu": "ELU",
}  # fmt: skip
KERNELS = ("conv", "tconv", "deconv")  # whose first number counts kernels of the second


def named(layer: Layer) -> Text:
    """The layer with the name that it has, if any."""
    said = Text(layer.typed, in_chinese(layer.typed))
    return Text("{name}: {layer}", "{name}：{layer}")(name=layer.name, layer=said) if layer.name else said


def in_chinese(typed: str) -> str:
    """What was typed as a phrase: the kind with its sizes, then each option.

    >>> in_chinese("conv 32 7x7 pad same stride 2 nobias")
    '卷积 32 个 7×7，等长填充，步幅 2，无偏置'
    """
    kind, *words = typed.split()
    phrases = [[CHINESE.get(kind.lower(), kind)]]
    for word in words:
        option = CHINESE.get(word.lower())
        if option is None:
            phrases[-1].append("×".join(word.split("x")))
        else:
            phrases.append([option])
    if len(phrases[0]) == 3 and kind.lower() in KERNELS:
        phrases[0].insert(2, "个")
    return "，".join("等长填充" if phrase[1:] == ["same"] else " ".join(phrase) for phrase in phrases)
