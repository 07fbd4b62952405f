"""A linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001)."""

from derive import Graph, Problem, Size, Sum, Text, logsumexp

problem = Problem(
    title=Text("Linear-chain CRF", "线性链条件随机场"),
    statement=Text(
        "Every position of a sequence has a score s for each of C labels, and every pair of neighbouring labels "
        "has a score A. The loss is the logarithm of the sum of the exponentials of the scores of all sequences of "
        "labels, computed by a forward recursion, minus the score of the given labels y. Derive the gradients with "
        "respect to both kinds of scores.",
        "序列的每个位置对 C 个标签各有一个得分 s，每对相邻标签有一个得分 A。"
        "损失等于所有标签序列的得分的指数之和取对数（由前向递推计算），减去给定标签序列 y 的得分。"
        "请推导损失对两类得分的梯度。",
    ),
    source="Lafferty, McCallum, Pereira (2001)",
    group="recurrent",
    sizes=(
        Size("C", Text("number of labels", "标签的个数"), most=100),
        Size("N", Text("length of the sequence, at least 2", "序列长度，至少为 2"), most=1000),
    ),
)


@problem.reading(
    notes=(
        Text(
            "The derivative of the log-sum-exp over all sequences with respect to a score is the expected number of "
            "times that a sequence uses this score, under the softmax over all sequences. So the gradient with respect "
            "to a score s is the probability of its label under the model, minus 1 if the label is the given one. With "
            "respect to A it is the expected number of each pair of labels minus its actual number.",
            "所有序列的 log-sum-exp 对某个得分的导数，等于在所有序列的 softmax 分布下，序列用到该得分的次数的期望。"
            "因此对得分 s 的梯度等于模型给出的该标签的概率，若它就是给定的标签则再减去 1；"
            "对 A 的梯度等于各标签对出现次数的期望减去实际次数。",
        ),
    )
)
def model() -> Graph:
    """a_tk = s_tk + logsumexp_j(a_{t-1,j} + A_jk) from a_1k = s_1k; L = logsumexp_k a_Nk - score of y."""
    g = Graph("crf")
    N, C = g.size("N", least=2), g.size("C")
    i, t, (j, k) = g.index("i", N), g.index("t", (2, N)), g.indices("j k", C)
    s, A = g.input("s", N, C, gradient=True), g.parameter("A", C, C)
    y = g.positions("y", N, among=C)
    a = g.recurrence("a", lambda a: s[t, k] + logsumexp(a[t - 1, j] + A[j, k], j), over=(t, k), start={1: s[1, k]})
    Z = g.node("Z", logsumexp(a[N, k], k))
    g.loss("L", Z - Sum(s[i, y[i]], i) - Sum(A[y[t - 1], y[t]], t))
    return g
