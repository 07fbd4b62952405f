"""Generated code: numpy's backward pass against one written by hand, torch's Function against autograd's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from clock import alternate, compared, seconds
from networks import problem
from sympy import Sum, exp, log, sqrt, tanh
from table import Row

from derive.code import backward
from derive.code.module import code
from derive.graph import Graph

NUMPY_REACH, TORCH_REACH = 1.5, 1.3
CALLS = 20  # in one measurement
Arrays = Mapping[str, Any]


def rows(repeats: int) -> list[Row]:
    """Backward of the MLP and of layer norm; then forward and backward together, as one step of training does them."""
    torch.set_num_threads(1)
    found = []
    for name, graph, inputs, by_hand in (("MLP", mlp(), mlp_inputs(), mlp_backward), ("layer norm", *norm())):
        ours = loaded(code(graph.derive().derivation, "numpy"))
        values = ours["_forward"](inputs)
        same(ours["_backward"](inputs, values), by_hand(inputs, values))
        sides = [timed(lambda: ours["_backward"](inputs, values)), timed(lambda: by_hand(inputs, values))]  # noqa: B023
        found.append(compared(f"10 numpy backward of {name} / by hand", *alternate(sides, repeats), NUMPY_REACH))
        found.append(function(name, graph, inputs, repeats))
    return [*found, *shifted(repeats), *strided(repeats)]


def shifted(repeats: int) -> list[Row]:
    """Softmax, attention and cross-entropy in float32, beside torch's own functions and autograd."""
    rows, columns = 64, 128
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.tensor(rng.normal(size=shape), dtype=torch.float32)

    y = torch.nn.functional.one_hot(torch.tensor(rng.integers(0, columns, rows)), columns).float()
    models = {
        "softmax": (softmax(), {"z": drawn(rows, columns), "g": drawn(rows, columns)}, softmax_by_torch),
        "cross-entropy": (cross_entropy(), {"z": drawn(rows, columns), "y": y}, cross_entropy_by_torch),
        "attention": (attention(), {n: drawn(rows, columns) for n in "QKVg"}, attention_by_torch),
    }
    return [by_torch(name, *model, repeats) for name, model in models.items()]


def by_torch(name: str, graph: Graph, inputs: Arrays, loss: Callable[[Arrays], Any], repeats: int) -> Row:
    """Loss.apply and its backward, against autograd through torch's own functions."""
    module = loaded(code(graph.derive().derivation, "torch"))
    wanted = {n.name for n in graph.model().of_kind("parameter")}
    given = {n: a.clone().requires_grad_(n in wanted) for n, a in inputs.items()}
    parameters, arguments = [given[n] for n in given if n in wanted], [given[n] for n in module["INPUTS"]]

    def ours() -> tuple[Any, ...]:
        return torch.autograd.grad(module["Loss"].apply(*arguments), parameters)

    def other() -> tuple[Any, ...]:
        return torch.autograd.grad(loss(given), parameters)

    assert all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(ours(), other(), strict=True))
    measured = alternate([timed(ours), timed(other)], repeats)
    return compared(f"10 torch Function of {name} in float32 / torch's own", *measured, TORCH_REACH)


def strided(repeats: int) -> list[Row]:
    """The gradient of a convolution's input: added where it is read, against masks over all pairs; and its growth."""
    d = problem("conv2d", stride="2", padding="1").derive().derivation
    ours = loaded(code(d, "numpy"))
    kept, backward.scatters = backward.scatters, lambda *_: ()
    try:
        masks = loaded(code(d, "numpy"))
    finally:
        backward.scatters = kept
    small, large = (convolution_inputs(n) for n in (24, 48))
    same(ours["_backward"](small, {}), masks["_backward"](small, {}))
    sides = [timed(lambda m=m, g=g: m["_backward"](g, {})) for m, g in ((ours, small), (masks, small), (ours, large))]
    added, masked, grown = alternate(sides, repeats)
    return [
        compared("10 numpy backward of a strided convolution / by masks", added, masked, 1.0),
        compared("10 the same, of 48 x 48 outputs / four times 24 x 24", grown, [4 * t for t in added], 1.5),
    ]


