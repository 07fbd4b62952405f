"""Group relative policy optimisation (DeepSeekMath 2024, equations 3 and 4)."""

from derive import Graph, Problem, Size, Sum, Text, exp, sqrt, stop

problem = Problem(
    title=Text("Group relative policy optimisation", "组相对策略优化（GRPO）"),
    statement=Text(
        "For one question a group of G responses of T tokens each is sampled, and each response gets a reward; the "
        "advantage A of a response is its reward minus the mean of the group, divided by the standard deviation. "
        "Each token contributes r A − β (exp(u) − u − 1), and the loss is minus the mean of this over all tokens. "
        "Here u is the log-probability under a reference policy minus that under the policy, and exp(u) − u − 1 "
        "estimates the divergence of the two. The ratio r is the probability under the policy divided by that under "
        "the old policy; as the responses are new, the old policy is the current one, treated as a constant. Derive "
        "the gradient with respect to the log-probabilities.",
        "对同一问题采样 G 个回答，每个回答有 T 个词元并得到一个奖励；回答的优势 A "
        "是其奖励减去组内均值再除以标准差。每个词元贡献 r A − β (exp(u) − u − 1)，"
        "损失是它对所有词元的均值的相反数。其中 u 是参考策略下的对数概率减去当前策略下的对数概率，exp(u) − u − 1 "
        "是两个策略之间的散度的估计；比值 r 是当前策略与旧策略下的概率之比，由于回答刚刚采样得到，"
        "旧策略就是当前策略，但视为常数。请推导损失对对数概率的梯度。",
    ),
    source="DeepSeekMath (2024), § 4.1",
    group="preferences",
    sizes=(
        Size("G", Text("responses of a group", "每组的回答数"), most=1000),
        Size("T", Text("tokens of a response", "每个回答的词元数"), most=1000),
    ),
)
ratio = Text(
    "The ratio is 1, but its derivative is not 0: it is r. The estimate of the divergence is never negative; where "
    "the two policies agree, its value and its derivative are 0.",
    "比值等于 1，但导数不为零，而是 r。散度的估计值不会为负；两个策略一致时，其值与导数都为零。",
)


@problem.reading(notes=(ratio,))
def model() -> Graph:
    """A_i = (R_i - mu)/(s + epsilon), r = exp(ell - sg(ell)), k = exp(u) - u - 1, L = -1/(G T) sum (r A - beta k)."""
    g = Graph("grpo")
    G, T = g.size("G"), g.size("T")
    i, j = g.indices("i j", G)
    t = g.index("t", T)
    ell, ref, R = g.parameter("ell", G, T), g.constant("ell_ref", G, T), g.constant("R", G)
    beta, epsilon = g.constants("beta epsilon", domain="positive")
    mu = g.node("mu", Sum(R[j], j) / G)
    s = g.node("s", sqrt(Sum((R[j] - mu) ** 2, j) / G))
    A = g.node("A", (R[i] - mu) / (s + epsilon), over=i)
    r = g.node("r", exp(ell[i, t] - stop(ell[i, t])), over=(i, t))
    u = g.node("u", ref[i, t] - ell[i, t], over=(i, t))
    g.loss("L", -Sum(A[i] * r[i, t] - beta * (exp(u[i, t]) - u[i, t] - 1), i, t) / (G * T))
    return g
