"""Batch normalisation and weight normalisation: sheet 1, problem 5, part 2."""

from derive import Expectation, Graph, Problem, Size, Sum, Text, Variance, sqrt

problem = Problem(
    title=Text("Batch normalisation as weight normalisation", "批归一化与权重归一化"),
    statement=Text(
        "The pre-activation of a linear unit is batch-normalised, without a shift. Show that this is the same as "
        "weight normalisation where the inputs are independent, with zero mean and unit variance.",
        "对线性单元的预激活值作不带平移的批归一化。请证明：当各输入相互独立、均值为零、方差为一时，"
        "这与权重归一化等价。",
    ),
    source="1.5.2",
    group="normalisation",
    sizes=(Size("D", Text("number of inputs", "输入的个数"), most=1000),),
)


same = Text(
    "Here y is the batch-normalised pre-activation with the gain g, and u is that of a unit with the weight-normalised "
    "w, which is g times v over its length. They are equal for all inputs, as the mean of t is 0 and its standard "
    "deviation is the length of v. Here v is not zero.",
    "这里 y 是带增益 g 的批归一化的预激活值，u 是权重归一化的单元的预激活值，其权重 w 等于 g 乘以 v 再除以 v "
    "的长度。由于 t 的均值为 0、标准差就是 v 的长度，两者对所有输入都相等（v 不能为零向量）。",
)


@problem.reading(identities=(("y", "u"),), notes=(same,))
def model() -> Graph:
    """y = g (t - E[t])/sqrt(Var[t]) with t = v.x, and u = w.x with w = g v/||v||."""
    graph = Graph("batch normalisation of v.x")
    D = graph.size("D")
    j, k = graph.indices("j k", D)
    g, v = graph.constant("g"), graph.constant("v", D)
    n = graph.node("n", sqrt(Sum(v[k] ** 2, k)))
    w = graph.node("w", g * v[j] / n, over=j)
    x = graph.random("x", D, mean=0, variance=1, independent=True)
    t = graph.node("t", Sum(v[j] * x[j], j))
    graph.node("y", g * (t - Expectation(t)) / sqrt(Variance(t)))
    graph.node("u", Sum(w[j] * x[j], j))
    return graph
