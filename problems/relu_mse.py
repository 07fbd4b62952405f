"""A small ReLU network with the squared error: sheet 0, problem 5, as printed and as it was surely meant."""

from derive import Example, Graph, Problem, Text, relu

problem = Problem(
    title=Text("ReLU network with squared error", "ReLU 网络与平方损失"),
    statement=Text(
        "Two ReLU units feed a linear output, and the network is trained with half the squared error. Derive every "
        "gradient. Then take one step of stochastic gradient descent with learning rate 0.0001, starting from w₁₁ = "
        "w₁₂ = −1, w₂₁ = w₂₂ = w₃₁ = w₃₂ = 1 and b₁ = b₂ = 0, for x₁ = x₂ = 1 and y = 0.5. Two versions are "
        "solved: as stated, where x₁ w₃₂ is added in the output, and as intended, where a₂ w₃₂ is.",
        "两个 ReLU 单元连接到一个线性输出，用平方误差的一半作为损失。请推导各个梯度；再取 w₁₁ = w₁₂ = −1、"
        "w₂₁ = w₂₂ = w₃₁ = w₃₂ = 1、b₁ = b₂ = 0 为初值，对 x₁ = x₂ = 1、y = 0.5 以学习率 0.0001 执行一次随机梯度下降。"
        "下面对两种情形作出解答：按题面，输出中加的是 x₁ w₃₂；按原意，加的是 a₂ w₃₂。",
    ),
    source="0.5",
    group="networks",
)
numbers = Example(at="w11=-1, w12=-1, w21=1, w22=1, w31=1, w32=1, b1=0, b2=0, x1=1, x2=1, y=0.5", rate="1e-4")


def network(meant: bool) -> Graph:
    """Two hidden ReLU units; the output adds a2 w32 if meant, x1 w32 as printed."""
    g = Graph("relu-mse")
    w11, w12, b1, w21, w22, b2, w31, w32 = g.parameters("w11 w12 b1 w21 w22 b2 w31 w32")
    x1, x2 = g.inputs("x1 x2")
    y = g.target("y")
    z1 = g.node("z1", w11 * x1 + w12 * x2 + b1)
    z2 = g.node("z2", w21 * x1 + w22 * x2 + b2)
    a1 = g.node("a1", relu(z1))
    a2 = g.node("a2", relu(z2))
    a = g.node("a", a1 * w31 + (a2 if meant else x1) * w32)
    g.loss("L", (a - y) ** 2 / 2)
    return g


@problem.reading(Text("As stated", "按题面"), numbers)
def printed() -> Graph:
    """The output as the sheet prints it."""
    return network(meant=False)


@problem.reading(Text("As intended", "按原意"), numbers)
def meant() -> Graph:
    """The output with the second hidden unit."""
    return network(meant=True)
