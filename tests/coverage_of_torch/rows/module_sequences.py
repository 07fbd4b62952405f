"""Modules of torch.nn for sequences: recurrent cells and layers, attention, transformers."""

from __future__ import annotations

from typing import Any

import torch
from sympy import sqrt
from torch import nn

from coverage_of_torch.rows.module_units import run
from coverage_of_torch.table import Array, Row
from derive import Sum, sigmoid, softmax, tanh


def _gate(v: Any, name: str, x: Any, h: Any) -> tuple[Any, Any]:
    """What a gate reads of the input and of the state, each with its weights and bias; x and h are read at an index."""
    w, r = getattr(v, "W" + name), getattr(v, "R" + name)
    b, c = getattr(v, "b" + name), getattr(v, "c" + name)
    return Sum(w[v.k, v.d] * x(v.d), v.d) + b[v.k], Sum(r[v.k, v.k2] * h(v.k2), v.k2) + c[v.k]


def _leaves(gates: str) -> str:
    return " ".join(f"W{g}:K,D R{g}:K,K b{g}:K c{g}:K" for g in gates)


def _weights(t: Any, gates: str, end: str = "") -> dict[str, Array]:
    """The parameters as torch stacks them."""
    letters = {"weight_ih": "W", "weight_hh": "R", "bias_ih": "b", "bias_hh": "c"}
    return {name + end: torch.cat([getattr(t, a + g) for g in gates]) for name, a in letters.items()}


def _sum(v: Any, values: Any, *over: Any) -> Any:
    return Sum(v.u[over] * values**2, *over)


def _rnn_cell(v: Any) -> Any:
    a, b = _gate(v, "h", lambda i: v.x[v.n, i], lambda i: v.h[v.n, i])
    y = v.node("y", tanh(a + b), v.n, v.k)
    return _sum(v, y[v.n, v.k], v.n, v.k)


def _gru(v: Any, over: tuple[Any, ...], x: Any, h: Any, old: Any) -> Any:
    """The new state; it is (1 - z) n + z h."""
    r = v.node("r", sigmoid(sum(_gate(v, "r", x, h))), *over, v.k)
    z = v.node("z", sigmoid(sum(_gate(v, "z", x, h))), *over, v.k)
    a, b = _gate(v, "n", x, h)
    n = v.node("q", tanh(a + r[(*over, v.k)] * b), *over, v.k)
    return (1 - z[(*over, v.k)]) * n[(*over, v.k)] + z[(*over, v.k)] * old


def _gru_cell(v: Any) -> Any:
    new = _gru(v, (v.n,), lambda i: v.x[v.n, i], lambda i: v.h[v.n, i], v.h[v.n, v.k])
    y = v.node("y", new, v.n, v.k)
    return _sum(v, y[v.n, v.k], v.n, v.k)


def _lstm(v: Any, over: tuple[Any, ...], x: Any, h: Any) -> tuple[Any, Any, Any, Any]:
    """The four gates: input, forget, candidate, output."""
    kinds = {"i": sigmoid, "f": sigmoid, "g": tanh, "o": sigmoid}
    return tuple(  # type: ignore[return-value]
        v.node(f"a_{g}", f(sum(_gate(v, g, x, h))), *over, v.k)[(*over, v.k)] for g, f in kinds.items()
    )


def _lstm_cell(v: Any) -> Any:
    i, f, g, o = _lstm(v, (v.n,), lambda j: v.x[v.n, j], lambda j: v.h[v.n, j])
    y = v.node("y", f * v.e[v.n, v.k] + i * g, v.n, v.k)
    z = v.node("z", o * tanh(y[v.n, v.k]), v.n, v.k)
    return _sum(v, y[v.n, v.k] + z[v.n, v.k], v.n, v.k)


def _rnn(v: Any) -> Any:
    (h,) = v._g.states("h", over=(v.t, v.k), start={0: v.a[v.k]})
    v._g.update(h, tanh(sum(_gate(v, "h", lambda i: v.x[v.t, i], lambda i: h[v.t - 1, i]))))
    return _sum(v, h[v.t, v.k], v.t, v.k)


def _gru_layer(v: Any) -> Any:
    (h,) = v._g.states("h", over=(v.t, v.k), start={0: v.a[v.k]})
    v._g.update(h, _gru(v, (v.t,), lambda i: v.x[v.t, i], lambda i: h[v.t - 1, i], h[v.t - 1, v.k]))
    return _sum(v, h[v.t, v.k], v.t, v.k)


