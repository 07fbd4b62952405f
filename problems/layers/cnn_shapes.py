"""Shapes, the receptive field and the head of a small network, with and without padding."""

from derive.language import Text
from derive.layers.task import Task, network

PADDED = (
    "conv 32 5x5 pad 2; relu; bn; pool 2; conv 64 3x3 pad 1; relu; bn; pool 2; conv 100 1x1"
)  # fmt: skip
BARE = PADDED.replace(" pad 2", "").replace(" pad 1", "")
PLAIN = "; ".join(layer for layer in PADDED.replace("relu", "sigmoid").split("; ") if layer != "bn")
SHAPE = ("shape",)
HEAD = ("shape", "weights", "biases")

task = Task(
    title=Text("Shapes and the receptive field of a CNN", "卷积神经网络的形状与感受野"),
    statement=Text(
        "The input is 32 × 32 × 3; its layers are 32 kernels of 5 × 5 with padding 2, ReLU, batch normalisation, max "
        "pooling of 2, 64 kernels of 3 × 3 with padding 1, ReLU, batch normalisation, max pooling of 2, and 100 "
        "kernels "
        "of 1 × 1, all strides of the convolutions 1. Find (1) the shapes and (2) the receptive field of one output; "
        "(3) the shapes without any padding; (4) the shapes without batch normalisation and with the sigmoid; (5) the "
        "parameters of a softmax layer with 10 classes on the output; (6) the same after a global average pooling.",
        "输入为 32 × 32 × 3，各层依次为：32 个 5 × 5 的核（填充 2）、ReLU、批归一化、2 × 2 最大池化、64 个 3 × 3 的核"
        "（填充 1）、ReLU、批归一化、2 × 2 最大池化、100 个 1 × 1 的核，卷积的步幅均为 1。求：(1) 各层输出的形状；"
        "(2) 一个输出的感受野；(3) 去掉所有填充后的形状；(4) 去掉批归一化并改用 sigmoid 后的形状；(5) 在输出上再接一个"
        " 10 类 softmax 层，该层的参数个数；(6) 先作全局平均池化再接该层时的参数个数。",
    ),
    networks=(
        network(PADDED, "32x32x3", Text("(1), (2) With padding", "(1)、(2) 有填充"), ("shape", "field")),
        network(BARE, "32x32x3", Text("(3) Without padding", "(3) 无填充"), SHAPE),
        network(PLAIN, "32x32x3", Text("(4) Sigmoid, no normalisation", "(4) sigmoid，无归一化"), SHAPE),
        network("softmax: fc 10", "8x8x100", Text("(5) Softmax on the output", "(5) 输出上的 softmax 层"), HEAD),
        network(
            "gap; softmax: fc 10",
            "8x8x100",
            Text("(6) After global average pooling", "(6) 全局平均池化之后"),
            HEAD,
        ),
    ),
    of=(),
    notes=(
        Text(
            "Neither an activation nor batch normalisation changes a shape, so that (4) has the shapes of (1).",
            "激活函数与批归一化都不改变形状，所以 (4) 的形状与 (1) 相同。",
        ),
    ),
    source="1.3",
)
