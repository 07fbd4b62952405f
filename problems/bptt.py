"""Backpropagation through time in a scalar recurrent network: sheet 0, problem 8."""

from derive import Function, Graph, Option, Problem, Size, Text, function_named

problem = Problem(
    title=Text("Backpropagation through time", "通过时间的反向传播"),
    statement=Text(
        "A recurrent network with scalar weights reads a sequence and is judged by its last output. "
        "Derive the gradient of the loss with respect to the three shared weights.",
        "一个权重均为标量的循环神经网络读入一个序列，损失只取决于最后一个输出。请推导损失对三个共享权重的梯度。",
    ),
    source="0.8",
    options=(
        Option(
            "activation", ("identity", "tanh", "sigmoid", "relu"), Text("function of the cell", "循环单元的激活函数")
        ),
        Option("loss", ("abstract", "squared"), Text("loss of the last output", "最后一个输出的损失")),
    ),
    sizes=(Size("T", Text("number of time steps", "时间步数")),),
)


@problem.reading()
def model(activation: str, loss: str) -> Graph:
    """h_t = f(w_hx x_t + w_hh h_{t-1}), o_t = w_qh h_t, loss of o_T."""
    g = Graph("bptt")
    T = g.size("T")
    t = g.index("t", T)
    w_hx, w_hh, w_qh = g.parameters("w_hx w_hh w_qh")
    x, y = g.input("x", T), g.target("y")
    f = function_named(activation)
    h = g.recurrence("h", lambda h: f(w_hx * x[t] + w_hh * h[t - 1]), over=t, start={0: 0})
    o = g.node("o", w_qh * h[t], over=t)
    g.loss("L", (o[T] - y) ** 2 / 2 if loss == "squared" else Function("L")(o[T], y))
    return g
