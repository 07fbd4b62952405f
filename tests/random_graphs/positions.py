"""Rows that are picked by an array of positions, and rows that are added at positions: gather, scatter by a delta."""

from __future__ import annotations

import torch
from sympy import KroneckerDelta

from random_graphs.cases import World
from random_graphs.draws import Family
from random_graphs.letters import Env, Letter, Span
from random_graphs.terms import MOST, Array, Term, total
from random_graphs.words import Words


class Positions(Words):
    """Nodes that read a family where an array of positions says."""

    def positions(self) -> None:
        """Positions over one range, each in another; rows are picked, or added."""
        along, among = self.rng.choice(self.never_empty()), self.rng.choice(self.never_empty())
        name = self.name("p")
        symbol = self.graph.positions(name, along.high.expr, among=among.high.expr)
        self.case.positions[name], self.case.axes[name] = among, (along,)
        if self.chance(0.5):
            self.gathered(name, symbol, self.over(along), among)
        else:
            self.scattered(name, symbol, self.over(along), among)

    def gathered(self, name: str, symbol: object, n: Letter, among: Span) -> None:
        """x[p[n]], or x[i, p[n]], in a function."""
        self.note("gather")
        source = self.placed_in(among)
        scope = [n, *(a for a in self.letters if a.name != n.name and self.chance(0.4))][:2]
        axis = self.rng.choice([k for k, a in enumerate(source.axes) if a == among])
        others = [None if k == axis else self.place(a, scope) or a.low for k, a in enumerate(source.axes)]

        def at(world: World, env: Env) -> Array:
            place = world.place(name, env[n.name])
            return world.element(source.name, tuple(place if o is None else o.at(env) for o in others))

        chosen = tuple(symbol[n.idx] if o is None else o.expr for o in others)  # type: ignore[index]
        picked = Term(source.symbol[chosen], at, source.low, source.high)
        self.define(self.name("n"), scope, self.squash(self.tame(picked * self.atom(scope, 0, self.families) + picked)))

    def placed_in(self, among: Span) -> Family:
        """A family that has this range as one of its axes and no times of its own."""
        fitting = [f for f in self.families if among in f.axes and not f.times]
        return self.rng.choice(fitting) if fitting and self.chance(0.8) else self.leaf("parameter", (among,), "real")

    def scattered(self, name: str, symbol: object, n: Letter, among: Span) -> None:
        """Sum(delta(p[n], i) * body, n) over i."""
        self.note("scatter")
        i = next((a for a in self.letters if a.span == among and a.name != n.name), None) or self.declare(among)
        body = self.squash(self.expr([n, i], 1, self.families))

        def at(world: World, env: Env) -> Array:
            here = world.place(name, env[n.name]) == env[i.name]
            return body.at(world, env) if here else torch.zeros((), dtype=torch.float64)

        low, high = min(body.low, 0.0), max(body.high, 0.0)
        delta = KroneckerDelta(symbol[n.idx], i.idx)  # type: ignore[index]
        added = total(Term(delta * body.expr, at, low, high), [n], True)
        self.define(self.name("n"), [i], added.through(lambda x: x / MOST, lambda x: x / MOST, low, high))
