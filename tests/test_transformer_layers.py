"""The layers of transformers in the catalogue: generated code beside torch's own layers, forward and backward.

In float64 at numbers of the size 1 to the last digits; in float32, also where a naive exponential overflows, about as
exactly as torch's own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from generated import loaded, plain

from derive.problems import load

Tensors = dict[str, torch.Tensor]
CASES: dict[str, list["Case"]] = {}


class Case(NamedTuple):
    """A reading of a problem with its options, and the scalar that torch's layers make of its arrays."""

    torch: Callable[[Tensors], torch.Tensor]
    reading: int = 0
    options: dict[str, str] = {}
    scale: float = 200.0  # how large the arrays of the test in float32 are


def case(name: str, reading: int = 0, scale: float = 200.0, **options: str) -> Callable[[Any], Any]:
    """Register a reference for a reading of the problem."""

    def register(reference: Any) -> Any:
        CASES.setdefault(name, []).append(Case(reference, reading, options, scale))
        return reference

    return register


def attention(a: Tensors, **options: Any) -> torch.Tensor:
    """torch's attention of Q, K and V."""
    q, k, v = (a[name] for name in "QKV")
    return (a["cotangent"] * F.scaled_dot_product_attention(q[None], k[None], v[None], **options)[0]).sum()


@case("rms-norm")
def rms_norm(a: Tensors) -> torch.Tensor:
    return (a["cotangent"] * F.rms_norm(a["x"], a["x"].shape[-1:], a["gamma"], a["epsilon"].item())).sum()


@case("group-norm")
def group_norm(a: Tensors) -> torch.Tensor:
    n, groups, c, p = a["x"].shape
    rows, gain, shift = a["x"].reshape(n, groups * c, p), a["gamma"].reshape(-1), a["beta"].reshape(-1)
    y = F.group_norm(rows, groups, gain, shift, a["epsilon"].item())
    return (a["cotangent"] * y.reshape(a["x"].shape)).sum()


def gated(gate: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Tensors], torch.Tensor]:
    """A feed-forward layer with such a gate."""
    return lambda a: (a["cotangent"] * ((gate(a["x"] @ a["W"]) * (a["x"] @ a["V"])) @ a["U"])).sum()


for gate, function in (("silu", F.silu), ("gelu", F.gelu), ("sigmoid", torch.sigmoid), ("relu", F.relu)):
    case("swiglu", gate=gate, scale=10.0)(gated(function))


@case("lora")
def lora(a: Tensors) -> torch.Tensor:
    adapted = a["W"] + a["alpha"] / len(a["A"]) * (a["B"] @ a["A"])
    return (a["cotangent"] * F.linear(a["x"], adapted)).sum()


@case("causal-attention")
def causal(a: Tensors) -> torch.Tensor:
    return attention(a, is_causal=True)


@case("grouped-query-attention")
def grouped(a: Tensors) -> torch.Tensor:
    """torch repeats the heads of keys and values by itself."""
    groups, heads, n, _ = a["Q"].shape
    q = a["Q"].reshape(1, groups * heads, n, -1)
    o = F.scaled_dot_product_attention(q, a["K"][None], a["V"][None], enable_gqa=True)
    return (a["cotangent"] * o.reshape(a["cotangent"].shape)).sum()


@case("alibi", scale=30.0)
def alibi(a: Tensors) -> torch.Tensor:
    at = torch.arange(len(a["Q"]))
    distance = (at[:, None] - at).to(a["Q"].dtype)
    return attention(a, attn_mask=(-a["m"] * distance).masked_fill(distance < 0, -torch.inf))


@case("sliding-window-attention")
def window(a: Tensors) -> torch.Tensor:
    at = torch.arange(len(a["Q"]))
    distance = at[:, None] - at
    return attention(a, attn_mask=(distance >= 0) & (distance < a["W"]))


def multi_head(a: Tensors, c: torch.Tensor) -> torch.Tensor:
    """torch.nn's function, with the matrices of all heads beside each other."""
    heads, f, d = a["W_q"].shape
    weight = {n: a[n].transpose(0, 1).reshape(f, heads * d).T for n in ("W_q", "W_k", "W_v")}
    split = [F.linear(r, weight[n]).unflatten(-1, (heads, d)).transpose(0, 1) for n, r in
             (("W_q", a["x"]), ("W_k", c), ("W_v", c))]  # fmt: skip
    o = F.scaled_dot_product_attention(*(s[None] for s in split))[0].transpose(0, 1).flatten(1)
    return (a["cotangent"] * (o @ a["U"].reshape(heads * d, f))).sum()


case("multi-head-attention", over="other", scale=4.0)(lambda a: multi_head(a, a["c"]))
case("multi-head-attention", over="self", scale=4.0)(lambda a: multi_head(a, a["x"]))


def turned(a: Tensors) -> torch.Tensor:
    """Pairs as complex numbers, turned by exp(i t omega)."""
    at = 1.0 + torch.arange(len(a["q"])).to(a["q"].dtype)
    turn = torch.polar(torch.ones(len(at), len(a["omega"])).to(at.dtype), at[:, None] * a["omega"])
    query, key = torch.complex(a["q"], a["u"]) * turn, torch.complex(a["k"], a["v"]) * turn
    return (a["cotangent"] * (query @ key.mH).real / (2 * len(a["omega"])) ** 0.5).sum()


