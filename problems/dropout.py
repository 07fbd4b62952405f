"""Inverted dropout: sheet 0, problems 7 and 9."""

from sympy import Symbol

from derive import Argument, Expectation, Function, Graph, Problem, Signature, Size, Sum, Text, Variance

problem = Problem(
    title=Text("Inverted dropout", "反向 dropout（inverted dropout）"),
    statement=Text(
        "Every input is dropped with probability p, and the inputs that are kept are scaled so that the mean is "
        "preserved. Derive the gradient for a given mask, the mean and variance of the output, and the expected "
        "squared error of a linear model under dropout with its gradient. Which penalty is dropout equivalent to?",
        "每个输入以概率 p 被丢弃，保留的输入按比例放大，使均值不变。请先对给定的掩码推导梯度，再推导输出的均值与方差，"
        "以及线性模型在 dropout 下平方误差的期望及其梯度，并说明 dropout 相当于哪一种惩罚项。",
    ),
    source="0.7",
    group="networks",
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


@problem.reading(Text("Mean and variance of the output", "输出的均值与方差"))
def moments() -> Graph:
    """E[m_j x_j/(1 - p)] = x_j, and its variance is x_j^2 p/(1 - p)."""
    g = Graph("dropout")
    D = g.size("D")
    j = g.index("j", D)
    x, p = g.input("x", D), g.constant("p", domain="probability")
    m = g.random("m", D, mean=1 - p, domain="binary", independent=True)
    dropped = g.node("x_tilde", m[j] * x[j] / (1 - p), over=j)
    g.node("mu", Expectation(dropped[j]), over=j)
    g.node("nu", Variance(dropped[j]), over=j)
    return g


of_the_rate = Text(
    "On average dropout adds the squares of the weights, each multiplied by {weight}: an L2 penalty that is "
    "stronger for larger inputs. The derivative with respect to {p} is never negative, so the penalty grows with the "
    "probability of dropping.",
    "平均而言，dropout 加上了各权重的平方，系数为 {weight}：这是一种 L2 惩罚，输入越大惩罚越强。"
    "对 {p} 的导数恒非负：丢弃概率越大，惩罚越强。",
)


@problem.reading(
    Text("The mean squared error under dropout", "dropout 下平方误差的期望"),
    notes=(of_the_rate(weight=x_j**2 * rate / (1 - rate), p=rate),),
)
def penalised() -> Graph:
    """E[(w.x~ - y)^2] = (w.x - y)^2 + p/(1-p) sum_j w_j^2 x_j^2."""
    g = Graph("dropout")
    D = g.size("D")
    j, _ = g.indices("j k", D)
    w, p = g.parameter("w", D), g.parameter("p", domain="probability")
    x, y = g.input("x", D), g.target("y")
    m = g.random("m", D, mean=1 - p, domain="binary", independent=True)
    dropped = g.node("x_tilde", m[j] * x[j] / (1 - p), over=j)
    g.node("e", Sum(w[j] * x[j], j) - y)
    r = g.node("r", Sum(w[j] * dropped[j], j) - y)
    g.loss("J", Expectation(r**2))
    return g
