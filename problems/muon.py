"""The Newton-Schulz step of Muon (Jordan et al. 2024): on a matrix, and on a singular value of it."""

from derive import Function, Graph, Problem, Size, Sum, Text

problem = Problem(
    title=Text("Muon's Newton-Schulz step", "Muon 的 Newton-Schulz 迭代"),
    statement=Text(
        "A matrix X with M rows and N columns is replaced by Y = a X + b X Xᵀ X + c (X Xᵀ)² X. Derive the gradient of "
        "an abstract loss of Y with respect to X. Then say how the step changes the singular values of X, and derive "
        "how a loss of the singular value after T steps depends on the initial one.",
        "把 M 行 N 列的矩阵 X 换成 Y = a X + b X Xᵀ X + c (X Xᵀ)² X。损失是 Y 的函数，不给出具体形式，请推导它对 "
        "X 的梯度。再说明这一步如何改变 X 的奇异值，并设损失是 T 步之后奇异值的函数，推导它对初始奇异值的导数。",
    ),
    source="Jordan et al. (2024)",
    group="optimisers",
    sizes=(
        Size("T", Text("number of steps", "步数")),
        Size("M", Text("number of rows", "行数"), most=1000),
        Size("N", Text("number of columns", "列数"), most=1000),
    ),
)
backward = Text(
    "Neither pass needs an inverse or singular vectors: all operations are products of matrices.",
    "前向与反向都不需要求逆，也不需要奇异向量：全部运算都是矩阵乘法。",
)
values = Text(
    "Let X = U S Vᵀ be the singular value decomposition. Then X Xᵀ X = U S³ Vᵀ and (X Xᵀ)² X = U S⁵ Vᵀ: the step "
    "keeps U and V, and maps each singular value σ to a σ + b σ³ + c σ⁵.",
    "设 X = U S Vᵀ 为奇异值分解，则 X Xᵀ X = U S³ Vᵀ，(X Xᵀ)² X = U S⁵ Vᵀ：这一步保持 U 与 V 不变，"
    "把每个奇异值 σ 变为 a σ + b σ³ + c σ⁵。",
)
limit = Text(
    "With a = 15/8, b = −10/8 and c = 3/8, 1 minus the new value is (1 − σ)³ (3σ² + 9σ + 8)/8: every σ in (0, 1] "
    "tends to 1; if all singular values lie there, X tends to the orthogonal factor U Vᵀ. With Muon's a = 3.4445, "
    "b = −4.7750 and c = 2.0315, small values grow faster, but 1 becomes 0.701: the values come near to 1 but do not "
    "tend to it.",
    "取 a = 15/8、b = −10/8、c = 3/8 时，1 减去新值等于 (1 − σ)³ (3σ² + 9σ + 8)/8：(0, 1] 中的每个 σ 都趋于 1；"
    "若奇异值都在 (0, 1] 中，则 X 趋于正交因子 U Vᵀ。Muon 取 a = 3.4445、b = −4.7750、c = 2.0315，小的奇异值增长更快"
    "，但 1 会变为 0.701："
    "奇异值只是接近 1，并不趋于 1。",
)


@problem.reading(Text("On a matrix", "作用于矩阵"), notes=(backward,))
def matrix() -> Graph:
    """A = X X^T, B = b A + c A A, Y = a X + B X."""
    g = Graph("newton-schulz")
    M, N = g.size("M"), g.size("N")
    i, j, m = g.indices("i j m", M)
    k = g.index("k", N)
    X = g.input("X", M, N, gradient=True)
    a, b, c = g.constants("a b c")
    A = g.node("A", Sum(X[i, k] * X[j, k], k), over=(i, j))
    B = g.node("B", b * A[i, j] + c * Sum(A[i, m] * A[m, j], m), over=(i, j))
    Y = g.node("Y", a * X[i, k] + Sum(B[i, j] * X[j, k], j), over=(i, k))
    g.loss("L", Function("L")(Y))
    return g


@problem.reading(Text("On a singular value", "作用于奇异值"), notes=(values, limit))
def singular_value() -> Graph:
    """sigma_t = a sigma_{t-1} + b sigma_{t-1}^3 + c sigma_{t-1}^5."""
    g = Graph("newton-schulz-values")
    T = g.size("T")
    t = g.index("t", T)
    start = g.input("s", domain="positive", gradient=True)
    a, b, c = g.constants("a b c")
    law = lambda sigma: a * sigma[t - 1] + b * sigma[t - 1] ** 3 + c * sigma[t - 1] ** 5  # noqa: E731
    sigma = g.recurrence("sigma", law, over=t, start={0: start})
    g.loss("L", Function("L")(sigma[T]))
    return g
