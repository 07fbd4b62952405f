"""Ridge regression in closed form, differentiated by its penalty: how well do the weights do on other examples?"""

from derive import Graph, KroneckerDelta, Problem, Size, Sum, Text, solve

problem = Problem(
    title=Text("The penalty of ridge regression", "岭回归的惩罚系数"),
    statement=Text(
        "The weights of ridge regression have a closed form. They are evaluated by half the squared error on other "
        "examples. Derive the gradient of this error with respect to the penalty coefficient and to the training data.",
        "岭回归的权重有闭式解。用另一批样本上平方误差的一半评价这组权重，请推导该误差对惩罚系数与训练数据的梯度。",
    ),
    source="1.1+",
    group="matrices",
    sizes=(
        Size("N", Text("number of training examples", "训练样本数"), most=1000),
        Size("M", Text("number of other examples", "其他样本数"), most=1000),
        Size("D", Text("number of weights", "权重的个数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """K = X^T X + lamda I, q = X^T y, w = K^-1 q, e = V w - u, L = |e|^2 / 2."""
    g = Graph("ridge-closed-form")
    N, M, D = g.size("N"), g.size("M"), g.size("D")
    n, m = g.index("n", N), g.index("m", M)
    i, j = g.indices("i j", D)
    lamda = g.parameter("lamda", domain="positive")
    X, y = g.input("X", N, D, gradient=True), g.target("y", N)
    V, u = g.input("V", M, D), g.target("u", M)
    K = g.node("K", Sum(X[n, i] * X[n, j], n) + lamda * KroneckerDelta(i, j), over=(i, j))
    q = g.node("q", Sum(X[n, i] * y[n], n), over=i)
    w = g.node("w", solve(K, q)[i], over=i)
    e = g.node("e", Sum(V[m, i] * w[i], i) - u[m], over=m)
    g.loss("L", Sum(e[m] ** 2, m) / 2)
    return g
