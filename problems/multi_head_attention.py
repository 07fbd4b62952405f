"""Multi-head attention with its four matrices, of a sequence over itself or over another one."""

from derive import Function, Graph, Option, Problem, Size, Sum, Text, softmax, sqrt

problem = Problem(
    title=Text("Multi-head attention", "多头注意力"),
    statement=Text(
        "Each of H heads computes queries from the rows x, and keys and values from the rows c, with matrices of its "
        "own, followed by scaled dot-product attention; one more matrix maps the outputs of all heads back to one "
        "row. In cross-attention c is another sequence, such as the output of an encoder; in self-attention c is x "
        "itself. The loss is left abstract. Derive the gradients with respect to the rows and all matrices.",
        "H 个头各用自己的矩阵由各行 x 得到查询，由各行 c 得到键与值，作缩放点积注意力；"
        "再用一个矩阵把所有头的输出合成一行。交叉注意力中 c 是另一个序列，例如编码器的输出；自注意力中 c 就是 x。"
        "损失不给出具体形式。请推导损失对各行输入与所有矩阵的梯度。",
    ),
    group="attention",
    options=(Option("over", ("other", "self"), Text("which rows the keys come from", "键来自哪些行")),),
    sizes=(
        Size("N", Text("number of rows x", "x 的行数"), most=1000),
        Size("M", Text("number of rows c", "c 的行数"), most=1000),
        Size("F", Text("width of a row", "每行的维数"), most=1000),
        Size("H", Text("heads", "头数"), most=1000),
        Size("D", Text("width of a head", "每个头的维数"), most=1000),
    ),
)


@problem.reading()
def model(over: str) -> Graph:
    """Q = x W_q, K = c W_k, V = c W_v by heads, O = softmax(Q K^T / sqrt(D)) V, y = sum over heads of O U."""
    g = Graph("multi-head attention")
    N, F, H, D = (g.size(s) for s in ("N", "F", "H", "D"))
    M = N if over == "self" else g.size("M")
    h, f, a = g.index("h", H), *g.indices("f a", F)
    i, j, d = g.index("i", N), g.index("j", M), g.index("d", D)
    x = g.input("x", N, F, gradient=True)
    c = x if over == "self" else g.input("c", M, F, gradient=True)
    W_q, W_k, W_v = g.parameters("W_q W_k W_v", H, F, D)
    U = g.parameter("U", H, D, F)
    Q = g.node("Q", Sum(x[i, a] * W_q[h, a, d], a), over=(h, i, d))
    K = g.node("K", Sum(c[j, a] * W_k[h, a, d], a), over=(h, j, d))
    V = g.node("V", Sum(c[j, a] * W_v[h, a, d], a), over=(h, j, d))
    S = g.node("S", Sum(Q[h, i, d] * K[h, j, d], d) / sqrt(D), over=(h, i, j))
    A = g.node("A", softmax(S[h, i, j], j), over=(h, i, j))
    O = g.node("O", Sum(A[h, i, j] * V[h, j, d], j), over=(h, i, d))  # noqa: E741
    y = g.node("y", Sum(O[h, i, d] * U[h, d, f], h, d), over=(i, f))
    g.loss("L", Function("L")(y))
    return g
