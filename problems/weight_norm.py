"""Weight normalisation: sheet 1, problem 5, part 1."""

from derive import Function, Graph, Problem, Size, Sum, Text, sqrt

problem = Problem(
    title=Text("Weight normalisation", "权重归一化"),
    statement=Text(
        "A weight vector w is written as a length g times a direction v/‖v‖. The loss is left abstract. Derive the "
        "gradients with respect to g and v from the gradient with respect to w.",
        "把权重向量 w 写成长度 g 与方向 v/‖v‖ 的乘积。损失不给出具体形式，请由损失对 w 的梯度推导对 g 与 v 的梯度。",
    ),
    source="1.5.1",
    group="normalisation",
    sizes=(Size("D", Text("length of the vectors", "向量的维数"), most=1000),),
)


orthogonal = Text(
    "The gradient with respect to v is orthogonal to v: its inner product with v is g ∂L/∂g − g ∂L/∂g = 0, since the "
    "inner product of ∂L/∂w with v is n ∂L/∂g and that of v with itself is n². So a step of gradient descent never "
    "shortens v; the length of w is learned through g alone.",
    "损失对 v 的梯度与 v 正交：它与 v 的内积为 g ∂L/∂g − g ∂L/∂g = 0，因为 ∂L/∂w 与 v 的内积等于 n ∂L/∂g，"
    "而 v 与自身的内积等于 n²。因此一步梯度下降不会使 v 变短；w 的长度只通过 g 学习。",
)


@problem.reading(notes=(orthogonal,))
def model() -> Graph:
    """n = ||v||, w = g v / n, loss L(w)."""
    graph = Graph("weight-norm")
    D = graph.size("D")
    j, k = graph.indices("j k", D)
    g, v = graph.parameter("g"), graph.parameter("v", D)
    n = graph.node("n", sqrt(Sum(v[k] ** 2, k)))
    w = graph.node("w", g * v[j] / n, over=j)
    graph.loss("L", Function("L")(w))
    return graph
