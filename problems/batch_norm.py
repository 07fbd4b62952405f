"""Batch normalisation in training: sheet 0, problem 9, and sheet 4, problem 11."""

from sympy import Symbol

from derive import Argument, Function, Graph, Problem, Signature, Size, Sum, Text, sqrt

problem = Problem(
    title=Text("Batch normalisation", "批归一化"),
    statement=Text(
        "Each feature is shifted and scaled to mean zero and variance one over the batch, then multiplied by a gain "
        "and shifted. The loss is left abstract. Derive the gradients in training, say what happens for a batch of "
        "one, and derive the gradients at inference, where moving averages replace the mean and the variance of the "
        "batch.",
        "每个特征先在整个批量上标准化，使均值为零、方差为一，再乘以增益并加上平移。损失不给出具体形式。"
        "请推导训练时的各梯度，说明批量大小为 1 时的情形，再推导推理时的各梯度："
        "此时以滑动平均代替批量的均值与方差。",
    ),
    source="4.11",
    group="normalisation",
    sizes=(
        Size("N", Text("examples in the batch", "批量中的样本数"), most=1000),
        Size("D", Text("features", "特征数"), most=1000),
    ),
)
of_one = Text(
    "In a batch of one the example equals its own mean: the normalised value is zero, the gradient with respect to "
    "the input is zero, and only the shift still learns. The small constant under the root keeps the quotient defined.",
    "批量大小为 1 时，样本就等于自己的均值：归一化后的值为零，输入的梯度为零，只有平移参数还能学习。"
    "根号下的小常数保证商有定义。",
)


momentum = Symbol("alpha", real=True)
averages = Text(
    "During training, moving averages are kept for inference: each becomes {kept} times its old value plus {rate} "
    "times the value of the batch, where PyTorch uses the unbiased variance (denominator {divisor}), which is "
    "undefined for a batch of one.",
    "训练时还要为推理保存滑动平均：新值等于旧值的 {kept} 倍加上本批量的值的 {rate} 倍，"
    "其中方差取以 {divisor} 为分母的无偏估计（PyTorch 的约定）；批量大小为 1 时它没有意义。",
)(kept=1 - momentum, rate=momentum, divisor=Symbol("N") - 1)
BATCH_NORM = Signature(
    "batch_norm_1d",
    (
        *map(Argument, ("x", "gamma", "beta", "moving_mean", "moving_var")),
        Argument("eps", 1e-5, leaf="epsilon"),
        Argument("momentum", 0.1),
    ),
    result="y",
    training=lambda: batch(tracked=True),
    updates={"moving_mean": "new_mean", "moving_var": "new_var"},
    inference=lambda: averaged("moving_mean", "moving_var"),
)


@problem.reading(Text("In training", "训练"), notes=(of_one, averages), signature=BATCH_NORM)
def model() -> Graph:
    """mu_d, s_d over the batch; x_hat = (x - mu)/s; y = gamma x_hat + beta."""
    return batch()


def batch(tracked: bool = False) -> Graph:
    """The same; `tracked` moves the averages that inference will use, the variance without bias, as torch does."""
    g = Graph("batch-norm")
    N, D = g.size("N"), g.size("D")
    n, m = g.indices("n m", N)
    d = g.index("d", D)
    x, (gamma, beta) = g.input("x", N, D, gradient=True), g.parameters("gamma beta", D)
    epsilon = g.constant("epsilon", domain="positive")
    mu = g.node("mu", Sum(x[m, d], m) / N, over=d)
    s = g.node("s", sqrt(Sum((x[m, d] - mu[d]) ** 2, m) / N + epsilon), over=d)
    x_hat = g.node("x_hat", (x[n, d] - mu[d]) / s[d], over=(n, d))
    y = g.node("y", gamma[d] * x_hat[n, d] + beta[d], over=(n, d))
    if tracked:
        old_mean, old_var = g.constants("moving_mean moving_var", D)
        rate = g.constant("momentum", domain="probability")
        unbiased = Sum((x[m, d] - mu[d]) ** 2, m) / (N - 1)
        g.node("new_mean", (1 - rate) * old_mean[d] + rate * mu[d], over=d)
        g.node("new_var", (1 - rate) * old_var[d] + rate * unbiased, over=d)
    g.loss("L", Function("L")(y))
    return g


@problem.reading(Text("At inference", "推理"))
def inference() -> Graph:
    """The averages in the place of the batch's own mean and variance: every example for itself."""
    return averaged("mu_bar", "v_bar")


def averaged(first: str, second: str) -> Graph:
    """The same with names for mean and variance."""
    g = Graph("batch-norm at inference")
    N, D = g.size("N"), g.size("D")
    n, d = g.index("n", N), g.index("d", D)
    x, (gamma, beta) = g.input("x", N, D, gradient=True), g.parameters("gamma beta", D)
    mean, var = g.constant(first, D), g.constant(second, D, domain="positive")
    epsilon = g.constant("epsilon", domain="positive")
    s = g.node("s", sqrt(var[d] + epsilon), over=d)
    x_hat = g.node("x_hat", (x[n, d] - mean[d]) / s[d], over=(n, d))
    y = g.node("y", gamma[d] * x_hat[n, d] + beta[d], over=(n, d))
    g.loss("L", Function("L")(y))
    return g
