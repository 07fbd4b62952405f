"""Adam under a constant gradient: sheet 1, problem 6."""

from sympy import Abs, Symbol

from derive import Graph, Limit, Problem, Size, Text, sqrt

problem = Problem(
    title=Text("Adam under a constant gradient", "恒定梯度下的 Adam"),
    statement=Text(
        "Every step of Adam, with learning rate α and decay rates β₁ and β₂, sees the same gradient g, which is not "
        "zero. Find the two moments, their bias corrections "
        "and the update for every step: first without the small constant ε in the denominator, then with it. What "
        "does the update become when ε is large, and what is it for ε = 1?",
        "Adam 的学习率为 α，衰减率为 β₁ 与 β₂，每一步得到同一个非零梯度 g。请求出任意一步的两个矩、"
        "它们的偏差校正和更新量：先设分母中没有小常数 ε，"
        "再加上它。当 ε 很大时，更新量变成什么？ε = 1 时又是多少？",
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


@problem.reading(Text("ε is zero", "ε 为零"))
def zero() -> Graph:
    """Every update is alpha against the sign of the gradient."""
    return optimiser(damped=False)


ALPHA, EPSILON = Symbol("alpha", positive=True), Symbol("epsilon", positive=True)
GRADIENT = Symbol("g", real=True, nonzero=True)
large = Text(
    "For large ε Adam becomes plain gradient descent with the learning rate α/ε: the update is nearly "
    "{descent}, and its relative deviation from this is {deviation}.",
    "当 ε 很大时，Adam 变为学习率为 α/ε 的普通梯度下降：更新量近似为 {descent}，与它的相对偏差为 {deviation}。",
)


@problem.reading(
    Text("ε is positive", "ε 为正"),
    notes=(large(descent=-ALPHA * GRADIENT / EPSILON, deviation=Abs(GRADIENT) / (Abs(GRADIENT) + EPSILON)),),
    limits=(Limit("Delta", "epsilon", worked={"epsilon": 1}), Limit("Delta", "g", to="0")),
)
def positive() -> Graph:
    """A large constant makes the update nearly linear in the gradient."""
    return optimiser(damped=True)
