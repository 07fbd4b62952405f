"""Index arithmetic, twice: linear whole numbers, ranges and letters, for sympy and as Python numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sympy import Add, Expr, Idx, Integer

Env = Mapping[str, int]  # sizes and index letters to numbers


@dataclass(frozen=True)
class Whole:
    """A whole number made of sizes and letters, linear: `parts` maps a name to its symbol and coefficient."""

    constant: int
    parts: Mapping[str, tuple[Expr, int]] = field(default_factory=dict)

    @cached_property
    def expr(self) -> Expr:
        """For sympy."""
        return Add(Integer(self.constant), *(c * s for s, c in self.parts.values()))

    def at(self, env: Env) -> int:
        """As a number."""
        return self.constant + sum(c * env[name] for name, (_, c) in self.parts.items())

    def __add__(self, other: Whole | int) -> Whole:
        return self.plus(1, whole(other))

    def __sub__(self, other: Whole | int) -> Whole:
        return self.plus(-1, whole(other))

    def __rmul__(self, times: int) -> Whole:
        return Whole(0).plus(times, self)

    def plus(self, times: int, other: Whole) -> Whole:
        """self + times * other."""
        parts = dict(self.parts)
        for name, (symbol, c) in other.parts.items():
            parts[name] = (symbol, parts.get(name, (symbol, 0))[1] + times * c)
        kept = {name: (symbol, c) for name, (symbol, c) in parts.items() if c}
        return Whole(self.constant + times * other.constant, kept)

    @property
    def never_negative(self) -> bool:
        """Whatever the sizes, all at least 1."""
        coefficients = [c for _, c in self.parts.values()]
        return all(c > 0 for c in coefficients) and self.constant + sum(coefficients) >= 0


def whole(value: Whole | int) -> Whole:
    """A number as a Whole."""
    return value if isinstance(value, Whole) else Whole(value)


@dataclass(frozen=True)
class Span:
    """An inclusive range."""

    low: Whole
    high: Whole

    def holds(self, other: Span) -> bool:
        """Does the other lie inside, whatever the sizes?"""
        return (other.low - self.low).never_negative and (self.high - other.high).never_negative

    def numbers(self, env: Env) -> range:
        """The whole numbers in it."""
        return range(self.low.at(env), self.high.at(env) + 1)

    @property
    def never_empty(self) -> bool:
        """Whatever the sizes."""
        return (self.high - self.low).never_negative


@dataclass(frozen=True)
class Letter:
    """An index and the range it runs over; `reach` is that range with the letters in it at their extremes."""

    name: str
    idx: Idx
    span: Span
    reach: Span

    @property
    def value(self) -> Whole:
        """The letter as an index expression."""
        return Whole(0, {self.name: (self.idx, 1)})
