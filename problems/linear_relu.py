"""One ReLU unit with a weight vector: sheet 1, problem 2."""

from derive import Graph, Problem, Size, Sum, Text, relu

problem = Problem(
    title=Text("ReLU unit with a weight vector", "权重为向量的 ReLU 单元"),
    statement=Text(
        "A unit computes the dot product of weights and inputs, adds a bias and applies ReLU; it is trained with the "
        "squared error. Derive the gradient with respect to the weight vector and the bias. Draw the graph in dot "
        "products, additions, and elementwise maxima, products and powers, and say which outputs backpropagation must "
        "keep.",
        "一个单元计算权重与输入的内积并加上偏置，再经过 ReLU，用平方误差训练。请推导损失对权重向量与偏置的梯度；"
        "只用内积、加法以及逐元素的取最大值、乘法与幂画出计算图；并指出反向传播必须保留哪些节点的输出。",
    ),
    source="1.2",
    group="networks",
    sizes=(Size("D", Text("number of inputs", "输入的个数"), most=1000),),
)


@problem.reading(update=True, operations=("dot", "add", "max", "mul", "pow"))
def model() -> Graph:
    """z = w.x + b, y_hat = ReLU(z), L = (y_hat - y)^2."""
    g = Graph("linear-relu")
    D = g.size("D")
    j = g.index("j", D)
    w, b, x, y = g.parameter("w", D), g.parameter("b"), g.input("x", D), g.target("y")
    z = g.node("z", Sum(w[j] * x[j], j) + b)
    y_hat = g.node("y_hat", relu(z))
    g.loss("L", (y_hat - y) ** 2)
    return g
