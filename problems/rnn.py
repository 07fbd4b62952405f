"""A recurrent layer with a vector state: sheet 2, problem 3."""

from derive import Function, Graph, Option, Problem, Size, Sum, Text, function_named

problem = Problem(
    title=Text("Recurrent layer with a vector state", "向量状态的循环层"),
    statement=Text(
        "A recurrent layer with a state of H units reads vectors of D inputs, and the loss depends on its last state. "
        "Derive the gradients for any length, the Jacobian of one step, and the conditions under which gradients "
        "explode or vanish.",
        "一个状态含 H 个单元的循环层依次读入 D 维向量，损失取决于最后的状态。"
        "请对任意长度推导各梯度与一步的雅可比矩阵，并说明梯度何时爆炸、何时消失。",
    ),
    source="2.3",
    group="recurrent",
    options=(
        Option("activation", ("tanh", "identity", "relu"), Text("function of the cell", "循环单元的激活函数")),
        Option("loss", ("abstract", "squared"), Text("loss of the last state", "最后状态的损失")),
    ),
    sizes=(
        Size("T", Text("number of time steps", "时间步数")),
        Size("H", Text("units of the state", "状态的单元数"), most=100),
        Size("D", Text("inputs at each step", "每一步的输入数"), most=100),
    ),
)


@problem.reading()
def model(activation: str, loss: str) -> Graph:
    """h_t = f(W_hh h_{t-1} + W_hx x_t + b), loss of h_T."""
    g = Graph("rnn")
    T, H, D = g.size("T"), g.size("H"), g.size("D")
    t, d = g.index("t", T), g.index("d", D)
    i, j = g.indices("i j", H)
    W_hh, W_hx, b = g.parameter("W_hh", H, H), g.parameter("W_hx", H, D), g.parameter("b", H)
    x, y = g.input("x", T, D), g.target("y", H)
    f = function_named(activation)
    h = g.recurrence(
        "h",
        lambda h: f(Sum(W_hh[i, j] * h[t - 1, j], j) + Sum(W_hx[i, d] * x[t, d], d) + b[i]),
        over=(t, i),
        start={0: 0},
    )
    last = g.node("o", h[T, i], over=i)
    g.loss("L", Sum((last[i] - y[i]) ** 2, i) / 2 if loss == "squared" else Function("L")(last, y))
    return g
