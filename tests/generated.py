"""Generated modules run at random numbers, beside derive's own passes at the same numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sympy import IndexedBase

from derive.chain.derivation import Derivation
from derive.check.samples import structured
from derive.check.torch_backend import TorchBackend
from derive.code.draws import without_draws
from derive.code.families import cotangents
from derive.code.module import code
from derive.evaluate.passes import Passes, leaves
from derive.evaluate.passes import cotangents as partials
from derive.evaluate.store import Store
from derive.expressions.indices import name_of, substitute
from derive.model.model import Whole

DOMAINS = {"real": (-1.25, 1.25), "positive": (0.25, 1.75), "probability": (0.02, 0.98), "nonzero": (0.3, 1.2)}


def loaded(text: str) -> dict[str, Any]:
    """The names of a generated module."""
    found: dict[str, Any] = {}
    exec(compile(text, "generated", "exec"), found)
    return found


def module(d: Derivation, target: str) -> dict[str, Any]:
    """The generated module of a derivation."""
    return loaded(code(d, target))


def plain(array: Any) -> np.ndarray:
    """Any array as numpy's."""
    return array.detach().numpy() if isinstance(array, torch.Tensor) else np.asarray(array)


def difference(found: Any, truth: Any) -> float:
    """The worst |a - b| / max(1, |b|), infinite where shapes differ or something is not a number."""
    a, b = plain(found), plain(truth)
    if a.shape != b.shape:
        return float("inf")
    worst = float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b)), initial=0.0))
    return worst if worst == worst else float("inf")


@dataclass
class Point:
    """One random point of a model: what is given, and what derive's passes make of it."""

    d: Derivation
    sizes: dict[Any, int]
    given: dict[str, np.ndarray]
    asked: dict[str, int]
    values: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]


def summing(raw: np.ndarray, total: float, domain: str) -> np.ndarray:
    """Numbers with the declared sum over the last index: generated code may use what the model declares."""
    if domain == "binary":
        return (raw == raw.max(axis=-1, keepdims=True)).astype(float)
    return raw * total / raw.sum(axis=-1, keepdims=True)


def point(d: Derivation, sizes: dict[Any, int], seed: int) -> Point:
    """Leaves and cotangents drawn, both passes run."""
    backend, rng = TorchBackend(), np.random.default_rng(seed)
    passes, store = Passes(d, sizes, backend), Store(backend)
    given: dict[str, np.ndarray] = {}

    def drawn(stored: str, node: Any, domain: str) -> np.ndarray:
        ranges = passes.ranges(node)
        shape = tuple(b - a + 1 for a, b in ranges)
        if isinstance(domain, Whole):  # from 1 in the model, from 0 in generated code
            found = rng.integers(1, passes.number(domain.most), shape, endpoint=True).astype(float)
            store.put(stored, torch.tensor(found).unsqueeze(-1), ranges)
            return found - 1
        low, high = DOMAINS.get(domain, (0, 1))
        array = np.asarray(rng.uniform(low, high, shape))
        array = 2 * np.round(array) - 1 if domain == "sign" else array
        array = np.round(array) if domain == "binary" else 0 * array if domain == "zero" else array
        if domain != "zero" and node.sums_to is not None:
            array = summing(rng.uniform(0.1, 1, shape), float(node.sums_to), domain)
        if domain != "zero" and node.is_leaf and node.structure:  # a gradient may rely on what is declared
            array = plain(structured(torch.tensor(array).unsqueeze(-1), node.structure)[..., 0])
        store.put(stored, torch.tensor(array).unsqueeze(-1), ranges)
        return array

    for node in leaves(d.model):
        given[node.name] = drawn(node.name, node, node.domain)
    whole = {
        stored: drawn(stored, node, "real" if node.name in d.adjoints else "zero") for stored, node in partials(d.model)
    }
    for c in cotangents(d):
        given[c.name] = at_argument(whole[f"d{c.node.name}/d{name_of(c.argument)}"], c, passes)
    passes.forward(store)
    passes.backward(store)
    values = {n.name: plain(store.whole(n.name)[..., 0]) for n in d.model.nodes.values() if not n.is_leaf}
    gradients = {}
    for name in d.wanted:
        known = store.whole(f"adjoint {name}")[..., 0] if name in d.adjoints else torch.zeros(given[name].shape)
        gradients[name] = plain(known)
    return Point(d, sizes, given, {str(s): n for s, n in sizes.items()}, values, gradients)


