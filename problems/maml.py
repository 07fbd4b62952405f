"""MAML: the gradient of the loss after one inner step of gradient descent, through that step."""

from derive import Graph, Problem, Sum, Text

problem = Problem(
    title=Text("MAML with one inner step", "MAML（一步内循环）"),
    statement=Text(
        "A linear model with weights w takes one step of gradient descent on the N training examples of a task, u = w "
        "− η dl/dw. The outer loss is half the squared error of u on M other examples. Derive the gradient of the "
        "outer loss with respect to w, through the inner step.",
        "权重为 w 的线性模型在某任务的 N 个训练样本上做一步梯度下降 u = w − η dl/dw。"
        "外层损失是 u 在另外 M 个样本上平方误差的一半。请推导外层损失对 w 的梯度（须经过内层的那一步）。",
    ),
    source="Finn, Abbeel, Levine (2017), arXiv:1703.03400",
    group="implicit",
)


@problem.reading()
def model() -> Graph:
    """r = X w - y, l = |r|^2/2, u = w - eta dl/dw, L = |U u - t|^2/2."""
    g = Graph("maml")
    D, N, M = g.size("D"), g.size("N"), g.size("M")
    d, n, m = g.index("d", D), g.index("n", N), g.index("m", M)
    w, eta = g.parameter("w", D), g.constant("eta", domain="positive")
    X, y, U, t = g.input("X", N, D), g.target("y", N), g.input("U", M, D), g.target("t", M)
    r = g.node("r", Sum(X[n, d] * w[d], d) - y[n], over=n)
    inner = g.node("l", Sum(r[n] ** 2, n) / 2)
    u = g.node("u", w[d] - eta * g.derivative(inner, w)[d], over=d)
    q = g.node("q", Sum(U[m, d] * u[d], d) - t[m], over=m)
    g.loss("L", Sum(q[m] ** 2, m) / 2)
    return g
