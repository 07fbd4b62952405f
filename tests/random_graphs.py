"""Random models, each written twice: as a `derive.Graph`, and as a forward pass that knows nothing of derive.

`build(seed)` gives the same case for the same seed. The second writing consists of Python loops over index values and
of torch numbers, one for each element of each family. An element is computed when it is first asked for, so a
recurrence needs no schedule, and every letter has the scope that the nesting of the loops gives it.

Every expression carries an interval in which its values lie: logarithms, roots and denominators stay away from 0, and
numbers stay small enough for float64 to compare gradients to 1e-10.

`failure(seed)` holds the derivation against the second writing, and the engine's own check against both.
"""

from __future__ import annotations

import math
import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import torch
from sympy import (
    Abs,
    Add,
    Eq,
    Expr,
    Float,
    Function,
    Idx,
    Integer,
    KroneckerDelta,
    Max,
    Ne,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    cos,
    erf,
    exp,
    log,
    sin,
    sqrt,
    tanh,
)

from derive import Graph, elu, gelu, leaky_relu, relu, sigmoid, silu, softplus
from derive.derivation import Derivation
from derive.errors import ModelError
from derive.steps import Steps
from derive.store import Store
from derive.sweeps import Sweeps, cotangents
from derive.verification.check import verify
from derive.verification.torch_backend import TorchBackend

Array = torch.Tensor
Env = Mapping[str, int]  # sizes and index letters to numbers
MOST = 6  # the largest number that the check gives to a size
LARGE = 40.0  # values beyond are squashed
STATE = 3.0  # values of recurrent states stay within
TOLERANCE = 1e-10


# Index arithmetic and expressions, each written twice


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


# The second writing


@dataclass(frozen=True)
class Law:
    """One definition of a family, for its letters; `fixed` is its only element on the first axis, for a start value."""

    letters: tuple[Letter, ...]
    term: Term
    fixed: Whole | None = None

    def env(self, sizes: Env, position: tuple[int, ...]) -> Env | None:
        """The letters' values at a position; None where the law does not hold."""
        rest = position
        if self.fixed is not None:
            if self.fixed.at(sizes) != position[0]:
                return None
            rest = position[1:]
        env = {**sizes, **{a.name: p for a, p in zip(self.letters, rest, strict=True)}}
        return env if all(env[a.name] in a.span.numbers(sizes) for a in self.letters) else None


class World:
    """The values of one forward pass: every element, computed once.

    `given` holds the leaves, `partials` those of the abstract function L, with a last axis for the sample points.
    """

    def __init__(self, case: Case, sizes: Env, given: Mapping[str, Array], partials: Mapping[str, Array]):
        self.case, self.sizes, self.given, self.partials = case, sizes, given, partials
        self.kept: dict[tuple[str, tuple[int, ...]], Array] = {}

    def element(self, name: str, position: tuple[int, ...] = ()) -> Array:
        """One element of a family. Errors: IndexError for an element that nothing defines."""
        if (name, position) not in self.kept:
            self.kept[name, position] = self.computed(name, position)
        return self.kept[name, position]

    def computed(self, name: str, position: tuple[int, ...]) -> Array:
        """An element from its definition."""
        if name in self.given:
            return self.part(self.given[name], name, position)
        for law in self.case.laws[name]:
            env = law.env(self.sizes, position)
            if env is not None:
                return law.term.at(self, env)
        raise IndexError(f"{name}{list(position)} is defined by nothing")

    def cotangent(self, name: str, position: tuple[int, ...]) -> Array:
        """The partial of L in one element."""
        return self.part(self.partials[name], name, position)

    def part(self, array: Array, name: str, position: tuple[int, ...]) -> Array:
        """One element of a given array."""
        for place, axis in zip(position, self.case.axes[name], strict=True):
            if place not in axis.numbers(self.sizes):
                raise IndexError(f"{name}{list(position)} is out of range")
            array = array[place - axis.low.at(self.sizes)]
        return array


