"""Recurrent layers on top of each other, as many as one likes."""

from derive import Graph, Problem, Size, Sum, Text, tanh

problem = Problem(
    title=Text("Stacked recurrent layers", "多层循环网络"),
    statement=Text(
        "There are L recurrent layers. Each reads the states of the layer below, and the first reads the inputs. The "
        "loss is half the squared error of the last state of the last layer. Derive the adjoints and the gradients "
        "for any "
        "L and T.",
        "共有 L 个循环层，每一层读入其下面一层的状态，第一层读入输入。损失是最后一层最后一步状态的平方误差的一半。"
        "请对任意层数 L 与任意长度 T 推导各伴随量与梯度。",
    ),
    group="recurrent",
    sizes=(
        Size("T", Text("number of time steps", "时间步数")),
        Size("L", Text("number of layers", "层数")),
        Size("D", Text("units of a layer", "每层的单元数"), most=100),
    ),
)


@problem.reading()
def model() -> Graph:
    """h_lt = tanh(W_l h_{l-1,t} + U_l h_{l,t-1} + b_l), with h_0t = x_t and h_l0 = 0."""
    g = Graph("stacked recurrent layers")
    T, L, D = g.size("T"), g.size("L"), g.size("D")
    t, layer = g.index("t", T), g.index("l", L)
    i, j = g.indices("i j", D)
    W, U, b = g.parameter("W", L, D, D), g.parameter("U", L, D, D), g.parameter("b", L, D)
    x, y = g.input("x", T, D), g.target("y", D)
    h = g.recurrence(
        "h",
        lambda h: tanh(
            Sum(W[layer, i, j] * h[layer - 1, t, j], j) + Sum(U[layer, i, j] * h[layer, t - 1, j], j) + b[layer, i]
        ),
        over=(layer, t, i),
        start={(0, t, i): x[t, i], (layer, 0, i): 0},
    )
    g.loss("E", Sum((h[L, T, i] - y[i]) ** 2, i) / 2)
    return g
