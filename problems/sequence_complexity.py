"""What attention, convolution and recurrence cost over n positions: sheet 3, problem 4."""

from typing import Any

from sympy import Expr, Idx

from derive import Crossings, Graph, Problem, Text

problem = Problem(
    title=Text("The cost of attention, convolution and recurrence", "注意力、卷积与循环的代价"),
    statement=Text(
        "A layer maps n vectors of width d to n vectors of width d: by self-attention, by a convolution with kernels "
        "of size k, plain or separable, or by a recurrent network. Count the multiplications of each, and say for "
        "which n which of them takes fewer. Then count the steps that must wait for each other, how far a signal "
        "travels between the two ends, and the numbers that each has to store.",
        "一层把 n 个 d 维向量变为 n 个 d 维向量：用自注意力、核大小为 k 的卷积（普通的或可分离的）或循环网络。"
        "求各自的乘法次数，并说明 n 取何值时哪一种更少；再求必须先后进行的步数、信号在首尾两个位置之间的最长路径，"
        "以及需要存储的数的个数。",
    ),
    source="3.4",
    group="attention",
)
counted = Text(
    "Here f is the count for the first t positions, and F that for all n. Attention (A): a query is multiplied with n "
    "keys of width d. Recurrence (R): a step multiplies the state by a square matrix. Convolution (C): an output reads "
    "k vectors of width d and makes d numbers. Separable convolution (S): k d multiplications for the channels apart, "
    "and d² to mix them. Attention multiplies its n weights with n values, and a recurrence its input with a second "
    "matrix, which takes as many multiplications again. This factor 2 is left out, as in the orders n² d and n d².",
    "f 是前 t 个位置的计数，F 是全部 n 个位置的计数。注意力（A）：每个查询与 n 个 d 维的键相乘。循环（R）：每一步用一"
    "个 d 阶方阵乘状态。卷积（C）：每个输出读入 k 个 d 维向量并给出 d 个数。可分离卷积（S）：逐通道卷积需 k d 次乘法，"
    "混合各通道需 d² 次。注意力还要把 n 个权重与 n 个值相乘，循环还要用另一个矩阵乘输入，次数都与前者相同；这个因子 2 "
    "未计入，与量级 n² d、n d² 的写法一致。",
)
doubled = Text(
    "With the factor 2, attention takes fewer multiplications than a convolution for n < d k/2, than a separable one "
    "for n < (d + k)/2, and a recurrence takes fewer than a separable convolution if and only if d < k.",
    "若计入因子 2，则当 n < d k/2 时注意力的乘法次数少于卷积，当 n < (d + k)/2 时少于可分离卷积；循环的乘法次数少于可"
    "分离卷积，当且仅当 d < k。",
)
PAIRS = (("F_A", "F_R"), ("F_A", "F_S"), ("F_A", "F_C"), ("F_R", "F_S"))


def _summed(g: Graph, name: str, one: Expr, t: Idx) -> Any:
    """The sum of t equal numbers, step by step."""
    return g.recurrence(name, lambda f: f[t - 1] + one, over=t, start={0: 0})


@problem.reading(
    Text("Multiplications", "乘法次数"), notes=(counted, doubled), crossings=Crossings("n", PAIRS, {"d": 16, "k": 5})
)
def multiplications() -> Graph:
    """The multiplications of the first t positions, by each kind of layer."""
    g = Graph("multiplications")
    n = g.size("n")
    t = g.index("t", n)
    d, k = g.constant("d", domain="positive"), g.constant("k", domain="positive")
    for name, one in (("A", n * d), ("R", d**2), ("C", k * d**2), ("S", k * d + d**2)):
        cost = _summed(g, f"f_{name}", one, t)
        g.node(f"F_{name}", cost[n])
    return g


waited = Text(
    "Attention and convolution compute all positions at once: the number of steps that wait for each other is 1 per "
    "layer. Step t of a recurrence has to wait for step t − 1, so that the depth s grows by 1: n steps wait for each "
    "other, and a signal from the first position to the last passes all n.",
    "注意力与卷积同时计算各位置，每层的顺序步数为 1。循环网络的第 t 步要等第 t − 1 步，深度 s 每步加 1，顺序步数为 n；"
    "信号从第一个位置到最后一个位置要经过全部 n 步。",
)
reached = Text(
    "In attention any two positions are connected directly: the path has length 1. After l layers of convolution "
    "without dilation one output sees r = 1 + (k − 1) l positions, so (n − 1)/(k − 1) layers, rounded up, connect the "
    "two ends, about n/k layers if k is large; with the dilations 1, k, k², ... it sees q = kˡ, so the least whole "
    "number l with kˡ ≥ n is enough, the logarithm of n to the base k rounded up.",
    "注意力中任意两个位置直接相连，最长路径为 1。不用空洞卷积时，经过 l 层，一个输出看到 r = 1 + (k − 1) l 个位置，因"
    "此需 (n − 1)/(k − 1) 层（向上取整）才能连通首尾，k 较大时约 n/k 层；各层的膨胀率依次为 1、k、k² 等时，看到 "
    "q = kˡ 个位置，所需层数是满足 kˡ ≥ n 的最小整数 l，即以 k 为底 n 的对数向上取整。",
)
stored = Text(
    "Each layer stores its n d outputs, a recurrence those of all its steps; attention also stores n² weights.",
    "每种层都要存储 n d 个输出（循环网络为各步的状态）；注意力还要存储 n² 个权重。",
)


@problem.reading(Text("Steps and paths", "顺序步数与最长路径"), notes=(waited, reached, stored))
def steps() -> Graph:
    """The depth of a recurrence over positions, and the positions that an output sees over layers of convolution."""
    g = Graph("steps")
    n, m = g.size("n"), g.size("m")
    t, i = g.index("t", n), g.index("l", m)
    k = g.constant("k", domain="positive")
    s = g.recurrence("s", lambda s: s[t - 1] + 1, over=t, start={0: 0})
    g.node("S", s[n])
    g.recurrence("r", lambda r: r[i - 1] + k - 1, over=i, start={0: 1})
    g.recurrence("q", lambda q: k * q[i - 1], over=i, start={0: 1})
    return g
