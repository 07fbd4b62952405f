"""Expressions of every kind: sums, products, functions, powers, quotients, deltas, branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from sympy import Abs, Eq, Float, KroneckerDelta, Max, Min, Ne, Piecewise, Rational

from random_graphs.cases import World
from random_graphs.draws import Family
from random_graphs.functions import Functions
from random_graphs.letters import Env, Letter, Span, Whole, whole
from random_graphs.terms import Array, Term, joined, number, total


class Expressions(Functions):
    """Expressions of a depth, made of letters in scope and of a pool of families."""

    def expr(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A random expression in the letters of the scope and the families of the pool."""
        if depth <= 0:
            return self.atom(scope, 0, pool)
        kinds = {
            self.atom: 2, self.plus: 6, self.times: 6, self.sum: 9, self.function: 6, self.ratio: 2, self.power: 3,
            self.maximum: 1.5, self.absolute: 1, self.delta: 1.5, self.cases: 1,
        }  # fmt: skip
        return self.tame(self.rng.choices(list(kinds), list(kinds.values()))[0](scope, depth, pool))

    def atom(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """An element, a constant, a letter as a number."""
        if pool and not self.chance(0.07):
            return self.read(self.pick(scope, pool), scope)
        if scope and self.chance(0.3):
            self.note("index as a number")
            letter = self.rng.choice(scope)
            return Term(
                letter.idx, lambda world, env: torch.tensor(float(env[letter.name]), dtype=torch.float64), -3, 20
            )
        return self.constant()

    def constant(self) -> Term:
        """A number, rarely a float, rarely one over a size."""
        if self.chance(0.1):
            self.note("size as a number")
            symbol = self.rng.choice(list(self.case.sizes))
            name = str(symbol)
            return Term(1 / symbol, lambda world, env: torch.tensor(1 / env[name], dtype=torch.float64), 0, 1)
        if self.chance(0.1):
            self.note("float")
            return number(Float(self.rng.choice(["0.5", "1.5", "-0.25"])))
        return number(self.rng.choice([2, 3, -1, Rational(1, 2), Rational(-2, 3), 1]))

    def pick(self, scope: Sequence[Letter], pool: Sequence[Family]) -> Family:
        """A family, rather one whose axes fit the letters in scope, rather one defined late."""
        weights = []
        for n, family in enumerate(pool):
            fits = sum(any(axis.holds(a.reach) for a in scope) for axis in family.axes)
            weights.append((1 + n) * (1.0 + 2 * fits) / (1 + len(family.axes) - fits))
        return self.rng.choices(list(pool), weights)[0]

    def plus(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A sum or a difference."""
        found = self.expr(scope, depth - 1, pool)
        for _ in range(self.rng.choice([1, 1, 2])):
            term = self.expr(scope, depth - 1, pool)
            found = found + term if self.chance(0.7) else found - term
        return found

    def times(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A product."""
        found = self.expr(scope, depth - 1, pool) * self.expr(scope, depth - 1, pool)
        return found * self.atom(scope, 0, pool) if self.chance(0.2) else found

    def sum(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A sum over axes of some family, of a product with it."""
        ranked = [f for f in pool if len(f.axes) > bool(f.times)]
        if not ranked:
            return self.plus(scope, depth, pool)
        family = self.pick(scope, ranked)
        axes = family.axes[bool(family.times) :]
        brief = self.chance(0.6)
        bound = self.bound(scope, self.rng.sample(axes, min(len(axes), self.rng.choice([1, 1, 2]))), family, brief)
        if not bound:
            return self.plus(scope, depth, pool)
        inner = [*(a for a in scope if a.name not in {b.name for b in bound}), *bound]
        if len(inner) < len(scope) + len(bound):
            self.note("shadowed")
        if len(bound) > 1:
            self.note("double sum")
        body = self.read(family, inner)
        if self.chance(0.75):
            self.sums += 1
            body = body * self.expr(inner, depth - 1, [f for f in pool if not f.hidden(bound)])
            self.sums -= 1
        if self.chance(0.3):
            body = self.function_of(body)
        kind = self.rng.choice(["product", "amax", "amin"]) if self.chance(0.15) else ""
        if kind == "product" or (kind and brief and all(a.span.never_empty for a in bound)):
            self.note(kind)
            return joined(kind, self.squash(body) if kind == "product" and body.size > 1 else body, bound, brief)
        return total(self.tame(body), bound, brief)

    def bound(self, scope: Sequence[Letter], axes: Sequence[Span], family: Family, brief: bool) -> list[Letter]:
        """The letters of a sum; not `brief`, their ranges may be parts of those of the indices."""
        found: list[Letter] = []
        for axis in axes:
            letter = self.over(axis) if self.chance(0.97) else self.undeclared(axis)
            if letter.name in {f.name for f in found} or family.hidden([letter]):
                continue
            if not brief and self.chance(0.3):
                letter = self.limited(letter, [a for a in scope if a.name != letter.name])
            found.append(letter)
        return found

    def limited(self, letter: Letter, scope: Sequence[Letter]) -> Letter:
        """The same index summed over a part of its range: from 2, up to n - 1, or up to a letter in scope."""
        span = letter.span
        inside = [a for a in scope if span.holds(a.reach)]
        if inside and self.chance(0.7):
            self.note("triangular")
            end = self.rng.choice(inside)
            if self.chance(0.5):
                return replace(letter, span=Span(span.low, end.value), reach=Span(span.low, end.reach.high))
            return replace(letter, span=Span(end.value, span.high), reach=Span(end.reach.low, span.high))
        self.note("limited")
        part = Span(span.low + 1, span.high) if self.chance(0.5) else Span(span.low, span.high - 1)
        return replace(letter, span=part, reach=part)

    def function(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A function of an expression."""
        return self.function_of(self.expr(scope, depth - 1, pool))

    def ratio(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A quotient, its denominator positive."""
        self.note("quotient")
        below = self.positive(self.expr(scope, depth - 1, pool))
        power = self.rng.choice([-1, -1, -1, -2, Rational(-1, 2)])
        p = float(power)
        factor = below.through(lambda x: x**power, lambda x: x**p, below.high**p, below.low**p)
        return self.expr(scope, depth - 1, pool) * factor

    def power(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A square, a cube, a broken power, a general one."""
        base = self.expr(scope, depth - 1, pool)
        kind = self.rng.choice(["square", "square", "cube", "rational", "general"])
        self.note(kind)
        if kind in ("square", "cube"):
            n = 2 if kind == "square" else 3
            ends = [base.low**n, base.high**n, 0.0]
            return base.through(lambda x: x**n, lambda x: x**n, min(ends), max(ends))
        base = self.positive(base)
        if kind == "rational":
            return base.through(lambda x: x ** Rational(3, 2), lambda x: x**1.5, base.low**1.5, base.high**1.5)
        base = base if base.high <= 4 else self.positive(self.squash(base))
        over = self.expr(scope, depth - 1, pool)
        over = over if over.size <= 2 else self.squash(over)
        ends = [a**b for a in (base.low, base.high) for b in (over.low, over.high)]

        def at(world: World, env: Env) -> Array:
            return torch.exp(over.at(world, env) * torch.log(base.at(world, env)))

        return Term(base.expr**over.expr, at, min(ends), max(ends))

    def maximum(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """The larger or the smaller of two."""
        largest = self.chance(0.6)
        self.note("max" if largest else "min")
        a = self.expr(scope, depth - 1, pool)
        b = self.constant() if self.chance(0.3) else self.expr(scope, depth - 1, pool)
        kind, by_torch, end = (Max, torch.maximum, max) if largest else (Min, torch.minimum, min)

        def at(world: World, env: Env) -> Array:
            return by_torch(a.at(world, env), b.at(world, env))

        return Term(kind(a.expr, b.expr), at, end(a.low, b.low), end(a.high, b.high))

    def absolute(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """An absolute value."""
        self.note("abs")
        term = self.expr(scope, depth - 1, pool)
        return term.through(Abs, torch.abs, 0, term.size)

    def comparable(self, scope: Sequence[Letter]) -> tuple[Letter, Whole] | None:
        """Two index expressions worth comparing."""
        if not scope:
            return None
        one = self.rng.choice(scope)
        others = [a for a in scope if a is not one]
        if others and self.chance(0.6):
            return one, self.rng.choice(others).value + self.rng.choice([0, 0, 1, -1])
        return one, self.rng.choice([whole(1), whole(2), one.reach.high])

    def delta(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """A Kronecker delta times something."""
        body, pair = self.expr(scope, depth - 1, pool), self.comparable(scope)
        if pair is None:
            return body
        self.note("delta")
        one, other = pair

        def at(world: World, env: Env) -> Array:
            return body.at(world, env) if env[one.name] == other.at(env) else number(0).at(world, env)

        return Term(KroneckerDelta(one.idx, other.expr) * body.expr, at, min(body.low, 0), max(body.high, 0))

    def cases(self, scope: Sequence[Letter], depth: int, pool: Sequence[Family]) -> Term:
        """Two branches, chosen by indices or by the sign of a value.

        Not under two sums: sympy pulls a Piecewise out of both, also where its condition has an index of the inner.
        """
        if self.sums > 1:
            return self.plus(scope, depth, pool)
        a, b = self.expr(scope, depth - 1, pool), self.expr(scope, depth - 1, pool)
        pair = self.comparable(scope) if self.chance(0.6) else None
        low, high = min(a.low, b.low), max(a.high, b.high)
        if pair is None:
            self.note("piecewise by value")
            sign = self.atom(scope, 0, pool)

            def by_value(world: World, env: Env) -> Array:
                return torch.where(sign.at(world, env) > 0, a.at(world, env), b.at(world, env))

            return Term(Piecewise((a.expr, sign.expr > 0), (b.expr, True)), by_value, low, high)
        self.note("piecewise by index")
        one, other = pair
        conditions: list[tuple[Any, Callable[[int, int], bool]]] = [
            (one.idx <= other.expr, lambda x, y: x <= y),
            (one.idx > other.expr, lambda x, y: x > y),
            (Eq(one.idx, other.expr), lambda x, y: x == y),
            (Ne(one.idx, other.expr), lambda x, y: x != y),
        ]
        condition, true = self.rng.choice(conditions)

        def by_index(world: World, env: Env) -> Array:
            return (a if true(env[one.name], other.at(env)) else b).at(world, env)

        return Term(Piecewise((a.expr, condition), (b.expr, True)), by_index, low, high)
