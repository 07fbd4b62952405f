"""Connections of LeNet's C1, and the parameters of its sparsely wired C3."""

from derive.language import Text
from derive.layers.task import Task, network

task = Task(
    title=Text("LeNet: connections of C1 and parameters of C3", "LeNet：C1 的连接数与 C3 的参数"),
    statement=Text(
        "C1 has 6 maps of 28 × 28, made by kernels of 5 × 5 with a bias. C3 has 16 maps made by kernels of 5 × "
        "5: 6 of them read 3 maps of S2, 6 read 4 neighbouring ones, 3 read 4 that are not all neighbours, and one "
        "reads all 6. Count the connections of C1 and the parameters of C3.",
        "C1 有 6 张 28 × 28 的特征图，由带偏置的 5 × 5 卷积核得到。C3 有 16 张特征图，由 5 × 5 的核得到：其中 6 "
        "张各读入 S2 的 "
        "3 张图，6 张各读入相邻的 4 张，3 张各读入不全相邻的 4 张，1 张读入全部 6 张。求 C1 的连接数与 C3 "
        "的参数个数。",
    ),
    networks=(
        network("C1: conv 6 5x5", "32x32x1", Text("C1", "C1"), ("shape", "weights", "biases", "connections")),
        network("C3: conv 16 5x5 wiring 6*3+6*4+3*4+1*6", "14x14x6", Text("C3", "C3"), ("shape", "weights", "biases")),
    ),
    of=(),
    source="4.6",
)
