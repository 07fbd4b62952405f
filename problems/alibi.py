"""Attention with linear biases: arXiv 2108.12409."""

from sympy import oo

from derive import Function, Graph, Piecewise, Problem, Size, Sum, Text, softmax, sqrt

problem = Problem(
    title=Text("Attention with linear biases (ALiBi)", "线性偏置注意力（ALiBi）"),
    statement=Text(
        "In causal attention, m times the distance i − j is subtracted from each scaled score of a query at position "
        "i and a key at position j ≤ i; later keys get the score minus infinity. The original method fixes the slope "
        "m for each head; here its gradient is asked for too. The loss is left abstract. Derive the gradients with "
        "respect to queries, keys, values and m.",
        "在因果注意力中，位置 i 的查询与位置 j ≤ i 的键的缩放得分减去 m 乘以距离 i − j；更晚的键得分为负无穷。"
        "原方法中每个头的斜率 m 是固定的数，这里也求它的梯度。损失不给出具体形式。请推导损失对查询、键、"
        "值与 m 的梯度。",
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
    """S_ij = q_i k_j / sqrt(D) - m (i - j) for j <= i, else -oo; A = softmax of each row; O = A V."""
    g = Graph("alibi")
    T, D, E = (g.size(s) for s in ("T", "D", "E"))
    i, j = g.indices("i j", T)
    d, e = g.index("d", D), g.index("e", E)
    Q, K, V = (g.input(name, T, width, gradient=True) for name, width in (("Q", D), ("K", D), ("V", E)))
    m = g.parameter("m")
    score = Sum(Q[i, d] * K[j, d], d) / sqrt(D) - m * (i - j)
    S = g.node("S", Piecewise((score, j <= i), (-oo, True)), over=(i, j))
    A = g.node("A", softmax(S[i, j], j), over=(i, j))
    O = g.node("O", Sum(A[i, j] * V[j, e], j), over=(i, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g
