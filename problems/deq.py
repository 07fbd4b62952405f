"""A deep equilibrium layer: its output is the fixed point of one layer (Bai, Kolter and Koltun, 2019)."""

from derive import Graph, Problem, Size, Sum, Text, tanh

problem = Problem(
    title=Text("Deep equilibrium layer", "深度均衡层"),
    statement=Text(
        "A layer is applied again and again to its own output, with the input added each time, until nothing changes: "
        "z = tanh(W z + U x + b). The loss is half the squared distance of this fixed point from a target. Derive the "
        "gradients with respect to W, U, b and the input without differentiating the iteration, and state the "
        "assumptions.",
        "把一层网络反复作用于它自己的输出，每次都加上输入，直到不再变化：z = tanh(W z + U x + b)。"
        "损失是该不动点与目标之差的平方和的一半。请在不对迭代过程求导的前提下推导损失对 W、U、b 与输入的梯度，"
        "并说明需要哪些假设。",
    ),
    group="implicit",
    sizes=(
        Size("D", Text("width of the layer", "层的宽度"), most=1000),
        Size("M", Text("number of inputs", "输入的个数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """z = tanh(W z + U x + b), L = |z - y|^2/2."""
    g = Graph("deq")
    D, M = g.size("D"), g.size("M")
    i, j, m = *g.indices("i j", D), g.index("m", M)
    W, U, b = g.parameter("W", D, D), g.parameter("U", D, M), g.parameter("b", D)
    x, y = g.input("x", M, gradient=True), g.target("y", D)
    a = g.node("a", Sum(U[i, m] * x[m], m) + b[i], over=i)
    z = g.fixed_point("z", lambda z: tanh(Sum(W[i, j] * z[j], j) + a[i]), over=i)
    g.loss("L", Sum((z[i] - y[i]) ** 2, i) / 2)
    return g