def at_argument(whole: np.ndarray, c: Any, passes: Passes) -> np.ndarray:
    """The part of d L / d family that the argument of L is, over the axes of L."""
    if isinstance(c.argument, IndexedBase):  # start values are no part of the argument
        family = passes.model.nodes[name_of(c.argument)]
        ends = [(passes.number(i.lower), passes.number(i.upper)) for i in family.indices]
        cuts = zip(ends, passes.ranges(family), strict=True)
        whole = whole[tuple(slice(a - low, b - low + 1) for (a, b), (low, _) in cuts)]
        copies = [passes.number(i.upper - i.lower + 1) for i in c.node.indices]
        return np.tile(whole, (*copies, *(1 for _ in whole.shape)))
    spans = [range(passes.number(i.lower), passes.number(i.upper) + 1) for i in c.node.indices]
    family = passes.model.nodes[name_of(c.argument)]
    lows = [a for a, _ in passes.ranges(family)]
    found = np.empty(tuple(len(s) for s in spans))
    for spot in np.ndindex(found.shape):
        here = {i: s[n] for i, s, n in zip(c.node.indices, spans, spot, strict=True)}
        places = getattr(substitute(c.argument, here), "indices", ())
        found[spot] = whole[tuple(passes.number(p) - low for p, low in zip(places, lows, strict=True))]
    return found


def failures(d: Derivation, draws: Iterable[tuple[dict[Any, int], int]], tolerance: float = 1e-10) -> list[str]:
    """Where generated code differs from derive's passes, or from torch's autograd of the generated forward pass.

    `draws` are numbers for the sizes, with a seed each; where the model has no finite value (a label too long for its
    time steps), nothing is compared, and that at all of them is a failure.
    """
    modules = {target: module(d, target) for target in ("numpy", "torch")}
    wrong = []
    points = [(sizes, point(d, sizes, seed)) for sizes, seed in draws]
    finite = [(s, p) for s, p in points if all(np.isfinite(v).all() for v in p.values.values())]
    if points and not finite:
        return ["no draw is finite"]
    for sizes, p in finite:
        for target, found in modules.items():
            names = dict(zip(without_draws(d).model.nodes, found["NAMES"].values(), strict=True))
            inputs = {names.get(n, n): a for n, a in p.given.items() if n in names or n not in d.model.nodes}
            inputs |= {n: k for n, k in p.asked.items() if n in found["SIZES"]}
            wrong += [f"{target}, {sizes}: {what}" for what in compared(p, found, inputs, names, target, tolerance)]
    return wrong


def compared(
    p: Point, found: dict[str, Any], inputs: dict[str, Any], names: dict[str, str], target: str, tolerance: float
) -> list[str]:
    """The differences of one target."""
    wrong = []
    values = found["forward"](**inputs)
    for name, truth in ((n, v) for n, v in p.values.items() if n in names):  # a draw that nothing reads has no code
        if names[name] not in values:
            wrong.append(f"no {name}")
        elif not difference(values[names[name]], truth) <= tolerance:
            wrong.append(f"{name} differs by {difference(values[names[name]], truth):.1e}")
    if not p.d.model.has_loss:
        return wrong
    gradients = found["backward"](**inputs)
    for name, truth in p.gradients.items():
        if not difference(gradients[names[name]], truth) <= tolerance:
            wrong.append(f"d{name} differs by {difference(gradients[names[name]], truth):.1e}")
    return wrong + (by_autograd(p, found, inputs, names, tolerance) if target == "torch" else [])


def by_autograd(
    p: Point, found: dict[str, Any], inputs: dict[str, Any], names: dict[str, str], tolerance: float
) -> list[str]:
    """torch's own gradients of the generated forward pass, and those that Loss gives it."""
    wrong = []
    for which in ("forward", "Loss"):
        arrays = {n: torch.tensor(a) if not isinstance(a, int) else a for n, a in inputs.items()}
        wanted = [arrays[names[w]].requires_grad_() for w in p.gradients]
        made = found["forward"](**arrays)[names[p.d.model.loss.name]] if which == "forward" else found["loss"](**arrays)
        if not made.requires_grad:
            continue
        grads = torch.autograd.grad(made, wanted, allow_unused=True)
        for (name, truth), grad in zip(p.gradients.items(), grads, strict=True):
            grad = torch.zeros(truth.shape, dtype=torch.float64) if grad is None else grad
            if not difference(grad, truth) <= tolerance:
                wrong.append(f"{which}: autograd's d{name} differs by {difference(grad, truth):.1e}")
    return wrong
