"""Linear attention: a feature map in the place of the softmax, and in causal form a recurrence, arXiv 2006.16236."""

from typing import Any

from derive import Function, Graph, Problem, Size, Sum, Text, elu

problem = Problem(
    title=Text("Linear attention", "线性注意力"),
    statement=Text(
        "A positive function φ(x) = 1 + ELU(x) acts elementwise on queries and keys; the weight of a value is the "
        "dot product of the two, divided by the sum of the weights. Derive the gradients with respect to queries, "
        "keys and values in two forms: over all positions, and causal, where a position depends on no later one and "
        "the sums over keys become states that grow position by position. The loss is left abstract.",
        "正值函数 φ(x) = 1 + ELU(x) 逐元素作用于查询与键，值的权重是两者的点积除以权重之和。损失不给出具体形式。"
        "请就两种形式推导损失对查询、键与值的梯度：一种对所有位置求和；另一种是因果的，每个位置看不到更晚的位置，"
        "对键的求和成为随位置逐步累加的状态。",
    ),
    group="attention",
    sizes=(
        Size("T", Text("positions", "位置数"), most=1000),
        Size("D", Text("width of queries and keys", "查询与键的维数"), most=1000),
        Size("E", Text("width of the values", "值的维数"), most=1000),
    ),
)


def leaves(g: Graph) -> tuple[Any, ...]:
    """Indices and, of queries and keys, the features a and b, and the values V."""
    T, D, E = (g.size(s) for s in ("T", "D", "E"))
    t, d, e = g.index("t", T), g.index("d", D), g.index("e", E)
    Q, K, V = (g.input(name, T, width, gradient=True) for name, width in (("Q", D), ("K", D), ("V", E)))
    a = g.node("a", 1 + elu(Q[t, d]), over=(t, d))
    b = g.node("b", 1 + elu(K[t, d]), over=(t, d))
    return t, d, e, a, b, V


@problem.reading(Text("Over all positions", "所有位置"))
def model() -> Graph:
    """S = phi(K)^T V, z = sum of phi(k); o_t = phi(q_t) S / (phi(q_t) z)."""
    g = Graph("linear attention")
    t, d, e, a, b, V = leaves(g)
    S = g.node("S", Sum(b[t, d] * V[t, e], t), over=(d, e))
    z = g.node("z", Sum(b[t, d], t), over=d)
    r = g.node("r", Sum(a[t, d] * z[d], d), over=t)
    O = g.node("O", Sum(a[t, d] * S[d, e], d) / r[t], over=(t, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g


@problem.reading(Text("Causal", "因果"))
def causal() -> Graph:
    """S_t = S_{t-1} + phi(k_t) v_t, z_t = z_{t-1} + phi(k_t); o_t = phi(q_t) S_t / (phi(q_t) z_t)."""
    g = Graph("linear attention")
    t, d, e, a, b, V = leaves(g)
    S = g.recurrence("S", lambda S: S[t - 1, d, e] + b[t, d] * V[t, e], over=(t, d, e), start={0: 0})
    z = g.recurrence("z", lambda z: z[t - 1, d] + b[t, d], over=(t, d), start={0: 0})
    r = g.node("r", Sum(a[t, d] * z[t, d], d), over=t)
    O = g.node("O", Sum(a[t, d] * S[t, d, e], d) / r[t], over=(t, e))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g
