"""The score-function gradient of an expectation (REINFORCE), its baseline, and the pathwise gradient."""

from sympy import Add, Symbol

from derive import Expectation, Graph, Problem, Size, Sum, Text, log, softmax, stop

problem = Problem(
    title=Text("The score-function gradient (REINFORCE)", "得分函数梯度（REINFORCE）"),
    statement=Text(
        "A policy chooses an action, and a reward follows. Derive the gradient of the expected reward. Show that the "
        "score function gives the same gradient and that a baseline does not change it. For a Gaussian policy and a "
        "quadratic reward, show that the pathwise gradient is the same.",
        "策略选择一个动作并得到奖励。请推导期望奖励的梯度；证明得分函数给出同一梯度、基线不改变它；"
        "并在高斯策略与二次奖励下证明路径导数给出同一结果。",
    ),
    group="preferences",
    sizes=(Size("A", Text("number of actions", "动作个数"), most=1000),),
)


@problem.reading(Text("The expected reward of a softmax policy", "softmax 策略的期望奖励"))
def expected() -> Graph:
    """J = sum_a pi_a R_a, whose gradient is pi_k (R_k - J)."""
    g = Graph("expected reward")
    A = g.size("A")
    a, _ = g.indices("a k", A)
    theta, R = g.parameter("theta", A), g.constant("R", A)
    pi = g.node("pi", softmax(theta[a], a), over=a)
    g.loss("J", Sum(pi[a] * R[a], a))
    return g


same_for_all = Text(
    "Here {stopped} has the value of {pi}. The probabilities sum to 1, so the terms with {b} are {left} and cancel: "
    "for every baseline this is {gradient}, the gradient of the expected reward. The average over actions is written "
    "out here; in practice it is replaced by that over actions drawn from the policy, which has the same expectation, "
    "and {b} is chosen to make its variance small.",
    "这里 {stopped} 的值就是 {pi}。概率之和为 1，所以含 {b} 的项是 {left}，恰好抵消："
    "无论取什么基线，结果都是 {gradient}，即期望奖励的梯度。这里把对动作的平均完整写出；"
    "实际中用从策略抽取的动作作平均，其期望相同，而选取 {b} 是为了减小方差。",
)
pi_a, R_a, J, baseline = (Symbol(name, real=True) for name in ("pi_a", "R_a", "J", "b"))
REMARK = same_for_all(
    stopped=stop(pi_a), pi=pi_a, b=baseline, left=Add(baseline * pi_a, -baseline * pi_a, evaluate=False),
    gradient=pi_a * (R_a - J),
)  # fmt: skip


@problem.reading(Text("The score function with a baseline", "带基线的得分函数"), notes=(REMARK,))
def surrogate() -> Graph:
    """J = sum_a sg(pi_a) (R_a - b) log pi_a: the average of (R_a - b) grad log pi_a over the policy."""
    g = Graph("score function")
    A = g.size("A")
    a, _ = g.indices("a k", A)
    theta, R, b = g.parameter("theta", A), g.constant("R", A), g.constant("b")
    pi = g.node("pi", softmax(theta[a], a), over=a)
    g.loss("J", Sum(stop(pi[a]) * (R[a] - b) * log(pi[a]), a))
    return g


interchange = Text(
    "{u} is the score-function gradient and {v} the pathwise gradient; both equal the derivative of {J} with respect "
    "to {mu}. Both methods exchange the derivative and the expectation. For the score function, the density is "
    "differentiated; its derivative has to be bounded by an integrable function near {mu}. Along the path {path} the "
    "reward is differentiated; it has to be differentiable almost everywhere without jumps, and its derivative bounded "
    "in the same way. A normal density and a polynomial reward satisfy both conditions.",
    "{u} 是得分函数梯度，{v} 是路径导数，两者都等于 {J} 对 {mu} 的导数。两种方法都把求导与期望交换了次序："
    "得分函数法对密度求导，要求密度的导数在 {mu} 附近有可积的上界；路径法沿 {path} 对奖励求导，"
    "要求奖励几乎处处可导且没有跳跃，其导数同样有可积的上界。正态密度与多项式奖励都满足。",
)
mu, s, eps, u, v = (Symbol(name, real=True) for name in ("mu", "s", "epsilon", "u", "v"))


@problem.reading(
    Text("A Gaussian policy", "高斯策略"),
    identities=(("u", "v"),),
    notes=(interchange(mu=mu, path=mu + s * eps, u=u, v=v, J=J),),
)
def gaussian() -> Graph:
    """J = E R(x), R = -(x - c)^2; u = E[(R - b)(x - mu)/s^2] and v = E[R'(x)] are both its gradient."""
    g = Graph("gaussian policy")
    mu, s = g.parameter("mu"), g.parameter("s", domain="positive")
    b, c = g.constants("b c")
    x = g.normal("x", mean=mu, variance=s**2)
    R = g.node("R", -((x - c) ** 2))
    g.node("u", Expectation((R - b) * (x - mu) / s**2))
    g.node("v", Expectation(-2 * (x - c)))
    g.loss("J", Expectation(R))
    return g
