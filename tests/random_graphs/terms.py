"""Expressions, each written twice: for sympy, and as a number for each value of its letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from sympy import Expr, Float, Integer, Rational

from derive import Product, Sum, amax, amin
from random_graphs.letters import Env, Letter

if TYPE_CHECKING:
    from random_graphs.cases import World

Array = torch.Tensor
MOST = 6  # the largest number that the check gives to a size


@dataclass(frozen=True)
class Term:
    """An expression twice: for sympy, and as a number for each value of its letters; it lies in [low, high]."""

    expr: Expr
    at: Callable[[World, Env], Array]
    low: float
    high: float

    @property
    def size(self) -> float:
        """The largest absolute value."""
        return max(abs(self.low), abs(self.high))

    def __add__(self, other: Term) -> Term:
        def at(world: World, env: Env) -> Array:
            return self.at(world, env) + other.at(world, env)

        return Term(self.expr + other.expr, at, self.low + other.low, self.high + other.high)

    def __sub__(self, other: Term) -> Term:
        return self + number(-1) * other

    def __mul__(self, other: Term) -> Term:
        def at(world: World, env: Env) -> Array:
            return self.at(world, env) * other.at(world, env)

        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Term(self.expr * other.expr, at, min(ends), max(ends))

    def through(self, outer: Callable[[Expr], Expr], torch_: Callable[[Array], Array], low: float, high: float) -> Term:
        """A function of it."""
        return Term(outer(self.expr), lambda world, env: torch_(self.at(world, env)), low, high)


def number(value: int | Rational | Float) -> Term:
    """A constant."""
    constant = torch.tensor(float(value), dtype=torch.float64)
    return Term(Integer(value) if isinstance(value, int) else value, lambda world, env: constant, *2 * [float(value)])


def total(body: Term, letters: Sequence[Letter], brief: bool) -> Term:
    """Sum over letters, the last of them outermost; `brief` leaves the ranges to the indices."""
    limits = [a.idx if brief else (a.idx, a.span.low.expr, a.span.high.expr) for a in letters]

    def at(world: World, env: Env) -> Array:
        return added(world, env, tuple(reversed(letters)))

    def added(world: World, env: Env, rest: tuple[Letter, ...]) -> Array:
        if not rest:
            return body.at(world, env)
        found = torch.zeros((), dtype=torch.float64)
        for value in rest[0].span.numbers(env):
            found = found + added(world, {**env, rest[0].name: value}, rest[1:])
        return found

    bound = body.size * MOST ** len(letters)
    return Term(Sum(body.expr, *limits), at, 0.0 if body.low >= 0 else -bound, bound)


def joined(kind: str, body: Term, letters: Sequence[Letter], brief: bool) -> Term:
    """The product, the largest or the least over letters; a product is of a body between -1 and 1."""
    limits = [a.idx if brief else (a.idx, a.span.low.expr, a.span.high.expr) for a in letters]
    word = {"product": Product, "amax": amax, "amin": amin}[kind]

    def at(world: World, env: Env) -> Array:
        found = list(values(world, env, tuple(reversed(letters))))
        if not found:
            return torch.ones((), dtype=torch.float64)
        stacked = torch.stack(torch.broadcast_tensors(*found))
        return stacked.prod(0) if kind == "product" else getattr(stacked, kind)(0)

    def values(world: World, env: Env, rest: tuple[Letter, ...]) -> Iterator[Array]:
        if not rest:
            yield body.at(world, env)
        for value in rest[0].span.numbers(env) if rest else ():
            yield from values(world, {**env, rest[0].name: value}, rest[1:])

    low, high = (-1.0, 1.0) if kind == "product" else (body.low, body.high)
    return Term(word(body.expr, *limits), at, low, high)
