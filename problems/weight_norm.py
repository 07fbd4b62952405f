"""Weight normalisation: sheet 1, problem 5, part 1."""

from derive import Function, Graph, Problem, Size, Sum, Text, sqrt

problem = Problem(
    title=Text("Weight normalisation", "权重归一化"),
    statement=Text(
        "A weight vector is written as a length times a direction. Derive the gradient with respect to both from the "
        "gradient with respect to the weights; the loss is left abstract.",
        "把权重向量写成长度与方向的乘积。损失不给出具体形式，请由损失对权重的梯度推导对长度与方向的梯度。",
    ),
    source="1.5.1",
    group="normalisation",
    sizes=(Size("D", Text("length of the vectors", "向量的维数"), most=1000),),
)


@problem.reading()
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
