"""Causal attention within a window: a position sees itself and the W - 1 positions before it, arXiv 2004.05150."""

from sympy import And, oo

from derive import Function, Graph, Piecewise, Problem, Size, Sum, Text, softmax, sqrt

problem = Problem(
    title=Text("Sliding-window attention", "滑动窗口注意力"),
    statement=Text(
        "Every position of a sequence attends to a window of W positions that ends at the position itself: keys "
        "outside the window get the score minus infinity, and therefore weight 0. The loss is left abstract. Derive "
        "the gradients with respect to queries, keys and values.",
        "序列的每个位置只关注以自身为末端、长为 W 的窗口：窗口之外的键得分为负无穷，因而权重为 0。损失不给出具体形式。"
        "请推导损失对查询、键与值的梯度。",
    ),
    group="attention",
    sizes=(
        Size("T", Text("positions", "位置数"), most=1000),
        Size("W", Text("positions in the window", "窗口内的位置数"), most=1000),
        Size("D", Text("width of queries and keys", "查询与键的维数"), most=1000),
        Size("E", Text("width of the values", "值的维数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """S_ij = q_i k_j / sqrt(D) for i - W < j <= i, else -oo; A = softmax of each row; O = A V."""
    g = Graph("sliding-window attention")
    T, W, D, E = (g.size(s) for s in ("T", "W", "D", "E"))
    i, j = g.indices("i j", T)
    d, e = g.index("d", D), g.index("e", E)
    Q, K, V = (g.input(name, T, width, gradient=True) for name, width in (("Q", D), ("K", D), ("V", E)))
    seen = And(j <= i, j > i - W)
    S = g.node("S", Piecewise((Sum(Q[i, d] * K[j, d], d) / sqrt(D), seen), (-oo, True)), over=(i, j))
    A = g.node("A", softmax(S[i, j], j), over=(i, j))
    O = g.node("O", Sum(A[i, j] * V[j, e], j), over=(i, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g
