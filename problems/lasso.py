"""The lasso: least squares with a penalty on absolute values."""

from derive import Abs, Graph, Problem, Size, Sum, Text

problem = Problem(
    title=Text("The lasso", "Lasso 回归"),
    statement=Text(
        "A linear model is fitted to N examples by least squares, with a penalty on the absolute values of its "
        "weights. Derive the gradient where it exists, and say what holds at zero.",
        "用最小二乘法以线性模型拟合 N 个样本，并对权重的绝对值加以惩罚。请在可导处推导梯度，并说明权重为零时的情形。",
    ),
    source="1.1+",
    group="regression",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("D", Text("number of weights", "权重的个数"), most=1000),
    ),
)
at_zero = Text(
    "At a weight of zero the penalty has no derivative. With the other weights held fixed, zero is the best value of "
    "a weight if and only if the rest of its gradient lies between −λ and λ; this is why the lasso gives sparse "
    "solutions. The update of gradient descent, with sign(0) = 0, does not keep such a weight "
    "at zero in general: the weight oscillates around zero.",
    "权重为零时惩罚项不可导。固定其他权重时，零是该权重的最优值，当且仅当该权重的其余梯度介于 −λ 与 λ 之间；"
    "这正是 Lasso 得到稀疏解的原因。而梯度下降的更新取 sign(0) = 0，一般不会让这样的权重停在零，"
    "权重只会在零附近振荡。",
)


@problem.reading(notes=(at_zero,), update=True)
def model() -> Graph:
    """r = X w - y, L = |r|^2/2 + lamda sum_j |w_j|."""
    g = Graph("lasso")
    N, D = g.size("N"), g.size("D")
    n, j = g.index("n", N), g.index("j", D)
    w, X, y = g.parameter("w", D), g.input("X", N, D), g.target("y", N)
    lamda = g.constant("lamda", domain="positive")
    r = g.node("r", Sum(X[n, j] * w[j], j) - y[n], over=n)
    g.loss("L", Sum(r[n] ** 2, n) / 2 + lamda * Sum(Abs(w[j]), j))
    return g
