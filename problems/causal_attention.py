"""Causal attention: a position attends to itself and to what came before; torch's is_causal=True."""

from sympy import oo

from derive import Function, Graph, Piecewise, Problem, Size, Sum, Text, softmax, sqrt

problem = Problem(
    title=Text("Causal attention", "因果注意力"),
    statement=Text(
        "Every position of a sequence compares its query with the keys of all positions up to its own by a scaled dot "
        "product. Later positions get the score minus infinity, and therefore weight 0 in the softmax over the keys. "
        "These weights are used to sum the values. The loss is left abstract. Derive the gradients with respect to "
        "queries, keys and values.",
        "序列的每个位置用其查询与不晚于它的各位置的键作缩放点积；更晚的位置得分为负无穷，"
        "因而在对键的 softmax 中权重为 0。这些权重再对值加权求和。损失不给出具体形式。请推导损失对查询、键与值的梯度。",
    ),
    group="attention",
    sizes=(
        Size("T", Text("positions", "位置数"), most=1000),
        Size("D", Text("width of queries and keys", "查询与键的维数"), most=1000),
        Size("E", Text("width of the values", "值的维数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """S_ij = q_i k_j / sqrt(D) for j <= i, else -oo; A = softmax of each row; O = A V."""
    g = Graph("causal attention")
    T, D, E = (g.size(s) for s in ("T", "D", "E"))
    i, j = g.indices("i j", T)
    d, e = g.index("d", D), g.index("e", E)
    Q, K, V = (g.input(name, T, width, gradient=True) for name, width in (("Q", D), ("K", D), ("V", E)))
    S = g.node("S", Piecewise((Sum(Q[i, d] * K[j, d], d) / sqrt(D), j <= i), (-oo, True)), over=(i, j))
    A = g.node("A", softmax(S[i, j], j), over=(i, j))
    O = g.node("O", Sum(A[i, j] * V[j, e], j), over=(i, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g
