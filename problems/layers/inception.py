"""An inception block: multiplications without and with reductions."""

from derive.language import Text
from derive.layers.task import Task, network

NAIVE = "concat[conv 128 1x1 | conv 192 3x3 pad 1 | conv 96 5x5 pad 2 | pool 3 stride 1 pad 1]"
REDUCED = """concat[conv 128 1x1 | conv 128 1x1; conv 192 3x3 pad 1 | conv 32 1x1; conv 96 5x5 pad 2
| pool 3 stride 1 pad 1; conv 64 1x1]"""

task = Task(
    title=Text("An inception block with and without reductions", "Inception 模块：降维前后"),
    statement=Text(
        "The input is 32 × 32 × 256. Count the multiplications of the naive block, with 1 × 1, 3 × 3 and 5 × 5 "
        "convolutions to 128, 192 and 96 channels and a pooling beside each other, and of the block in which 1 × 1 "
        "convolutions reduce the channels to 128 and 32 before the large kernels and to 64 after the pooling.",
        "输入为 32 × 32 × 256。朴素模块并列使用 1 × 1、3 × 3、5 × 5 卷积（通道数 128、192、96）与池化；"
        "降维模块在大核之前"
        "先用 1 × 1 卷积把通道数降为 128 与 32，并在池化之后降为 64。请分别计算乘法次数。",
    ),
    networks=(
        network(NAIVE, "32x32x256", Text("Naive", "朴素模块")),
        network(REDUCED, "32x32x256", Text("With reductions", "降维模块")),
    ),
    columns=("shape", "multiply_adds"),
    of=("multiply_adds", "parameters"),
    source="4.10b",
)
