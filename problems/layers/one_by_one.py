"""The parameters of a single kernel of 1 x 1."""

from derive.language import Text
from derive.layers.task import Task, network

task = Task(
    title=Text("The parameters of a 1 × 1 kernel", "1 × 1 卷积核的参数"),
    statement=Text(
        "A single kernel of 1 × 1 moves over a tensor of 64 × 64 × 16. How many parameters does it have, the bias "
        "among them, and why?",
        "单个 1 × 1 的卷积核作用于 64 × 64 × 16 的张量。它（连同偏置）有多少个参数？为什么？",
    ),
    networks=(network("conv 1 1x1", "64x64x16"),),
    columns=("weights", "biases"),
    notes=(
        Text(
            "The kernel reads one position, but all 16 channels there. The height and the width do not matter: the "
            "same kernel is used at every position.",
            "该核只读一个位置，但读入该处的全部 16 个通道。高与宽不影响参数个数，因为各位置共用同一个核。",
        ),
    ),
    source="0.4",
)
