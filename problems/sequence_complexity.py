"""What attention, convolution and recurrence cost over n positions: sheet 3, problem 4."""

from derive import Graph, Problem, Text

problem = Problem(
    title=Text("The cost of attention, convolution and recurrence", "注意力、卷积与循环的代价"),
    statement=Text(
        "A layer maps n vectors of width d to n vectors of width d: by self-attention, by a convolution with kernels "
        "of size k, or by a recurrent network. Count its multiplications F, those that must wait for each other, and "
        "how far a signal travels between the two ends; then the numbers that it has to store.",
        "一层把 n 个 d 维向量变为 n 个 d 维向量：用自注意力、核大小为 k 的卷积或循环网络。求乘法的次数 F、"
        "必须先后进行的步数、信号在首尾两个位置之间的最长路径，以及需要存储的数的个数。",
    ),
    source="3.4",
    group="attention",
)
attended = Text(
    "Here f counts the multiplications for the first t queries: each of them is multiplied with n keys of width d. The "
    "n weights of each output and n values of width d take as many again, so that the order is n² d. All positions are "
    "computed at once: the number of steps that wait for each other is 1. Any two positions are connected directly: "
    "the path has length 1. The n² weights are stored beside the n d outputs.",
    "f 是前 t 个查询所需的乘法次数：n 个查询各与 n 个 d 维的键相乘，n 个权重再与 n 个 d 维的值相乘，次数相同，"
    "因此量级为 n² d。各位置同时计算，顺序步数为 1；任意两个位置直接相连，最长路径为 1。除 n d 个输出外还要存储 "
    "n² 个权重。",
)


@problem.reading(Text("Self-attention", "自注意力"), notes=(attended,))
def attention() -> Graph:
    """F_t = F_{t-1} + n d: the multiplications for the scores of the first t queries."""
    g = Graph("attention")
    n = g.size("n")
    t = g.index("t", n)
    d = g.constant("d", domain="positive")
    f = g.recurrence("f", lambda f: f[t - 1] + n * d, over=t, start={0: 0})
    g.node("F", f[n])
    return g


convolved = Text(
    "Here f counts the multiplications for the first t outputs: each of them reads k vectors of width d and makes d "
    "numbers, so that the order is k n d². All positions are computed at once: the number of steps that wait for each "
    "other is 1 per layer. After l layers without dilation one output sees r = 1 + (k − 1) l positions, so about n/k "
    "layers connect the two ends; with the dilations 1, k, k², ... it sees q = kˡ, so the least whole number l with "
    "kˡ ≥ n is enough, the logarithm of n to the base k rounded up. A layer stores n d numbers. "
    "A separable convolution takes n (k d + d²) multiplications.",
    "f 是前 t 个输出所需的乘法次数：每个输出读入 k 个 d 维向量并给出 d 个数，因此量级为 k n d²。各位置同时计算，"
    "每层的顺序步数为 1。不用空洞卷积时，经过 l 层，一个输出看到 r = 1 + (k − 1) l 个位置，因此约 n/k "
    "层才能连通首尾；各层的膨胀率依次为 1、k、k² 等时，看到 q = kˡ 个位置，所需层数是满足 kˡ ≥ n 的最小整数 l，"
    "即以 k 为底 n 的对数向上取整。每层存储 n d 个数。可分离卷积需 n (k d + d²) 次乘法。",
)


@problem.reading(Text("Convolution", "卷积"), notes=(convolved,))
def convolution() -> Graph:
    """F over positions, and the positions that an output sees over layers, without dilation and with k, k^2, ..."""
    g = Graph("convolution")
    n, m = g.size("n"), g.size("m")
    t, i = g.index("t", n), g.index("l", m)
    d, k = g.constant("d", domain="positive"), g.constant("k", domain="positive")
    f = g.recurrence("f", lambda f: f[t - 1] + k * d**2, over=t, start={0: 0})
    g.node("F", f[n])
    g.recurrence("r", lambda r: r[i - 1] + k - 1, over=i, start={0: 1})
    g.recurrence("q", lambda q: k * q[i - 1], over=i, start={0: 1})
    return g


recurrent = Text(
    "Here f counts the multiplications of the first t steps: a step multiplies the state by a square matrix, and the "
    "input by another one, which takes as many again, so that the order is n d². Step t has to wait for step t − 1, so "
    "that the depth s grows by 1: n steps wait for each other, and a signal from the first position to the last passes "
    "all n. Training stores n states of width d. Attention takes fewer multiplications than a "
    "recurrence while n < d, and a convolution k times as many as a recurrence.",
    "f 是前 t 步所需的乘法次数：每一步用一个 d 阶方阵乘状态，另用一个矩阵乘输入，次数相同，因此量级为 n d²。第 t "
    "步要等第 t − 1 步，深度 s 每步加 1，顺序步数为 n；信号从第一个位置到最后一个位置要经过全部 n 步。训练时存储 "
    "n 个 d 维状态。n < d 时注意力的乘法少于循环网络，卷积的乘法是循环网络的 k 倍。",
)


@problem.reading(Text("Recurrence", "循环"), notes=(recurrent,))
def recurrence() -> Graph:
    """F over steps, and the depth, which grows by one at each step."""
    g = Graph("recurrence")
    n = g.size("n")
    t = g.index("t", n)
    d = g.constant("d", domain="positive")
    f = g.recurrence("f", lambda f: f[t - 1] + d**2, over=t, start={0: 0})
    g.node("F", f[n])
    s = g.recurrence("s", lambda s: s[t - 1] + 1, over=t, start={0: 0})
    g.node("S", s[n])
    return g
