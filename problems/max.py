"""Maximum and argmax: sheet 3, problem 2, with the softmax as their smooth stand-in."""

from derive import Function, Graph, Max, Problem, Size, Sum, Text, exp
from derive.expressions.elementwise import step

problem = Problem(
    title=Text("Maximum and argmax", "最大值与 argmax"),
    statement=Text(
        "Find the gradient of the largest of several numbers, and of its position (argmax). What can replace the "
        "argmax where a gradient is needed?",
        "求若干个数的最大值的梯度，以及最大值所在位置（argmax）的梯度。需要梯度时，可以用什么来代替 argmax？",
    ),
    source="3.2",
    group="networks",
    sizes=(Size("D", Text("how many numbers", "数的个数"), most=1000),),
)


@problem.reading(Text("The maximum", "最大值"))
def maximum() -> Graph:
    """y = max(x1, x2, x3)."""
    g = Graph("max")
    x = g.inputs("x1 x2 x3", gradient=True)
    g.loss("L", Function("L")(g.node("y", Max(*x))))
    return g


constant = Text(
    "The expression for a gives the position of the maximum: if x₃ is larger than both others, then s₃ = 1 and a = 3; "
    "otherwise s₃ = 0 and a = 1 + s₂, where s₂ = 1 if x₂ is larger than x₁. The position does not change when the "
    "numbers change a little: the gradient of the argmax is zero wherever it is defined, and it is undefined "
    "where the maximum is attained more than once. Gradient descent learns nothing through an argmax.",
    "a 的表达式给出最大值的位置：若 x₃ 大于其余两数，则 s₃ = 1，a = 3；否则 s₃ = 0，a = 1 + s₂，其中 x₂ 大于 x₁ 时 s₂ "
    "= 1。各数稍作变动时，最大值的位置不变：凡有定义处 argmax 的梯度都为零；最大值不止取到一次时没有定义。"
    "梯度下降无法通过 argmax 学习。",
)


@problem.reading(Text("The argmax", "argmax"), notes=(constant,))
def argmax() -> Graph:
    """a = 1, 2 or 3, written with unit steps."""
    g = Graph("argmax")
    x1, x2, x3 = g.inputs("x1 x2 x3", gradient=True)
    first, second = g.node("s2", step(x2 - x1)), g.node("s3", step(x3 - Max(x1, x2)))
    g.loss("L", Function("L")(g.node("a", 1 + first * (1 - second) + 2 * second)))
    return g


replacement = Text(
    "The softmax p replaces the argmax, and y replaces the maximum: both are differentiable. As τ tends to 0, y tends "
    "to the maximum, and if the maximum is attained only once, p tends to the one-hot vector of its position.",
    "用 softmax p 代替 argmax，用 y 代替最大值，二者都可导。当 τ 趋于 0 时，y 趋于最大值；"
    "若只有一个数取到最大值，则 p 趋于该位置的独热向量。",
)


@problem.reading(Text("The softmax as a replacement", "用 softmax 代替"), notes=(replacement,))
def smooth() -> Graph:
    """p_i = exp(x_i/tau) / sum_k exp(x_k/tau), y = sum_i p_i x_i: the maximum as tau goes to 0."""
    g = Graph("smooth max")
    D = g.size("D")
    i, k = g.indices("i k", D)
    x, tau = g.input("x", D, gradient=True), g.constant("tau", domain="positive")
    p = g.node("p", exp(x[i] / tau) / Sum(exp(x[k] / tau), k), over=i)
    g.loss("L", Function("L")(g.node("y", Sum(p[i] * x[i], i))))
    return g
