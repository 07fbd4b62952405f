"""Cross-entropy fused with the linear layer before it: whole, with labels as positions, and in chunks."""

from derive import Graph, Problem, Size, Sum, Text, exp, log, logsumexp

problem = Problem(
    title=Text("Cross-entropy with its linear layer", "与线性层合并的交叉熵"),
    statement=Text(
        "N hidden vectors of length D are multiplied by a table of V rows, followed by a softmax over the rows and "
        "the mean cross-entropy with given labels. Derive the gradients with respect to the hidden vectors and the "
        "table in three forms: with one-hot labels, with each label given as a position, and with the table cut into "
        "B chunks of K rows, whose log-sum-exps are computed one by one.",
        "N 个 D 维隐向量与一个 V 行的权重表相乘，对各行作 softmax，再与给定的标签计算平均交叉熵。"
        "请推导损失对隐向量与权重表的梯度：先按原样推导，再把标签写成位置，最后把权重表分成 B 块、每块 K 行，"
        "各块的 log-sum-exp 逐块计算。",
    ),
    group="losses",
    sizes=(
        Size("N", Text("number of hidden vectors", "隐向量的个数"), most=1000),
        Size("D", Text("length of a hidden vector", "隐向量的维数"), most=1000),
        Size("V", Text("number of rows of the table", "权重表的行数"), most=1000),
        Size("B", Text("number of chunks", "块数"), most=1000),
        Size("K", Text("rows of a chunk", "每块的行数"), most=1000),
    ),
)
fused = Text(
    "The softmax of a row needs only that row's scores, and (p - y)/N can take their place in memory.",
    "每一行的 softmax 只用到该行的得分，(p - y)/N 可以就地写入得分所占的内存。",
)
chunks = Text(
    "The log-sum-exp over the log-sum-exps of the chunks is the one over all rows, so the product of the two softmaxes "
    "q and r, within a chunk and among the chunks, is the softmax over all rows.",
    "各块 log-sum-exp 的 log-sum-exp 就是对所有行的 log-sum-exp；"
    "因此块内的 softmax q 与块间的 softmax r 之积就是对所有行的 softmax。",
)


@problem.reading(Text("One-hot labels", "独热标签"), notes=(fused,))
def one_hot() -> Graph:
    """z_ni = sum_d x_nd w_id, p = softmax of each row, L = -1/N sum_n sum_i y_ni log p_ni."""
    g = Graph("linear-cross-entropy")
    N, D, V = (g.size(s) for s in "NDV")
    n, d = g.index("n", N), g.index("d", D)
    i, k = g.indices("i k", V)
    X, W, y = g.input("X", N, D, gradient=True), g.parameter("W", V, D), g.target("y", N, V, one_hot=True)
    z = g.node("z", Sum(X[n, d] * W[i, d], d), over=(n, i))
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    g.loss("L", -Sum(y[n, i] * log(p[n, i]), n, i) / N)
    return g


@problem.reading(Text("Labels as positions", "标签写成位置"))
def positions() -> Graph:
    """The same, where t_n is the class of the n-th vector: L = -1/N sum_n log p at t_n."""
    g = Graph("linear-cross-entropy-positions")
    N, D, V = (g.size(s) for s in "NDV")
    n, d = g.index("n", N), g.index("d", D)
    i, k = g.indices("i k", V)
    X, W, t = g.input("X", N, D, gradient=True), g.parameter("W", V, D), g.positions("t", N, among=V)
    z = g.node("z", Sum(X[n, d] * W[i, d], d), over=(n, i))
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    g.loss("L", -Sum(log(p[n, t[n]]), n) / N)
    return g


@problem.reading(Text("In chunks", "分块计算"), notes=(chunks,))
def chunked() -> Graph:
    """s_nb is the log-sum-exp of chunk b, ell_n that over the chunks; q and r are the two softmaxes."""
    g = Graph("linear-cross-entropy-chunks")
    N, D, B, K = (g.size(s) for s in "NDBK")
    n, d = g.index("n", N), g.index("d", D)
    b, c = g.indices("b c", B)
    k, m = g.indices("k m", K)
    X, W, y = g.input("X", N, D, gradient=True), g.parameter("W", B, K, D), g.target("y", N, B, K)
    z = g.node("z", Sum(X[n, d] * W[b, k, d], d), over=(n, b, k))
    s = g.node("s", logsumexp(z[n, b, k], k), over=(n, b))
    ell = g.node("ell", logsumexp(s[n, b], b), over=n)
    g.node("q", exp(z[n, b, k]) / Sum(exp(z[n, b, m]), m), over=(n, b, k))
    g.node("r", exp(s[n, b]) / Sum(exp(s[n, c]), c), over=(n, b))
    g.loss("L", (Sum(ell[n], n) - Sum(y[n, b, k] * z[n, b, k], n, b, k)) / N)
    return g
