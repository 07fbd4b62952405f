"""Soft dynamic time warping, by Cuturi and Blondel (2017)."""

from derive import Graph, Problem, Size, Text, exp, log

problem = Problem(
    title=Text("Soft dynamic time warping", "软动态时间规整（soft-DTW）"),
    statement=Text(
        "The costs d compare two sequences step by step. The value of the best alignment is smoothed: the minimum is "
        "replaced by −γ times the logarithm of the sum of exp(−r/γ). Derive the gradient with respect to the costs. "
        "The values at the border should be infinite; here they are a large number c.",
        "d 是两个序列各步之间的代价。求最优对齐的递推中，把最小值换成光滑的函数：−γ 乘以 exp(−r/γ) 之和的对数。"
        "请推导所得的值对各代价的梯度。边界值本应为无穷大，这里取一个很大的数 c。",
    ),
    source="Cuturi, Blondel (2017)",
    group="losses",
    sizes=(
        Size("N", Text("length of the first sequence", "第一个序列的长度"), most=100),
        Size("M", Text("length of the second sequence", "第二个序列的长度"), most=100),
    ),
)


@problem.reading()
def model() -> Graph:
    """r_ij = d_ij + softmin(r_{i-1,j}, r_{i,j-1}, r_{i-1,j-1}), with r_00 = 0."""
    g = Graph("soft-DTW")
    N, M = g.size("N"), g.size("M")
    i, j = g.index("i", N), g.index("j", M)
    d = g.input("d", N, M, gradient=True)
    gamma, c = g.constant("gamma", domain="positive"), g.constant("c", domain="positive")
    r = g.recurrence(
        "r",
        lambda r: (
            d[i, j] - gamma * log(exp(-r[i - 1, j] / gamma) + exp(-r[i, j - 1] / gamma) + exp(-r[i - 1, j - 1] / gamma))
        ),
        over=(i, j),
        start={(0, j): c, (i, 0): c, (0, 0): 0},
    )
    g.loss("L", r[N, M])
    return g
