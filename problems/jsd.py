"""The Jensen-Shannon divergence of two softmaxes."""

from derive import Graph, Problem, Size, Sum, Text, exp, log

problem = Problem(
    title=Text("Jensen-Shannon divergence", "Jensen-Shannon 散度"),
    statement=Text(
        "Two distributions over C classes are the softmaxes of their scores, and m is their mean. Derive the gradient "
        "of the mean of their two divergences from m with respect to the scores of both.",
        "C 个类别上的两个分布分别是各自得分的 softmax，m 是二者的平均。"
        "请推导二者相对于 m 的两个 KL 散度之平均对两组得分的梯度。",
    ),
    source="Lin 1991",
    group="losses",
    sizes=(Size("C", Text("number of classes", "类别数"), most=1000),),
)
mean = Text(
    "The mean m drops out: it is where the sum of the two divergences is least, up to the sum of its elements.",
    "平均分布 m 不再出现：在元素之和不变的前提下，它正是使两个散度之和最小的分布。",
)


@problem.reading(notes=(mean,))
def model() -> Graph:
    """m = (p + q)/2, K = sum_i p_i log(p_i/m_i), M = sum_i q_i log(q_i/m_i), J = (K + M)/2."""
    g = Graph("jsd")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z, u = g.parameters("z u", C)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    q = g.node("q", exp(u[i]) / Sum(exp(u[k]), k), over=i)
    m = g.node("m", (p[i] + q[i]) / 2, over=i)
    K = g.node("K_p", Sum(p[i] * log(p[i] / m[i]), i))
    M = g.node("K_q", Sum(q[i] * log(q[i] / m[i]), i))
    g.loss("J", (K + M) / 2)
    return g
