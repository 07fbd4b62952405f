"""Maximum and argmax: sheet 3, problem 2, with the softmax as their smooth stand-in."""

from derive import Function, Graph, Max, Problem, Size, Sum, Text, exp
from derive.expressions.elementwise import step

problem = Problem(
    title=Text("Maximum and argmax", "最大值与 argmax"),
    statement=Text(
        "Find the gradient of the largest of several numbers, and of the place where it stands. What stands in for the "
        "argmax where a gradient is wanted?",
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
    "The place of the maximum does not move when the numbers move a little: its gradient is zero wherever it is "
    "defined, and at a tie it is not defined. Gradient descent learns nothing through an argmax.",
    "各数稍作变动时，最大值的位置不变：凡有定义处 argmax 的梯度都为零，有并列时则没有定义。"
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


@problem.reading(Text("The softmax in its place", "用 softmax 代替"))
def smooth() -> Graph:
    """p_i = exp(x_i/tau) / sum_k exp(x_k/tau), y = sum_i p_i x_i: the maximum as tau goes to 0."""
    g = Graph("smooth max")
    D = g.size("D")
    i, k = g.indices("i k", D)
    x, tau = g.input("x", D, gradient=True), g.constant("tau", domain="positive")
    p = g.node("p", exp(x[i] / tau) / Sum(exp(x[k] / tau), k), over=i)
    g.loss("L", Function("L")(g.node("y", Sum(p[i] * x[i], i))))
    return g
