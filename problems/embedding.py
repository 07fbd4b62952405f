"""An embedding layer: rows of a table, chosen by one-hot inputs."""

from derive import Function, Graph, Problem, Size, Sum, Text

problem = Problem(
    title=Text("Embedding", "嵌入层"),
    statement=Text(
        "Each of N words selects its row of a table; the loss is left abstract. Derive the gradient with respect to "
        "the table, and say which rows receive a gradient.",
        "N 个词各自选取表中的一行，损失不给出具体形式。请推导损失对该表的梯度，并说明哪些行会得到梯度。",
    ),
    source="2.3+",
    group="networks",
    sizes=(
        Size("N", Text("number of words", "词的个数"), most=1000),
        Size("V", Text("rows of the table", "表的行数"), most=1000),
        Size("D", Text("width of a row", "每行的维数"), most=1000),
    ),
)
rows = Text(
    "Each word adds the adjoint of its output to the gradient of its own row; a word that occurs twice adds twice. "
    "The gradient of a row whose word does not occur is zero.",
    "每个词把其输出的伴随量加到自己的那一行；出现两次的词加两次，没有出现的词所在的行梯度为零。",
)


@problem.reading(notes=(rows,))
def model() -> Graph:
    """e_n = sum_v x_nv E_v, where x_n is one-hot."""
    g = Graph("embedding")
    N, V, D = (g.size(s) for s in ("N", "V", "D"))
    n, v, d = g.index("n", N), g.index("v", V), g.index("d", D)
    E, x = g.parameter("E", V, D), g.input("x", N, V, one_hot=True)
    e = g.node("e", Sum(x[n, v] * E[v, d], v), over=(n, d))
    g.loss("L", Function("L")(e))
    return g
