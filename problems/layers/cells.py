"""The parameters and multiplications of three recurrent cells, with letters for all sizes."""

from derive.language import Text
from derive.layers.size import size
from derive.layers.task import Task, network

INPUT = "TxD"

task = Task(
    title=Text("RNN, LSTM and GRU: parameters and multiplications", "RNN、LSTM 与 GRU：参数与乘法次数"),
    statement=Text(
        "A recurrent network with H units reads T vectors of D numbers. Compare the RNN, the LSTM and the GRU: how "
        "many parameters does each have, and how many multiplications does a step take?",
        "一个有 H 个单元的循环网络读入 T 个 D 维向量。请比较 RNN、LSTM 与 GRU：各有多少个参数？每一步需要多少次乘法？",
    ),
    networks=(
        network("rnn H", INPUT, Text("RNN", "RNN")),
        network("lstm H", INPUT, Text("LSTM", "LSTM")),
        network("gru H", INPUT, Text("GRU", "GRU")),
    ),
    columns=("weights", "biases", "multiply_adds"),
    of=("parameters", "multiply_adds"),
    values=((size("D", ""), 256), (size("H", ""), 512), (size("T", ""), 100)),
    notes=(
        Text(
            "A step takes one T-th of these multiply-adds: D H + H² in the RNN. Whatever the sizes are, the LSTM has "
            "four times and the GRU three times the parameters and the multiplications of the RNN. The products of a "
            "gate with a state are not counted here: each step of the LSTM and of the GRU has 3 H of them, few beside "
            "H² if H is large.",
            "每一步的乘法次数是表中的 1/T：RNN 为 D H + H²。无论各维数是多少，LSTM 的参数个数与乘法次数都是 RNN "
            "的四倍，GRU 是三倍。门与状态的逐元素乘积未计入：LSTM 与 GRU 每一步各有 3 H 次，H 较大时远少于 H²。",
        ),
        Text(
            "In return the gates change the Jacobian of a step. For the RNN with tanh it is diag(1 − h_t²) W, so "
            "that the gradient over many steps contains a product of as many matrices W. The cell of the LSTM "
            "and the state of the GRU also have a direct path from step to step, on which no weight matrix "
            "stands, only a gate: while it is near 1, the gradient passes.",
            "相应地，门改变了一步的雅可比矩阵。以 tanh 为激活函数的 RNN，一步的雅可比矩阵为 diag(1 − h_t²) W，"
            "因此跨越多步的梯度含有同样多个矩阵 W 的连乘积。LSTM 的单元状态与 GRU "
            "的状态在相邻两步之间还有一条直接路径，其上没有权重矩阵，只有一个门：门接近 1 时梯度得以通过。",
        ),
    ),
    source="2.3",
)
