"""A convolution with stride and padding: sheet 0, problem 6."""

from sympy import ImmutableDenseMatrix, Symbol

from derive import Example, Function, Graph, Option, Problem, Size, Sum, Text

problem = Problem(
    title=Text("Convolution in two dimensions", "二维卷积"),
    statement=Text(
        "A kernel with K rows and M columns slides over an input, and a bias is added; the loss of the output is left "
        "abstract. Derive the gradients with respect to kernel, bias and input. Then compute them for the input with "
        "the rows 0 1 2 3 and 4 5 6 7, the kernel with the rows −1 1 and 1 1, bias 0 and ∂L/∂y = 1 for every output, "
        "and find the fully connected layer that does the same.",
        "一个 K 行 M 列、带偏置的卷积核在输入上滑动；损失是输出的函数，不给出具体形式。请推导损失对卷积核、"
        "偏置与输入的梯度；再取输入的两行为 0 1 2 3 与 4 5 6 7，卷积核的两行为 −1 1 与 1 1，偏置为 0，每个输出的 "
        "∂L/∂y = 1，计算各梯度，并给出与该卷积等价的全连接层。",
    ),
    source="0.6",
    group="networks",
    options=(
        Option("stride", ("1", "2"), Text("step of the window", "步幅")),
        Option("padding", ("0", "1"), Text("width of the frame of zeros", "填充的宽度")),
    ),
    sizes=(
        Size("H", Text("rows of the output", "输出的行数"), most=100),
        Size("W", Text("columns of the output", "输出的列数"), most=100),
        Size("K", Text("rows of the kernel", "卷积核的行数"), most=100),
        Size("M", Text("columns of the kernel", "卷积核的列数"), most=100),
    ),
)
frame = Text(
    "With padding, the elements of the input outside its own range are the border of zeros. They are given numbers, "
    "and their gradient is not used.",
    "有填充时，输入中超出自身范围的元素是取值为零的边框；它们是给定的数，其梯度不会用到。",
)
connected = Text(
    "The local partial derivative of the output with respect to the input is the weight matrix of the equivalent "
    "fully connected layer. It has one row for each output, with the weights of the kernel where the window lies and "
    "zeros elsewhere.",
    "输出对输入的局部偏导数就是等价全连接层的权重矩阵：每个输出对应一行，窗口所在处为卷积核的权重，其余为零。",
)
WEIGHTS = ImmutableDenseMatrix([[-1, 1, 0, 0, 1, 1, 0, 0], [0, -1, 1, 0, 0, 1, 1, 0], [0, 0, -1, 1, 0, 0, 1, 1]])
these = Text(
    "With these numbers, and with the elements of the input in one column, row after row, the matrix is {weights}. The "
    "three biases of the layer are {b}, here 0. Its outputs are −0 + 1 + 4 + 5, −1 + 2 + 5 + 6 and −2 + 3 + 6 + 7: 10, "
    "12 and 14, the outputs of the convolution. The gradient with respect to the kernel has the rows 3 6 and 15 18, "
    "that with respect to the bias is 3, and that with respect to the input has the rows −1 0 0 1 and 1 2 2 1.",
    "代入这些数值，并把输入的元素逐行排成一列，该矩阵为 {weights}；该层的三个偏置均为 {b}，这里为 0。其输出为 −0 + 1 "
    "+ 4 + 5、−1 + 2 + 5 + 6、−2 + 3 + 6 + 7，即 10、12、14，与卷积的输出相同。损失对卷积核的梯度的两行为 3 6 与 15 "
    "18，对偏置的梯度为 3，对输入的梯度的两行为 −1 0 0 1 与 1 2 2 1。",
)(weights=WEIGHTS, b=Symbol("b"))
numbers = Example(at="x=0 1 2 3 4 5 6 7, w=-1 1 1 1, b=0, dL/dy=1", conclusions=(these,))


def notes(stride: str, padding: str) -> tuple[Text, ...]:
    """The frame is explained where there is one."""
    return (connected,) if padding == "0" else (frame, connected)


@problem.reading(Text("In general", "一般情形"), notes=notes)
def general(stride: str, padding: str) -> Graph:
    """y_ij = sum_pq w_pq x_{s(i-1)+p-P, s(j-1)+q-P} + b, for an output and a kernel of any size."""
    return convolution(int(stride), int(padding), *"HWKM")


@problem.reading(Text("With these numbers", "代入数值"), numbers, notes=(connected,))
def worked(stride: str, padding: str) -> Graph:
    """An input of 2 x 4, a kernel of 2 x 2, stride 1, no padding."""
    return convolution(1, 0, 1, 3, 2, 2)


def convolution(s: int, P: int, *shape: str | int) -> Graph:
    """The sizes are those of the output and of the kernel; the input is as large as they need."""
    g = Graph("conv2d")
    H, W, K, M = (g.size(n) if isinstance(n, str) else n for n in shape)
    i, j, p, q = g.index("i", H), g.index("j", W), g.index("p", K), g.index("q", M)
    w, b = g.parameter("w", K, M), g.parameter("b")
    x = g.input("x", (1 - P, s * (H - 1) + K - P), (1 - P, s * (W - 1) + M - P), gradient=True)
    y = g.node("y", Sum(w[p, q] * x[s * (i - 1) + p - P, s * (j - 1) + q - P], p, q) + b, over=(i, j))
    g.loss("L", Function("L")(y))
    return g
