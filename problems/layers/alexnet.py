"""The parameters of AlexNet, and a published table with wrong numbers."""

from derive.language import Text
from derive.layers.task import Claim, Task, network

LAYERS = """
conv1: conv 96 11x11 stride 4
pool 3 stride 2
conv2: conv 256 5x5 pad 2 groups 2
pool 3 stride 2
conv3: conv 384 3x3 pad 1
conv4: conv 384 3x3 pad 1 groups 2
conv5: conv 256 3x3 pad 1 groups 2
pool 3 stride 2
fc6: fc 4096
fc7: fc 4096
fc8: fc 1000
"""

task = Task(
    title=Text("The parameters of AlexNet", "AlexNet 的参数"),
    statement=Text(
        "AlexNet is trained on two GPUs, so that its second, fourth and fifth convolutions are in two groups: 96 "
        "kernels of 11 × 11 × 3, 256 of 5 × 5 × 48, 384 of 3 × 3 × 256, 384 of 3 × 3 × 192, 256 of 3 × 3 × 192, then "
        "fully connected layers 9216-4096-4096-1000. A published table gives these layers 34944, 614656, 885120, "
        "331968, 331968, 37752832, 16781312 and 4100000 parameters, 62378344 in all; for the second convolution it "
        "writes 256 · 5 · 5 · 48 + 256. Count the parameters of each layer and in all, and compare them with it.",
        "AlexNet 在两个 GPU 上训练，因此其第二、四、五个卷积层分为两组：96 个 11 × 11 × 3 的核，256 个 5 × 5 × "
        "48 的核，"
        "384 个 3 × 3 × 256 的核，384 个 3 × 3 × 192 的核，256 个 3 × 3 × 192 的核，随后是 9216-4096-4096-1000 "
        "的全连接层。"
        "某公开的表给出各层的参数个数依次为 34944、614656、885120、331968、331968、37752832、16781312、4100000，"
        "合计 62378344，其中第二个卷积层写作 256 · 5 · 5 · 48 + 256。请计算各层与全部的参数个数，并与该表对照。",
    ),
    networks=(network(LAYERS, "227x227x3"),),
    columns=("shape", "weights", "biases"),
    claims=(
        Claim("conv1", 34944),
        Claim("conv2", 614656),
        Claim("conv3", 885120),
        Claim("conv4", 331968),
        Claim("conv5", 331968),
        Claim("fc6", 37752832),
        Claim("fc7", 16781312),
        Claim("fc8", 4100000),
        Claim("all", 62378344),
    ),
    notes=(
        Text(
            "The table writes 256 · 5 · 5 · 48 + 256 for the second convolution and gives the value for 96 channels. "
            "Its total is neither the sum of its own rows nor that of the network with groups.",
            "该表对第二个卷积层写的是 256 · 5 · 5 · 48 + 256，给出的却是 96 个通道时的值。其合计既不是表中各行之和，"
            "也不是分组网络的参数个数。",
        ),
    ),
    source="2.2",
)
