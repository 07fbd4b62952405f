"""The size of what a convolution with a stride puts out."""

from derive.language import Text
from derive.layers.task import Task, network

task = Task(
    title=Text("The output of a convolution with stride 2", "步幅为 2 的卷积的输出"),
    statement=Text(
        "32 kernels of 7 × 7 move over an input of 63 × 63 × 16 with stride 2 and without padding. What is the "
        "size of "
        "the output, and why?",
        "用 32 个 7 × 7 的卷积核对 63 × 63 × 16 的输入作卷积，步幅为 2，无填充。输出的大小是多少？为什么？",
    ),
    networks=(network("conv 32 7x7 stride 2", "63x63x16"),),
    columns=("shape",),
    notes=(
        Text(
            "A kernel reads all 16 channels and gives one map, so that 32 kernels give 32 maps.",
            "每个核读入全部 16 个通道，给出一张特征图，因此 32 个核给出 32 张特征图。",
        ),
    ),
    source="0.3",
)
