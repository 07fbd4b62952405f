"""Sizes, letters, leaves, and positions to read families at, all drawn from the seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Idx

from derive import Graph
from random_graphs.cases import Case, World
from random_graphs.letters import Env, Letter, Span, Whole, whole
from random_graphs.terms import Array, Term


@dataclass(frozen=True)
class Family:
    """What an expression may read: its axes, and for a state inside its recurrence the times it may be read at."""

    name: str
    symbol: Any
    axes: tuple[Span, ...]
    low: float
    high: float
    times: tuple[Whole, ...] = ()

    def hidden(self, letters: Sequence[Letter]) -> bool:
        """Would a sum over these letters take away the time at which a state may be read?"""
        return any(a.name in time.parts for time in self.times for a in letters)


DOMAINS = {"real": (-1.25, 1.25), "positive": (0.25, 1.75), "probability": (0.02, 0.98), "binary": (0.0, 1.0)}


class Draws:
    """The seed's own generator, and what it has drawn so far."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.case = Case(seed, Graph(f"seed {seed}"))
        self.graph = self.case.graph
        self.dims: list[Span] = []
        self.letters: list[Letter] = []
        self.families: list[Family] = []
        self.spelled = iter(self.rng.sample("ijklmnpqrs", 10))
        self.counts: dict[str, int] = {}
        self.sums = 0  # around the expression at hand

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def note(self, feature: str) -> None:
        """Record what the graph has."""
        self.case.features.add(feature)

    def name(self, stem: str) -> str:
        """The next name with this stem."""
        self.counts[stem] = self.counts.get(stem, 0) + 1
        return f"{stem}{self.counts[stem]}"

    # sizes and letters
    def ranges(self) -> None:
        """One or two sizes, perhaps a number, and letters over them."""
        for name in self.rng.sample(["C", "D", "N"], self.rng.choice([1, 1, 2])):
            self.dims.append(self.size(name, self.rng.choice([1, 2, 2, 3, 3])))
        if self.chance(0.3):
            self.dims.append(Span(whole(1), whole(self.rng.choice([1, 2, 3]))))
        for span in self.dims:
            for _ in range(self.rng.randint(1, 2)):
                self.declare(span)
        if self.chance(0.2):
            self.note("short range")
            base = self.rng.choice(self.dims[:1])  # over a size: 1..0 is refused where it is sure
            self.declare(Span(base.low, base.high - 1) if self.chance(0.5) else Span(base.low + 1, base.high))

    def size(self, name: str, value: int) -> Span:
        """A new size, as the range 1..size."""
        symbol = self.graph.size(name)
        self.case.sizes[symbol] = value
        return Span(whole(1), Whole(0, {name: (symbol, 1)}))

    def declare(self, span: Span, name: str | None = None) -> Letter:
        """A new index of the graph."""
        name = name or next(self.spelled)
        self.letters.append(Letter(name, self.graph.index(name, (span.low.expr, span.high.expr)), span, span))
        return self.letters[-1]

    def over(self, span: Span) -> Letter:
        """A letter over the range: one that exists, in scope or not, else a new one."""
        fitting = [a for a in self.letters if a.span == span]
        if fitting and self.chance(0.95):
            return self.rng.choice(fitting)
        return self.declare(span) if len(self.letters) < 8 else self.undeclared(span)

    def undeclared(self, span: Span) -> Letter:
        """An index of the author's own making, with a letter that the graph may use for another range."""
        self.note("undeclared")
        name = self.rng.choice("ijkm")
        return Letter(name, Idx(name, (span.low.expr, span.high.expr)), span, span)

    # leaves
    def leaf(self, kind: str, axes: tuple[Span, ...] | None = None, domain: str | None = None) -> Family:
        """A new leaf of rank 0 to 3."""
        if axes is None:
            axes = tuple(self.axis() for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])))
        domain = domain or self.rng.choice(["real"] * 6 + ["positive", "probability", "binary"])
        name = self.name({"parameter": "w", "input": "x", "target": "y", "constant": "a"}[kind])
        ends = [a.high.expr if a.low == whole(1) else (a.low.expr, a.high.expr) for a in axes]
        symbol = getattr(self.graph, kind)(name, *ends, domain=domain)
        self.case.leaves[name], self.case.axes[name] = domain, axes
        self.families.append(Family(name, symbol, axes, *DOMAINS[domain]))
        self.note(f"rank {len(axes)}")
        return self.families[-1]

    def axis(self) -> Span:
        """The range of one axis of a leaf."""
        span, other = self.rng.choice(self.dims), self.rng.choice(self.dims)
        if self.chance(0.75):
            return span
        wider = [
            Span(span.low, span.high + 1),
            Span(whole(0), span.high),
            Span(span.low, span.high + other.high),
            Span(span.low, 2 * span.high + other.high),
            Span(span.low - 2, span.high + 3),
        ]
        return self.rng.choice(wider)

    # reading a family
    def read(self, family: Family, scope: Sequence[Letter]) -> Term:
        """An element of the family, its position made of the letters in scope; a constant where none is possible."""
        places = []
        for n, axis in enumerate(family.axes):
            place = self.rng.choice(family.times) if n == 0 and family.times else self.place(axis, scope)
            if place is None:
                return self.constant()
            places.append(place)
        if len({str(p.expr) for p in places if p.parts}) < sum(bool(p.parts) for p in places):
            self.note("diagonal")

        def at(world: World, env: Env) -> Array:
            return world.element(family.name, tuple(p.at(env) for p in places))

        expr = family.symbol[tuple(p.expr for p in places)] if places else family.symbol
        return Term(expr, at, family.low, family.high)

    def place(self, axis: Span, scope: Sequence[Letter]) -> Whole | None:
        """An index expression that stays in the range whatever the sizes; None where there is none."""
        found: list[tuple[int, str, Whole]] = []
        if axis.never_empty:
            found = [(1, "fixed", axis.low), (1, "fixed", axis.high)]
        for letter in scope:
            tried = self.alone(axis, letter)
            for other in scope:
                tried += self.pairs(axis, letter, other) if other is not letter else []
            found += [(w, kind, place) for w, kind, place, span in tried if axis.holds(span)]
        if not found:
            return None
        _, kind, place = self.rng.choices(found, [w for w, _, _ in found])[0]
        self.note(kind)
        return place

    def alone(self, axis: Span, letter: Letter) -> list[tuple[int, str, Whole, Span]]:
        """Positions made of one letter, with weight, kind and range: i, i + 1, n + 1 - i, 2*i - 1."""
        at, low, high = letter.value, letter.reach.low, letter.reach.high
        found = [(12, "plain", at, letter.reach)]
        found += [(3, "shifted", at + s, Span(low + s, high + s)) for s in (-2, -1, 1, 2)]
        for turn in (axis.high + low, axis.low + high):
            found.append((2, "reversed", turn - at, Span(turn - high, turn - low)))
        for factor in (2, 3):
            shift = axis.low - factor * low
            if not shift.parts:
                found.append((2, "strided", factor * at + shift, Span(axis.low, factor * high + shift)))
        return found

    def pairs(self, axis: Span, one: Letter, two: Letter) -> list[tuple[int, str, Whole, Span]]:
        """Positions made of two letters: i + p, 2*i + p, i - p."""
        a, b, found = one.reach, two.reach, []
        for factor, kind in ((1, "convolution"), (2, "strided convolution")):
            first = axis.low - factor * a.low - b.low
            for shift in (first, first + 1) if not first.parts else ():
                place = factor * one.value + two.value + shift
                found.append((6, kind, place, Span(axis.low, factor * a.high + b.high + shift)))
        shift = axis.low - a.low + b.high
        found.append((3, "difference", one.value - two.value + shift, Span(axis.low, a.high - b.low + shift)))
        return found
