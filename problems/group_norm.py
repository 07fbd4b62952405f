"""Group normalisation: arXiv 1803.08494, as in torch.nn.functional.group_norm."""

from derive import Function, Graph, Problem, Size, Sum, Text, sqrt

problem = Problem(
    title=Text("Group normalisation", "组归一化"),
    statement=Text(
        "The channels of each example are split into G groups of C channels. Within a group, the values at all C "
        "channels and P positions are shifted and scaled to mean zero and variance one; then every channel is "
        "multiplied by a gain and shifted. The loss is left abstract. Derive the gradients with respect to input, "
        "gain and shift.",
        "每个样本的通道分成 G 组，每组 C 个通道。同一组内 C 个通道、P 个位置上的所有值先一起标准化，使均值为零、"
        "方差为一，再逐通道乘以增益并加上平移。损失不给出具体形式。请推导损失对输入、增益与平移的梯度。",
    ),
    group="normalisation",
    sizes=(
        Size("N", Text("examples in the batch", "批量中的样本数"), most=1000),
        Size("G", Text("groups", "组数"), most=1000),
        Size("C", Text("channels in a group", "每组的通道数"), most=1000),
        Size("P", Text("positions of a channel", "每个通道的位置数"), most=1000),
    ),
)
relatives = Text(
    "With one group this is layer normalisation over channels and positions; with one channel in each group it is "
    "instance normalisation.",
    "只有一组时，它就是对通道与位置的层归一化；每组只有一个通道时，它就是实例归一化。",
)


@problem.reading(notes=(relatives,))
def model() -> Graph:
    """mu_ng, s_ng over the channels and places of a group; x_hat = (x - mu)/s; y = gamma x_hat + beta."""
    g = Graph("group-norm")
    N, G, C, P = (g.size(s) for s in ("N", "G", "C", "P"))
    n, u = g.index("n", N), g.index("g", G)
    c, k = g.indices("c k", C)
    p, q = g.indices("p q", P)
    x, (gamma, beta) = g.input("x", N, G, C, P, gradient=True), g.parameters("gamma beta", G, C)
    epsilon = g.constant("epsilon", domain="positive")
    mu = g.node("mu", Sum(x[n, u, k, q], k, q) / (C * P), over=(n, u))
    s = g.node("s", sqrt(Sum((x[n, u, k, q] - mu[n, u]) ** 2, k, q) / (C * P) + epsilon), over=(n, u))
    x_hat = g.node("x_hat", (x[n, u, c, p] - mu[n, u]) / s[n, u], over=(n, u, c, p))
    y = g.node("y", gamma[u, c] * x_hat[n, u, c, p] + beta[u, c], over=(n, u, c, p))
    g.loss("L", Function("L")(y))
    return g
