"""A neural ODE, solved by Euler or by Runge-Kutta steps: the adjoint is a recurrence backwards in time."""

from collections.abc import Callable
from typing import Any

from derive import Graph, Option, Problem, Sum, Text, tanh

problem = Problem(
    title=Text("Neural ODE in discrete steps", "神经常微分方程（离散步）"),
    statement=Text(
        "A state h with D entries follows dh/dt = tanh(W h + b). It is solved in T steps of length s from the input x, "
        "by Euler's method or by the classical Runge-Kutta method of order 4. The loss is half the squared distance of "
        "the last state to a target y. Derive the recursion of the adjoint and the gradients.",
        "D 维状态 h 满足 dh/dt = tanh(W h + b)。从输入 x 出发，以步长 s 用欧拉法或经典四阶龙格—库塔法走 T 步求解。"
        "损失是末状态与目标 y 之差的平方的一半。请推导伴随量的递推式及各梯度。",
    ),
    source="Chen et al. (2018), arXiv:1806.07366",
    group="implicit",
    options=(Option("method", ("euler", "rk4"), Text("how the equation is solved", "求解方法")),),
)


@problem.reading()
def model(method: str) -> Graph:
    """h_t = h_{t-1} + s f(h_{t-1}), or its RK4 step; L = |h_T - y|^2/2."""
    g = Graph("neural ODE")
    T, D = g.size("T"), g.size("D")
    t, i, j = g.index("t", T), g.index("i", D), g.index("j", D)
    W, b, s = g.parameter("W", D, D), g.parameter("b", D), g.constant("s", domain="positive")
    x, y = g.input("x", D, gradient=True), g.target("y", D)
    (h,) = g.states("h", over=(t, i), start={0: x[i]})

    def slope(at: Callable[[Any], Any]) -> Any:
        return tanh(Sum(W[i, j] * at(j), j) + b[i])

    p = g.node("p", slope(lambda j: h[t - 1, j]), over=(t, i))
    if method == "euler":
        g.update(h, h[t - 1, i] + s * p[t, i])
    else:
        q = g.node("q", slope(lambda j: h[t - 1, j] + s * p[t, j] / 2), over=(t, i))
        u = g.node("u", slope(lambda j: h[t - 1, j] + s * q[t, j] / 2), over=(t, i))
        v = g.node("v", slope(lambda j: h[t - 1, j] + s * u[t, j]), over=(t, i))
        g.update(h, h[t - 1, i] + s * (p[t, i] + 2 * q[t, i] + 2 * u[t, i] + v[t, i]) / 6)
    g.loss("L", Sum((h[T, i] - y[i]) ** 2, i) / 2)
    return g
