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


@problem.reading(identities=(("y", "u"),))
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
