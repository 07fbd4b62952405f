"""The number of operations of our two passes against the gradient that casadi derives, for three recurrent networks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import casadi
import numpy as np
from networks import GATES, lstm, problem
from table import Row
from tape import Counting, Scalar, operations

from derive.evaluate.passes import Passes, leaves
from derive.evaluate.store import Store

REACH = 1.01
NO_WORK = {casadi.OP_INPUT, casadi.OP_OUTPUT, casadi.OP_CONST}


def rows(steps: int) -> list[Row]:
    """One row for each network."""
    networks = (
        ("linear RNN", ours("bptt", steps, activation="identity", loss="squared"), casadi_rnn(steps, lambda z: z)),
        ("tanh RNN", ours("bptt", steps, activation="tanh", loss="squared"), casadi_rnn(steps, casadi.tanh)),
        ("LSTM", ours("lstm", steps), casadi_lstm(steps)),
    )
    return [Row(f"5 operations, {name}, T = {steps}", a, b, REACH, "", "exact") for name, a, b in networks]


def ours(name: str, steps: int, **options: str) -> int:
    """The operations of the forward and the backward sweep that the loss and the parameters' gradients need."""
    solution = problem(name, **options).derive(sizes={"T": steps})
    passes = Passes(solution.derivation, solution.sizes, Counting())
    store = Store(passes.backend)
    for node in leaves(solution.derivation.model):
        ranges = passes.ranges(node)
        store.put(node.name, _inputs(node.name, [b - a + 1 for a, b in ranges]), ranges)
    passes.forward(store)
    passes.backward(store)
    model = solution.derivation.model
    wanted = [model.loss.name, *(f"adjoint {n.name}" for n in model.of_kind("parameter"))]
    return operations(itertools.chain(*(store.whole(w).flat for w in wanted)))


def _inputs(name: str, lengths: Sequence[int]) -> Any:
    """An array of scalars without operands, one for each element, and the axis of the single point."""
    array = np.empty((*lengths, 1), dtype=object)
    for spot in np.ndindex(*array.shape):
        array[spot] = Scalar(f"{name}{spot}", ())
    return array


def casadi_rnn(steps: int, activation: Callable[[Any], Any]) -> int:
    """h_t = f(w_hx x_t + w_hh h_{t-1}), o = w_qh h_T, half the squared error."""
    w_hx, w_hh, w_qh, y = (casadi.SX.sym(n) for n in ("w_hx", "w_hh", "w_qh", "y"))
    h = casadi.SX(0)
    for t in range(steps):
        h = activation(w_hx * casadi.SX.sym(f"x{t}") + w_hh * h)
    return _counted((w_qh * h - y) ** 2 / 2, [w_hx, w_hh, w_qh])


def casadi_lstm(steps: int) -> int:
    """The LSTM of problems/lstm.py."""
    weights = {f"{w}_{k}": casadi.SX.sym(f"{w}_{k}") for k in GATES for w in ("h", "x", "b")}
    inputs = [casadi.SX.sym(f"x{t}") for t in range(steps)]
    loss = lstm(weights, inputs, casadi.SX.sym("y"), casadi.SX(0), _sigmoid, casadi.tanh)
    return _counted(loss, list(weights.values()))


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + casadi.exp(-z))


def _counted(loss: Any, weights: list[Any]) -> int:
    """The instructions of casadi's function for the loss and its gradient, inputs, outputs and constants left out."""
    gradient = casadi.gradient(loss, casadi.vertcat(*weights))
    function = casadi.Function("f", casadi.symvar(casadi.vertcat(loss, gradient)), [loss, gradient])
    return sum(function.instruction_id(n) not in NO_WORK for n in range(function.n_instructions()))
