"""The focal loss, of two classes and of several (Lin et al. 2017)."""

from derive import Graph, Problem, Size, Sum, Text, exp, log, sigmoid

problem = Problem(
    title=Text("Focal loss", "焦点损失（focal loss）"),
    statement=Text(
        "The cross-entropy of each example is weighted by the power γ of one minus the probability of its correct "
        "class, so that examples that are already classified well count little. Derive the gradient of the mean with "
        "respect to the scores: for two classes with labels 1 and −1, and for C classes whose labels are positions.",
        "每个样本的交叉熵乘以一减去正确类别概率的 γ 次幂，使已经判对的样本权重变小。请推导其均值对各得分的梯度："
        "先考虑标签为 1 与 −1 的二分类，再考虑标签为位置的 C 分类。",
    ),
    source="Lin et al. (2017), § 3",
    group="losses",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("C", Text("number of classes", "类别数"), most=1000),
    ),
)


@problem.reading(Text("Two classes", "二分类"))
def two() -> Graph:
    """p_n = sigmoid(y_n z_n), L = -1/N sum_n (1 - p_n)^gamma log p_n."""
    g = Graph("focal")
    N = g.size("N")
    n = g.index("n", N)
    z, y = g.parameter("z", N), g.target("y", N, domain="sign")
    gamma = g.constant("gamma", domain="positive")
    p = g.node("p", sigmoid(y[n] * z[n]), over=n)
    g.loss("L", -Sum((1 - p[n]) ** gamma * log(p[n]), n) / N)
    return g


@problem.reading(Text("Several classes", "多分类"))
def several() -> Graph:
    """p = softmax of each row, q_n is p at the label t_n, L = -1/N sum_n (1 - q_n)^gamma log q_n."""
    g = Graph("focal-classes")
    N, C = g.size("N"), g.size("C", least=2)
    n = g.index("n", N)
    i, k = g.indices("i k", C)
    z, t = g.parameter("z", N, C), g.positions("t", N, among=C)
    gamma = g.constant("gamma", domain="positive")
    p = g.node("p", exp(z[n, i]) / Sum(exp(z[n, k]), k), over=(n, i))
    q = g.node("q", p[n, t[n]], over=n)
    g.loss("L", -Sum((1 - q[n]) ** gamma * log(q[n]), n) / N)
    return g
