"""Low-rank adaptation of a linear layer: arXiv 2106.09685."""

from derive import Function, Graph, Problem, Size, Sum, Text

problem = Problem(
    title=Text("Low-rank adaptation (LoRA)", "低秩适配（LoRA）"),
    statement=Text(
        "The matrix W of a linear layer is kept fixed, and the product of two thin matrices, B A of rank R, is added "
        "to it with the factor α/R. The loss is left abstract. Derive the gradients with respect to A, B and the "
        "input.",
        "线性层的矩阵 W 保持不变，另加上两个瘦长矩阵之积 B A（秩不超过 R），系数为 α/R。损失不给出具体形式。"
        "请推导损失对 A、B 与输入的梯度。",
    ),
    group="attention",
    sizes=(
        Size("N", Text("rows", "行数"), most=1000),
        Size("D", Text("width of the input", "输入的维数"), most=1000),
        Size("E", Text("width of the output", "输出的维数"), most=1000),
        Size("R", Text("rank", "秩"), most=1000),
    ),
)
at_first = Text(
    "Training starts with B = 0. At the first step the gradient with respect to A is then 0, as it contains the "
    "factor B; the gradient with respect to B is in general not 0, as it contains the factor A instead.",
    "训练从 B = 0 开始。第一步时 A 的梯度为 0，因为它含有因子 B；B 的梯度一般不为 0，因为它含有的因子是 A。",
)


@problem.reading(notes=(at_first,))
def model() -> Graph:
    """u = A x, y = W x + alpha/R B u, for every row x."""
    g = Graph("lora")
    N, D, E, R = (g.size(s) for s in ("N", "D", "E", "R"))
    n, d, e, r = g.index("n", N), g.index("d", D), g.index("e", E), g.index("r", R)
    x, W = g.input("x", N, D, gradient=True), g.constant("W", E, D)
    A, B, alpha = g.parameter("A", R, D), g.parameter("B", E, R), g.constant("alpha", domain="positive")
    u = g.node("u", Sum(A[r, d] * x[n, d], d), over=(n, r))
    y = g.node("y", Sum(W[e, d] * x[n, d], d) + alpha / R * Sum(B[e, r] * u[n, r], r), over=(n, e))
    g.loss("L", Function("L")(y))
    return g
