"""VGG16: activations and weights of each layer."""

from derive.language import Text
from derive.layers.task import Task, network

LAYERS = """
conv 64 3x3 pad 1; conv 64 3x3 pad 1; pool 2
conv 128 3x3 pad 1; conv 128 3x3 pad 1; pool 2
conv 256 3x3 pad 1; conv 256 3x3 pad 1; conv 256 3x3 pad 1; pool 2
conv 512 3x3 pad 1; conv 512 3x3 pad 1; conv 512 3x3 pad 1; pool 2
conv 512 3x3 pad 1; conv 512 3x3 pad 1; conv 512 3x3 pad 1; pool 2
fc 4096; fc 4096; fc 1000
"""

task = Task(
    title=Text("VGG16: activations and weights", "VGG16：激活值与权重"),
    statement=Text(
        "VGG16 reads images of 224 × 224 × 3. Count the activations and the weights of each layer and in all; biases "
        "are left out of the table, and ReLU is computed in place.",
        "VGG16 的输入为 224 × 224 × 3 的图像。请计算各层与全部的激活值个数与权重个数；表中不计偏置，ReLU 就地计算。",
    ),
    networks=(network(LAYERS, "224x224x3"),),
    columns=("shape", "numbers", "weights"),
    source="4.10a",
)
