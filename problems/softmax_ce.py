"""Softmax with cross-entropy: the classifier of sheet 1, problem 3, part 5."""

from typing import Any

from derive import Graph, Option, Problem, Size, Sum, Text, exp, log

problem = Problem(
    title=Text("Softmax with cross-entropy", "Softmax 与交叉熵"),
    statement=Text(
        "The softmax turns scores of C classes into probabilities, and the loss is their cross-entropy with given "
        "labels. Derive the gradient with respect to the scores, and say which property of the labels it needs.",
        "C 个类别的得分经 softmax 变为概率，并与给定的标签计算交叉熵。请推导损失对各得分的梯度，"
        "并指出其中用到了标签的哪条性质。",
    ),
    source="1.3+",
    group="losses",
    options=(Option("labels", ("distribution", "one-hot", "any"), Text("what is assumed about y", "对标签 y 的约定")),),
    sizes=(Size("C", Text("number of classes", "类别数"), most=1000),),
)
DECLARED: dict[str, dict[str, Any]] = {
    "distribution": {"domain": "probability", "sums_to": 1},
    "one-hot": {"one_hot": True},
    "any": {},
}


sum_of_labels = Text(
    "The result p − y needs one property of the labels only: their sum is 1. For labels with another sum s the "
    "gradient is s p − y.",
    "结果 p − y 只用到标签的一条性质：标签之和为 1。若标签之和为另一个数 s，则梯度为 s p − y。",
)


@problem.reading(notes=(sum_of_labels,))
def model(labels: str) -> Graph:
    """p_i = exp(z_i) / sum_k exp(z_k), L = -sum_i y_i log p_i."""
    g = Graph("softmax-ce")
    C = g.size("C")
    i, k = g.indices("i k", C)
    z, y = g.parameter("z", C), g.target("y", C, **DECLARED[labels])
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", -Sum(y[i] * log(p[i]), i))
    return g