@dataclass
class Case:
    """A model, the numbers of its sizes, what to differentiate by (None: the parameters), and its second writing."""

    seed: int
    graph: Graph
    sizes: dict[Symbol, int] = field(default_factory=dict)
    wrt: list[str] | None = None
    leaves: dict[str, str] = field(default_factory=dict)  # their domains
    axes: dict[str, tuple[Span, ...]] = field(default_factory=dict)  # of every family, start values included
    laws: dict[str, list[Law]] = field(default_factory=dict)
    features: set[str] = field(default_factory=set)

    @property
    def env(self) -> Env:
        """The sizes by name."""
        return {str(s): n for s, n in self.sizes.items()}

    def reference(self, given: Mapping[str, Array], partials: Mapping[str, Array] | None = None) -> Array:
        """The loss at every sample point; leaves, and partials of the abstract L, have shape (*sizes, points)."""
        return World(self, self.env, given, partials or {}).element("J")

    def __str__(self) -> str:
        """The model, one definition a line."""
        lines = [f"seed {self.seed}  {', '.join(f'{s} = {n}' for s, n in self.sizes.items())}  wrt {self.wrt}"]
        model = self.graph.model()
        for node in (model.given or model).nodes.values():
            ranges = ", ".join(f"{i} = {i.lower}..{i.upper}" for i in node.indices)
            if node.is_leaf:
                lines.append(f"  {node.kind} {node.generic}  {node.domain}  {ranges}")
            lines += [f"  {node.at(*c.position)} = {c.expr}  {ranges}" for c in node.cases]
        return "\n".join(lines)


# The first writing, and with it the second


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
ROOT2 = math.sqrt(2)
# A function for sympy, for torch, and on a float if it is monotone.
FUNCTIONS: dict[str, tuple[Callable[..., Expr], Callable[[Array], Array], Callable[[float], float] | None]] = {
    "tanh": (tanh, torch.tanh, math.tanh),
    "sigmoid": (sigmoid, torch.sigmoid, lambda x: (1 + math.tanh(x / 2)) / 2),
    "softplus": (softplus, lambda x: torch.log(1 + torch.exp(x)), lambda x: math.log(1 + math.exp(x))),
    "relu": (relu, lambda x: torch.where(x > 0, x, 0 * x), lambda x: max(x, 0.0)),
    "leaky_relu": (leaky_relu, lambda x: torch.where(x > 0, x, x / 100), lambda x: max(x, x / 100)),
    "elu": (elu, lambda x: torch.where(x > 0, x, torch.exp(x) - 1), lambda x: x if x > 0 else math.exp(x) - 1),
    "erf": (erf, torch.special.erf, math.erf),
    "gelu": (gelu, lambda x: x * (1 + torch.special.erf(x / ROOT2)) / 2, None),
    "silu": (silu, lambda x: x / (1 + torch.exp(-x)), None),
    "sin": (sin, torch.sin, None),
    "cos": (cos, torch.cos, None),
}


