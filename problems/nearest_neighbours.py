"""Distances to a query and the nearest neighbours: sheet 4, problem 2."""

from derive import Example, Graph, Problem, Text, norm

problem = Problem(
    title=Text("Nearest neighbours", "最近邻"),
    statement=Text(
        "Six observations with three features each are labelled red or green: (0, 3, 0) red, (2, 0, 0) red, (0, 1, 3) "
        "red, (0, 1, 2) green, (−1, 0, 1) green, (1, 1, 1) red. Compute the Euclidean distance of each of them from "
        "the point (0, 0, 0). How is the point classified by its nearest neighbour, and by its three nearest?",
        "六个样本各有三个特征，标签为红或绿：(0, 3, 0) 红、(2, 0, 0) 红、(0, 1, 3) 红、(0, 1, 2) 绿、(−1, 0, 1) 绿、"
        "(1, 1, 1) 红。计算各样本到点 (0, 0, 0) 的欧氏距离。"
        "用最近的一个邻居、最近的三个邻居分别对该点分类，结果是什么？",
    ),
    source="4.2",
    group="regression",
)
vote = Text(
    "The nearest observation is 5, so with K = 1 the point is green. The three nearest are 5, 6 and 2, of which one "
    "is green and two are red, so with K = 3 the point is red. The published solution calls observation 2 green, "
    "and yet it predicts red. By its label, observation 2 is red.",
    "最近的是样本 5，故 K = 1 时该点为绿。最近的三个是样本 5、6、2，其中一绿两红，故 K = 3 时该点为红。"
    "公布的解答把样本 2 说成绿，却仍判为红；按标签，样本 2 为红。",
)
numbers = Example(at="x=0 3 0 2 0 0 0 1 3 0 1 2 -1 0 1 1 1 1, q=0 0 0", ranked=("d",), conclusions=(vote,))


@problem.reading(example=numbers)
def model() -> Graph:
    """d_n = ||x_n - q||."""
    g = Graph("nearest neighbours")
    n, j = g.index("n", 6), g.index("j", 3)
    x, q = g.input("x", 6, 3), g.input("q", 3)
    g.node("d", norm(x[n, j] - q[j], j), over=n)
    g.values_only()
    return g
