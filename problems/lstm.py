"""The LSTM cell with scalar gates: sheet 3, problem 3."""

from sympy import Expr

from derive import Graph, Problem, Size, Text, sigmoid, tanh

problem = Problem(
    title=Text("LSTM through time", "LSTM 的反向传播"),
    statement=Text(
        "An LSTM with scalar gates reads a sequence and is trained with half the squared error of its last state. "
        "Derive the gradient with respect to the weights and the bias of every gate.",
        "一个门控均为标量的 LSTM 读入一个序列，损失为最后状态平方误差的一半。请推导损失对每个门的权重与偏置的梯度。",
    ),
    source="3.3",
    sizes=(Size("T", Text("number of time steps", "时间步数")),),
)


@problem.reading()
def model() -> Graph:
    """Forget, input and output gate, candidate, cell and state."""
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