class Maker:
    """Makes one case; every choice is drawn from the seed's own generator."""

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

    # the whole
    def make(self) -> Case:
        """Sizes, leaves, nodes and recurrences, a loss."""
        self.ranges()
        for _ in range(self.rng.randint(1, 4)):
            self.leaf(self.rng.choice(["parameter", "parameter", "parameter", "input", "constant"]))
        self.leaf("parameter")
        for _ in range(self.rng.choice([1, 1, 1, 1, 2, 2, 3])):
            if self.chance(0.35):
                self.recurrence()
            else:
                self.node()
        self.loss()
        if self.chance(0.25):
            self.case.wrt = [f for f in self.case.leaves if self.chance(0.8)]
            self.note("wrt")
        return self.case

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

    # expressions
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

    def function_of(self, term: Term, kind: str | None = None) -> Term:
        """A function of a term."""
        kind, term = kind or self.rng.choice([*FUNCTIONS, "exp", "log", "sqrt"]), self.tame(term)
        self.note(kind)
        if kind == "exp":
            term = term if term.high <= 3 else self.squash(term)
            return term.through(exp, torch.exp, math.exp(term.low), math.exp(term.high))
        if kind == "log":
            term = self.positive(term)
            return term.through(log, torch.log, math.log(term.low), math.log(term.high))
        if kind == "sqrt":
            term = self.positive(term)
            return term.through(sqrt, torch.sqrt, math.sqrt(term.low), math.sqrt(term.high))
        outer, torch_, monotone = FUNCTIONS[kind]
        if monotone is not None:
            return term.through(outer, torch_, monotone(term.low), monotone(term.high))
        low, high = (-1.0, 1.0) if kind in ("sin", "cos") else (-0.3, max(0.0, term.high))
        return term.through(outer, torch_, low, high)

    def positive(self, term: Term) -> Term:
        """Something positive made of a term, away from 0."""
        if term.low >= 0.2:
            return term
        self.note("made positive")
        kind = self.rng.choice(["square", "softplus", "exp", "abs"])
        if kind == "square":
            return term.through(lambda x: x**2, lambda x: x * x, 0, term.size**2) + number(1)
        if kind == "softplus":
            return self.function_of(term, "softplus") + number(Rational(1, 2))
        if kind == "abs":
            return term.through(Abs, torch.abs, 0, term.size) + number(Rational(1, 2))
        return self.function_of(self.squash(term), "exp")

    def squash(self, term: Term) -> Term:
        """The same brought into about [-1, 1]."""
        kind = self.rng.choice(["tanh", "sigmoid", "divide", "divide", "erf"])
        if kind == "divide":
            return term * number(Rational(1, max(1, math.ceil(term.size))))
        outer, torch_, monotone = FUNCTIONS[kind]
        assert monotone is not None
        return term.through(outer, torch_, monotone(term.low), monotone(term.high))

    def tame(self, term: Term) -> Term:
        """Squashed if it may be large."""
        return self.squash(term) if term.size > LARGE else term

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
        """The larger of two."""
        self.note("max")
        a = self.expr(scope, depth - 1, pool)
        b = self.constant() if self.chance(0.3) else self.expr(scope, depth - 1, pool)

        def at(world: World, env: Env) -> Array:
            return torch.maximum(a.at(world, env), b.at(world, env))

        return Term(Max(a.expr, b.expr), at, max(a.low, b.low), max(a.high, b.high))

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

    # nodes
    def node(self) -> None:
        """A node over zero to three letters, made of what there is."""
        scope = self.rng.sample(self.letters, min(self.rng.choice([0, 1, 1, 1, 2, 2, 3]), len(self.letters)))
        if len(scope) < 2 and self.chance(0.1):
            own = self.undeclared(self.rng.choice(self.dims))
            scope = [own, *(a for a in scope if a.name != own.name)]
        self.define(self.name("n"), scope, self.expr(scope, self.rng.choice([1, 1, 1, 2, 2, 3]), self.families))

    def define(self, name: str, scope: Sequence[Letter], term: Term) -> Family:
        """A node by its definition."""
        over = tuple(a.idx for a in scope)
        symbol = self.graph.node(name, term.expr, over=over[0] if len(over) == 1 else over)
        self.case.laws[name], self.case.axes[name] = [Law(tuple(scope), term)], tuple(a.span for a in scope)
        self.families.append(Family(name, symbol, self.case.axes[name], term.low, term.high))
        return self.families[-1]

    # recurrences
    def recurrence(self) -> None:
        """One or two states through time, perhaps with gates, forward or backward."""
        time, step, lag = self.time(), self.rng.choice([-1, -1, 1]), self.rng.choice([1, 1, 1, 2])
        self.note("backward in time" if step > 0 else "forward in time")
        self.note(f"lag {lag}")
        space = [self.rng.choice([a for a in self.letters if a.name != time.name])] if self.chance(0.35) else []
        self.note("vector state" if space else "scalar state")
        scope = [time, *space]
        states = [self.state(scope, step, lag) for _ in range(self.rng.choice([1, 1, 2]))]
        if len(states) > 1:
            self.note("coupled")
        past = tuple(time.value + step * k for k in range(1, lag + 1))
        seen, gates = [replace(s, times=past) for s in states], []
        for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2])):
            self.note("gate")
            gates.append(self.gate(scope, [*self.families, *gates, *seen, *seen]))
        for n, state in enumerate(states):
            self.law(state, scope, [*self.families, *gates, *seen], seen[n], gates)
            seen[n] = replace(state, times=(time.value, *past))  # those that follow may read it now
        self.families += [replace(f, times=(), axes=self.case.axes[f.name]) for f in (*gates, *states)]

    def time(self) -> Letter:
        """The index of time: one that exists, or a new one over 1..T, 0..T or 1..3."""
        old = [a for a in self.letters if a.name in "tu"]
        if old and (len(old) == 2 or self.chance(0.5)):
            return self.rng.choice(old)
        if old:
            span = old[0].span
        elif self.chance(0.15):
            span = Span(whole(1), whole(self.rng.randint(1, 4)))
        else:
            span = self.size("T", self.rng.randint(1, 5))
            span = Span(span.low - 1, span.high) if self.chance(0.1) else span
        letter = self.declare(span, "u" if old else "t")
        self.dims.append(span)
        self.leaf("input", (span,) if self.chance(0.7) else (span, self.rng.choice(self.dims)))
        return letter

    def state(self, scope: Sequence[Letter], step: int, lag: int) -> Family:
        """Open a state with its start values."""
        name, span, space = self.name("h"), scope[0].span, tuple(scope[1:])
        edge, start, laws = span.high if step > 0 else span.low, {}, []
        for k in range(1, lag + 1):
            at, value = edge + step * k, self.begin(space)
            start[at.expr] = value.expr
            laws.append(Law(space, value, at))
        over = tuple(a.idx for a in scope)
        (symbol,) = self.graph.states(name, over[0] if len(over) == 1 else over, start)
        whole_time = Span(span.low, edge + lag) if step > 0 else Span(edge - lag, span.high)
        self.case.laws[name], self.case.axes[name] = laws, (whole_time, *(a.span for a in space))
        return Family(name, symbol, (span, *(a.span for a in space)), -STATE, STATE)

    def begin(self, space: Sequence[Letter]) -> Term:
        """A start value: a number, a parameter, an expression."""
        kind = self.rng.choice(["zero", "zero", "number", "parameter", "parameter", "expression"])
        self.note(f"start {kind}")
        if kind == "zero":
            return number(0)
        if kind == "number":
            return number(Rational(1, 2))
        if kind == "parameter":
            term = self.read(self.leaf("parameter", tuple(a.span for a in space), "real"), space)
        else:
            term = self.expr(space, 1, self.families)
        return term if term.size <= STATE else self.squash(term)

    def gate(self, scope: Sequence[Letter], pool: Sequence[Family]) -> Family:
        """A node inside the recurrence, to be read at its own time."""
        term = self.function_of(
            self.expr(scope, self.rng.choice([1, 1, 2]), pool), self.rng.choice(["tanh", "sigmoid"])
        )
        self.define(self.name("g"), scope, term)
        return replace(self.families.pop(), times=(scope[0].value,))

    def law(
        self, state: Family, scope: Sequence[Letter], pool: Sequence[Family], own: Family, gates: list[Family]
    ) -> None:
        """Close a state: it depends on its own past, and on what else there is."""
        past = self.read(own, scope)
        if len(scope) > 1 and self.chance(0.6):
            self.note("matrix times state")
            bound = self.over(scope[1].span)
            bound = scope[1] if bound.name == scope[0].name else bound
            inner = [*(a for a in scope if a.name != bound.name), bound]
            weight = self.leaf("parameter", (scope[1].span, scope[1].span), "real")
            past = total(self.read(weight, inner) * self.read(own, inner), [bound], True)
        fresh = self.tame(self.expr(scope, self.rng.choice([0, 0, 1, 1, 2]), pool))
        kind = self.rng.choice(["linear", "activation", "activation", "gated"])
        self.note(f"law {kind}")
        if kind == "linear":
            term = past * number(Rational(1, 16)) + (fresh if fresh.size <= 1 else self.squash(fresh))
        elif kind == "activation":
            past = past * self.atom(scope, 0, pool) if self.chance(0.5) else past
            term = self.squash(self.tame(past + fresh))
        else:
            share = self.read(self.rng.choice(gates) if gates else self.gate(scope, pool), scope)
            term = (share * past + (number(1) - share) * fresh) * number(Rational(1, 32))
        term = self.squash(term) if term.size > STATE else term
        term = self.function_of(term, "relu") if self.chance(0.1) else term
        self.graph.update(state.symbol, term.expr)
        self.case.laws[state.name].append(Law(tuple(scope), term))

    # the loss
    def loss(self) -> None:
        """Sums over some of what there is; sometimes abstract."""
        computed = [f for f in self.families if f.name not in self.case.leaves]
        chosen = computed[-1:] + [f for f in computed[:-1] if self.chance(0.4)]
        if self.chance(0.15):
            term = self.abstract(self.rng.choice(chosen))
            if self.chance(0.3):
                term = term + self.share(self.rng.choice(self.families))
        else:
            term = self.share(chosen[0])
            for family in chosen[1:]:
                term = term + self.share(family)
        self.graph.loss("J", term.expr)
        self.case.laws["J"], self.case.axes["J"] = [Law((), term)], ()

    def share(self, family: Family) -> Term:
        """A scalar made of one family: its sum, a squared error, its last elements."""
        letters: list[Letter] = []
        for axis in family.axes:
            letter = self.over(axis)
            if self.chance(0.85) and letter.name not in {a.name for a in letters}:
                letters.append(letter)
        body = self.read(family, letters)
        for _ in range(3):  # rather one that reads all the letters
            if not all(body.expr.has(a.idx) for a in letters):
                body = self.read(family, letters)
        kind = self.rng.choice(["plain", "square", "weighted", "function"])
        if kind == "square":
            error = body - self.read(self.pick(letters, self.families), letters)
            body = error.through(lambda x: x**2 / 2, lambda x: x * x / 2, 0, error.size**2)
        elif kind == "weighted":
            body = body * self.atom(letters, 0, self.families)
        elif kind == "function":
            body = self.function_of(body)
        term = total(self.tame(body), letters, True) if letters else body
        if self.chance(0.15):
            self.note("function of a sum")
            term = self.function_of(term)
        return term

    def abstract(self, family: Family) -> Term:
        """L(h[T], y) or L(w), known by its partials only: the sum of partial times argument."""
        self.note("abstract loss")
        spans = tuple(a.span for a in self.case.laws[family.name][-1].letters)
        if spans and (self.chance(0.4) or not all(s.never_empty for s in spans)):
            return self.known_by_partials([(family.name, [s.numbers for s in spans])], [family.symbol])
        places = [self.rng.choice([s.low, s.high]) for s in spans]
        element = family.symbol[tuple(p.expr for p in places)] if places else family.symbol
        target = self.leaf("target", (), "real")
        ends = [lambda env, p=p: (p.at(env),) for p in places]
        return self.known_by_partials([(family.name, ends), (target.name, [])], [element, target.symbol])

    def known_by_partials(
        self, read: Sequence[tuple[str, Sequence[Callable[[Env], Sequence[int]]]]], arguments: Sequence[Any]
    ) -> Term:
        """The abstract function L of some elements of some families."""

        def at(world: World, env: Env) -> Array:
            found = torch.zeros((), dtype=torch.float64)
            for name, axes in read:
                for position in product(*(axis(env) for axis in axes)):
                    found = found + world.cotangent(name, position) * world.element(name, position)
            return found

        return Term(Function("L")(*arguments), at, -1, 1)


