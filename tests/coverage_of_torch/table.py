"""Rows of the table: an operation of torch, the model that says the same, written by hand, and torch itself.

A row names its leaves with their axes, "x:N,M u:N@positive"; `u` is a constant, every other leaf a parameter. In the
model and in torch's words they are read by name: sizes are capitals, indices their small letters (`v.n` and `v.n2` over
N).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple

import torch
from sympy import Rational, oo

from derive import Graph, Solution
from derive.check.samples import counted, sampled
from derive.model.model import Whole

Array = torch.Tensor
LARGE = "HV"  # sizes of images, larger than those of kernels
KERNELS = "RS"
LEAST = {"T": 3}  # of a size at which a model begins to exist


class Words:
    """The words of a model: its leaves, sizes and indices by name."""

    def __init__(self, g: Graph, leaves: str, constants: Container[str] = "u"):
        self._g, self._known = g, dict[str, Any]()
        for name, axes, domain in spec(leaves):
            dims = [eval(a, {}, {c: getattr(self, c) for c in a if c.isalpha()}) for a in axes]
            if domain in ("order", "labels") or domain.startswith(("among_", "apart_")):
                self._known[name] = g.positions(name, *dims, among=self._most(domain, dims))
                continue
            make = g.constant if name in constants else g.parameter
            marks = {"one_hot": "one_hot", "spd": "positive_definite", "sym": "symmetric"}
            fields = {marks[domain]: True} if domain in marks else {"domain": interval(domain)} if domain else {}
            self._known[name] = make(name, *dims, **fields)

    def _most(self, domain: str, dims: list[Any]) -> Any:
        if domain == "order":
            return dims[-1]
        most = "C" if domain == "labels" else domain.partition("_")[2]
        return eval(most, {}, {c: getattr(self, c) for c in most if c.isalpha()})

    def __getattr__(self, name: str) -> Any:
        if name not in self._known:
            size = name[0].upper()
            whole = name == size
            self._known[name] = self._g.size(name, LEAST.get(name, 1)) if whole else self._axis(name, size)
        return self._known[name]

    def _axis(self, letter: str, size: str) -> Any:
        return self._g.index(letter, getattr(self, size))

    def over(self, letter: str, dimension: Any) -> Any:
        """An index over a range of its own."""
        self._known[letter] = self._g.index(letter, dimension)
        return self._known[letter]

    def node(self, name: str, expr: Any, *over: Any) -> Any:
        """A quantity with a name."""
        return self._g.node(name, expr, over=over)

    def recurrence(self, name: str, law: Any, over: Any, start: Any) -> Any:
        """A quantity that refers to itself."""
        return self._g.recurrence(name, law, over=over, start=start)


class Row(NamedTuple):
    """One operation. `form` says how it is written where that is not its own definition, `why` why it is not at all.

    `slopes` gives the gradients by a formula of torch, by the names of the leaves; without it autograd gives them.
    """

    name: str
    leaves: str = ""
    write: Callable[[Words], Any] | None = None
    by_torch: Callable[[Any], Array] | None = None
    form: str = ""
    why: str = ""
    slopes: Callable[[Any], dict[str, Array]] | None = None

    def solution(self) -> Solution:
        """The derivation of the model."""
        g = Graph(self.name.strip("_"))
        assert self.write is not None
        words = Words(g, self.leaves)
        g.loss("L", self.write(words))
        return g.derive()


def spec(leaves: str) -> Iterator[tuple[str, list[str], str]]:
    """The name, the axes and the domain of each leaf."""
    for leaf in leaves.split():
        body, _, domain = leaf.partition("@")
        name, _, axes = body.partition(":")
        yield name, [a for a in axes.split(",") if a], domain


def interval(domain: str) -> Any:
    """A domain by its name, or an interval from its ends: 1..oo."""
    low, dots, high = domain.partition("..")
    return (Rational(low), oo if high == "oo" else Rational(high)) if dots else domain


def drawn(row: Row, seed: int) -> dict[str, Any]:
    """Random sizes, and random numbers for every leaf."""
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    letters = {a for _, axes, _ in spec(row.leaves) for axis in axes for a in axis if a.isalpha()}
    least = {**dict.fromkeys(LARGE, 6), **dict.fromkeys(KERNELS, 2), "C": 3, "T": 4}
    found: dict[str, Any] = {}
    for letter in sorted(letters):
        low = least.get(letter, 2)
        found[letter] = rng.randint(low, low + (1 if letter in KERNELS else 3))
    if any(domain == "labels" for _, _, domain in spec(row.leaves)):
        found["S"] = 2 * found["S"] + 1
    for name, axes, leaf in spec(row.leaves):
        shape = tuple(eval(axis, {}, dict(found)) for axis in axes)
        declared = next(n for n in _declared(row) if n.name == name)
        domain = counted(declared.domain, lambda most, sizes=dict(found): int(most.subs(_sizes(most, sizes))))
        points = sampled((*shape, 1), domain, generator, declared.sums_to)[..., 0]
        found[name] = (points - 1).long() if isinstance(domain, Whole) else points
        if leaf == "sym":
            found[name] = points + points.T
        if leaf == "spd":
            found[name] = points @ points.T + torch.eye(len(points), dtype=points.dtype)
    for name, _, domain in spec(row.leaves):
        if domain == "order":
            found[name] = found["x"].argsort()
        if domain == "labels":  # letters between blanks, as many as there is time for
            found[name][::2] = 0
            found[name][1::2] = _word(rng, found["S"] // 2, found["C"], found["T"])
        if domain.startswith("apart_"):
            most = eval(domain.partition("_")[2], {}, dict(found))
            found[name] = torch.randperm(most, generator=generator)[: found[name].numel()].reshape(found[name].shape)
    return found


def _word(rng: random.Random, length: int, most: int, time: int) -> Array:
    """Letters from 1; between two that are equal a path needs time for a blank."""
    while True:
        word = torch.tensor([rng.randrange(1, most) for _ in range(length)])
        if length + int((word[1:] == word[:-1]).sum()) <= time:
            return word


def _sizes(expr: Any, sizes: dict[str, Any]) -> dict[Any, Any]:
    return {s: sizes[str(s)] for s in expr.free_symbols}


def _declared(row: Row) -> list[Any]:
    g = Graph("leaves")
    Words(g, row.leaves)
    return list(g._nodes.values())
