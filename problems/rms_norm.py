"""Root mean square normalisation: arXiv 1910.07467, as in torch.nn.functional.rms_norm."""

from derive import Argument, Function, Graph, Problem, Signature, Size, Sum, Text, sqrt

problem = Problem(
    title=Text("RMS normalisation", "均方根归一化（RMSNorm）"),
    statement=Text(
        "Each row of a batch is divided by the root of the mean of its squares, with a small positive constant under "
        "the root; then every feature is multiplied by a gain. The loss is left abstract. Derive the gradients with "
        "respect to input and gain.",
        "批量中的每一行除以其各分量平方的均值的平方根（根号下加一个小正数），再逐特征乘以增益。损失不给出具体形式。"
        "请推导损失对输入与增益的梯度。",
    ),
    group="normalisation",
    sizes=(
        Size("N", Text("rows of the batch", "批量的行数"), most=1000),
        Size("D", Text("features", "特征数"), most=1000),
    ),
)


RMS_NORM = Signature("rms_norm", (Argument("x"), Argument("gamma"), Argument("eps", 1e-6, leaf="epsilon")), result="y")


@problem.reading(signature=RMS_NORM)
def model() -> Graph:
    """r_n = sqrt(mean of x_n^2 + epsilon); x_hat = x/r; y = gamma x_hat."""
    g = Graph("rms-norm")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    d, k = g.indices("d k", D)
    x, gamma = g.input("x", N, D, gradient=True), g.parameter("gamma", D)
    epsilon = g.constant("epsilon", domain="positive")
    r = g.node("r", sqrt(Sum(x[n, k] ** 2, k) / D + epsilon), over=n)
    x_hat = g.node("x_hat", x[n, d] / r[n], over=(n, d))
    y = g.node("y", gamma[d] * x_hat[n, d], over=(n, d))
    g.loss("L", Function("L")(y))
    return g
