"""Cosine similarities of vectors and their order: sheet 4, problem 5."""

from derive import Example, Graph, Problem, Text, dot, norm

problem = Problem(
    title=Text("Cosine similarity", "余弦相似度"),
    statement=Text(
        "Compute the cosine similarity of x with each of A = (1, 0, 0, 0), B = (0, 1, 0, 0), C = (1, 0, 1, 0) and "
        "D = (0, 1, 0, 1), which are the vectors a₁ to a₄, and put them in order: for x = (−1, 1, −1, 1), and for its "
        "negative.",
        "把 A = (1, 0, 0, 0)、B = (0, 1, 0, 0)、C = (1, 0, 1, 0)、D = (0, 1, 0, 1) 依次记作 a₁ 至 a₄。分别对 "
        "x = (−1, 1, −1, 1) 与它的相反向量，计算 x 与各向量的余弦相似度，并排序。",
    ),
    source="4.5",
    group="regression",
)
VECTORS = "a=1 0 0 0 0 1 0 0 1 0 1 0 0 1 0 1"
ordered = Text(
    "In order, the least similar first, the vectors are C, A, B, D.", "按相似度从小到大，各向量依次为 C、A、B、D。"
)
first = Example(at=f"{VECTORS}, x=-1 1 -1 1", ranked=("s",), conclusions=(ordered,))
opposite = Text(
    "The negative vector has the opposite similarities, so the order is reversed.",
    "相反向量的相似度都变号，因此顺序相反。",
)
second = Example(at=f"{VECTORS}, x=1 -1 1 -1", ranked=("s",), conclusions=(opposite,))


def similarities() -> Graph:
    """s_n = <a_n, x>/(||a_n|| ||x||)."""
    g = Graph("cosine similarity")
    n, j = g.index("n", 4), g.index("j", 4)
    a, x = g.input("a", 4, 4), g.input("x", 4)
    g.node("s", dot(a[n, j], x[j], j) / (norm(a[n, j], j) * norm(x[j], j)), over=n)
    g.values_only()
    return g


@problem.reading(Text("For the vector", "对该向量"), first)
def vector() -> Graph:
    """x as stated."""
    return similarities()


@problem.reading(Text("For its negative", "对相反向量"), second)
def negative() -> Graph:
    """-x."""
    return similarities()
