"""Five ways to see 7 x 7 inputs, with letters for all sizes."""

from derive.language import Text
from derive.layers.size import size
from derive.layers.task import Task, network

INPUT = "HxWxC"
BOTTLENECK = "conv C/2 1x1 nobias; conv C/2 3x3 pad same nobias; conv C 1x1 nobias"

task = Task(
    title=Text("Five ways to a receptive field of 7 × 7", "感受野为 7 × 7 的五种结构"),
    statement=Text(
        "A map of H × W × C becomes a map of H × W × C by (1) a 7 × 7 convolution, (2) 1 × 7 and 7 × 1, (3) two of "
        "4 × 4, (4) three of 3 × 3, (5) three bottlenecks of 1 × 1, 3 × 3 and 1 × 1 with C/2 channels inside. Count "
        "the parameters and the multiply-adds; no biases.",
        "把 H × W × C 的特征图变为 H × W × C 的特征图：(1) 一个 7 × 7 卷积；(2) 1 × 7 与 7 × 1；(3) 两个 4 × 4；"
        "(4) 三个 3 × 3；(5) 三个瓶颈，每个依次为 1 × 1、3 × 3、1 × 1，内部通道数为 C/2。求参数个数与乘加次数，"
        "不计偏置。",
    ),
    networks=(
        network("conv C 7x7 pad same nobias", INPUT, Text("(1) 7 × 7", "(1) 7 × 7")),
        network(
            "conv C 1x7 pad same nobias; conv C 7x1 pad same nobias",
            INPUT,
            Text("(2) 1 × 7, 7 × 1", "(2) 1 × 7 与 7 × 1"),
        ),
        network("repeat 2 [conv C 4x4 pad same nobias]", INPUT, Text("(3) two of 4 × 4", "(3) 两个 4 × 4")),
        network("repeat 3 [conv C 3x3 pad same nobias]", INPUT, Text("(4) three of 3 × 3", "(4) 三个 3 × 3")),
        network(f"repeat 3 [{BOTTLENECK}]", INPUT, Text("(5) three bottlenecks", "(5) 三个瓶颈")),
    ),
    columns=("weights", "multiply_adds", "field"),
    values=((size("C", ""), 8),),
    notes=(
        Text(
            "The source draws a single bottleneck and counts three: one has 13/4 C² parameters and sees 3 × 3 inputs "
            "only, three have 39/4 C² and see 7 × 7.",
            "原题在画出结构时只写了一个瓶颈，计数时却按三个算：一个瓶颈有 13/4 C² 个参数，只能看到 3 × 3；三个瓶颈有 "
            "39/4 C² 个参数，能看到 7 × 7。",
        ),
    ),
    source="4.12",
)
