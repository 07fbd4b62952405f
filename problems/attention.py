"""Scaled dot-product attention: the layer of sheet 3, problem 4."""

from derive import Function, Graph, Problem, Size, Sum, Text, exp, sqrt

problem = Problem(
    title=Text("Scaled dot-product attention", "缩放点积注意力"),
    statement=Text(
        "Every query is compared with every key by a scaled dot product; a softmax over the keys weighs the values. "
        "The loss is left abstract. Derive the gradients with respect to queries, keys and values.",
        "每个查询与每个键作缩放点积，再对键作 softmax，作为各个值的权重。损失不给出具体形式。"
        "请推导损失对查询、键与值的梯度。",
    ),
    source="3.4+",
    group="attention",
    sizes=(
        Size("N", Text("number of queries", "查询的个数"), most=1000),
        Size("M", Text("number of keys and values", "键与值的个数"), most=1000),
        Size("D", Text("width of queries and keys", "查询与键的维数"), most=1000),
        Size("E", Text("width of the values", "值的维数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """S = Q K^T / sqrt(D), A = softmax of each row, O = A V."""
    g = Graph("attention")
    N, M, D, E = (g.size(s) for s in ("N", "M", "D", "E"))
    i, d, e = g.index("i", N), g.index("d", D), g.index("e", E)
    j, k = g.indices("j k", M)
    Q, K = g.input("Q", N, D, gradient=True), g.input("K", M, D, gradient=True)
    V = g.input("V", M, E, gradient=True)
    S = g.node("S", Sum(Q[i, d] * K[j, d], d) / sqrt(D), over=(i, j))
    A = g.node("A", exp(S[i, j]) / Sum(exp(S[i, k]), k), over=(i, j))
    O = g.node("O", Sum(A[i, j] * V[j, e], j), over=(i, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g
