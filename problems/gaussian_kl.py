"""The divergence between two Gaussians with full covariances."""

from derive import Graph, Problem, Size, Sum, Text, inverse, logdet

problem = Problem(
    title=Text("Divergence between two Gaussians", "两个高斯分布之间的 KL 散度"),
    statement=Text(
        "Two Gaussians have the means μ and ν and the full covariances S and T. Derive the gradient of the "
        "Kullback-Leibler divergence of the first from the second, constants left out, with respect to all four.",
        "两个高斯分布的均值分别为 μ 与 ν，协方差矩阵分别为 S 与 T（均为满矩阵）。略去常数项，请推导第一个分布相对于"
        "第二个分布的 KL 散度对这四个参数的梯度。",
    ),
    source="Matrix Cookbook, § 8.1",
    group="probability",
    sizes=(Size("D", Text("length of the vectors", "向量的维数"), most=1000),),
)


@problem.reading()
def model() -> Graph:
    """d = mu - nu, L = (tr(T^-1 S) + d^T T^-1 d + log det T - log det S) / 2."""
    g = Graph("gaussian-kl")
    D = g.size("D")
    i, j = g.indices("i j", D)
    mu, nu = g.parameters("mu nu", D)
    S, T = (g.parameter(name, D, D, positive_definite=True) for name in "ST")
    d = g.node("d", mu[i] - nu[i], over=i)
    spread = Sum(inverse(T)[i, j] * S[j, i], i, j)
    distance = Sum(d[i] * inverse(T)[i, j] * d[j], i, j)
    g.loss("L", (spread + distance + logdet(T) - logdet(S)) / 2)
    return g
