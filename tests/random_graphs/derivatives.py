"""The derivative of a scalar node by a leaf, as a quantity of the model; autograd with create_graph=True gives it."""

from __future__ import annotations

import torch
from sympy import tanh

from derive import ModelError
from random_graphs.cases import World
from random_graphs.letters import Env, Letter
from random_graphs.matrices import Matrices
from random_graphs.terms import Array, Term, total


class Derivatives(Matrices):
    """Gradients of gradients: a node that reads `g.derivative(f, x)`."""

    def derivative(self) -> None:
        """A scalar f that reads a leaf x, and tanh of df/dx; none through a recurrence or by strides."""
        leaf = self.rng.choice([f for f in self.families if self.case.leaves.get(f.name) == "real"])
        letters: list[Letter] = []
        for axis in leaf.axes:
            free = [a for a in self.letters if a.span == axis and a.name not in {b.name for b in letters}]
            letters.append(self.rng.choice(free) if free else self.declare(axis))
        own = Term(leaf.symbol[tuple(a.idx for a in letters)] if letters else leaf.symbol, self.at(leaf.name, letters),
                   leaf.low, leaf.high)  # fmt: skip
        body = self.squash(own * own + self.squash(self.expr(letters, 1, self.families)) * own)
        f = self.define(self.name("n"), [], total(body, letters, True) if letters else body)
        try:
            symbol = self.graph.derivative(f.symbol, leaf.symbol)
        except ModelError as refused:
            assert "recurrence" in str(refused) or "a delta keeps the position" in str(refused), refused
            return
        self.note("derivative")

        def at(world: World, env: Env) -> Array:
            given = world.given[leaf.name]
            (grad,) = torch.autograd.grad(world.element(f.name).sum(), given, create_graph=True)
            return world.part(grad, leaf.name, tuple(env[a.name] for a in letters))

        read = Term(symbol[tuple(a.idx for a in letters)] if letters else symbol, at, -100.0, 100.0)
        self.define(self.name("n"), letters, read.through(tanh, torch.tanh, -1.0, 1.0))

    @staticmethod
    def at(name: str, letters: list[Letter]):  # type: ignore[no-untyped-def]
        """The element of a leaf at the values of the letters."""
        return lambda world, env: world.element(name, tuple(env[a.name] for a in letters))
