"""One step of a Kalman filter, differentiated by what it assumes of the measurement."""

from derive import Graph, Problem, Size, Sum, Text, inverse

problem = Problem(
    title=Text("One step of a Kalman filter", "卡尔曼滤波的一步"),
    statement=Text(
        "A state is predicted with a mean and a covariance, measured through a matrix with noise, and corrected. "
        "Derive the gradient of half the squared error of the corrected mean with respect to the measurement matrix, "
        "the "
        "covariance of the prediction and that of the noise.",
        "状态的预测由均值与协方差给出，经观测矩阵得到带噪声的观测后加以修正。"
        "请推导修正后均值的平方误差的一半对观测矩阵、"
        "预测协方差与噪声协方差的梯度。",
    ),
    group="probability",
    sizes=(
        Size("D", Text("length of the state", "状态的维数"), most=1000),
        Size("M", Text("length of the measurement", "观测的维数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """S = H P H^T + R, K = P H^T S^-1, v = y - H m, x = m + K v, L = |x - s|^2 / 2."""
    g = Graph("kalman-step")
    D, M = g.size("D"), g.size("M")
    i, j = g.indices("i j", D)
    a, b = g.indices("a b", M)
    H = g.parameter("H", M, D)
    P = g.parameter("P", D, D, positive_definite=True)
    R = g.parameter("R", M, M, positive_definite=True)
    m, y, s = g.input("m", D), g.input("y", M), g.target("s", D)
    S = g.node("S", Sum(H[a, i] * P[i, j] * H[b, j], i, j) + R[a, b], over=(a, b))
    K = g.node("K", Sum(P[i, j] * H[b, j] * inverse(S)[b, a], j, b), over=(i, a))
    v = g.node("v", y[a] - Sum(H[a, i] * m[i], i), over=a)
    x = g.node("x", m[i] + Sum(K[i, a] * v[a], a), over=i)
    g.loss("L", Sum((x[i] - s[i]) ** 2, i) / 2)
    return g