def _lstm_layer(v: Any) -> Any:
    s, h = v._g.states("s h", over=(v.t, v.k), start={0: 0})
    i, f, g, o = _lstm(v, (v.t,), lambda j: v.x[v.t, j], lambda j: h[v.t - 1, j])
    v._g.update(s, f * s[v.t - 1, v.k] + i * g)
    v._g.update(h, o * tanh(s[v.t, v.k]))
    return _sum(v, h[v.t, v.k], v.t, v.k)


def _heads(v: Any) -> Any:
    """Two heads of width K, whose features are pairs (a, k)."""
    a, c = v.over("a", 2), v._g.index("c", 2)
    value = lambda letter, x, i: (  # noqa: E731
        Sum(getattr(v, "W" + letter)[a, v.k, c, v.k2] * x[i, c, v.k2], c, v.k2) + getattr(v, "b" + letter)[a, v.k]
    )
    q = v.node("q", value("q", v.x, v.n), v.n, a, v.k)
    k = v.node("key", value("k", v.y, v.m), v.m, a, v.k)
    w = v.node("v", value("v", v.z, v.m), v.m, a, v.k)
    s = v.node("s", Sum(q[v.n, a, v.k] * k[v.m, a, v.k], v.k) / sqrt(v.K), a, v.n, v.m)
    p = v.node("p", softmax(s[a, v.n, v.m], v.m), a, v.n, v.m)
    o = v.node("o", Sum(p[a, v.n, v.m] * w[v.m, a, v.k], v.m), v.n, a, v.k)
    r = v.node("r", value("o", o, v.n), v.n, a, v.k)
    return _sum(v, r[v.n, a, v.k], v.n, a, v.k)


def _by_heads(t: Any) -> Array:
    width = 2 * t.K
    parameters = {
        "in_proj_weight": torch.cat([getattr(t, "W" + a).reshape(width, width) for a in "qkv"]),
        "in_proj_bias": torch.cat([getattr(t, "b" + a).flatten() for a in "qkv"]),
        "out_proj__weight": t.Wo.reshape(width, width),
        "out_proj__bias": t.bo.flatten(),
    }
    y, _ = run(nn.MultiheadAttention(width, 2), t.x.flatten(1), t.y.flatten(1), t.z.flatten(1), **parameters)
    return (t.u.flatten(1) * y**2).sum()


def _square(t: Any, y: Array) -> Array:
    return (t.u * y**2).sum()


CELLS = (
    Row(
        "RNNCell",
        f"x:N,D h:N,K {_leaves('h')} u:N,K",
        _rnn_cell,
        lambda t: _square(t, run(nn.RNNCell(t.D, t.K), t.x, t.h, **_weights(t, "h"))),
    ),
    Row(
        "GRUCell",
        f"x:N,D h:N,K {_leaves('rzn')} u:N,K",
        _gru_cell,
        lambda t: _square(t, run(nn.GRUCell(t.D, t.K), t.x, t.h, **_weights(t, "rzn"))),
    ),
    Row(
        "LSTMCell",
        f"x:N,D h:N,K e:N,K {_leaves('ifgo')} u:N,K",
        _lstm_cell,
        lambda t: _square(t, sum(_Pair(nn.LSTMCell(t.D, t.K)).run(t, _weights(t, "ifgo")))),
    ),
    Row(
        "RNN",
        f"x:T,D a:K {_leaves('h')} u:T,K",
        _rnn,
        lambda t: _square(t, run(nn.RNN(t.D, t.K), t.x, t.a[None], **_weights(t, "h", "_l0"))[0]),
    ),
    Row(
        "GRU",
        f"x:T,D a:K {_leaves('rzn')} u:T,K",
        _gru_layer,
        lambda t: _square(t, run(nn.GRU(t.D, t.K), t.x, t.a[None], **_weights(t, "rzn", "_l0"))[0]),
    ),
    Row(
        "LSTM",
        f"x:T,D {_leaves('ifgo')} u:T,K",
        _lstm_layer,
        lambda t: _square(t, run(nn.LSTM(t.D, t.K), t.x, **_weights(t, "ifgo", "_l0"))[0]),
    ),
)


class _Pair:
    """A cell whose state is two arrays."""

    def __init__(self, cell: nn.Module):
        self.cell = cell.double()

    def run(self, t: Any, parameters: dict[str, Array]) -> Any:
        return torch.func.functional_call(self.cell, parameters, (t.x, (t.h, t.e)))


ATTENTION = (
    Row(
        "MultiheadAttention",
        "x:N,2,K y:M,2,K z:M,2,K " + " ".join(f"W{a}:2,K,2,K b{a}:2,K" for a in "qkvo") + " u:N,2,K",
        _heads,
        _by_heads,
    ),
)

ROWS = (*CELLS, *ATTENTION)
