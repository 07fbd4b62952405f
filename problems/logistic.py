"""Logistic regression on one example: sheet 0, problem 2."""

from derive import Example, Graph, Problem, Text, log, sigmoid

problem = Problem(
    title=Text("Logistic regression", "逻辑回归"),
    statement=Text(
        "A logistic unit scores an input with two features and is trained with the log loss (natural logarithm). "
        "Derive the gradient of the loss step by step. Then take one step of stochastic gradient descent with "
        "learning rate 0.0001, starting from w₁ = 0.5 and w₂ = −0.5, for x₁ = x₂ = 1 and y = 0.",
        "一个逻辑回归单元对含有两个特征的输入打分，用对数损失（自然对数）训练。请逐步推导损失的梯度；再取 w₁ = 0.5、"
        "w₂ = −0.5 为初值，对 x₁ = x₂ = 1、y = 0 以学习率 0.0001 执行一次随机梯度下降。",
    ),
    source="0.2",
    group="regression",
)
numbers = Example(
    at="w1=0.5, w2=-0.5, b=0, x1=1, x2=1, y=0",
    rate="1e-4",
    remark=Text("The task gives no start value for b. We read it as 0.", "题目没有给出 b 的初值，这里取 b = 0。"),
)


@problem.reading(example=numbers)
def model() -> Graph:
    """z = w1 x1 + w2 x2 + b, a = sigmoid(z), the log loss."""
    g = Graph("logistic")
    w1, w2, b = g.parameters("w1 w2 b")
    x1, x2 = g.inputs("x1 x2")
    y = g.target("y", domain="binary")
    z = g.node("z", w1 * x1 + w2 * x2 + b)
    a = g.node("a", sigmoid(z))
    g.loss("L", -(y * log(a) + (1 - y) * log(1 - a)))
    return g
