"""An affine coupling layer of a normalising flow (Real NVP, Dinh et al. 2017)."""

from sympy import Symbol

from derive import Graph, Problem, Size, Sum, Text, exp, tanh

s_i = Symbol("s_i", real=True)

problem = Problem(
    title=Text("Affine coupling layer of a normalising flow", "标准化流的仿射耦合层"),
    statement=Text(
        "One half of the input passes unchanged and determines the scale and the shift of the other half. Derive the "
        "gradient of the mean negative log-likelihood under a standard normal base distribution, including the "
        "determinant of the Jacobian and leaving constants out.",
        "输入的一半保持不变，并由它给出另一半的缩放与平移。基分布为标准正态，略去常数项，"
        "请推导含雅可比行列式的平均负对数似然的梯度。",
    ),
    group="probability",
    sizes=(
        Size("N", Text("number of examples", "样本数"), most=1000),
        Size("D", Text("length of a half", "一半的维数"), most=1000),
    ),
)

triangular = Text(
    "The Jacobian of the layer is block triangular: the first half is passed on with derivative 1, and each component "
    "of the second half enters its own output only through the factor {scale}. So the determinant is the product of "
    "these factors, and its logarithm is the sum of all {log}, which the likelihood contains.",
    "该层的雅可比矩阵是分块三角矩阵：前一半原样输出，导数为 1；后一半的每个分量只影响自己的输出，导数为 {scale}。"
    "所以行列式是这些因子之积，其对数是所有 {log} 之和，即似然中的那一项。",
)


@problem.reading(notes=(triangular(scale=exp(s_i), log=s_i),))
def model() -> Graph:
    """z = x, y = u exp(s(x)) + t(x), L = mean of |x|^2/2 + |y|^2/2 - sum_i s_i."""
    g = Graph("coupling layer")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    i, j = g.indices("i j", D)
    x, u = g.inputs("x u", N, D, gradient=True)
    W, V = g.parameters("W V", D, D)
    b, c = g.parameters("b c", D)
    s = g.node("s", tanh(Sum(W[i, j] * x[n, j], j) + b[i]), over=(n, i))
    t = g.node("t", Sum(V[i, j] * x[n, j], j) + c[i], over=(n, i))
    y = g.node("y", u[n, i] * exp(s[n, i]) + t[n, i], over=(n, i))
    g.loss("L", Sum(x[n, i] ** 2 / 2 + y[n, i] ** 2 / 2 - s[n, i], n, i) / N)
    return g
