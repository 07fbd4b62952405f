"""Static and dynamic graphs, by measurement: sheet 2, problem 4."""

from derive import Graph, Problem, Text, Unrolled, tanh

problem = Problem(
    title=Text("Static and dynamic graphs", "静态图与动态图"),
    statement=Text(
        "A graph may be built once, with a loop for its steps (a static graph), or anew in each run, step by step (a "
        "dynamic graph). Derive the gradients of a recurrence of T steps once for every T, and once more with all "
        "steps written out. Measure for several T what each way costs: the adjoints that are derived, the lines of "
        "code, and the nodes that a framework with dynamic graphs records.",
        "计算图可以只建一次，用循环表示各步（静态图），也可以在每次运行时逐步重建（动态图）。对一个 T 步的循环网络，"
        "请先对任意 T 推导一次梯度，再把各步全部写出后推导一次。取若干个 T，实测两种做法的代价："
        "推导的伴随量个数、代码行数，以及动态图框架记录的节点数。",
    ),
    source="2.4",
    group="recurrent",
)
compared = Text(
    "A static graph is like the derivation in general: it is built before the number of steps is known, can be "
    "improved as a whole, and serves every T. A dynamic graph is like the unrolled one: it holds exactly the steps "
    "of one run, so that any program may decide them, and it is paid for in every run.",
    "静态图如同一般推导：步数未知时就已建好，可以整体优化，对任意 T 都适用。动态图如同展开后的推导："
    "它恰好包含一次运行的各步，因此可由任意程序决定，而每次运行都要付出建图的代价。",
)


def unrolled(steps: int) -> Graph:
    """The same recurrence with every step as a quantity of its own."""
    g = Graph("unrolled")
    w, u = g.parameters("w u")
    x, y, h = g.input("x", steps), g.target("y"), g.input("s")
    for t in range(1, steps + 1):
        h = g.node(f"h_{t}", tanh(w * h + u * x[t]))
    g.loss("L", (h - y) ** 2 / 2)
    return g


@problem.reading(notes=(compared,), unrolled=Unrolled("T", (1, 2, 4, 8), unrolled))
def model() -> Graph:
    """h_t = tanh(w h_{t-1} + u x_t) from a given start s, half the squared error of h_T."""
    g = Graph("recurrence")
    T = g.size("T")
    t = g.index("t", T)
    w, u = g.parameters("w u")
    x, y, s = g.input("x", T), g.target("y"), g.input("s")
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + u * x[t]), over=t, start={0: s})
    g.loss("L", (h[T] - y) ** 2 / 2)
    return g
