"""The gated recurrent unit, with a scalar or a vector state: sheet 2, problem 3."""

from sympy import Expr

from derive import Graph, Option, Problem, Size, Sum, Text, sigmoid, tanh

problem = Problem(
    title=Text("GRU through time", "GRU 的反向传播"),
    statement=Text(
        "A gated recurrent unit (GRU) reads a sequence and is trained with half the squared error of its last state. "
        "Derive the gradient with respect to the weights and the bias of every gate, and the Jacobian of one step.",
        "一个门控循环单元（GRU）读入一个序列，损失为最后状态平方误差的一半。请推导损失对每个门的权重与偏置的梯度，"
        "以及一步的雅可比矩阵。",
    ),
    source="2.3",
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


@problem.reading()
def model(hidden: str) -> Graph:
    """Update gate z, reset gate r, candidate, state."""
    return vector() if hidden == "vector" else scalar()


def scalar() -> Graph:
    """Every gate a number."""
    g = Graph("gru")
    T = g.size("T")
    t = g.index("t", T)
    x, y = g.input("x", T), g.target("y")
    (h,) = g.states("h", over=t, start={0: 0})

    def gate(k: str, state: Expr) -> Expr:
        """The weighted input of one gate, with weights of its own."""
        w_h, w_x, b = g.parameters(f"w_{k}h w_{k}x b_{k}")
        return w_h * state + w_x * x[t] + b

    z = g.node("z", sigmoid(gate("z", h[t - 1])), over=t)
    r = g.node("r", sigmoid(gate("r", h[t - 1])), over=t)
    h_tilde = g.node("h_tilde", tanh(gate("h", r[t] * h[t - 1])), over=t)
    g.update(h, (1 - z[t]) * h[t - 1] + z[t] * h_tilde[t])
    g.loss("L", (h[T] - y) ** 2 / 2)
    return g


def vector() -> Graph:
    """Every gate a vector of H numbers."""
    g = Graph("gru")
    T, H, D = g.size("T"), g.size("H"), g.size("D")
    t, d = g.index("t", T), g.index("d", D)
    k, j = g.indices("k j", H)
    x, y = g.input("x", T, D), g.target("y", H)
    (h,) = g.states("h", over=(t, k), start={0: 0})

    def gate(name: str, state: Expr) -> Expr:
        """The weighted input of one gate, with matrices of its own; `state` is what it reads, at index j."""
        W_h, W_x, b = g.parameter(f"W_{name}h", H, H), g.parameter(f"W_{name}x", H, D), g.parameter(f"b_{name}", H)
        return Sum(W_h[k, j] * state, j) + Sum(W_x[k, d] * x[t, d], d) + b[k]

    z = g.node("z", sigmoid(gate("z", h[t - 1, j])), over=(t, k))
    r = g.node("r", sigmoid(gate("r", h[t - 1, j])), over=(t, k))
    h_tilde = g.node("h_tilde", tanh(gate("h", r[t, j] * h[t - 1, j])), over=(t, k))
    g.update(h, (1 - z[t, k]) * h[t - 1, k] + z[t, k] * h_tilde[t, k])
    g.loss("L", Sum((h[T, k] - y[k]) ** 2, k) / 2)
    return g
