"""Backpropagation through time in a scalar recurrent network: sheet 0, problem 8."""

from derive import Function, Graph, Option, Problem, Size, Sum, Text, function_named

problem = Problem(
    title=Text("Backpropagation through time", "随时间反向传播（BPTT）"),
    statement=Text(
        "A recurrent network with one input, one state and one output, whose three weights are numbers, reads a "
        "sequence of T steps, and a loss is computed from its outputs. Derive the gradient of the loss with respect to "
        "all parameters, for any T. When does the gradient explode, when does it vanish, and what helps?",
        "一个循环神经网络的输入、状态与输出各为一个数，三个权重均为标量；它读入 T 步的序列，由其输出计算损失。"
        "请对任意的 T 推导损失对所有参数的梯度，"
        "并说明梯度何时爆炸、何时消失以及如何缓解。",
    ),
    source="0.8",
    group="recurrent",
    options=(
        Option(
            "activation", ("identity", "tanh", "sigmoid", "relu"), Text("function of the cell", "循环单元的激活函数")
        ),
        Option("loss", ("abstract", "squared"), Text("loss of an output", "单个输出的损失")),
        Option("loss_at", ("last", "every"), Text("the outputs from which the loss is computed", "哪些输出计入损失")),
        Option("start", ("zero", "learned"), Text("the state before the first input", "第一个输入之前的状态")),
    ),
    sizes=(Size("T", Text("number of time steps", "时间步数")),),
)


remedy = Text(
    "What helps? Against exploding gradients, clip the gradient to a maximum norm. Against both, start with a weight "
    "near 1 in absolute value, or let a gate set the factor of every step, as an LSTM does.",
    "缓解方法：对于梯度爆炸，把梯度的范数裁剪到给定的上限；对于爆炸与消失，可使权重初值的绝对值接近 1，或像 LSTM "
    "那样由门控决定每一步的因子。",
)


@problem.reading(notes=(remedy,))
def model(activation: str, loss: str, loss_at: str, start: str) -> Graph:
    """h_t = f(w_hx x_t + w_hh h_{t-1}), o_t = w_qh h_t, loss of o_T or of all o_t; h_0 is 0 or learned."""
    g = Graph("bptt")
    T = g.size("T")
    t = g.index("t", T)
    w_hx, w_hh, w_qh = g.parameters("w_hx w_hh w_qh")
    first = g.parameter("h_start") if start == "learned" else 0
    x = g.input("x", T)
    y = g.target("y", *([T] if loss_at == "every" else []))
    f = function_named(activation)
    h = g.recurrence("h", lambda h: f(w_hx * x[t] + w_hh * h[t - 1]), over=t, start={0: first})
    o = g.node("o", w_qh * h[t], over=t)
    if loss_at == "every":
        g.loss("L", Sum((o[t] - y[t]) ** 2 / 2 if loss == "squared" else Function("l")(o[t], y[t]), t))
    else:
        g.loss("L", (o[T] - y) ** 2 / 2 if loss == "squared" else Function("L")(o[T], y))
    return g
