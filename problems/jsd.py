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
    source="Lin (1991)",
    group="losses",
    sizes=(Size("C", Text("number of classes", "类别数"), most=1000),),
)
mean = Text(
    "No derivative of m remains: among all distributions, m minimises the sum of the two divergences, so to first "
    "order a change of m does not change this sum.",
    "结果中不再出现对 m 的导数：在所有分布中，m 使两个散度之和最小，因此 m 的微小改变在一阶上不改变这个和。",
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
