"""The likelihood of a linear Gaussian state space model by the Kalman filter (Murphy 2012, section 18.3)."""

from derive import Graph, Problem, Size, Sum, Text, inverse, logdet

problem = Problem(
    title=Text("The Kalman filter", "卡尔曼滤波"),
    statement=Text(
        "A hidden state moves linearly with noise and is measured linearly with noise. The filter predicts the mean "
        "and the covariance of the state, and corrects both by each measurement. Derive the gradient of the negative "
        "log likelihood of all measurements, constants left out, with respect to the transition matrix, the "
        "measurement matrix and the covariances of both noises.",
        "隐状态按线性方程转移并带有噪声，观测也是状态的线性函数加噪声。滤波先预测状态的均值与协方差，再用每次观测修正二者。"
        "略去常数项，请推导全部观测的负对数似然对转移矩阵、观测矩阵以及两个噪声协方差的梯度。",
    ),
    source="Murphy (2012), § 18.3",
    group="probability",
    sizes=(
        Size("T", Text("number of measurements", "观测次数"), most=1000),
        Size("D", Text("length of the state", "状态的维数"), most=1000),
        Size("M", Text("length of a measurement", "观测的维数"), most=1000),
    ),
)


@problem.reading()
def model() -> Graph:
    """L = sum_t (log det S_t + v_t^T S_t^-1 v_t)/2, where S_t = H U_t H^T + R and v_t = y_t - H n_t.

    Predicted are the mean n_t = A m_{t-1} and the covariance U_t = A P_{t-1} A^T + Q of the state. Corrected they are
    m_t = n_t + C_t S_t^-1 v_t and P_t = U_t - C_t S_t^-1 C_t^T, with C_t = U_t H^T.
    """
    g = Graph("kalman")
    T, D, M = g.size("T"), g.size("D"), g.size("M")
    t = g.index("t", T)
    i, j, k, l = g.indices("i j k l", D)  # noqa: E741
    a, b = g.indices("a b", M)
    A, H = g.parameter("A", D, D), g.parameter("H", M, D)
    Q, R = (g.parameter(n, d, d, positive_definite=True) for n, d in (("Q", D), ("R", M)))
    y, mu = g.input("y", T, M), g.constant("mu", D)
    V = g.constant("V", D, D, positive_definite=True)
    (P,) = g.states("P", over=(t, i, j), start={0: V[i, j]}, symmetric=True)
    (m,) = g.states("m", over=(t, i), start={0: mu[i]})
    U = g.node("U", Sum(A[i, k] * P[t - 1, k, l] * A[j, l], k, l) + Q[i, j], over=(t, i, j))
    C = g.node("C", Sum(U[t, i, j] * H[a, j], j), over=(t, i, a))
    S = g.node("S", Sum(H[a, i] * U[t, i, j] * H[b, j], i, j) + R[a, b], over=(t, a, b))
    n = g.node("n", Sum(A[i, j] * m[t - 1, j], j), over=(t, i))
    v = g.node("v", y[t, a] - Sum(H[a, i] * n[t, i], i), over=(t, a))
    g.update(P, U[t, i, j] - Sum(C[t, i, a] * inverse(S)[t, a, b] * C[t, j, b], a, b))
    g.update(m, n[t, i] + Sum(C[t, i, a] * inverse(S)[t, a, b] * v[t, b], a, b))
    g.loss("L", Sum(logdet(S)[t] + Sum(v[t, a] * inverse(S)[t, a, b] * v[t, b], a, b), t) / 2)
    return g
