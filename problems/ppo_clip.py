"""The clipped objective of proximal policy optimisation (Schulman et al. 2017, equation 7)."""

from derive import Graph, Min, Piecewise, Problem, Size, Sum, Text, clip, exp

problem = Problem(
    title=Text("PPO's clipped objective", "PPO 的截断目标"),
    statement=Text(
        "For each of N actions, r is its probability under the policy divided by that under the policy that chose it, "
        "and A is its advantage. The loss is minus the mean of the smaller of r A and A times r clipped to the "
        "interval from 1 − ε to 1 + ε. Derive the gradient with respect to the log-probabilities, and say where it is "
        "zero.",
        "对 N 个动作中的每一个，r 是当前策略与采样策略下其概率之比，A 是其优势。把 r 截断到 1 − ε 与 1 + ε "
        "之间后乘以 A，再与 r A 取较小者；损失是它的均值的相反数。请推导损失对对数概率的梯度，并指出梯度何处为零。",
    ),
    source="Schulman et al. (2017), § 3",
    group="preferences",
    sizes=(Size("N", Text("number of actions", "动作的个数"), most=1000),),
)
ties = Text(
    "Where 1 − ε ≤ r ≤ 1 + ε, the two arguments of the minimum are equal and take half of the derivative each, and "
    "the derivative of the clipped ratio is 1, also at the ends of the interval. Together this is the derivative of r "
    "A.",
    "当 1 − ε ≤ r ≤ 1 + ε 时，最小值的两个自变量相等，各取一半导数；截断后的比值在此处（包括两端）导数为 1，"
    "合起来正是 r A 的导数。",
)
zero = Text(
    "The gradient is zero where A > 0 and r > 1 + ε, and where A < 0 and r < 1 − ε: the ratio has already moved far "
    "enough in the right direction. Where the ratio has moved in the wrong direction, the gradient is not zero.",
    "当 A > 0 且 r > 1 + ε，或 A < 0 且 r < 1 − ε 时梯度为零：比值已朝正确方向走得足够远。比值朝错误方向偏离时，"
    "梯度不为零。",
)


@problem.reading(Text("By minimum and clip", "用最小值与截断写出"), notes=(ties,))
def clipped() -> Graph:
    """r_n = exp(ell_n - o_n), L = -1/N sum_n min(r_n A_n, clip(r_n, 1 - epsilon, 1 + epsilon) A_n)."""
    g = Graph("ppo-clip")
    N = g.size("N")
    n = g.index("n", N)
    ell, o, A = g.parameter("ell", N), g.constant("o", N), g.constant("A", N)
    epsilon = g.constant("epsilon", domain="probability")
    r = g.node("r", exp(ell[n] - o[n]), over=n)
    c = g.node("c", clip(r[n], 1 - epsilon, 1 + epsilon), over=n)
    g.loss("L", -Sum(Min(r[n] * A[n], c[n] * A[n]), n) / N)
    return g


@problem.reading(Text("By regions", "按区域写出"), notes=(zero,))
def regions() -> Graph:
    """The same: for A > 0 the ratio is held below 1 + epsilon, else above 1 - epsilon."""
    g = Graph("ppo-regions")
    N = g.size("N")
    n = g.index("n", N)
    ell, o, A = g.parameter("ell", N), g.constant("o", N), g.constant("A", N)
    epsilon = g.constant("epsilon", domain="probability")
    r = g.node("r", exp(ell[n] - o[n]), over=n)
    below = Piecewise((r[n], r[n] <= 1 + epsilon), (1 + epsilon, True))
    above = Piecewise((r[n], r[n] >= 1 - epsilon), (1 - epsilon, True))
    c = g.node("c", Piecewise((below, A[n] > 0), (above, True)), over=n)
    g.loss("L", -Sum(A[n] * c[n], n) / N)
    return g
