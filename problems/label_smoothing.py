"""Cross-entropy with smoothed labels."""

from derive import Graph, Problem, Size, Sum, Text, exp, log

problem = Problem(
    title=Text("Label smoothing", "标签平滑"),
    statement=Text(
        "The one-hot labels of N examples with C classes are mixed with the uniform distribution in the ratio 1 − ε "
        "to ε. Derive the gradient of the mean cross-entropy with the mixed labels with respect to the scores.",
        "N 个样本、C 个类别的独热标签与均匀分布按 1 − ε 比 ε 混合。请推导以混合标签计算的平均交叉熵对各得分的梯度。",
    ),
    source="Szegedy et al. (2016), § 7",
    group="losses",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("C", Text("number of classes", "类别数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """q_ni = (1 - epsilon) y_ni + epsilon/C, L = -1/N sum_n sum_i q_ni log p_ni."""
    g = Graph("label-smoothing")
    N, C = g.size("N"), g.size("C")
    n = g.index("n", N)
    i, k = g.indices("i k", C)
    z, y = g.parameter("z", N, C), g.target("y", N, C, one_hot=True)
    epsilon = g.constant("epsilon", domain="probability")
    q = g.node("q", (1 - epsilon) * y[n, i] + epsilon / C, over=(n, i))
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    g.loss("L", -Sum(q[n, i] * log(p[n, i]), n, i) / N)
    return g
