"""Gated linear units in the feed-forward layer of a transformer: SwiGLU, GEGLU and their kin, arXiv 2002.05202."""

from derive import Function, Graph, Option, Problem, Size, Sum, Text, function_named

problem = Problem(
    title=Text("Gated feed-forward layer (SwiGLU)", "门控前馈层（SwiGLU）"),
    statement=Text(
        "Each of N rows is multiplied by two matrices, W and V. A function acts elementwise on the first product, the "
        "gate; the result is multiplied elementwise by the second product, and a third matrix U maps it back. With "
        "SiLU the layer is called SwiGLU, with GELU GEGLU. The loss is left abstract. Derive the gradients with "
        "respect to the rows and the three matrices.",
        "N 行输入分别乘以两个矩阵 W 与 V。第一个乘积逐元素经过一个函数，称为门，再与第二个乘积逐元素相乘，"
        "最后乘以第三个矩阵 U。函数取 SiLU 时称为 SwiGLU，取 GELU 时称为 GEGLU。损失不给出具体形式。"
        "请推导损失对输入与三个矩阵的梯度。",
    ),
    group="attention",
    options=(Option("gate", ("silu", "gelu", "sigmoid", "relu"), Text("function of the gate", "门的函数")),),
    sizes=(
        Size("N", Text("rows", "行数"), most=1000),
        Size("D", Text("width of a row", "每行的维数"), most=1000),
        Size("F", Text("width inside the layer", "层内的维数"), most=1000),
    ),
)


@problem.reading()
def model(gate: str) -> Graph:
    """z = x W, v = x V, h = gate(z) v, y = h U."""
    g = Graph("swiglu")
    N, D, F = (g.size(s) for s in ("N", "D", "F"))
    n, f = g.index("n", N), g.index("f", F)
    d, k = g.indices("d k", D)
    x = g.input("x", N, D, gradient=True)
    W, V, U = g.parameter("W", D, F), g.parameter("V", D, F), g.parameter("U", F, D)
    z = g.node("z", Sum(x[n, k] * W[k, f], k), over=(n, f))
    v = g.node("v", Sum(x[n, k] * V[k, f], k), over=(n, f))
    h = g.node("h", function_named(gate)(z[n, f]) * v[n, f], over=(n, f))
    y = g.node("y", Sum(h[n, f] * U[f, d], f), over=(n, d))
    g.loss("L", Function("L")(y))
    return g
