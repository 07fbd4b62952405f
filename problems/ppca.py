"""Probabilistic principal component analysis (Tipping and Bishop 1999; Bishop 2006, section 12.2.1)."""

from derive import Graph, KroneckerDelta, Problem, Size, Sum, Text, inverse, logdet

problem = Problem(
    title=Text("Probabilistic principal component analysis", "概率主成分分析（PPCA）"),
    statement=Text(
        "Centred examples are noisy images of K latent variables under a linear map, so that their covariance is "
        "C = W Wᵀ + s² I. Derive the gradient of the negative log-likelihood, constants left out, with respect to W "
        "and to the variance of the noise. S is the covariance of the N examples.",
        "中心化的样本由 K 个隐变量经线性映射再加噪声得到，其协方差为 C = W Wᵀ + s² I，S 是 N 个样本的协方差矩阵。"
        "略去常数项，请推导负对数似然对 W 与噪声方差的梯度。",
    ),
    source="Bishop (2006), § 12.2.1",
    group="probability",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("D", Text("length of an example", "样本的维数"), most=1000),
        Size("K", Text("number of latent variables", "隐变量的个数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """C = W W^T + v I with v = s^2, L = N/2 (log det C + tr(C^-1 S))."""
    g = Graph("ppca")
    N, D, K = g.size("N"), g.size("D"), g.size("K")
    i, j = g.indices("i j", D)
    k = g.index("k", K)
    S = g.constant("S", D, D, positive_definite=True)
    W, v = g.parameter("W", D, K), g.parameter("v", domain="positive")
    C = g.node("C", Sum(W[i, k] * W[j, k], k) + v * KroneckerDelta(i, j), over=(i, j))
    g.loss("L", N * (logdet(C) + Sum(inverse(C)[i, j] * S[j, i], i, j)) / 2)
    return g