def convolution_inputs(side: int, kernel: int = 5) -> Arrays:
    """A square of outputs, stride 2, a frame of 1."""
    rng = np.random.default_rng(0)
    length = 2 * (side - 1) + kernel
    found = {"x": rng.normal(size=(length, length)), "w": rng.normal(size=(kernel, kernel)), "b": np.zeros(())}
    return {**found, "cotangent": rng.normal(size=(side, side)), "H": side, "W": side}


def function(name: str, graph: Graph, inputs: Arrays, repeats: int) -> Row:
    """Loss.apply and its backward, against autograd through the same forward pass."""
    module = loaded(code(graph.derive().derivation, "torch"))
    wanted = {n.name for n in graph.model().of_kind("parameter")}
    given = {n: torch.tensor(a).requires_grad_(n in wanted) for n, a in inputs.items()}
    parameters = [a for n, a in given.items() if n in wanted]
    arguments = [given[n] for n in module["INPUTS"]]

    def ours() -> tuple[Any, ...]:
        return torch.autograd.grad(module["Loss"].apply(*arguments), parameters)

    def other() -> tuple[Any, ...]:
        return torch.autograd.grad(module["_forward"](given)["L"], parameters)

    assert all(torch.allclose(a, b) for a, b in zip(ours(), other(), strict=True))
    measured = alternate([timed(ours), timed(other)], repeats)
    return compared(f"10 torch Function of {name} / autograd", *measured, TORCH_REACH)


def timed(run: Callable[[], object]) -> Callable[[], float]:
    """CPU seconds of one call, the mean of several."""
    return lambda: seconds(lambda: [run() for _ in range(CALLS)]) / CALLS


def loaded(text: str) -> dict[str, Any]:
    """The names of a generated module."""
    found: dict[str, Any] = {}
    exec(compile(text, "generated", "exec"), found)
    return found


def same(ours: Arrays, other: Arrays) -> None:
    """Both sides compute the same."""
    assert all(np.allclose(ours[n], other[n]) for n in other)


# the models


def softmax() -> Graph:
    """Rows of scores, their softmax, and a cotangent."""
    g = Graph("softmax")
    N, C = g.size("N"), g.size("C")
    n, c, k = g.index("n", N), *g.indices("c k", C)
    z, G = g.parameter("z", N, C), g.input("g", N, C)
    p = g.node("p", exp(z[n, c]) / Sum(exp(z[n, k]), k), over=(n, c))
    g.loss("L", Sum(G[n, c] * p[n, c], n, c))
    return g


def softmax_by_torch(given: Arrays) -> Any:
    return (given["g"] * torch.softmax(given["z"], 1)).sum()


def cross_entropy() -> Graph:
    """Rows of scores, their softmax, and one-hot targets."""
    g = Graph("cross-entropy")
    N, C = g.size("N"), g.size("C")
    n, c, k = g.index("n", N), *g.indices("c k", C)
    z, y = g.parameter("z", N, C), g.target("y", N, C, domain="binary", sums_to=1)
    p = g.node("p", exp(z[n, c]) / Sum(exp(z[n, k]), k), over=(n, c))
    g.loss("L", -Sum(y[n, c] * log(p[n, c]), n, c))
    return g


def cross_entropy_by_torch(given: Arrays) -> Any:
    return torch.nn.functional.cross_entropy(given["z"], given["y"], reduction="sum")


def attention() -> Graph:
    """Scaled dot products of N queries and M keys, and a cotangent."""
    g = Graph("attention")
    N, M, D, E = (g.size(s) for s in ("N", "M", "D", "E"))
    i, d, e = g.index("i", N), g.index("d", D), g.index("e", E)
    j, k = g.indices("j k", M)
    Q, K, V = g.parameter("Q", N, D), g.parameter("K", M, D), g.parameter("V", M, E)
    G = g.input("g", N, E)
    S = g.node("S", Sum(Q[i, d] * K[j, d], d) / sqrt(D), over=(i, j))
    A = g.node("A", exp(S[i, j]) / Sum(exp(S[i, k]), k), over=(i, j))
    O = g.node("O", Sum(A[i, j] * V[j, e], j), over=(i, e))  # noqa: E741
    g.loss("L", Sum(G[i, e] * O[i, e], i, e))
    return g


def attention_by_torch(given: Arrays) -> Any:
    scores = given["Q"] @ given["K"].T / given["Q"].shape[1] ** 0.5
    return (given["g"] * (torch.softmax(scores, 1) @ given["V"])).sum()


