"""Grouped-query attention: several query heads share one head of keys and values, arXiv 2305.13245."""

from derive import Function, Graph, Problem, Size, Sum, Text, softmax, sqrt

problem = Problem(
    title=Text("Grouped-query attention", "分组查询注意力（GQA）"),
    statement=Text(
        "There are G heads of keys and values. Each of them serves R heads of queries, and each query head computes "
        "scaled dot-product attention on its own: query head (g, r) reads the keys and values of head g. The loss is "
        "left abstract. Derive the gradients with respect to queries, keys and values, and say how the sharing "
        "affects them.",
        "键与值共有 G 个头，每个头由 R 个查询头共用；各查询头分别作缩放点积注意力，"
        "查询头 (g, r) 使用第 g 个头的键与值。损失不给出具体形式。请推导损失对查询、键与值的梯度，"
        "并说明共用带来的影响。",
    ),
    group="attention",
    sizes=(
        Size("G", Text("heads of keys and values", "键与值的头数"), most=1000),
        Size("R", Text("heads of queries for each of them", "每个这样的头对应的查询头数"), most=1000),
        Size("N", Text("number of queries", "查询的个数"), most=1000),
        Size("M", Text("number of keys and values", "键与值的个数"), most=1000),
        Size("D", Text("width of queries and keys", "查询与键的维数"), most=1000),
        Size("E", Text("width of the values", "值的维数"), most=1000),
    ),
)
shared = Text(
    "Each query head has its own gradient. The gradient of a key or a value is the sum of the contributions of the R "
    "query heads that share it. With R = 1 this is multi-head attention, and with G = 1 multi-query attention.",
    "每个查询头有各自的梯度；键与值的梯度则是共用它的 R 个查询头的贡献之和。R = 1 时即多头注意力，"
    "G = 1 时即多查询注意力。",
)


@problem.reading(notes=(shared,))
def model() -> Graph:
    """S_grij = q_gri k_gj / sqrt(D), A = softmax over j, O_gri = sum_j A_grij v_gj."""
    g = Graph("grouped-query attention")
    G, R, N, M, D, E = (g.size(s) for s in ("G", "R", "N", "M", "D", "E"))
    h, r, i, d, e = (g.index(*pair) for pair in (("g", G), ("r", R), ("i", N), ("d", D), ("e", E)))
    j = g.index("j", M)
    Q = g.input("Q", G, R, N, D, gradient=True)
    K, V = g.input("K", G, M, D, gradient=True), g.input("V", G, M, E, gradient=True)
    S = g.node("S", Sum(Q[h, r, i, d] * K[h, j, d], d) / sqrt(D), over=(h, r, i, j))
    A = g.node("A", softmax(S[h, r, i, j], j), over=(h, r, i, j))
    O = g.node("O", Sum(A[h, r, i, j] * V[h, j, e], j), over=(h, r, i, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g
