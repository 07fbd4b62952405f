"""A mixture of experts with a top-K gate and the load balance loss of the Switch transformer, arXiv 2101.03961."""

from derive import Function, Graph, KroneckerDelta, Problem, Size, Sum, Text, softmax

problem = Problem(
    title=Text("Mixture of experts with a top-K gate", "带 top-K 门控的混合专家（MoE）"),
    statement=Text(
        "A softmax gate gives each of N rows a weight for each of E experts, which are linear layers. Each row goes "
        "to the K experts with the largest weights; r marks these experts. Their outputs are added with these "
        "weights, divided by the sum of the K weights. The loss is an unknown function l of the outputs, plus α E "
        "times the sum over the experts of f times the mean weight, where f is the fraction of the N K places that "
        "went to the expert. Derive the gradients with respect to the rows, the experts and the matrix of the gate.",
        "对 N 行输入中的每一行，softmax 门控给 E 个专家（线性层）各算出一个权重。每行交给权重最大的 K 个专家，r "
        "记录是哪几个；它们的输出按各自的权重与这 K 个权重之和的比相加。损失是输出的未知函数 l，再加上 α E "
        "乘以“f 与平均权重之积对各专家求和”，其中 f 是 N K 个名额中分给该专家的比例。请推导损失对输入各行、"
        "各专家与门控矩阵的梯度。",
    ),
    group="attention",
    sizes=(
        Size("N", Text("rows", "行数"), most=1000),
        Size("E", Text("experts", "专家数"), most=1000),
        Size("K", Text("experts for a row", "每行的专家数"), most=1000),
        Size("D", Text("width of a row", "每行的维数"), most=1000),
    ),
)
fixed = Text(
    "The choice of experts is piecewise constant, so no gradient flows through r and f: the gate learns through the "
    "weights of the chosen experts and, for all experts, through the balance term.",
    "专家的选择是分段常值函数，因此梯度不经过 r 与 f：门控通过所选专家的权重学习，并通过平衡项对所有专家学习。",
)


@problem.reading(notes=(fixed,))
def model() -> Graph:
    """p = softmax(x G), w_nk = p_n,r(n,k) over their sum, y_n = sum_k w_nk W_r(n,k) x_n; J = l(y) + alpha times b."""
    "E sum f mean p."
    g = Graph("mixture of experts")
    N, E, K, D = (g.size(s) for s in ("N", "E", "K", "D"))
    n, e, i = g.index("n", N), g.index("e", E), g.index("i", D)
    k, m = g.indices("k m", K)
    d = g.index("d", D)
    x, W, G = g.input("x", N, D, gradient=True), g.parameter("W", E, D, D), g.parameter("G", D, E)
    alpha = g.constant("alpha", domain="positive")
    r = g.positions("r", N, K, among=E)
    z = g.node("z", Sum(x[n, d] * G[d, e], d), over=(n, e))
    p = g.node("p", softmax(z[n, e], e), over=(n, e))
    t = g.node("t", p[n, r[n, k]], over=(n, k))
    s = g.node("s", Sum(t[n, m], m), over=n)
    w = g.node("w", t[n, k] / s[n], over=(n, k))
    u = g.node("u", Sum(W[r[n, k], i, d] * x[n, d], d), over=(n, k, i))
    y = g.node("y", Sum(w[n, k] * u[n, k, i], k), over=(n, i))
    f = g.node("f", Sum(KroneckerDelta(r[n, k], e), n, k) / (N * K), over=e)
    b = g.node("b", E * Sum(f[e] * Sum(p[n, e], n) / N, e))
    l = g.node("l", Function("l")(y))  # noqa: E741
    g.loss("J", l + alpha * b)
    return g
