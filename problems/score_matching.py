"""Score matching: half the squared length of a score plus the trace of its Jacobian."""

from derive import Graph, Problem, Sum, Text, tanh

problem = Problem(
    title=Text("Score matching", "得分匹配"),
    statement=Text(
        "A network with one hidden layer gives a score s(x) for every point x. The loss of score matching at one point "
        "is |s|²/2 plus the trace of the Jacobian of s with respect to x. Derive the Jacobian, then the gradients.",
        "含一个隐藏层的网络对每个点 x 给出得分 s(x)。"
        "得分匹配在一个点上的损失等于 |s|²/2 加上 s 对 x 的雅可比矩阵的迹。请先求雅可比矩阵，再推导各参数的梯度。",
    ),
    source="Hyvärinen (2005), JMLR 6:695-709",
    group="implicit",
)


@problem.reading()
def model() -> Graph:
    """s = V tanh(W x + b), L = |s|^2/2 + tr(ds/dx)."""
    g = Graph("score matching")
    D, H = g.size("D"), g.size("H")
    d, h = g.index("d", D), g.index("h", H)
    W, b, V, x = g.parameter("W", H, D), g.parameter("b", H), g.parameter("V", D, H), g.input("x", D)
    a = g.node("a", tanh(Sum(W[h, d] * x[d], d) + b[h]), over=h)
    s = g.node("s", Sum(V[d, h] * a[h], h), over=d)
    J = g.derivative(s, x)
    g.loss("L", Sum(s[d] ** 2, d) / 2 + Sum(J[d, d], d))
    return g
