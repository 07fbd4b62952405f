"""Connectionist temporal classification (Graves, Fernandez, Gomez and Schmidhuber, 2006)."""

from derive import Graph, KroneckerDelta, Piecewise, Problem, Size, Text, exp, log, log_softmax

problem = Problem(
    title=Text("Connectionist temporal classification (CTC)", "连接时序分类（CTC）"),
    statement=Text(
        "At each of T time steps a network scores C symbols, one of which is blank. The labels, with blanks between "
        "them and at both ends, form a sequence l of S symbols. At each step a path stays, moves on by one, or moves "
        "on by two where m is 1, that is, over a blank between two different labels. A forward recursion adds up the "
        "probabilities of all paths that end in the last label or in the blank after it; the loss is minus the "
        "logarithm of this sum. Such probabilities are too small for floating-point numbers, so the recursion is in "
        "logarithms. The logarithm of 0 should be minus infinity; here it is −β with a large number β. Derive the "
        "gradient with respect to the scores.",
        "网络在 T 个时间步的每一步给 C 个符号打分，其中一个是空白。标签之间以及两端插入空白，得到 S 个符号的序列 l。"
        "路径每步停在原处、前进一位，或在 m 等于 1 处（即越过两个不同标签之间的空白）前进两位。"
        "前向递推把结束于最后一个标签或其后空白的所有路径的概率相加，损失是该和的负对数。"
        "这些概率小得超出浮点数的范围，因此递推按对数进行；0 的对数本应为负无穷，这里取 −β，β 是一个很大的数。"
        "请推导损失对得分的梯度。",
    ),
    source="Graves (2006)",
    group="recurrent",
    sizes=(
        Size("T", Text("number of time steps", "时间步数"), most=1000),
        Size("S", Text("length of the labels with blanks, at least 2", "插入空白后的标签长度，至少为 2"), most=100),
        Size("C", Text("number of symbols", "符号的个数"), most=100),
    ),
)


@problem.reading()
def model() -> Graph:
    """a_ts = log p_{t,l_s} + log u_ts with u_ts = e^a_{t-1,s} + e^a_{t-1,s-1} + m_s e^a_{t-1,s-2}, a_0 = (0, -beta)."""
    g = Graph("ctc")
    T, S, C = g.size("T"), g.size("S", least=2), g.size("C")
    t, s, c = g.index("t", T), g.index("s", S), g.index("c", C)
    z, m = g.input("z", T, C, gradient=True), g.constant("m", S, domain="binary")
    beta, l = g.constant("beta", domain="positive"), g.positions("l", S, among=C)  # noqa: E741
    q = g.node("q", log_softmax(z[t, c], c), over=(t, c))
    (a,) = g.states("a", over=(t, s), start={0: beta * (KroneckerDelta(s, 1) - 1)})
    one = Piecewise((exp(a[t - 1, s - 1]), s > 1), (0, True))
    two = Piecewise((m[s] * exp(a[t - 1, s - 2]), s > 2), (0, True))
    u = g.node("u", exp(a[t - 1, s]) + one + two, over=(t, s))
    g.update(a, q[t, l[s]] + log(u[t, s]))
    g.loss("L", -log(exp(a[T, S]) + exp(a[T, S - 1])))
    return g
