"""Layer normalisation: sheet 0, problem 9."""

from derive import Argument, Function, Graph, Problem, Signature, Size, Sum, Text, sqrt

problem = Problem(
    title=Text("Layer normalisation", "层归一化"),
    statement=Text(
        "Each row of a batch is shifted and scaled to mean zero and variance one over its features; then every "
        "feature is multiplied by a gain and shifted. The loss is left abstract. Derive the gradients with respect to "
        "input, gain and shift.",
        "批量中的每一行先在其各特征上标准化，使均值为零、方差为一，再逐特征乘以增益并加上平移。"
        "损失不给出具体形式。请推导损失对输入、增益与平移的梯度。",
    ),
    source="0.9",
    group="normalisation",
    sizes=(
        Size("N", Text("rows of the batch", "批量的行数"), most=1000),
        Size("D", Text("features", "特征数"), most=1000),
    ),
)


LAYER_NORM = Signature(
    "layer_norm_1d",
    (Argument("x"), Argument("gamma"), Argument("beta"), Argument("eps", 1e-5, leaf="epsilon")),
    result="y",
)


@problem.reading(signature=LAYER_NORM)
def model() -> Graph:
    """mu_n, s_n over the features of a row; x_hat = (x - mu)/s; y = gamma x_hat + beta."""
    g = Graph("layer-norm")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    d, k = g.indices("d k", D)
    x, (gamma, beta) = g.input("x", N, D, gradient=True), g.parameters("gamma beta", D)
    epsilon = g.constant("epsilon", domain="positive")
    mu = g.node("mu", Sum(x[n, k], k) / D, over=n)
    s = g.node("s", sqrt(Sum((x[n, k] - mu[n]) ** 2, k) / D + epsilon), over=n)
    x_hat = g.node("x_hat", (x[n, d] - mu[n]) / s[n], over=(n, d))
    y = g.node("y", gamma[d] * x_hat[n, d] + beta[d], over=(n, d))
    g.loss("L", Function("L")(y))
    return g