def build(seed: int) -> Case:
    """The case of a seed: always the same one."""
    return Maker(seed).make()


# The comparison


def failure(seed: int, points: int = 5, every_size: bool = False) -> str | None:
    """What is wrong with the graph of a seed, with the model printed; None where all is well."""
    try:
        case = build(seed)
    except ModelError as refusal:
        return None if "is empty" in str(refusal) else f"seed {seed} is refused: {refusal}"
    try:
        wrong = check(case, points, every_size)
    except Exception:
        wrong = [traceback.format_exc()]
    return "\n".join([f"seed {seed} fails", *wrong, str(case)]) if wrong else None


def check(case: Case, points: int = 5, every_size: bool = False) -> list[str]:
    """Everything that is wrong with the derivation of a case, a sentence each; none where all is well.

    The steps for given sizes and those for any size must pass the engine's own check, and the derived sweep must give
    autograd's gradients of the second writing. `every_size` lets the engine choose the sizes for the general steps.
    """
    sized = case.graph.derive(case.wrt, case.sizes)
    steps = Steps(sized.derivation)
    general = (*steps.all(), *steps.claims())
    reports = {
        "sized": sized.verify(points, case.seed),
        "general": verify(sized.derivation, general, case.sizes, points, case.seed),
    }
    if every_size:
        reports["every size"] = verify(sized.derivation, general, {}, points, case.seed)
    wrong = [
        f"{which}: {bad.quantity} fails with {bad.error:.1e} {bad.where}"
        for which, report in reports.items()
        if (bad := report.first_failure) is not None
    ]
    return wrong + compare(case, sized.derivation, points)


