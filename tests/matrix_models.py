"""Models in index notation whose gradients every textbook writes in matrices."""

from sympy import Piecewise, Rational, exp, log, sqrt

from derive import Function, Graph, Sum, inverse, sigmoid


def softmax_regression() -> Graph:
    """A batch through a linear layer, and cross-entropy written with the sum of exponentials."""
    g = Graph("softmax regression")
    N, D, C = g.size("N"), g.size("D"), g.size("C")
    n, d = g.index("n", N), g.index("d", D)
    c, k = g.indices("c k", C)
    X, W, b, Y = g.input("X", N, D), g.parameter("W", D, C), g.parameter("b", C), g.target("Y", N, C)
    Z = g.node("Z", Sum(X[n, d] * W[d, c], d) + b[c], over=(n, c))
    g.loss("L", Sum(log(Sum(exp(Z[n, k]), k)), n) / N - Sum(Y[n, c] * Z[n, c], c, n) / N)
    return g


def probabilities() -> Graph:
    """The same with the softmax as a node and the targets anything."""
    g = Graph("softmax")
    N, C = g.size("N"), g.size("C")
    n = g.index("n", N)
    c, k = g.indices("c k", C)
    Z, Y = g.parameter("Z", N, C), g.target("Y", N, C)
    P = g.node("P", exp(Z[n, c]) / Sum(exp(Z[n, k]), k), over=(n, c))
    g.loss("L", -Sum(Y[n, c] * log(P[n, c]), c, n))
    return g


def mlp() -> Graph:
    """One hidden layer, a batch."""
    g = Graph("mlp")
    N, D, H = g.size("N"), g.size("D"), g.size("H")
    n, d, h = g.index("n", N), g.index("d", D), g.index("h", H)
    X, y = g.input("X", N, D), g.target("y", N)
    V, a, w, b = g.parameter("V", D, H), g.parameter("a", H), g.parameter("w", H), g.parameter("b")
    A = g.node("A", sigmoid(Sum(X[n, d] * V[d, h], d) + a[h]), over=(n, h))
    r = g.node("r", Sum(A[n, h] * w[h], h) + b, over=n)
    g.loss("L", Sum((r[n] - y[n]) ** 2, n) / 2)
    return g


def layer_norm() -> Graph:
    """Every row has its own mean and variance."""
    g = Graph("layer norm")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    d, k = g.indices("d k", D)
    X, gamma, beta = g.parameter("X", N, D), g.parameter("gamma", D), g.parameter("beta", D)
    mu = g.node("mu", Sum(X[n, k], k) / D, over=n)
    v = g.node("v", Sum((X[n, k] - mu[n]) ** 2, k) / D, over=n)
    s = g.node("x_hat", (X[n, d] - mu[n]) / sqrt(v[n] + Rational(1, 10)), over=(n, d))
    y = g.node("y", gamma[d] * s[n, d] + beta[d], over=(n, d))
    g.loss("L", Function("L")(y))
    return g


def batch_norm() -> Graph:
    """Every column has its own mean and variance."""
    g = Graph("batch norm")
    N, D = g.size("N"), g.size("D")
    n, m = g.indices("n m", N)
    d = g.index("d", D)
    X, gamma, beta = g.parameter("X", N, D), g.parameter("gamma", D), g.parameter("beta", D)
    mu = g.node("mu", Sum(X[m, d], m) / N, over=d)
    v = g.node("v", Sum((X[m, d] - mu[d]) ** 2, m) / N, over=d)
    s = g.node("x_hat", (X[n, d] - mu[d]) / sqrt(v[d] + Rational(1, 10)), over=(n, d))
    y = g.node("y", gamma[d] * s[n, d] + beta[d], over=(n, d))
    g.loss("L", Function("L")(y))
    return g


def attention() -> Graph:
    """Scaled dot-product attention."""
    g = Graph("attention")
    N, M, d, e = g.size("N"), g.size("M"), g.size("d"), g.size("e")
    n, i, j = g.index("n", N), g.index("i", d), g.index("j", e)
    m, k = g.indices("m k", M)
    Q, K, V = g.parameter("Q", N, d), g.parameter("K", M, d), g.parameter("V", M, e)
    S = g.node("S", Sum(Q[n, i] * K[m, i], i) / sqrt(d), over=(n, m))
    A = g.node("A", exp(S[n, m]) / Sum(exp(S[n, k]), k), over=(n, m))
    O = g.node("O", Sum(A[n, m] * V[m, j], m), over=(n, j))  # noqa: E741
    g.loss("L", Function("L")(O))
    return g


