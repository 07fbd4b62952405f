"""Adafactor's second moments: a matrix kept as the sums of its rows and columns (Shazeer and Stern 2018)."""

from derive import Graph, Problem, Size, Sum, Text, log

problem = Problem(
    title=Text("Adafactor's factored second moments", "Adafactor 的因子化二阶矩"),
    statement=Text(
        "A matrix V of positive second moments, M by N, is approximated by a product r cᵀ. The divergence of V from "
        "this product is the sum of V log(V/rcᵀ) − V + rcᵀ over all elements. Derive its gradient with respect to r "
        "and c, and say which product is the best. Then average the squared gradients over the steps with the "
        "constant β. Show that the factored moments equal those of the whole matrix if the squared gradient is a bᵀ "
        "in every step.",
        "用乘积 r cᵀ 近似元素全为正的 M×N 二阶矩矩阵 V，V 相对于它的散度是 V log(V/rcᵀ) − V + rcᵀ "
        "对所有元素之和。请推导该散度对 r 与 c 的梯度，并指出最佳的乘积。再以常数 β 对各步的梯度平方作指数平均；"
        "若每一步的梯度平方都是 a bᵀ，请证明因子化的二阶矩等于整个矩阵的二阶矩。",
    ),
    source="Shazeer, Stern (2018), § 3",
    group="optimisers",
    sizes=(
        Size("T", Text("number of steps", "步数")),
        Size("M", Text("number of rows", "行数"), most=1000),
        Size("N", Text("number of columns", "列数"), most=1000),
    ),
)
best = Text(
    "Both gradients are zero if and only if r times the sum of c is the vector R of the row sums of V, and c times "
    "the sum of r is the vector C of the column sums of V. Then the product r cᵀ is R Cᵀ divided by the sum of all "
    "elements of V. This product is the best one, for the divergence is a convex function of log r and log c.",
    "两个梯度都为零，当且仅当 r 乘以 c 的元素之和等于 V 的各行之和组成的向量 R，"
    "且 c 乘以 r 的元素之和等于各列之和组成的向量 C。此时 r cᵀ 等于 R Cᵀ 除以 V 的元素之和。"
    "散度是 log r 与 log c 的凸函数，因此这个乘积就是最佳的乘积。",
)
exact = Text(
    "The last two closed forms are the same: for a matrix of rank one the factored moments lose nothing.",
    "最后两个通项公式相同：对秩为一的矩阵，因子化没有任何损失。",
)


@problem.reading(Text("The best product", "最佳的乘积"), notes=(best,))
def divergence() -> Graph:
    """D = sum_ij V_ij log(V_ij/(r_i c_j)) - V_ij + r_i c_j."""
    g = Graph("adafactor")
    M, N = g.size("M"), g.size("N")
    i, j = g.index("i", M), g.index("j", N)
    r, c = g.parameter("r", M, domain="positive"), g.parameter("c", N, domain="positive")
    V = g.constant("V", M, N, domain="positive")
    g.loss("D", Sum(V[i, j] * log(V[i, j] / (r[i] * c[j])) - V[i, j] + r[i] * c[j], i, j))
    return g


@problem.reading(Text("Squared gradients of rank one", "秩为一的梯度平方"), notes=(exact,))
def rank_one() -> Graph:
    """R and C are the averages of row and column sums, S = sum_i R_i, V_hat = R C^T/S; V is that of the whole."""
    g = Graph("adafactor-rank-one")
    T, M, N = g.size("T"), g.size("M"), g.size("N")
    t, i, j = g.index("t", T), g.index("i", M), g.index("j", N)
    a, b = g.constant("a", M, domain="positive"), g.constant("b", N, domain="positive")
    beta = g.constant("beta", domain="probability")
    A, B = g.node("A", Sum(a[i], i)), g.node("B", Sum(b[j], j))
    R = g.recurrence("R", lambda R: beta * R[t - 1, i] + (1 - beta) * a[i] * B, over=(t, i), start={0: 0})
    C = g.recurrence("C", lambda C: beta * C[t - 1, j] + (1 - beta) * A * b[j], over=(t, j), start={0: 0})
    S = g.node("S", Sum(R[t, i], i), over=t)
    g.node("V_hat", R[t, i] * C[t, j] / S[t], over=(t, i, j))
    g.recurrence("V", lambda V: beta * V[t - 1, i, j] + (1 - beta) * a[i] * b[j], over=(t, i, j), start={0: 0})
    return g
