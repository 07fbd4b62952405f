"""The Kullback-Leibler divergence of two softmaxes, in both of its arguments, and as the loss of a distillation."""

from derive import Graph, Problem, Size, Sum, Text, exp, log

problem = Problem(
    title=Text("KL divergence of two softmaxes", "两个 softmax 分布的 KL 散度"),
    statement=Text(
        "Two distributions over C classes are the softmaxes of their scores. Derive the gradient of the "
        "Kullback-Leibler divergence of the first from the second with respect to the scores of both, and that of a "
        "distillation with a temperature, where the first is a teacher that does not learn.",
        "C 个类别上的两个分布分别是各自得分的 softmax。请推导第一个分布相对于第二个分布的 KL 散度对两组得分的梯度；"
        "再推导带温度的知识蒸馏的梯度，其中第一个分布是不参与学习的教师。",
    ),
    source="Cover, Thomas (2006), § 2.3",
    group="losses",
    sizes=(
        Size("C", Text("number of classes", "类别数"), most=1000),
        Size("N", Text("number of examples", "样本数"), most=1000),
    ),
)
directions = Text(
    "Gradient descent on the scores of q raises the score of each class where p is larger than q, and lowers it where "
    "p is smaller. Gradient descent on the scores of p lowers the score of each class where log(p/q) is above its mean "
    "L, and raises it where log(p/q) is below L.",
    "对 q 的得分作梯度下降时，凡 p 大于 q 的类别得分升高，p 小于 q 的类别得分降低。对 p 的得分作梯度下降时，"
    "log(p/q) 高于其均值 L 的类别得分降低，低于 L 的类别得分升高。",
)
squared = Text(
    "The factor τ² compensates two effects: the 1/τ that comes from the scores, and the decrease of q − p, which is "
    "proportional to 1/τ at high temperatures if the teacher is softened too.",
    "系数 τ² 抵消两个因素：得分带来的 1/τ，以及 q − p 的缩小：若教师也同样软化，温度较高时后者与 1/τ 成正比。",
)


@problem.reading(Text("Both distributions learn", "两个分布都参与学习"), notes=(directions,))
def both() -> Graph:
    """p = softmax(z), q = softmax(u), L = sum_i p_i log(p_i/q_i)."""
    g = Graph("kl-divergence")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z, u = g.parameters("z u", C)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    q = g.node("q", exp(u[i]) / Sum(exp(u[k]), k), over=i)
    g.loss("L", Sum(p[i] * log(p[i] / q[i]), i))
    return g


@problem.reading(Text("Distillation with a temperature", "带温度的知识蒸馏"), notes=(squared,))
def distillation() -> Graph:
    """q_n = softmax(u_n/tau), L = tau^2/N sum_n sum_i p_ni log(p_ni/q_ni), where p is given."""
    g = Graph("distillation")
    C, N = g.size("C"), g.size("N")
    n = g.index("n", N)
    i, k = g.indices("i k", C)
    u, p = g.parameter("u", N, C), g.target("p", N, C, domain="probability", sums_to=1)
    tau = g.constant("tau", domain="positive")
    v = g.node("v", u[n, i] / tau, over=(n, i))
    q = g.node("q", exp(v[n, i]) / Sum(exp(v[n, k]), k), over=(n, i))
    g.loss("L", tau**2 * Sum(p[n, i] * log(p[n, i] / q[n, i]), n, i) / N)
    return g
