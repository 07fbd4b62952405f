"""The gradient penalty of WGAN-GP: the length of a critic's gradient in its input is pulled to 1."""

from derive import Graph, Problem, Sum, Text, norm, tanh

problem = Problem(
    title=Text("Gradient penalty", "梯度惩罚"),
    statement=Text(
        "A critic with one hidden layer rates N points; f is the sum of the N ratings, so that its gradient with "
        "respect to a point is that of the rating of this point. The penalty of WGAN-GP is the mean squared difference "
        "between the length of this gradient and 1. Derive the gradient of f with "
        "respect to the input, then the gradients of the penalty with respect to the parameters of the critic.",
        "含一个隐藏层的判别器给 N 个点打分，f 是 N 个分数之和，因此它对某一点的梯度就是该点分数的梯度。"
        "WGAN-GP 的惩罚项是这一梯度的范数与 1 之差的平方的均值。"
        "请先求 f 对输入的梯度，再推导惩罚项对判别器各参数的梯度。",
    ),
    source="Gulrajani et al. (2017), arXiv:1704.00028",
    group="implicit",
)


@problem.reading()
def model() -> Graph:
    """f_n = v . tanh(W x_n + b), L = mean over n of (|df_n/dx_n| - 1)^2."""
    g = Graph("gradient penalty")
    N, D, H = g.size("N"), g.size("D"), g.size("H")
    n, d, h = g.index("n", N), g.index("d", D), g.index("h", H)
    W, b, v, x = g.parameter("W", H, D), g.parameter("b", H), g.parameter("v", H), g.input("x", N, D)
    a = g.node("a", tanh(Sum(W[h, d] * x[n, d], d) + b[h]), over=(n, h))
    f = g.node("f", Sum(v[h] * a[n, h], n, h))
    slope = g.derivative(f, x)
    g.loss("L", Sum((norm(slope[n, d], d) - 1) ** 2, n) / N)
    return g
