"""Momentum, the exponential average and weight decay under a constant gradient."""

from derive import Graph, Limit, Problem, Size, Text

problem = Problem(
    title=Text("Momentum, averages and decay", "动量、指数平均与权重衰减"),
    statement=Text(
        "Every step sees the same gradient g. It is accumulated with momentum μ and learning rate η; averaged "
        "exponentially with decay rate β, with bias correction; and used in gradient descent with weight decay λ. "
        "Solve each recursion for every step, and find its limit.",
        "每一步的梯度都等于 g。分别以动量 μ 与学习率 η 累积它；以衰减率 β 作指数平均并校正偏差；再与权重衰减 λ 一起用于"
        "梯度下降。请对任意一步求解各个递推，并求出其极限。",
    ),
    source="1.6+",
    group="optimisers",
    sizes=(Size("T", Text("number of steps", "步数")),),
)


moves = Text(
    "The limit of the update is not 0, so θ has no limit: in the long run every step moves it by nearly this amount.",
    "更新量的极限不为 0，因此 θ 没有极限：经过足够多步之后，每一步都移动约这么多。",
)


@problem.reading(
    Text("Gradient descent with momentum", "带动量的梯度下降"),
    limits=(Limit("v", "t"), Limit("Delta", "t"), Limit("eta_eff", "t")),
    notes=(moves,),
)
def momentum() -> Graph:
    """v_t = mu v_{t-1} + g, theta_t = theta_{t-1} - eta v_t; the rate that g meets is eta_eff."""
    graph = Graph("momentum")
    T = graph.size("T")
    t = graph.index("t", T)
    mu, eta = graph.constant("mu", domain="probability"), graph.constant("eta", domain="positive")
    g, start = graph.constant("g", domain="nonzero"), graph.constant("theta_start")
    v = graph.recurrence("v", lambda v: mu * v[t - 1] + g, over=t, start={0: 0})
    Delta = graph.node("Delta", -eta * v[t], over=t)
    graph.node("eta_eff", -Delta[t] / g, over=t)
    graph.recurrence("theta", lambda theta: theta[t - 1] + Delta[t], over=t, start={0: start})
    return graph


@problem.reading(Text("The exponential average", "指数平均"), limits=(Limit("m", "t"), Limit("b", "t")))
def average() -> Graph:
    """m_t = beta m_{t-1} + (1 - beta) g, its bias b_t = m_t - g, and the average without it."""
    graph = Graph("average")
    T = graph.size("T")
    t = graph.index("t", T)
    beta, g = graph.constant("beta", domain="probability"), graph.constant("g")
    m = graph.recurrence("m", lambda m: beta * m[t - 1] + (1 - beta) * g, over=t, start={0: 0})
    graph.node("b", m[t] - g, over=t)
    graph.node("m_hat", m[t] / (1 - beta**t), over=t)
    return graph


@problem.reading(Text("Gradient descent with weight decay", "带权重衰减的梯度下降"), limits=(Limit("theta", "t"),))
def decay() -> Graph:
    """theta_t = (1 - eta lamda) theta_{t-1} - eta g: it tends to -g/lamda."""
    return _decay(gradient=True)


@problem.reading(Text("Weight decay alone", "仅有权重衰减"), limits=(Limit("theta", "t"),))
def alone() -> Graph:
    """The same without a gradient: geometric decay."""
    return _decay(gradient=False)


def _decay(gradient: bool) -> Graph:
    graph = Graph("weight decay")
    T = graph.size("T")
    t = graph.index("t", T)
    eta, lamda = graph.constants("eta lamda", domain="probability")
    start = graph.constant("theta_start")
    step = eta * graph.constant("g") if gradient else 0
    graph.recurrence("theta", lambda theta: (1 - eta * lamda) * theta[t - 1] - step, over=t, start={0: start})
    return graph
