"""The triplet loss, with squared distances and with distances."""

from sympy import Ge, IndexedBase, Symbol

from derive import Graph, Problem, Size, Sum, Text, norm, relu

problem = Problem(
    title=Text("Triplet loss", "三元组损失"),
    statement=Text(
        "For each of N anchors, a vector of the same kind should be nearer than a vector of another kind by at least a "
        "margin. The loss is the mean shortfall from this margin. Derive its gradient with respect to all three kinds "
        "of vectors, for squared distances and for distances, and say when a triplet does not contribute.",
        "对 N 个锚点中的每一个，同类向量应比异类向量更近，且至少近一个间隔；损失是与这一间隔所差部分的均值。"
        "请分别用距离的平方与距离，推导损失对三类向量的梯度，并指出三元组何时不产生梯度。",
    ),
    source="Schroff et al. (2015), § 3.1",
    group="losses",
    sizes=(
        Size("N", Text("number of triplets", "三元组的个数"), most=1000),
        Size("D", Text("length of a vector", "向量的维数"), most=1000),
    ),
)


idle = Text(
    "A triplet does not contribute where {far}: the other vector is already farther from the anchor than the similar "
    "one by at least the margin, so the indicator and the gradient are zero.",
    "当 {far} 时，该三元组没有贡献：异类向量到锚点的距离已比同类向量至少大出一个间隔，指示函数与梯度都为零。",
)(far=Ge(IndexedBase("d_q")[Symbol("n")], IndexedBase("d_p")[Symbol("n")] + Symbol("m")))


def triplets(squared: bool) -> Graph:
    """Anchors a, vectors p of the same kind and q of another, their distances from a, and the margin m."""
    g = Graph("triplet")
    N, D = g.size("N"), g.size("D")
    n, d = g.index("n", N), g.index("d", D)
    a, p, q = g.parameters("a p q", N, D)

    def distance(x: object) -> object:
        gap = a[n, d] - x[n, d]  # type: ignore[index]
        return Sum(gap**2, d) if squared else norm(gap, d)

    d_p, d_q = g.node("d_p", distance(p), over=n), g.node("d_q", distance(q), over=n)
    m = g.constant("m", domain="positive")
    g.loss("L", Sum(relu(d_p[n] - d_q[n] + m), n) / N)
    return g


@problem.reading(Text("Squared distances", "距离的平方"), notes=(idle,))
def squares() -> Graph:
    """d = |a - p|^2 - |a - q|^2, L = 1/N sum_n ReLU(d_n + m)."""
    return triplets(squared=True)


@problem.reading(Text("Distances", "距离"))
def distances() -> Graph:
    """The same with |a - p| - |a - q|."""
    return triplets(squared=False)
