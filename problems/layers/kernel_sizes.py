"""One large kernel beside stacks of small ones and of bottlenecks, with letters for all sizes."""

from derive.language import Text
from derive.layers.size import size
from derive.layers.task import Task, network

INPUT = "HxWxC"

task = Task(
    title=Text("1 × 1, small and large kernels", "1 × 1 卷积核、小卷积核与大卷积核"),
    statement=Text(
        "A map of H × W × C is to become a map of the same size, and one output is to see k × k inputs, k odd. "
        "Compare "
        "a k × k convolution with a stack of 3 × 3 convolutions and with bottlenecks, in which 1 × 1 convolutions "
        "reduce the channels to C/4 and expand them again: parameters without biases, multiply-adds and receptive "
        "field.",
        "要把 H × W × C 的特征图变为同样大小的特征图，且每个输出能看到 k × k 个输入（k 为奇数）。请比较：一个 k "
        "× k 卷积；"
        "若干个 3 × 3 卷积；以及瓶颈结构，即先用 1 × 1 卷积把通道数降为 C/4，最后再用 1 × 1 卷积恢复。"
        "比较其参数个数（不计偏置）、乘加次数与感受野。",
    ),
    networks=(
        network("conv C 1x1 nobias", INPUT, Text("One 1 × 1", "一个 1 × 1")),
        network("conv C kxk pad same nobias", INPUT, Text("One large kernel", "一个大卷积核")),
        network("repeat (k-1)/2 [conv C 3x3 pad same nobias]", INPUT, Text("A stack of 3 × 3", "若干个 3 × 3")),
        network(
            "conv C/4 1x1 nobias; conv C/4 kxk pad same nobias; conv C 1x1 nobias",
            INPUT,
            Text("One large bottleneck", "一个大核瓶颈"),
        ),
        network(
            "repeat (k-1)/2 [conv C/4 1x1 nobias; conv C/4 3x3 pad same nobias; conv C 1x1 nobias]",
            INPUT,
            Text("A stack of bottlenecks", "若干个瓶颈"),
        ),
    ),
    columns=("weights", "multiply_adds", "field"),
    values=((size("k", ""), 7), (size("C", ""), 16)),
    notes=(
        Text(
            "A 3 × 3 convolution adds 2 to the receptive field, so that (k − 1)/2 of them see what one of k × k sees. "
            "At k = 3 both have 9 C² weights; for k ≥ 5 the stack has fewer, 18 C² against 25 C² at k = 5, 27 C² "
            "against 49 C² at k = 7, and it has more nonlinearities. A 1 × 1 convolution sees one position: it mixes "
            "channels, and is cheap enough to reduce them before a larger kernel.",
            "每个 3 × 3 卷积使感受野增加 2，所以 (k − 1)/2 个 3 × 3 卷积与一个 k × k 卷积看到的范围相同。k = 3 "
            "时两者都有 9 C² "
            "个权重；k ≥ 5 时堆叠更省：k = 5 时为 18 C² 对 25 C²，k = 7 时为 27 C² 对 49 C²，而且非线性更多。1 × "
            "1 卷积"
            "只看一个位置：它只混合通道，代价小，适合在大核之前降低通道数。",
        ),
    ),
    source="3.1",
)