def compare(case: Case, derivation: Derivation, points: int) -> list[str]:
    """The derived sweep against autograd of the second writing, at the same points."""
    backend, env = TorchBackend(), case.env
    sweeps, store = Sweeps(derivation, case.sizes, backend), Store(backend)
    generator = torch.Generator().manual_seed(case.seed)

    def sampled(name: str, stored: str, domain: str) -> Array:
        ranges = [(s.low.at(env), s.high.at(env)) for s in case.axes[name]]
        shape = (*(b - a + 1 for a, b in ranges), points)
        unit, (low, high) = torch.rand(shape, generator=generator, dtype=torch.float64), DOMAINS[domain]
        store.put(stored, unit.round() if domain == "binary" else low + (high - low) * unit, ranges)
        return store.whole(stored).clone()

    given = {name: sampled(name, name, domain).requires_grad_() for name, domain in case.leaves.items()}
    partials = {n.name: sampled(n.name, stored, "real") for stored, n in cotangents(derivation.model)}
    sweeps.forward(store)
    sweeps.backward(store)
    loss = case.reference(given, partials).expand(points)
    wrong = []
    if not difference(store.whole("J"), loss.detach()) <= TOLERANCE:
        wrong.append("forward: the loss itself differs")
    wanted = [given[name] for name in derivation.wanted]
    grads = torch.autograd.grad(loss.sum(), wanted, allow_unused=True) if wanted and loss.requires_grad else ()
    for name, truth in zip(derivation.wanted, grads or [None] * len(wanted), strict=True):
        found = store.whole(f"adjoint {name}") if name in derivation.adjoints else torch.zeros(1, dtype=torch.float64)
        error = difference(found, torch.zeros_like(given[name]) if truth is None else truth)
        if not error <= TOLERANCE:
            wrong.append(f"end to end: the gradient of {name} differs by {error:.1e}")
    return wrong


def difference(found: Array, truth: Array) -> float:
    """The worst |a - b| / max(1, |b|); infinite where something is not a number."""
    error = (found - truth).abs() / truth.abs().clamp(min=1.0)
    worst = float(error.max()) if error.numel() else 0.0
    return worst if worst == worst else math.inf
