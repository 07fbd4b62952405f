"""Direct preference optimisation (Rafailov et al. 2023, equation 7)."""

from derive import Graph, Problem, Size, Sum, Text, exp, log, sigmoid

problem = Problem(
    title=Text("Direct preference optimisation", "直接偏好优化（DPO）"),
    statement=Text(
        "In each of N pairs of responses one response was preferred. The loss is the mean of −log σ(δ), where δ is β "
        "times the difference of two log-probabilities, that of the preferred response minus that of the other, each "
        "relative to a fixed reference policy. Derive the gradient with respect to the log-probabilities, and with "
        "respect to the scores of the tokens; each response has T tokens from a vocabulary of V.",
        "N 对回答中各有一个更受偏好。损失为 −log σ(δ) 的均值，其中 δ 等于 β 乘以两个对数概率之差，"
        "即更受偏好的回答的对数概率减去另一个的，二者都相对于固定的参考策略。请推导损失对这些对数概率的梯度，"
        "以及对各词元得分的梯度；每个回答有 T 个词元，词表大小为 V。",
    ),
    source="Rafailov et al. (2023), § 4",
    group="preferences",
    sizes=(
        Size("N", Text("number of pairs", "回答对的个数"), most=1000),
        Size("T", Text("tokens of a response", "每个回答的词元数"), most=1000),
        Size("V", Text("number of different tokens", "词表大小"), most=1000),
    ),
)
weight = Text(
    "σ(−δ) is the probability that the model ranks the pair wrongly: a pair that it ranks correctly by a wide margin "
    "hardly contributes to the gradient.",
    "σ(−δ) 是模型把这对回答排错顺序的概率：顺序正确且差距很大的回答对几乎不产生梯度。",
)


@problem.reading(Text("From the log-probabilities", "对对数概率求导"), notes=(weight,))
def log_probabilities() -> Graph:
    """delta_n = beta ((w_n - w_ref_n) - (l_n - l_ref_n)), L = -1/N sum_n log sigmoid(delta_n)."""
    g = Graph("dpo")
    N = g.size("N")
    n = g.index("n", N)
    ell_w, ell_l = g.parameters("ell_w ell_l", N)
    r_w, r_l, beta = g.constant("r_w", N), g.constant("r_l", N), g.constant("beta", domain="positive")
    delta = g.node("delta", beta * ((ell_w[n] - r_w[n]) - (ell_l[n] - r_l[n])), over=n)
    g.loss("L", -Sum(log(sigmoid(delta[n])), n) / N)
    return g


@problem.reading(Text("From the scores of the tokens", "对词元得分求导"))
def tokens() -> Graph:
    """The log-probability of a response is the sum of those of its tokens y_nt, each the log of a softmax."""
    g = Graph("dpo-tokens")
    N, T, V = (g.size(s) for s in "NTV")
    n, t = g.index("n", N), g.index("t", T)
    i, k = g.indices("i k", V)
    z_w, z_l = g.parameters("z_w z_l", N, T, V)
    y_w, y_l = (g.positions(name, N, T, among=V) for name in ("y_w", "y_l"))
    r_w, r_l, beta = g.constant("r_w", N), g.constant("r_l", N), g.constant("beta", domain="positive")
    p_w = g.node("p_w", exp(z_w[n, t, i]) / Sum(exp(z_w[n, t, k]), k), over=(n, t, i))
    p_l = g.node("p_l", exp(z_l[n, t, i]) / Sum(exp(z_l[n, t, k]), k), over=(n, t, i))
    ell_w = g.node("ell_w", Sum(log(p_w[n, t, y_w[n, t]]), t), over=n)
    ell_l = g.node("ell_l", Sum(log(p_l[n, t, y_l[n, t]]), t), over=n)
    delta = g.node("delta", beta * ((ell_w[n] - r_w[n]) - (ell_l[n] - r_l[n])), over=n)
    g.loss("L", -Sum(log(sigmoid(delta[n])), n) / N)
    return g
