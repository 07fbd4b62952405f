"""Transformers of torch.nn: two heads of width K, whose features are pairs (a, k), and F features in between."""

from __future__ import annotations

from typing import Any

import torch
from sympy import Rational, sqrt
from torch import nn

from coverage_of_torch.table import Array, Row
from derive import Sum, mean, relu, softmax

EPS = Rational(1, 100000)
Parameters = dict[str, Array]


def _attention_leaves(tag: str) -> str:
    return " ".join(f"W{a}{tag}:2,K,2,K b{a}{tag}:2,K" for a in "qkvo")


def _layer_leaves(tag: str, crossed: bool = False) -> str:
    norms = " ".join(f"g{tag}{i}:2,K h{tag}{i}:2,K" for i in range(1, 4 if crossed else 3))
    both = f"{_attention_leaves(tag + 's')} {_attention_leaves(tag + 'c')}" if crossed else _attention_leaves(tag + "s")
    return f"{both} {norms} U{tag}:F,2,K d{tag}:F V{tag}:2,K,F e{tag}:2,K"


class _Layers:
    """The parts of a transformer as nodes; a part takes and gives a function of three indices."""

    def __init__(self, v: Any):
        self.v, self.a, self.c = v, v.over("a", 2), v._g.index("c", 2)

    def linear(self, name: str, tag: str, x: Any, n: Any) -> Any:
        """W x + b over the features."""
        v, a, c = self.v, self.a, self.c
        w, b = getattr(v, f"W{name}{tag}"), getattr(v, f"b{name}{tag}")
        return Sum(w[a, v.k, c, v.k2] * x[n, c, v.k2], c, v.k2) + b[a, v.k]

    def attention(self, tag: str, x: Any, n: Any, y: Any, m: Any) -> Any:
        """What the places n of x read at the places m of y."""
        v, a = self.v, self.a
        q = v.node(f"q{tag}", self.linear("q", tag, x, n), n, a, v.k)
        key, value = (v.node(f"{name}{tag}", self.linear(name, tag, y, m), m, a, v.k) for name in "kv")
        s = v.node(f"s{tag}", Sum(q[n, a, v.k] * key[m, a, v.k], v.k) / sqrt(v.K), a, n, m)
        p = v.node(f"p{tag}", softmax(s[a, n, m], m), a, n, m)
        o = v.node(f"o{tag}", Sum(p[a, n, m] * value[m, a, v.k], m), n, a, v.k)
        return self.linear("o", tag, o, n)

    def norm(self, tag: str, x: Any, n: Any) -> Any:
        """Layer normalisation of a formula."""
        v, at = self.v, (n, self.a, self.v.k)
        r = v.node(f"r{tag}", x, *at)[at]
        mu = v.node(f"mu{tag}", mean(r, *at[1:]), n)[n]
        sd = v.node(f"sd{tag}", sqrt(mean((r - mu) ** 2, *at[1:]) + EPS), n)[n]
        weights, shift = getattr(v, f"g{tag}"), getattr(v, f"h{tag}")
        return v.node(f"y{tag}", weights[at[1:]] * (r - mu) / sd + shift[at[1:]], *at)

    def layer(self, tag: str, x: Any, n: Any, other: Any, memory: Any = None, m: Any = None) -> Any:
        """Attention to itself and, of a decoder, to a memory; then two linear maps. `other` runs over what n does."""
        v, at = self.v, (n, self.a, self.v.k)
        y = self.norm(f"{tag}1", x[at] + self.attention(f"{tag}s", x, n, x, other), n)
        if memory is not None:
            y = self.norm(f"{tag}2", y[at] + self.attention(f"{tag}c", y, n, memory, m), n)
        up, down = getattr(v, f"U{tag}"), getattr(v, f"V{tag}")
        hidden = Sum(up[v.f, self.a, v.k] * y[at], self.a, v.k) + getattr(v, f"d{tag}")[v.f]
        f = v.node(f"f{tag}", relu(hidden), n, v.f)
        z = Sum(down[self.a, v.k, v.f] * f[n, v.f], v.f) + getattr(v, f"e{tag}")[at[1:]]
        return self.norm(f"{tag}{2 if memory is None else 3}", y[at] + z, n)

    def loss(self, y: Any, n: Any) -> Any:
        """sum u y^2."""
        at = (n, self.a, self.v.k)
        return Sum(self.v.u[at] * y[at] ** 2, *at)


def _encoder_layer(v: Any) -> Any:
    layers = _Layers(v)
    return layers.loss(layers.layer("A", v.x, v.n, v.n2), v.n)


def _decoder_layer(v: Any) -> Any:
    layers = _Layers(v)
    return layers.loss(layers.layer("B", v.x, v.n, v.n2, v.y, v.m), v.n)


