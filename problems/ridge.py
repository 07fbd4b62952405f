"""Ridge regression: least squares with a squared penalty."""

from derive import Graph, Problem, Size, Sum, Text

problem = Problem(
    title=Text("Ridge regression", "岭回归"),
    statement=Text(
        "A linear model is fitted to N examples by least squares, with a penalty on the squared length of its weights. "
        "Derive the gradient and the update of gradient descent.",
        "用最小二乘法以线性模型拟合 N 个样本，并对权重长度的平方加以惩罚。请推导梯度，并写出梯度下降的更新公式。",
    ),
    source="1.1+",
    group="regression",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("D", Text("number of weights", "权重的个数"), most=1000),
    ),
)


@problem.reading(update=True)
def model() -> Graph:
    """r = X w - y, L = |r|^2/2 + lamda |w|^2/2."""
    g = Graph("ridge")
    N, D = g.size("N"), g.size("D")
    n, j = g.index("n", N), g.index("j", D)
    w, X, y = g.parameter("w", D), g.input("X", N, D), g.target("y", N)
    lamda = g.constant("lamda", domain="positive")
    r = g.node("r", Sum(X[n, j] * w[j], j) - y[n], over=n)
    g.loss("L", Sum(r[n] ** 2, n) / 2 + lamda * Sum(w[j] ** 2, j) / 2)
    return g
