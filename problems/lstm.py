"""The LSTM cell, with a scalar or a vector state: sheet 3, problem 3."""

from sympy import Expr

from derive import Graph, Option, Problem, Size, Sum, Text, sigmoid, tanh

problem = Problem(
    title=Text("LSTM through time", "LSTM 的反向传播"),
    statement=Text(
        "An LSTM reads a sequence and is trained with half the squared error of its last state. Derive the gradient "
        "with respect to the weights and the bias of every gate, and say why the cell keeps the gradient alive.",
        "一个 LSTM 读入一个序列，损失为最后状态平方误差的一半。"
        "请推导损失对每个门的权重与偏置的梯度，并说明为什么记忆单元能使梯度不易消失。",
    ),
    source="3.3",
    group="recurrent",
    options=(
        Option("hidden", ("scalar", "vector"), Text("a number or a vector of H units", "标量状态或 H 维向量状态")),
    ),
    sizes=(
        Size("T", Text("number of time steps", "时间步数")),
        Size("H", Text("units of a vector state", "向量状态的单元数"), most=100),
        Size("D", Text("inputs at each step of a vector state", "向量状态每一步的输入数"), most=100),
    ),
)


alive = Text(
    "The cell keeps the gradient alive because its state is updated by addition. On the direct path from one cell "
    "state to the next the adjoint is multiplied by the forget gate alone, not by a weight and not by the derivative "
    "of an activation. Over many steps it is multiplied by the product of the forget gates, which stays near 1 while "
    "the gates stay open; in a simple recurrent cell every step multiplies by a weight and by the derivative of the "
    "activation instead. Where a forget gate is near 0, the direct path is cut: there the cell forgets.",
    "记忆单元能使梯度不易消失，是因为它的状态以相加的方式更新。在从一个单元状态到下一个单元状态的直接路径上，"
    "伴随量只乘以遗忘门，既不乘以权重，也不乘以激活函数的导数。经过多步，伴随量乘以各遗忘门之积；"
    "只要遗忘门保持打开，这个积就接近 1。而在简单循环单元中，每一步都要乘以权重与激活函数的导数。"
    "遗忘门接近 0 时，直接路径被切断：单元在此遗忘。",
)


@problem.reading(notes=(alive,))
def model(hidden: str) -> Graph:
    """Forget, input and output gate, candidate, cell and state."""
    return vector() if hidden == "vector" else scalar()


def scalar() -> Graph:
    """Every gate a number."""
    g = Graph("lstm")
    T = g.size("T")
    t = g.index("t", T)
    x, y = g.input("x", T), g.target("y")
    c, h = g.states("c h", over=t, start={0: 0})

    def gate(k: str) -> Expr:
        """The weighted input of one gate, with weights of its own."""
        w_h, w_x, b = g.parameters(f"w_{k}h w_{k}x b_{k}")
        return w_h * h[t - 1] + w_x * x[t] + b

    f = g.node("f", sigmoid(gate("f")), over=t)
    i = g.node("i", sigmoid(gate("i")), over=t)
    c_tilde = g.node("c_tilde", tanh(gate("c")), over=t)
    o = g.node("o", sigmoid(gate("o")), over=t)
    g.update(c, f[t] * c[t - 1] + i[t] * c_tilde[t])
    g.update(h, o[t] * tanh(c[t]))
    g.loss("L", (h[T] - y) ** 2 / 2)
    return g


def vector() -> Graph:
    """Every gate a vector of H numbers."""
    g = Graph("lstm")
    T, H, D = g.size("T"), g.size("H"), g.size("D")
    t, d = g.index("t", T), g.index("d", D)
    k, j = g.indices("k j", H)
    x, y = g.input("x", T, D), g.target("y", H)
    c, h = g.states("c h", over=(t, k), start={0: 0})

    def gate(name: str) -> Expr:
        """The weighted input of one gate, with matrices of its own."""
        W_h, W_x, b = g.parameter(f"W_{name}h", H, H), g.parameter(f"W_{name}x", H, D), g.parameter(f"b_{name}", H)
        return Sum(W_h[k, j] * h[t - 1, j], j) + Sum(W_x[k, d] * x[t, d], d) + b[k]

    f = g.node("f", sigmoid(gate("f")), over=(t, k))
    i = g.node("i", sigmoid(gate("i")), over=(t, k))
    c_tilde = g.node("c_tilde", tanh(gate("c")), over=(t, k))
    o = g.node("o", sigmoid(gate("o")), over=(t, k))
    g.update(c, f[t, k] * c[t - 1, k] + i[t, k] * c_tilde[t, k])
    g.update(h, o[t, k] * tanh(c[t, k]))
    g.loss("L", Sum((h[T, k] - y[k]) ** 2, k) / 2)
    return g