def bilinear() -> Graph:
    """x^T A y."""
    g = Graph("bilinear form")
    N, M = g.size("N"), g.size("M")
    i, j = g.index("i", N), g.index("j", M)
    x, y, A = g.parameter("x", N), g.parameter("y", M), g.parameter("A", N, M)
    g.loss("L", Sum(x[i] * A[i, j] * y[j], j, i))
    return g


def mahalanobis() -> Graph:
    """(x - mu)^T A (x - mu)."""
    g = Graph("Mahalanobis distance")
    D = g.size("D")
    i, j = g.indices("i j", D)
    x, mu, A = g.parameter("x", D), g.parameter("mu", D), g.parameter("A", D, D)
    g.loss("L", Sum((x[i] - mu[i]) * A[i, j] * (x[j] - mu[j]), j, i))
    return g


def ridge() -> Graph:
    """Least squares with an L2 penalty."""
    g = Graph("ridge")
    N, D = g.size("N"), g.size("D")
    n, d = g.index("n", N), g.index("d", D)
    X, w, y, lamda = g.input("X", N, D), g.parameter("w", D), g.target("y", N), g.constant("lamda")
    g.loss("L", Sum((Sum(X[n, d] * w[d], d) - y[n]) ** 2, n) / 2 + lamda * Sum(w[d] ** 2, d) / 2)
    return g


def factorisation_machine() -> Graph:
    """Pairwise interactions in linear time."""
    g = Graph("factorisation machine")
    D, K = g.size("D"), g.size("K")
    d, k = g.index("d", D), g.index("k", K)
    x, V = g.input("x", D), g.parameter("V", D, K)
    s = g.node("s", Sum(V[d, k] * x[d], d), over=k)
    g.loss("L", Sum(s[k] ** 2, k) / 2 - Sum(V[d, k] ** 2 * x[d] ** 2, d, k) / 2)
    return g


def inner_product() -> Graph:
    """tr(A^T B) + |A|_F."""
    g = Graph("inner product")
    N, M = g.size("N"), g.size("M")
    n, m = g.index("n", N), g.index("m", M)
    A, B = g.parameter("A", N, M), g.parameter("B", N, M)
    g.loss("L", Sum(A[n, m] * B[n, m], m, n) + sqrt(Sum(A[n, m] ** 2, m, n)))
    return g


def batches() -> Graph:
    """Three indices: the leading one, a batch, stays a subscript."""
    g = Graph("batches")
    B, N, D, H = g.size("B"), g.size("N"), g.size("D"), g.size("H")
    b, n, d, h = g.index("b", B), g.index("n", N), g.index("d", D), g.index("h", H)
    X, W = g.input("X", B, N, D), g.parameter("W", D, H)
    Y = g.node("Y", Sum(X[b, n, d] * W[d, h], d), over=(b, n, h))
    g.loss("L", Function("L")(Y))
    return g


def convolution() -> Graph:
    """A stride of two: no matrix form."""
    g = Graph("convolution")
    N, K = g.size("N"), g.size("K")
    i, k = g.index("i", N), g.index("k", K)
    x, w = g.input("x", 2 * N + K), g.parameter("w", K)
    y = g.node("y", Sum(w[k] * x[2 * i + k], k), over=i)
    g.loss("L", Sum(y[i] ** 2, i) / 2)
    return g


def concatenated() -> Graph:
    """z = [x; y]: the gradient of z^T M z / 2 is (M + M^T) z / 2, and each part of z gets its part of it."""
    g = Graph("concatenated")
    P, Q = g.size("P"), g.size("Q")
    i, j = g.indices("i j", P + Q)
    x, y, M = g.parameter("x", P), g.parameter("y", Q), g.constant("M", P + Q, P + Q)
    z = g.node("z", Piecewise((x[i], i <= P), (y[i - P], True)), over=i)
    g.loss("L", Sum(z[i] * M[i, j] * z[j], i, j) / 2)
    return g


def cropped() -> Graph:
    """Y = B X, where B has the rows of S^-1 but the first, and its columns but the last two: dL/dX = B^T Y."""
    g = Graph("cropped")
    n, m = g.size("n", least=3), g.size("m")
    i, j, k = g.index("i", n - 1), g.index("j", n - 2), g.index("k", m)
    S, X = g.constant("S", n, n, positive_definite=True), g.parameter("X", n - 2, m)
    Y = g.node("Y", Sum(inverse(S)[i + 1, j] * X[j, k], j), over=(i, k))
    g.loss("L", Sum(Y[i, k] ** 2, i, k) / 2)
    return g


MODELS = (
    softmax_regression, probabilities, mlp, layer_norm, batch_norm, attention, bilinear, mahalanobis, ridge,
    factorisation_machine, inner_product, batches, cropped,
)  # fmt: skip
