"""The table of a small convolutional network: maps, weights and biases of each layer."""

from derive.language import Text
from derive.layers.task import Task, network

task = Task(
    title=Text("A convolutional network, layer by layer", "卷积神经网络的逐层计算"),
    statement=Text(
        "The input is 128 × 128 × 3. CONV-K-N stands for N kernels of K × K with padding 0 and stride 1, POOL-K for "
        "a pooling over K × K with padding 0 and stride K, FC-N for a fully connected layer with N units. For each "
        "layer, find the size of the activation map and the numbers of weights and biases.",
        "输入为 128 × 128 × 3。CONV-K-N 表示 N 个 K × K 的卷积核，填充为 0，步幅为 1；POOL-K 表示 K × K 的池化，"
        "填充为 0，步幅为 K；FC-N 表示含 N 个单元的全连接层。请对每一层计算特征图的大小、权重的个数与偏置的个数。",
    ),
    networks=(network("CONV-9-32; POOL-2; CONV-5-64; POOL-2; CONV-5-64; POOL-2; FC-3", "128x128x3"),),
    columns=("shape", "weights", "biases"),
    source="0.1",
)
