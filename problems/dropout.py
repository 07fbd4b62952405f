"""Inverted dropout: sheet 0, problems 7 and 9."""

from sympy import Symbol

from derive import Argument, Function, Graph, Problem, Signature, Size, Sum, Text

problem = Problem(
    title=Text("Inverted dropout", "反向缩放的 Dropout"),
    statement=Text(
        "Every input is dropped with probability p, and those that are kept are scaled so that the mean stays. Derive "
        "the gradient for a given mask, then the gradient of the mean squared error of a linear model under dropout, "
        "and see which penalty it amounts to.",
        "每个输入以概率 p 被丢弃，保留的输入按比例放大，使均值不变。请先对给定的掩码推导梯度，"
        "再推导线性模型在 dropout 下平均平方误差的梯度，并说明它相当于哪一种惩罚项。",
    ),
    source="0.7",
    sizes=(
        Size("N", Text("rows of the batch", "批量的行数"), most=1000),
        Size("D", Text("number of inputs", "输入的个数"), most=1000),
    ),
)


def kept() -> Graph:
    """At inference nothing is dropped."""
    g = Graph("dropout at inference")
    N, D = g.size("N"), g.size("D")
    n, j = g.index("n", N), g.index("j", D)
    x = g.input("x", N, D, gradient=True)
    g.loss("L", Function("L")(g.node("y", x[n, j], over=(n, j))))
    return g


x_j, rate = Symbol("x_j", real=True), Symbol("p", real=True)
DROPOUT = Signature("dropout", (Argument("x"), Argument("p", 0.5)), result="y", draws={"m": 1 - rate}, inference=kept)


@problem.reading(Text("For a given mask", "给定掩码"), signature=DROPOUT)
def masked() -> Graph:
    """y = m x/(1 - p), m 0 or 1."""
    g = Graph("dropout")
    N, D = g.size("N"), g.size("D")
    n, j = g.index("n", N), g.index("j", D)
    x, m = g.input("x", N, D, gradient=True), g.constant("m", N, D, domain="binary")
    p = g.constant("p", domain="probability")
    y = g.node("y", m[n, j] * x[n, j] / (1 - p), over=(n, j))
    g.loss("L", Function("L")(y))
    return g


of_masks = Text(
    "This is the mean over all masks of the squared error of the dropped-out inputs: each of them keeps its mean {x}, "
    "its variance is {variance}, and variances of independent masks add up. So dropout penalises squared weights, the "
    "stronger the larger {p} is and the larger the input.",
    "这是输入经 dropout 后的平方误差对所有掩码的平均：每个输入的均值仍为 {x}，方差为 {variance}，"
    "相互独立的掩码其方差相加。"
    "因此 dropout 惩罚权重的平方，{p} 越大、输入越大，惩罚越强。",
)


@problem.reading(
    Text("The mean squared error under dropout", "dropout 下平方误差的平均"),
    notes=(of_masks(x=x_j, p=rate, variance=x_j**2 * rate / (1 - rate)),),
)
def penalised() -> Graph:
    """(w.x - y)^2 + p/(1-p) sum_j w_j^2 x_j^2."""
    g = Graph("dropout")
    D = g.size("D")
    j = g.index("j", D)
    w, x, y, p = g.parameter("w", D), g.input("x", D), g.target("y"), g.constant("p", domain="probability")
    r = g.node("r", Sum(w[j] * x[j], j) - y)
    g.loss("L", r**2 + p / (1 - p) * Sum(w[j] ** 2 * x[j] ** 2, j))
    return g