def mlp() -> Graph:
    """784 - 256 - 128 - 10, tanh, softmax, cross-entropy of a batch."""
    g = Graph("MLP")
    N, D, H, G, K = (g.size(name) for name in "NDHGK")
    n, d, h, e = (g.index(i, s) for i, s in zip("ndhe", (N, D, H, G), strict=True))
    k, c = g.indices("k c", K)
    W1, b1 = g.parameter("W1", H, D), g.parameter("b1", H)
    W2, b2 = g.parameter("W2", G, H), g.parameter("b2", G)
    W3, b3 = g.parameter("W3", K, G), g.parameter("b3", K)
    x, y = g.input("x", N, D), g.target("y", N, K)
    a = g.node("a", tanh(Sum(W1[h, d] * x[n, d], d) + b1[h]), over=(n, h))
    u = g.node("u", tanh(Sum(W2[e, h] * a[n, h], h) + b2[e]), over=(n, e))
    z = g.node("z", Sum(W3[k, e] * u[n, e], e) + b3[k], over=(n, k))
    p = g.node("p", exp(z[n, k]) / Sum(exp(z[n, c]), c), over=(n, k))
    g.loss("L", -Sum(y[n, k] * log(p[n, k]), n, k) / N)
    return g


def mlp_inputs(batch: int = 64) -> Arrays:
    """A batch of images, one-hot targets."""
    rng, widths = np.random.default_rng(0), (784, 256, 128, 10)
    found = {"x": rng.normal(size=(batch, widths[0])), "y": np.eye(10)[rng.integers(0, 10, batch)]}
    for n in (1, 2, 3):
        found[f"W{n}"] = rng.normal(size=(widths[n], widths[n - 1])) / np.sqrt(widths[n - 1])
        found[f"b{n}"] = np.zeros(widths[n])
    return found


def mlp_backward(given: Arrays, values: Arrays) -> Arrays:
    """What one writes who knows that the gradient at the softmax is p - y."""
    dz = (values["p"] - given["y"]) / len(given["x"])
    du = (dz @ given["W3"]) * (1 - values["u"] ** 2)
    da = (du @ given["W2"]) * (1 - values["a"] ** 2)
    return {
        "W3": dz.T @ values["u"], "b3": dz.sum(0),
        "W2": du.T @ values["a"], "b2": du.sum(0),
        "W1": da.T @ given["x"], "b1": da.sum(0),
    }  # fmt: skip


def norm() -> tuple[Graph, Arrays, Callable[[Arrays, Arrays], Arrays]]:
    """Layer norm of 256 rows of 512; the loss weighs every output with a number r."""
    g = Graph("layer norm")
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    i, j = g.indices("i j", D)
    gamma, beta = g.parameters("gamma beta", D)
    x, r, eps = g.parameter("x", N, D), g.input("r", N, D), g.constant("eps", domain="positive")
    mu = g.node("mu", Sum(x[n, j], j) / D, over=n)
    var = g.node("var", Sum((x[n, j] - mu[n]) ** 2, j) / D, over=n)
    hat = g.node("x_hat", (x[n, i] - mu[n]) / sqrt(var[n] + eps), over=(n, i))
    y = g.node("y", gamma[i] * hat[n, i] + beta[i], over=(n, i))
    g.loss("L", Sum(r[n, i] * y[n, i], n, i))
    rng = np.random.default_rng(0)
    given = {"gamma": rng.normal(size=512), "beta": rng.normal(size=512), "eps": np.array(1e-5)}
    return g, {**given, "x": rng.normal(size=(256, 512)), "r": rng.normal(size=(256, 512))}, norm_backward


def norm_backward(given: Arrays, values: Arrays) -> Arrays:
    """The usual form: the gradient less its mean and less its part along x_hat, over the deviation."""
    hat, dy = values["x_hat"], given["r"]
    dhat = dy * given["gamma"]
    along = (dhat * hat).mean(1, keepdims=True)
    dx = (dhat - dhat.mean(1, keepdims=True) - hat * along) / np.sqrt(values["var"] + given["eps"])[:, None]
    return {"x": dx, "gamma": (dy * hat).sum(0), "beta": dy.sum(0)}
