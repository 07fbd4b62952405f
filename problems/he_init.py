"""Why the weights before a ReLU start with the variance 2/D (He et al. 2015)."""

from sympy import Symbol

from derive import Expectation, Graph, Problem, Size, Sum, Text, Variance, relu

problem = Problem(
    title=Text("He initialisation", "He 初始化"),
    statement=Text(
        "The pre-activations of a layer are independent and normal, with mean 0 and the same variance. Derive the "
        "mean, the mean square and the variance of their ReLU, and the variance of the next pre-activation, whose "
        "weights are independent with mean 0. For which variance of the weights does it stay the same?",
        "某层的预激活值相互独立，服从均值为 0、方差相同的正态分布。请推导其 ReLU 的均值、均方与方差，"
        "以及下一层预激活值的方差（权重相互独立、均值为 0），并说明权重的方差取多少时方差保持不变。",
    ),
    group="networks",
    sizes=(Size("D", Text("number of inputs", "输入的个数"), most=1000),),
)


@problem.reading(Text("Moments of ReLU", "ReLU 的矩"))
def moments() -> Graph:
    """E relu(h) = s/sqrt(2 pi), E relu(h)^2 = s^2/2."""
    g = Graph("moments of relu")
    s = g.constant("s", domain="positive")
    h = g.normal("h", variance=s**2)
    g.node("m", Expectation(relu(h)))
    g.node("q", Expectation(relu(h) ** 2))
    g.node("v", Variance(relu(h)))
    return g


nu, tau, D = (Symbol(name, real=True) for name in ("nu", "tau", "D"))
kept = Text(
    "For {D} inputs the variance stays {nu} if and only if {tau} is {value}: the ReLU loses half of the mean square, "
    "and the weights make up for it. With {other} the variance would be halved in every layer.",
    "设输入个数为 {D}，则当且仅当 {tau} 为 {value} 时方差保持为 {nu}：ReLU 使均方减半，由权重补回。若取 "
    "{other}，方差每经一层就减半。",
)


@problem.reading(Text("The next layer", "下一层"), notes=(kept(nu=nu, D=D, tau=tau, value=2 / D, other=1 / D),))
def layer() -> Graph:
    """Var y = D tau nu/2."""
    g = Graph("next layer")
    D = g.size("D")
    j, _ = g.indices("j k", D)
    nu, tau = g.constant("nu", domain="positive"), g.constant("tau", domain="positive")
    w = g.random("w", D, mean=0, variance=tau, independent=True)
    h = g.normal("h", D, variance=nu)
    y = g.node("y", Sum(w[j] * relu(h[j]), j))
    g.node("v", Variance(y))
    return g
