"""What autograd says: a model at random points, and the adjoint of every element of every family there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import combinations
from typing import Any

import torch
from sympy import Expr, Symbol, preorder_traversal

from derive.chain.derivation import Derivation
from derive.check.branches import reached
from derive.check.compare import TINY
from derive.check.samples import fill, random_inputs
from derive.errors import ModelError, UsageError
from derive.evaluate.backend import Backend
from derive.evaluate.passes import Passes
from derive.evaluate.store import Key, Store
from derive.expressions.elementwise import between
from derive.expressions.functions import EXTREMA, arguments, row_or_extremum
from derive.expressions.several import clip
from derive.expressions.traverse import free_indices
from derive.memo import memo
from derive.model.model import Node

Array = torch.Tensor
FEW = 4  # the largest number of a size that is tried where the loss does not exist


class Tape(Store):
    """A store that autograd watches: each number is a variable of its own, also a constant, also one equal to another.

    So an adjoint is that of the family by itself, even for `a = w` (the same number) and for h_0 = 1.
    """

    def __init__(self, backend: Backend, points: int):
        super().__init__(backend)
        self.points = points
        self._variables: dict[int, Array] = {}
        self.shifts: dict[str, Array] = {}

    def unwatched(self) -> AbstractContextManager[Any]:
        return torch.no_grad()

    def shift(self, name: str, shape: tuple[int, ...]) -> Array | None:
        """A variable that is 0: the derivative with respect to it is the whole adjoint of a fixed point."""
        if torch.is_grad_enabled():
            self.shifts[name] = torch.zeros((*shape, self.points), dtype=torch.float64, requires_grad=True)
            return self.shifts[name]
        return None

    def _array(self, value: Array) -> Array:
        """A variable of its own for every number at every point; the numbers as they are while autograd is off."""
        value = super()._array(value)
        if not torch.is_grad_enabled():
            return value
        if value.shape[-1] != self.points or id(value) in self._variables:
            value = value.expand(*value.shape[:-1], self.points)  # a view, but a variable of its own
        own = value if value.requires_grad else value.detach().requires_grad_()
        self._variables[id(own)] = own
        return own


class AutogradValues:
    """One batch of points for one choice of sizes: values and autograd's adjoints in `store`, the good points `finite`.

    `both_sides` says whether every function with a kink was met on both sides of it, `branches` whether a branch was
    met, by its condition. The numbers are random, if none are `given`. Errors: UsageError where the loss hardly ever
    exists; other sizes are then tried, if `alone`.
    """

    def __init__(
        self,
        derivation: Derivation,
        passes: Passes,
        points: int,
        seed: int,
        given: Mapping[str, Array] | None = None,
        alone: bool = True,
    ):
        self.derivation, self.passes, self.points, self.alone = derivation, passes, points, alone
        numbers = given or random_inputs(passes, points, torch.Generator().manual_seed(seed))
        self.store = Tape(passes.backend, points)
        fill(self.store, passes, numbers)
        passes.forward(self.store)
        self._ask_autograd()
        with torch.no_grad():
            self.finite = self._finite_points()
            self.count = int(self.finite.sum())
            self.kept = self.finite if self.count < points else slice(None)  # a mask would copy everything
            kinks = list(self._kinks())
            self.branches = reached(passes, self.store, self.kept)
        self.both_sides = bool(kinks) and all(float(k.min()) < 0 < float(k.max()) for k in kinks if k.numel())

    def adjoint(self, name: str) -> Array:
        """Autograd's adjoint of a family."""
        found: Array = self.store.whole(f"adjoint {name}")
        return found

    def _ask_autograd(self) -> None:
        """Fill the store with autograd's adjoint of every element."""
        if not self.derivation.adjoints:
            return
        loss = self.store.whole(self.derivation.model.loss.name)
        found = [
            (a.node, key, tensor) for a in self.derivation.adjoints.values() for key, tensor in self._tensors(a.node)
        ]
        with_respect_to = [tensor for _, _, tensor in found]
        grads = torch.autograd.grad(loss.sum(), with_respect_to, allow_unused=True) if found else ()
        with torch.no_grad():
            for adjoint in self.derivation.adjoints.values():
                name = adjoint.node.name
                if name in self.store.slices:
                    self.store.open(f"adjoint {name}", self.passes.extent(adjoint.node), *self.store.time[name])
            for (node, key, tensor), grad in zip(found, grads, strict=True):
                value = torch.zeros_like(tensor) if grad is None else grad
                if key is None:
                    self.store.put(f"adjoint {node.name}", value, self.passes.extent(node))
                else:
                    self.store.put_slice(f"adjoint {node.name}", key, value)

    def _tensors(self, node: Node) -> Iterator[tuple[Key | None, Array]]:
        if node.name in self.store.shifts:
            yield None, self.store.shifts[node.name]
        elif node.name in self.store.slices:
            yield from self.store.slices[node.name].items()
        else:
            yield None, self.store.whole(node.name)

    def _finite_points(self) -> Array:
        """The points at which loss (else values) and adjoints exist. Errors: UsageError where they hardly ever do."""
        model, finite = self.derivation.model, torch.ones(self.points, dtype=torch.bool)
        values = [model.loss.name] if model.has_loss else list(model.nodes)
        for name in [*values, *(f"adjoint {a}" for a in self.derivation.adjoints)]:
            found = self.store.whole(name)
            finite = finite & torch.isfinite(found).reshape(-1, found.shape[-1]).all(dim=0)
        if int(finite.sum()) < max(1, self.points // 20):
            raise UsageError(f"{model.title} is not finite at random points{self._advice()}")
        return finite & self._in_range()

    def _in_range(self) -> Array:
        """The points at which no adjoint falls below float64's range: along 2000 steps it would not come back right.

        Errors: UsageError where there is none.
        """
        good = torch.ones(self.points, dtype=torch.bool)
        for name in self.derivation.adjoints:
            found = self.store.whole(f"adjoint {name}")
            lost = (found.abs() < TINY) & (found != 0)
            good = good & ~lost.reshape(-1, found.shape[-1]).any(dim=0)
        if not bool(good.any()):
            sizes = ", ".join(f"{s} = {n}" for s, n in self.passes.sizes.items())
            raise UsageError(
                f"{self.derivation.model.title}: adjoints fall below float64's range (1e-290) at {sizes}, so they "
                f"cannot be compared; give smaller sizes, or none, so that small ones are taken"
            )
        return good

    def _advice(self) -> str:
        """Where it is not finite, and what to do: for p - 1, which is 0 for one class, it is finite for two."""
        solved = [n.name for n in self.derivation.model.nodes.values() if n.implicit and not self._settles(n)]
        if solved:
            return f": the iteration for {', '.join(solved)} settles at hardly any; a fixed point has to attract"
        sizes = {s: int(n) for s, n in self.passes.sizes.items()}
        for size in sorted(sizes, key=lambda s: sizes[s]) if self.alone else ():
            for n in range(sizes[size] + 1, FEW + 1):
                if self._exists({**sizes, size: n}):
                    found = f" where {size} = {sizes[size]}, and is finite where {size} = {n}"
                    return f"{found}; say from where on it exists, {size} = g.size('{size}', least={n})"
        return "; declare the inputs' domains (positive, probability)"

    def _settles(self, node: Node) -> bool:
        """True if a fixed point was found at some points, so that what is not finite comes behind it."""
        return bool(torch.isfinite(self.store.whole(node.name)).any())

    def _exists(self, sizes: dict[Symbol, int]) -> bool:
        """True if the loss and the adjoints are finite for other sizes."""
        try:
            passes = Passes(self.derivation, sizes, self.passes.backend)
            with torch.enable_grad():
                AutogradValues(self.derivation, passes, self.points, 0, alone=False)
        except (UsageError, ModelError):
            return False
        return True

    def _kinks(self) -> Iterator[Array]:
        """How far the arguments of every function are from its kinks, at all points; of a maximum, from each other."""
        for node in self.derivation.model.nodes.values():
            for inner, kinks in (found for c in node.cases[:1] for found in _met(c.expr)):
                ranges = self.passes.over(free_indices(inner))
                value = self.passes.partials.evaluate(inner, self.store, ranges).detach()
                yield from (value - float(kink) for kink in kinks)


@memo
def _met(definition: Expr) -> tuple[tuple[Expr, tuple[Any, ...]], ...]:
    """What the kinks of the functions in a definition are points of, and these points."""
    rows = ((e, row_or_extremum(e)) for e in preorder_traversal(definition))
    kinked = ((e, row.kinks) for e, row in rows if row is not None and row.kinks)
    return tuple((inner, kinks) for e, kinks in kinked for inner in _distances(e))


def _distances(expr: Expr) -> list[Expr]:
    """What the kinks of a function are points of: its argument; of a maximum, the difference of every two arguments.

    A clipped quantity has its kinks where it meets one of its ends.
    """
    if isinstance(expr, EXTREMA):
        return [a - b for a, b in combinations(expr.args, 2)]
    first, *others = arguments(expr)
    return [first - other for other in others] if isinstance(expr, (clip, between)) else [first]
