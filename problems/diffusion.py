"""Denoising diffusion: the law of the noised data and the noise-prediction loss (Ho et al. 2020)."""

from sympy import Symbol

from derive import Expectation, Graph, Problem, Size, Sum, Text, Variance, sqrt, tanh

problem = Problem(
    title=Text("Denoising diffusion", "去噪扩散模型"),
    statement=Text(
        "A diffusion step multiplies the data by √α and adds standard normal noise times √(1 − α). A "
        "network predicts this noise from the result, and the loss is the sum of the squared errors. Derive the mean "
        "and the variance after the step; the gradient of the loss of a network with one hidden layer for one draw of "
        "the noise; and the expected loss with its gradient when the noise is predicted with one weight for each "
        "component.",
        "扩散的一步把数据乘以 √α，再加上标准正态噪声的 √(1 − α) 倍；网络由所得结果预测这一噪声，"
        "损失是各分量"
        "误差的平方和。请推导一步之后的均值和方差；再对一次噪声取值推导含一个隐藏层的网络的损失梯度；"
        "并在每个分量只用一个"
        "权重预测噪声时，推导期望损失及其梯度。",
    ),
    group="probability",
    sizes=(
        Size("D", Text("length of the data", "数据的维数"), most=1000),
        Size("H", Text("number of hidden units", "隐藏单元数"), most=1000),
    ),
)


gap = Text(
    "A step multiplies {gap}, the difference between 1 and the variance, by {alpha}: repeated with the same {alpha}, "
    "it brings the variance to 1 in the limit, and a variance of 1 stays 1.",
    "一步把 1 与方差之差 {gap} 乘以 {alpha}：以同样的 {alpha} 反复进行，方差趋于 1；方差为 1 时保持不变。",
)(gap=1 - Symbol("v", real=True), alpha=Symbol("alpha", real=True))


@problem.reading(Text("One step", "一步"), identities=(("u", "w"),), notes=(gap,))
def one_step() -> Graph:
    """y = sqrt(alpha) x + sqrt(1 - alpha) eps: E y = sqrt(alpha) m, and 1 - Var y = alpha (1 - v)."""
    g = Graph("one step")
    alpha, m = g.constant("alpha", domain="probability"), g.constant("m")
    v = g.constant("v", domain="positive")
    x, eps = g.normal("x", mean=m, variance=v), g.normal("epsilon")
    y = g.node("y", sqrt(alpha) * x + sqrt(1 - alpha) * eps)
    g.node("mu", Expectation(y))
    g.node("nu", Variance(y))
    g.node("u", 1 - Variance(y))
    g.node("w", alpha * (1 - v))
    return g


@problem.reading(Text("The loss for one draw of the noise", "一次噪声取值下的损失"))
def noise_prediction() -> Graph:
    """x_i = sqrt(alpha) y_i + sqrt(1 - alpha) eps_i, L = sum_i (eps_hat_i - eps_i)^2."""
    g = Graph("noise prediction")
    D, H = g.size("D"), g.size("H")
    i, h = g.index("i", D), g.index("h", H)
    y, eps = g.inputs("y epsilon", D)
    alpha = g.constant("alpha", domain="probability")
    W, V = g.parameter("W", H, D), g.parameter("V", D, H)
    x = g.node("x", sqrt(alpha) * y[i] + sqrt(1 - alpha) * eps[i], over=i)
    a = g.node("a", tanh(Sum(W[h, i] * x[i], i)), over=h)
    e = g.node("e", Sum(V[i, h] * a[h], h), over=i)
    g.loss("L", Sum((e[i] - eps[i]) ** 2, i))
    return g


@problem.reading(Text("The expected loss of one weight for each component", "每个分量一个权重时的期望损失"))
def expected_loss() -> Graph:
    """E sum_i (w_i x_i - eps_i)^2 with x = sqrt(alpha) y + sqrt(1 - alpha) eps."""
    g = Graph("expected loss")
    D = g.size("D")
    i = g.index("i", D)
    y, alpha = g.input("y", D), g.constant("alpha", domain="probability")
    w = g.parameter("w", D)
    eps = g.normal("epsilon", D)
    x = g.node("x", sqrt(alpha) * y[i] + sqrt(1 - alpha) * eps[i], over=i)
    r = g.node("r", w[i] * x[i] - eps[i], over=i)
    Q = g.node("Q", Expectation(r[i] ** 2), over=i)
    g.loss("L", Sum(Q[i], i))
    return g
