"""The selective scan of a state-space model, by Gu and Dao (2023)."""

from derive import Graph, Problem, Size, Sum, Text, exp

problem = Problem(
    title=Text("Selective state-space scan", "选择性状态空间扫描"),
    statement=Text(
        "A layer as in Mamba has a step size Δ, an input matrix B and an output matrix C that differ from "
        "step to step. Derive the gradients of half the squared error with respect to all of them, to A and to the "
        "inputs.",
        "Mamba 中的状态空间层，其步长 Δ、输入矩阵 B 与输出矩阵 C 每一步各不相同。"
        "请推导平方误差的一半对它们、对 A 以及对输入的梯度。",
    ),
    source="Gu, Dao (2023)",
    group="recurrent",
    sizes=(
        Size("T", Text("number of time steps", "时间步数")),
        Size("D", Text("number of channels", "通道数"), most=100),
        Size("N", Text("states of a channel", "每个通道的状态数"), most=100),
    ),
)


@problem.reading()
def model() -> Graph:
    """h_tdn = exp(Delta_td A_dn) h_{t-1,dn} + Delta_td B_tn x_td, and y_td = sum_n C_tn h_tdn."""
    g = Graph("selective scan")
    T, D, N = g.size("T"), g.size("D"), g.size("N")
    t, d, n = g.index("t", T), g.index("d", D), g.index("n", N)
    A = g.parameter("A", D, N)
    x, Delta = g.input("x", T, D, gradient=True), g.input("Delta", T, D, domain="positive", gradient=True)
    B, C, y = g.input("B", T, N, gradient=True), g.input("C", T, N, gradient=True), g.target("y", T, D)
    h = g.recurrence(
        "h",
        lambda h: exp(Delta[t, d] * A[d, n]) * h[t - 1, d, n] + Delta[t, d] * B[t, n] * x[t, d],
        over=(t, d, n),
        start={0: 0},
    )
    o = g.node("o", Sum(C[t, n] * h[t, d, n], n), over=(t, d))
    g.loss("L", Sum((o[t, d] - y[t, d]) ** 2, t, d) / 2)
    return g