def _encoder(v: Any) -> Any:
    layers = _Layers(v)
    first = layers.layer("A", v.x, v.n, v.n2)
    return layers.loss(layers.layer("B", first, v.n, v.n2), v.n)


def _transformer(v: Any) -> Any:
    layers = _Layers(v)
    a, memory = layers.a, layers.layer("A", v.y, v.m, v.m2)
    memory = layers.norm("E", memory[v.m, a, v.k], v.m)
    y = layers.layer("B", v.x, v.n, v.n2, memory, v.m)
    return layers.loss(layers.norm("D", y[v.n, a, v.k], v.n), v.n)


def _norm_of(t: Any, name: str, tag: str) -> Parameters:
    return {f"{name}.weight": getattr(t, f"g{tag}").flatten(), f"{name}.bias": getattr(t, f"h{tag}").flatten()}


def _of_layer(t: Any, tag: str, crossed: bool = False) -> Parameters:
    """The parameters of a layer as torch names and stacks them."""
    width, found = 2 * t.K, dict[str, Array]()
    for name, at in {"self_attn": "s", "multihead_attn": "c"}.items():
        if at == "c" and not crossed:
            continue
        found[f"{name}.in_proj_weight"] = torch.cat([getattr(t, f"W{a}{tag}{at}").reshape(width, width) for a in "qkv"])
        found[f"{name}.in_proj_bias"] = torch.cat([getattr(t, f"b{a}{tag}{at}").flatten() for a in "qkv"])
        found[f"{name}.out_proj.weight"] = getattr(t, f"Wo{tag}{at}").reshape(width, width)
        found[f"{name}.out_proj.bias"] = getattr(t, f"bo{tag}{at}").flatten()
    for i in range(1, 4 if crossed else 3):
        found |= _norm_of(t, f"norm{i}", f"{tag}{i}")
    up, down = getattr(t, f"U{tag}").flatten(1), getattr(t, f"V{tag}").reshape(width, t.F)
    biases = {"linear1.bias": getattr(t, f"d{tag}"), "linear2.bias": getattr(t, f"e{tag}").flatten()}
    return {**found, "linear1.weight": up, "linear2.weight": down, **biases}


def _below(name: str, parameters: Parameters) -> Parameters:
    return {f"{name}.{key}": value for key, value in parameters.items()}


def _loss(t: Any, module: nn.Module, parameters: Parameters, *inputs: Array) -> Array:
    y = torch.func.functional_call(module.double(), parameters, tuple(x.flatten(1) for x in inputs))
    return (t.u.flatten(1) * y**2).sum()


def _shape(t: Any) -> dict[str, Any]:
    return {"d_model": 2 * t.K, "nhead": 2, "dim_feedforward": t.F, "dropout": 0.0}


def _whole(t: Any) -> Array:
    parameters = {
        **_below("encoder.layers.0", _of_layer(t, "A")),
        **_below("decoder.layers.0", _of_layer(t, "B", True)),
        **_norm_of(t, "encoder.norm", "E"),
        **_norm_of(t, "decoder.norm", "D"),
    }
    module = nn.Transformer(num_encoder_layers=1, num_decoder_layers=1, **_shape(t))
    return _loss(t, module, parameters, t.y, t.x)


def _stacked(t: Any) -> Array:
    parameters = {**_below("layers.0", _of_layer(t, "A")), **_below("layers.1", _of_layer(t, "B"))}
    return _loss(t, nn.TransformerEncoder(nn.TransformerEncoderLayer(**_shape(t)), 2), parameters, t.x)


ENDS = "x:N,2,K u:N,2,K"
ROWS = (
    Row(
        "TransformerEncoderLayer",
        f"{ENDS} {_layer_leaves('A')}",
        _encoder_layer,
        lambda t: _loss(t, nn.TransformerEncoderLayer(**_shape(t)), _of_layer(t, "A"), t.x),
    ),
    Row(
        "TransformerDecoderLayer",
        f"{ENDS} y:M,2,K {_layer_leaves('B', True)}",
        _decoder_layer,
        lambda t: _loss(t, nn.TransformerDecoderLayer(**_shape(t)), _of_layer(t, "B", True), t.x, t.y),
    ),
    Row("TransformerEncoder", f"{ENDS} {_layer_leaves('A')} {_layer_leaves('B')}", _encoder, _stacked),
    Row(
        "Transformer",
        f"{ENDS} y:M,2,K {_layer_leaves('A')} {_layer_leaves('B', True)} gE:2,K hE:2,K gD:2,K hD:2,K",
        _transformer,
        _whole,
        why="not compared yet",
    ),
)
