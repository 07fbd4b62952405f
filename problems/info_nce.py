"""The contrastive loss InfoNCE, in one direction and in both."""

from derive import Graph, Problem, Size, Sum, Text, exp, log

problem = Problem(
    title=Text("InfoNCE, the contrastive loss", "对比损失 InfoNCE"),
    statement=Text(
        "There are N pairs of vectors of length D, and each vector of the first kind has to find its partner among "
        "all vectors of the second kind. The inner products, divided by the temperature τ, go through a softmax, and "
        "the loss is the mean cross-entropy with the partner as the correct class. Derive the gradients with respect "
        "to both kinds of vectors, and the gradients when the losses of both directions are averaged.",
        "有 N 对 D 维向量，第一类的每个向量要在第二类的全部向量中找出自己的同伴：二者的内积除以温度 τ 后作 softmax，"
        "损失是以同伴为正确类别的平均交叉熵。请推导损失对两类向量的梯度，并推导两个方向的损失取平均时的梯度。",
    ),
    source="van den Oord et al. (2018), § 2.3",
    group="losses",
    sizes=(
        Size("D", Text("length of a vector", "向量的维数"), most=1000),
        Size("N", Text("number of pairs", "向量对的个数"), most=1000),
    ),
)


@problem.reading(Text("One direction", "单向"))
def one() -> Graph:
    """s_ij = sum_d u_id v_jd / tau, p_ij = softmax over j of s_ij, L = -1/N sum_i log p_ii."""
    g = Graph("info-nce")
    N, D = g.size("N"), g.size("D")
    i, j, k = g.indices("i j k", N)
    d = g.index("d", D)
    U, V, tau = g.parameter("U", N, D), g.parameter("V", N, D), g.constant("tau", domain="positive")
    s = g.node("s", Sum(U[i, d] * V[j, d], d) / tau, over=(i, j))
    p = g.node("p", exp(s[i, j]) / Sum(exp(s[i, k]), k), over=(i, j))
    g.loss("L", -Sum(log(p[i, i]), i) / N)
    return g


@problem.reading(Text("Both directions", "双向"))
def both() -> Graph:
    """The same with q_ij, the softmax over i, and the mean of both losses."""
    g = Graph("info-nce-both")
    N, D = g.size("N"), g.size("D")
    i, j, k = g.indices("i j k", N)
    d = g.index("d", D)
    U, V, tau = g.parameter("U", N, D), g.parameter("V", N, D), g.constant("tau", domain="positive")
    s = g.node("s", Sum(U[i, d] * V[j, d], d) / tau, over=(i, j))
    p = g.node("p", exp(s[i, j]) / Sum(exp(s[i, k]), k), over=(i, j))
    q = g.node("q", exp(s[i, j]) / Sum(exp(s[k, j]), k), over=(i, j))
    g.loss("L", -Sum(log(p[i, i]) + log(q[i, i]), i) / (2 * N))
    return g
