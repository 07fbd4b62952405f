"""AdamW: weight decay apart from the moments, beside a penalty that goes through them."""

from derive import Graph, Limit, Problem, Size, Text, sqrt

problem = Problem(
    title=Text("AdamW, decoupled weight decay", "AdamW：解耦的权重衰减"),
    statement=Text(
        "Every step of AdamW sees the same gradient of the loss, which is not zero, and in addition subtracts αλ "
        "times the weight. Solve the recursion for the weight at every step, and find its limit. Then compare with a "
        "penalty λθ²/2 in the loss: how does the first update depend on the weight, with and without decoupling?",
        "AdamW 的每一步得到同一个非零的损失梯度，并另外减去权重的 αλ 倍。请求出任意一步的权重及其极限。"
        "再与在损失中加入惩罚项 λθ²/2 作比较：第一步的更新量如何依赖于权重？解耦与不解耦有何不同？",
    ),
    source="Loshchilov, Hutter (2019), § 2",
    group="optimisers",
    sizes=(Size("T", Text("number of steps", "步数")),),
)
penalty = Text(
    "The penalty becomes a part of d, and d is divided by its own absolute value: unless |d| is about as small as ε, "
    "the update hardly depends on the weight.",
    "惩罚项成为 d 的一部分，而 d 要除以自身的绝对值：除非 |d| 小到与 ε 相当，更新量几乎不依赖于权重。",
)
apart = Text("The strength of the decay is αλ, whatever the gradient is.", "无论梯度多大，衰减的强度始终是 αλ。")


@problem.reading(Text("Decoupled, over all steps", "解耦，任意步"), limits=(Limit("theta", "t"),))
def decoupled() -> Graph:
    """theta_t = (1 - alpha lamda) theta_{t-1} + Delta_t, with Delta_t as in Adam."""
    graph = Graph("adamw")
    T = graph.size("T")
    t = graph.index("t", T)
    beta1, beta2 = graph.constants("beta1 beta2", domain="probability")
    alpha, lamda = graph.constants("alpha lamda", domain="probability")
    epsilon = graph.constant("epsilon", domain="positive")
    g, start = graph.constant("g", domain="nonzero"), graph.constant("theta_start")
    m = graph.recurrence("m", lambda m: beta1 * m[t - 1] + (1 - beta1) * g, over=t, start={0: 0})
    v = graph.recurrence("v", lambda v: beta2 * v[t - 1] + (1 - beta2) * g**2, over=t, start={0: 0})
    m_hat = graph.node("m_hat", m[t] / (1 - beta1**t), over=t)
    v_hat = graph.node("v_hat", v[t] / (1 - beta2**t), over=t)
    Delta = graph.node("Delta", -alpha * m_hat[t] / (sqrt(v_hat[t]) + epsilon), over=t)
    graph.recurrence("theta", lambda theta: (1 - alpha * lamda) * theta[t - 1] + Delta[t], over=t, start={0: start})
    return graph


def first_update(inside: bool) -> Graph:
    """The first update Delta, where m_hat = d and v_hat = d^2; the decay is inside of d, or beside."""
    graph = Graph("first-update")
    theta, g = graph.parameter("theta"), graph.constant("g")
    alpha, lamda, epsilon = graph.constants("alpha lamda epsilon", domain="positive")
    d = graph.node("d", g + lamda * theta if inside else g)
    graph.loss("Delta", -alpha * d / (sqrt(d**2) + epsilon) - (0 if inside else alpha * lamda * theta))
    return graph


@problem.reading(Text("A penalty, in the first step", "惩罚项，第一步"), notes=(penalty,))
def in_the_gradient() -> Graph:
    """d = g + lamda theta, Delta = -alpha d/(|d| + epsilon)."""
    return first_update(inside=True)


@problem.reading(Text("Decoupled, in the first step", "解耦，第一步"), notes=(apart,))
def beside() -> Graph:
    """Delta = -alpha g/(|g| + epsilon) - alpha lamda theta."""
    return first_update(inside=False)
