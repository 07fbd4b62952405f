"""A probability by logistic regression, and the input for which it is one half: sheet 4, problem 3."""

from derive import Example, Graph, Problem, Text, sigmoid

problem = Problem(
    title=Text("Probability of a grade", "得优的概率"),
    statement=Text(
        "A logistic regression predicts whether a student gets an A from the hours of study h and the grade average s: "
        "P = σ(−6 + 0.05 h + s). What is the probability for 40 hours and an average of 3.5? How many hours does this "
        "student need for a probability of one half?",
        "用逻辑回归由学习时数 h 与平均绩点 s 预测学生能否得优：P = σ(−6 + 0.05 h + s)。学习 40 小时、绩点为 3.5 时，"
        "概率是多少？该学生要学习多少小时，概率才达到二分之一？",
    ),
    source="4.3",
    group="regression",
)
numbers = Example(
    at="beta0=-6, beta1=0.05, beta2=1, h=40, s=3.5",
    remark=Text(
        "The published solution writes the intercept as a letter b without a value; its results are those for b = −6.",
        "公布的解答把截距写作字母 b 而没有给出数值；其结果与 b = −6 一致。",
    ),
    solve=(("P", "1/2", "h"),),
)


@problem.reading(example=numbers)
def model() -> Graph:
    """P = sigmoid(beta0 + beta1 h + beta2 s)."""
    g = Graph("log odds")
    b0, b1, b2 = g.constants("beta0 beta1 beta2")
    h, s = g.inputs("h s")
    z = g.node("z", b0 + b1 * h + b2 * s)
    g.node("P", sigmoid(z))
    g.values_only()
    return g
