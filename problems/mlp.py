"""A network with sigmoid layers on a batch: sheet 2, problem 1, as meant and as its code is printed."""

from itertools import pairwise

from derive import Graph, Option, Problem, Size, Sum, Text, TrainingSet, sigmoid

problem = Problem(
    title=Text("Multilayer perceptron on a batch", "批量输入的多层感知机"),
    statement=Text(
        "A batch of inputs goes through sigmoid layers, and the network is trained with half the squared error. "
        "Derive the gradients with respect to all weights and biases. Two versions are solved: as intended, where "
        "every layer has a bias of its own, and as stated, where the hidden layers add the bias of the output too.",
        "一批输入依次经过若干 sigmoid 层，以平方误差的一半为损失。请推导损失对所有权重与偏置的梯度。"
        "下面对两种情形作出解答：按原意，每一层都有自己的偏置；按题面，隐藏层加上的也是输出层的偏置。",
    ),
    source="2.1",
    group="networks",
    options=(Option("depth", ("1", "2", "3"), Text("number of hidden layers", "隐藏层的层数")),),
    sizes=(
        Size("N", Text("examples in the batch", "批量中的样本数"), most=1000),
        Size("D", Text("inputs", "输入维数"), most=1000),
        Size("H", Text("units of a hidden layer", "每个隐藏层的单元数"), most=1000),
        Size("K", Text("outputs", "输出维数"), most=1000),
    ),
)


EXCLUSIVE_OR = TrainingSet(
    {"X": ((0, 0), (0, 1), (1, 0), (1, 1)), "Y": ((0,), (1,), (1,), (0,))}, sizes={"H": 4}, rate=1.0, steps=2000
)


@problem.reading(Text("As intended", "按原意"), training=EXCLUSIVE_OR)
def meant(depth: str) -> Graph:
    """Z^l = A^{l-1} W^l + b^l, A^l = sigmoid(Z^l), row by row."""
    return network(int(depth), own=True)


@problem.reading(Text("As stated", "按题面"), training=EXCLUSIVE_OR)
def printed(depth: str) -> Graph:
    """The hidden layers add the bias of the output, a single number."""
    return network(int(depth), own=False)


def network(depth: int, own: bool) -> Graph:
    """`depth` hidden layers, each with its `own` bias; else a single output lends its bias to all of them."""
    g = Graph("mlp")
    N, D, H = (g.size(s) for s in ("N", "D", "H"))
    K = g.size("K") if own else 1
    n, d, k = g.index("n", N), g.index("d", D), g.index("k", K)
    h, j = g.indices("h j", H)
    X, Y = g.input("X", N, D), g.target("Y", N, K)
    last = depth + 1
    units = [(D, d), *([(H, h), (H, j)] * 2)[:depth], (K, k)]
    W = [g.parameter(f"W{m}", units[m - 1][0], units[m][0]) for m in range(1, last + 1)]
    b = [g.parameter(f"b{m}", units[m][0]) for m in range(1, last + 1)]
    A = X
    for m, ((_, r), (_, c)) in enumerate(pairwise(units), 1):
        bias = b[m - 1][c] if own else b[last - 1][1]
        Z = g.node(f"Z{m}", Sum(A[n, r] * W[m - 1][r, c], r) + bias, over=(n, c))
        A = g.node(f"A{m}", sigmoid(Z[n, c]), over=(n, c))
    g.loss("L", Sum((A[n, k] - Y[n, k]) ** 2, n, k) / 2)
    return g
