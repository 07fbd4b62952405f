"""Cross-entropy with the z-loss, which keeps the log of the softmax's denominator near 0."""

from derive import Graph, Problem, Size, Sum, Text, exp, log, logsumexp

problem = Problem(
    title=Text("Cross-entropy with z-loss", "带 z-loss 的交叉熵"),
    statement=Text(
        "The loss is the mean cross-entropy of N examples with C classes, plus ζ times the mean square of the "
        "logarithm of the softmax's denominator. Derive the gradient with respect to the scores.",
        "损失是 N 个样本、C 个类别的平均交叉熵，加上 ζ 乘以 softmax 分母的对数的平方的均值。请推导损失对各得分的梯度。",
    ),
    source="PaLM (2022), § 5",
    group="losses",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("C", Text("number of classes", "类别数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """s_n = log sum_k exp(z_nk), L = -1/N sum_n sum_i y_ni log p_ni + zeta/N sum_n s_n^2."""
    g = Graph("z-loss")
    N, C = g.size("N"), g.size("C")
    n = g.index("n", N)
    i, k = g.indices("i k", C)
    z = g.parameter("z", N, C)
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    s = g.node("s", logsumexp(z[n, i], i), over=n)
    y, zeta = g.target("y", N, C, one_hot=True), g.constant("zeta", domain="positive")
    g.loss("L", -Sum(y[n, i] * log(p[n, i]), n, i) / N + zeta * Sum(s[n] ** 2, n) / N)
    return g
