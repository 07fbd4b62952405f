"""Probabilistic canonical correlation analysis of two views (Bach, Jordan 2005)."""

from sympy import And

from derive import Graph, Piecewise, Problem, Size, Sum, Text, inverse, logdet

problem = Problem(
    title=Text("Probabilistic canonical correlation (PCCA)", "概率典型相关分析（PCCA）"),
    statement=Text(
        "Two views of an example share K latent variables: x = U z + noise and y = V z + noise, with covariances A and "
        "B of the noise. Stacked, the two have the covariance C = W Wᵀ + Ψ, where W holds U above V, and Ψ has "
        "the blocks A and B. Derive the gradient of the negative log-likelihood, constants left out, with respect to "
        "U, V, A and B. S is the covariance of the N stacked examples.",
        "样本的两个视图共享 K 个隐变量：x = U z + 噪声，y = V z + 噪声，噪声的协方差分别为 A 与 B。上下叠放后，"
        "两个视图的协方差为 C = W Wᵀ + Ψ，其中 W 由 U 与 V 上下叠成，Ψ 以 A、B 为对角块，S 是 N 个叠放样本的"
        "协方差矩阵。略去常数项，请推导负对数似然对 U、V、A、B 的梯度。",
    ),
    source="Bach, Jordan (2005)",
    group="probability",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("P", Text("length of the first view", "第一个视图的维数"), most=1000),
        Size("Q", Text("length of the second view", "第二个视图的维数"), most=1000),
        Size("K", Text("number of latent variables", "隐变量的个数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """W = [U; V], Psi = diag(A, B), C = W W^T + Psi, L = N/2 (log det C + tr(C^-1 S))."""
    g = Graph("pcca")
    N, P, Q, K = (g.size(name) for name in "NPQK")
    i, j = g.indices("i j", P + Q)
    k = g.index("k", K)
    S = g.constant("S", P + Q, P + Q, positive_definite=True)
    U, V = g.parameter("U", P, K), g.parameter("V", Q, K)
    A, B = g.parameter("A", P, P, positive_definite=True), g.parameter("B", Q, Q, positive_definite=True)
    W = g.node("W", Piecewise((U[i, k], i <= P), (V[i - P, k], True)), over=(i, k))
    noise = Piecewise((A[i, j], And(i <= P, j <= P)), (B[i - P, j - P], And(i > P, j > P)), (0, True))
    Psi = g.node("Psi", noise, over=(i, j))
    C = g.node("C", Sum(W[i, k] * W[j, k], k) + Psi[i, j], over=(i, j))
    g.loss("L", N * (logdet(C) + Sum(inverse(C)[i, j] * S[j, i], i, j)) / 2)
    return g
