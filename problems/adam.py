"""Adam under a constant gradient: sheet 1, problem 6."""

from derive import Graph, Limit, Problem, Size, Text, sqrt

problem = Problem(
    title=Text("Adam under a constant gradient", "恒定梯度下的 Adam"),
    statement=Text(
        "Every step of Adam sees the same gradient, which is not zero. Find the two moments, their corrections and the "
        "update for every step: first without the small constant in the denominator, then with it, and what becomes of "
        "the update when that constant is large.",
        "Adam 的每一步得到同一个非零梯度。请求出任意一步的两个矩、它们的偏差校正和更新量："
        "先设分母中没有小常数，再加上它，并说明该常数很大时更新量会变成什么。",
    ),
    source="1.6",
    group="optimisers",
    sizes=(Size("T", Text("number of steps", "步数")),),
)


def optimiser(damped: bool) -> Graph:
    """The moments m and v, corrected, the update Delta and the parameter theta; with epsilon if damped."""
    graph = Graph("adam")
    T = graph.size("T")
    t = graph.index("t", T)
    beta1, beta2 = graph.constants("beta1 beta2", domain="probability")
    alpha = graph.constant("alpha", domain="positive")
    epsilon = graph.constant("epsilon", domain="positive") if damped else 0
    g, start = graph.constant("g", domain="nonzero"), graph.constant("theta_start")
    m = graph.recurrence("m", lambda m: beta1 * m[t - 1] + (1 - beta1) * g, over=t, start={0: 0})
    v = graph.recurrence("v", lambda v: beta2 * v[t - 1] + (1 - beta2) * g**2, over=t, start={0: 0})
    m_hat = graph.node("m_hat", m[t] / (1 - beta1**t), over=t)
    v_hat = graph.node("v_hat", v[t] / (1 - beta2**t), over=t)
    Delta = graph.node("Delta", -alpha * m_hat[t] / (sqrt(v_hat[t]) + epsilon), over=t)
    graph.recurrence("theta", lambda theta: theta[t - 1] + Delta[t], over=t, start={0: start})
    return graph


@problem.reading(Text("The small constant is zero", "小常数为零"))
def zero() -> Graph:
    """Every update is alpha against the sign of the gradient."""
    return optimiser(damped=False)


@problem.reading(
    Text("The small constant is positive", "小常数为正"),
    limits=(Limit("Delta", "epsilon", worked={"epsilon": 1}), Limit("Delta", "g", to="0")),
)
def positive() -> Graph:
    """A large constant makes the update nearly linear in the gradient."""
    return optimiser(damped=True)
