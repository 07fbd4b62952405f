"""Models of the catalogue in tensorgrad: its gradients, simplified.

tensorgrad is optional; without it the column beside ours stays empty. Its gradients are timed, not compared with ours:
version 0.3 evaluates with torch's named tensors, which torch 2.13 does not have any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from clock import Side, seconds

try:
    import tensorgrad
    import tensorgrad.functions as F
except ImportError:
    tensorgrad = None

Model = tuple[Any, list[Any]]  # the loss, and the leaves whose gradients are wanted


def cross_entropy() -> Model:
    """Softmax with cross-entropy."""
    i = sympy.symbols("i")
    z, y = tensorgrad.Variable("z", i), tensorgrad.Variable("y", i)
    e = F.exp(z)
    return -(y @ F.log(e / F.sum(e))), [z]


def unit() -> Model:
    """A ReLU unit with a weight vector."""
    i = sympy.symbols("i")
    w, x = tensorgrad.Variable("w", i), tensorgrad.Variable("x", i)
    b, y = tensorgrad.Variable("b"), tensorgrad.Variable("y")
    return (F.relu(w @ x + b) - y) ** 2, [w, b]


def weight_norm() -> Model:
    """w = g v / |v|, and the half squared error of w.x."""
    i = sympy.symbols("i")
    v, x = tensorgrad.Variable("v", i), tensorgrad.Variable("x", i)
    g, y = tensorgrad.Variable("g"), tensorgrad.Variable("y")
    return (g * (v @ x) / F.sqrt(v @ v) - y) ** 2 / 2, [g, v]


def layer_norm() -> Model:
    """Rows with mean zero and variance one, a gain, a shift; the loss weighs every output."""
    n, i = sympy.symbols("n i")
    x, r = tensorgrad.Variable("x", n, i), tensorgrad.Variable("r", n, i)
    gamma, beta, eps = tensorgrad.Variable("gamma", i), tensorgrad.Variable("beta", i), tensorgrad.Variable("eps")
    centred = x - F.mean(x, ["i"])
    y = gamma * (centred / F.sqrt(F.mean(centred * centred, ["i"]) + eps)) + beta
    return F.sum(r * y), [x, gamma, beta]


MODELS: Mapping[str, Callable[[], Model]] = {
    "softmax-ce": cross_entropy,
    "linear-relu": unit,
    "weight-norm": weight_norm,
    "layer-norm": layer_norm,
}


def gradient(name: str) -> Side | None:
    """The seconds of a fresh model, its gradients, and their simplification; None where there is no such model."""
    if tensorgrad is None or name not in MODELS:
        return None

    def run() -> float:
        return seconds(lambda: gradients(*MODELS[name]()))

    return run


def gradients(loss: Any, wanted: list[Any]) -> list[Any]:
    """What is measured."""
    return [loss.grad(leaf).full_simplify() for leaf in wanted]
