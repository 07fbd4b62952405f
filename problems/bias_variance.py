"""The bias-variance decomposition: sheet 4, problem 1."""

from sympy import Eq, Symbol

from derive import Expectation, Graph, Problem, Size, Sum, Text

problem = Problem(
    title=Text("Bias and variance", "偏差与方差"),
    statement=Text(
        "A target is a function of the input plus noise, and a model is fitted to random training data. Show that the "
        "mean squared error of its prediction at one input is the sum of squared bias, variance and noise. What "
        "changes if the prediction is shrunk, or averaged over several models?",
        "目标等于输入的函数加上噪声，模型由随机的训练数据拟合得到。"
        "请证明它在某一输入处的预测的均方误差等于偏差的平方、方差与噪声之和。把预测收缩，或对多个模型取平均，"
        "会有什么变化？",
    ),
    source="4.1",
    group="probability",
    sizes=(Size("B", Text("number of models that are averaged", "取平均的模型个数"), most=1000),),
)


terms = Text(
    "The three terms are the squared bias {b}, the variance {V} of the prediction over training sets, and the variance "
    "{noise} of the noise, below which no model can get.",
    "三项依次是偏差的平方 {b}、预测随训练集变化的方差 {V}、噪声的方差 {noise}；任何模型的误差都不会低于最后一项。",
)(b=Symbol("b", real=True) ** 2, V=Symbol("V", real=True), noise=Symbol("sigma", real=True) ** 2)


@problem.reading(Text("One model", "单个模型"), notes=(terms,))
def single() -> Graph:
    """E[(y - f_hat)^2] = b^2 + V + sigma^2, b the bias E[f_hat] - f."""
    g = Graph("bias and variance")
    m, f = g.constants("m f")
    V, sigma = g.constants("V sigma", domain="positive")
    epsilon = g.random("epsilon", mean=0, variance=sigma**2, independent=True)
    prediction = g.random("f_hat", mean=m, variance=V, independent=True)
    y = g.node("y", f + epsilon)
    g.node("b", Expectation(prediction) - f)
    g.node("J", Expectation((y - prediction) ** 2))
    return g


trade = Text(
    "Shrinking trades bias for variance: with {c} between 0 and 1 the variance falls to {c} squared times its value, "
    "while the bias becomes {bias}. Shrinking a little always helps where the prediction has no bias, as the slope at "
    "{one} is then {slope}, which is positive.",
    "收缩预测是以偏差换取方差：{c} 介于 0 与 1 之间时，方差变为原来的 {c} 的平方倍，而偏差变为 {bias}。"
    "若原预测无偏，稍作收缩总有好处，因为此时在 {one} 处的导数为 {slope}，是正的。",
)


c, m, f, V = (Symbol(name, real=True) for name in "cmfV")
SHRUNK = trade(c=c, bias=c * m - f, one=Eq(c, 1), slope=2 * V)


@problem.reading(Text("A prediction that is shrunk", "收缩的预测"), notes=(SHRUNK,))
def shrunk() -> Graph:
    """E[(y - c f_hat)^2] = b^2 + c^2 V + sigma^2, b = c m - f, and the slope in c."""
    g = Graph("shrinkage")
    c = g.parameter("c")
    m, f = g.constants("m f")
    V, sigma = g.constants("V sigma", domain="positive")
    epsilon = g.random("epsilon", mean=0, variance=sigma**2, independent=True)
    prediction = g.random("f_hat", mean=m, variance=V, independent=True)
    y = g.node("y", f + epsilon)
    g.node("b", c * Expectation(prediction) - f)
    g.loss("J", Expectation((y - c * prediction) ** 2))
    return g


mean_of = Text(
    "Averaging {B} independent models keeps the bias and the noise, and divides the variance by {B}.",
    "对 {B} 个独立的模型取平均，偏差与噪声不变，方差变为原来的 {B} 分之一。",
)(B=Symbol("B"))


@problem.reading(Text("The mean of several models", "多个模型的平均"), notes=(mean_of,))
def averaged() -> Graph:
    """B independent models: the bias stays, the variance is V/B."""
    g = Graph("averaging")
    B = g.size("B")
    i, _ = g.indices("i j", B)
    m, f = g.constants("m f")
    V, sigma = g.constants("V sigma", domain="positive")
    epsilon = g.random("epsilon", mean=0, variance=sigma**2, independent=True)
    prediction = g.random("f_hat", B, mean=m, variance=V, independent=True)
    y = g.node("y", f + epsilon)
    mean = g.node("f_bar", Sum(prediction[i], i) / B)
    g.node("b", Expectation(mean) - f)
    g.node("J", Expectation((y - mean) ** 2))
    return g
