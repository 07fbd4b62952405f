"""The parameters of a fully connected layer with batch normalisation."""

from derive.language import Text
from derive.layers.task import Task, network

task = Task(
    title=Text("The parameters of a layer with batch normalisation", "带批归一化的全连接层的参数"),
    statement=Text(
        "A fully connected layer maps 20 inputs to 30 outputs and is followed by batch normalisation. How many "
        "parameters are trained?",
        "一个全连接层把 20 个输入映射为 30 个输出，其后接批归一化。共有多少个可训练的参数？",
    ),
    networks=(network("fc 30 nobias; bn", "20"),),
    columns=("shape", "weights", "biases"),
    notes=(
        Text(
            "The layer has no bias of its own: batch normalisation subtracts the mean, and with it any constant, and "
            "β takes its place. The moving mean and variance are measured, and not trained.",
            "该层自身不需要偏置：批归一化减去均值，任何常数都随之消去，由 β 代替。滑动均值与滑动方差是统计量，"
            "不参与训练。",
        ),
    ),
    source="4.11",
)
