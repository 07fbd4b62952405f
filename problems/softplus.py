"""A step as nonlinearity, and the softplus beside ReLU: sheet 1, problem 4."""

from derive import Function, Graph, Problem, Text, softplus
from derive.expressions.elementwise import step

problem = Problem(
    title=Text("Step function and softplus", "阶跃函数与 softplus"),
    statement=Text(
        "Early networks used a step as their nonlinearity, which is 0 up to 0 and 1 above it. Why can gradient descent "
        "not train such a network? Then find the gradient of softplus(x) = log(1 + exp(x)), and name an advantage and "
        "a disadvantage of it beside ReLU.",
        "早期网络以阶跃函数为非线性：自变量不大于 0 时取 0，大于 0 时取 1。为什么不能用梯度下降训练这样的网络？"
        "再求 softplus(x) = log(1 + exp(x)) 的梯度，并说出它与 ReLU 相比的一个优点和一个缺点。",
    ),
    source="1.4",
    group="networks",
)
flat = Text(
    "The step is constant on both sides of 0, so its derivative is 0 wherever it exists; at 0 it jumps and has none. "
    "Every gradient behind it is therefore 0, whatever the loss is: a step of gradient descent changes nothing, and "
    "the network does not learn.",
    "阶跃函数在 0 的两侧都是常数，凡有导数处导数都为 0；在 0 处有跳跃，没有导数。因此无论损失是什么，"
    "它之前的梯度全为 0：梯度下降的一步不改变任何参数，网络学不到东西。",
)


@problem.reading(Text("The step", "阶跃函数"), notes=(flat,))
def jump() -> Graph:
    """y is 0 or 1."""
    g = Graph("step")
    x = g.input("x", gradient=True)
    y = g.node("y", step(x))
    g.loss("L", Function("L")(y))
    return g


beside = Text(
    "As x grows, σ(x) tends to 1, and as x falls without bound, it tends to 0: these are the slopes of ReLU, from "
    "which it differs by σ(−|x|) < exp(−|x|). Advantage: the slope is nowhere 0 and has no jump, so no unit is dead, "
    "while ReLU passes no gradient where x is negative. Disadvantage: it costs an exponential and a logarithm, and its "
    "outputs are never exactly 0, so they are not sparse.",
    "x 趋于正无穷时 σ(x) 趋于 1，x 趋于负无穷时则趋于 0，即 ReLU 两侧的斜率；二者之差为 σ(−|x|) < exp(−|x|)。"
    "优点：斜率处处不为 0，也没有跳跃，因此不会有失活的单元，而 ReLU 在 x 为负时不传递梯度。"
    "缺点：要算指数与对数，而且输出不会恰好为 0，因而不稀疏。",
)


@problem.reading(Text("The softplus", "softplus"), notes=(beside,))
def smooth() -> Graph:
    """y = log(1 + exp(x))."""
    g = Graph("softplus")
    x = g.input("x", gradient=True)
    y = g.node("y", softplus(x))
    g.loss("L", Function("L")(y))
    return g
