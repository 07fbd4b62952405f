"""The divergence between two Gaussians with full covariances."""

from derive import Graph, Problem, Size, Sum, Text, inverse, logdet

problem = Problem(
    title=Text("Divergence between two Gaussians", "两个高斯分布之间的 KL 散度"),
    statement=Text(
        "Two Gaussians N(μ, S) and N(ν, T) have a mean and a full covariance each. Derive the gradient of the "
        "Kullback-Leibler divergence KL(N(μ, S) ‖ N(ν, T)), constants left out, with respect to all four.",
        "两个高斯分布 N(μ, S) 与 N(ν, T) 各有均值与满协方差矩阵。略去常数项，请推导 KL 散度 KL(N(μ, S) ‖ N(ν, "
        "T)) 对这四个参数的梯度。",
    ),
    source="Matrix Cookbook 8.1",
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
