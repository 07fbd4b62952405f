"""The likelihood of a Gaussian with a full covariance (The Matrix Cookbook, section 8.1)."""

from derive import Graph, Problem, Size, Sum, Text, inverse, logdet

problem = Problem(
    title=Text("Gaussian likelihood with a full covariance", "协方差为满矩阵的高斯似然"),
    statement=Text(
        "N examples are modelled by a Gaussian with a mean and a full covariance. Derive the gradient of the mean "
        "negative log-likelihood, constants left out, with respect to both.",
        "用均值与满协方差矩阵的高斯分布描述 N 个样本。略去常数项，请推导平均负对数似然对均值与协方差矩阵的梯度。",
    ),
    source="Matrix Cookbook, § 8.1",
    group="probability",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("D", Text("length of an example", "样本的维数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """r_n = x_n - mu, L = 1/(2 N) sum_n r_n^T Sigma^-1 r_n + 1/2 log det Sigma."""
    g = Graph("gaussian-nll")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    i, j = g.indices("i j", D)
    X, mu = g.input("X", N, D), g.parameter("mu", D)
    Sigma = g.parameter("Sigma", D, D, positive_definite=True)
    r = g.node("r", X[n, i] - mu[i], over=(n, i))
    g.loss("L", Sum(r[n, i] * inverse(Sigma)[i, j] * r[n, j], n, i, j) / (2 * N) + logdet(Sigma) / 2)
    return g
