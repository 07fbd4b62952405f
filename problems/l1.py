"""L1 regularisation: sheet 1, problem 1."""

from derive import Abs, Function, Graph, Problem, Text

problem = Problem(
    title=Text("L1 regularisation", "L1 正则化"),
    statement=Text(
        "The absolute value of a single parameter, times a strength λ, is added to a loss that is left abstract. "
        "Derive the gradient of the sum and the update of gradient descent.",
        "在一个不给出具体形式的损失上加上参数绝对值的 λ 倍。请推导总损失的梯度，并写出梯度下降的更新公式。",
    ),
    source="1.1",
    group="regression",
)


at_zero = Text(
    "At zero the regulariser has no derivative: every number between −λ and λ is a subgradient there, and zero is "
    "one of them.",
    "在零点正则项不可导：−λ 与 λ 之间的每个数都是次梯度，其中包括零。",
)


@problem.reading(notes=(at_zero,), update=True)
def model() -> Graph:
    """J = L(theta) + lambda |theta|."""
    g = Graph("l1")
    theta = g.parameter("theta")
    lamda = g.constant("lamda", domain="positive")
    g.loss("J", Function("L")(theta) + lamda * Abs(theta))
    return g