case("rope", scale=1.0)(turned)
case("rope", reading=1, scale=1.0)(turned)


@case("linear-attention", scale=20.0)
def linear(a: Tensors) -> torch.Tensor:
    return weighted(a, torch.ones(len(a["Q"]), len(a["Q"])))


@case("linear-attention", reading=1, scale=20.0)
def linear_causal(a: Tensors) -> torch.Tensor:
    return weighted(a, torch.ones(len(a["Q"]), len(a["Q"])).tril())


def weighted(a: Tensors, mask: torch.Tensor) -> torch.Tensor:
    """All the weights as one matrix, which the layer never builds."""
    weights = (1 + F.elu(a["Q"])) @ (1 + F.elu(a["K"])).T * mask.to(a["Q"].dtype)
    return (a["cotangent"] * (weights @ a["V"] / weights.sum(1, keepdim=True))).sum()


@case("moe", scale=10.0)
def experts(a: Tensors) -> torch.Tensor:
    p = F.softmax(a["x"] @ a["G"], 1)
    chosen = F.one_hot(a["r"].long(), len(a["W"])).to(p.dtype)
    weights = (chosen.sum(1) * p) / (chosen.sum(1) * p).sum(1, keepdim=True)
    y = torch.einsum("ne,eij,nj->ni", weights, a["W"], a["x"])
    balance = len(a["W"]) * (chosen.mean((0, 1)) * p.mean(0)).sum()
    return (a["cotangent"] * y).sum() + a["alpha"] * balance


EACH = [pytest.param(n, c, id="-".join([n, str(c.reading), *c.options.values()])) for n in CASES for c in CASES[n]]


def drawn(name: str, shapes: dict[str, tuple[int, ...]], sizes: dict[str, int], scale: float, seed: int) -> Tensors:
    """Arrays for the inputs; positions are different ones in each row, and what is positive is near 1."""
    generator = torch.Generator().manual_seed(seed)
    given: Tensors = {}
    for n, shape in shapes.items():
        unit = torch.rand(shape, generator=generator, dtype=torch.float64)
        if n == "r":
            given[n] = torch.stack(
                [torch.randperm(sizes["E"], generator=generator)[: shape[1]] for _ in range(shape[0])]
            )
        else:
            given[n] = 0.5 + unit if n in ("epsilon", "alpha") else (2 * unit - 1) * (1 if n == "cotangent" else scale)
    return given


def by_torch(c: Case, given: Tensors, whole: dict[str, int], dtype: torch.dtype) -> Tensors:
    """The scalar and its gradients."""
    leaves = {n: a.to(dtype, copy=True).requires_grad_() if a.is_floating_point() else a for n, a in given.items()}
    value = c.torch(leaves | whole)
    value.backward()
    return {"loss": value.detach()} | {
        n: a.grad for n, a in leaves.items() if a.is_floating_point() and a.grad is not None
    }


def error(found: Any, truth: torch.Tensor) -> float:
    """The greatest difference, by the size of the truth."""
    truth = truth.double()
    return float((torch.as_tensor(plain(found)).double() - truth).abs().max() / truth.abs().max().clamp(min=1))


@pytest.mark.parametrize(("name", "c"), EACH)
def test_by_torchs_own_layers(name, c):
    """Every gradient, and the loss made linear, for both targets."""
    problem = load(name)
    solution = problem.readings[c.reading].build(**problem.choices({}) | c.options).derive()
    loss = solution.derivation.model.loss.name
    modules = {target: loaded(solution.to_code(target, check=False)) for target in ("numpy", "torch")}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        sizes = {str(s): int(rng.integers(2, 7)) for s in solution.derivation.model.sizes}
        sizes |= {"K": min(sizes["K"], sizes["E"])} if name == "moe" else {}
        table = modules["torch"]["SHAPES"]
        shapes = {n: tuple(sizes[axis] if isinstance(axis, str) else axis for axis in s) for n, s in table.items()}
        whole = {n: sizes[n] for n in modules["torch"]["SIZES"]}
        for scale, dtype in ((1.0, torch.float64), (c.scale, torch.float32)):
            given = {n: a.to(dtype) if n != "r" else a for n, a in drawn(name, shapes, sizes, scale, seed).items()}
            truth, same = by_torch(c, given, whole, torch.float64), by_torch(c, given, whole, dtype)
            for target, module in modules.items():
                arrays = given if target == "torch" else {n: a.numpy() for n, a in given.items()}
                with np.errstate(over="ignore", under="ignore", invalid="raise", divide="raise"):
                    found = {
                        **module["backward"](**arrays, **whole),
                        "loss": module["forward"](**arrays, **whole)[loss],
                    }
                assert set(found) <= set(truth)
                for quantity, value in found.items():
                    allowed = max(
                        1e-12 if dtype == torch.float64 else 2e-4, 10 * error(same[quantity], truth[quantity])
                    )
                    assert error(value, truth[quantity]) <= allowed, (target, quantity, seed, scale)
