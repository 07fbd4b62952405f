"""A model at a few points: every value, every adjoint and every derivative of one quantity with respect to another.

Values and adjoints come from the derivation, which autograd has confirmed; a derivative of one quantity with respect to
another is carried along the forward pass, element by element. All of them are balls.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_series
from sympy import Symbol

from derive.chain.derivation import Derivation, Use
from derive.errors import UsageError
from derive.evaluate.passes import Passes, inputs
from derive.evaluate.store import Key, Store
from derive.judge.ball_backend import BallBackend
from derive.judge.balls import NoValue, ball
from derive.model.model import Node, Whole
from derive.model.sizes import fitting

# The sizes of a model in turn: no two alike, none of them 1. The last are large, for a sum that was cut off after a few
# terms, and cost the most: one point is enough, as a formula that is right for small sizes alone fails at every point.
SIZES = ((3, 2, 4, 5, 6, 7, 8), (4, 3, 2, 5, 7, 6, 8), (7, 6, 8, 9, 10, 11, 12))
POINTS = (4, 4, 1)
REDRAWN = 8  # how often other numbers are drawn where a function has no value


class Array(NamedTuple):
    """The numbers of a family, shape (*indices, points), and the first value of each index."""

    numbers: Any
    low: tuple[int, ...]


class World:
    """A derivation for some sizes at random points; the first of them has small numbers, which can be told."""

    def __init__(
        self,
        d: Derivation,
        sizes: Mapping[Symbol, int],
        seed: int = 0,
        points: int = POINTS[0],
        scales: Sequence[Mapping[str, Fraction]] = (),
    ):
        self.derivation, self.points, self.seed, self.scales = d, points, seed, scales
        self.sizes = {s: int(n) for s, n in sizes.items()}
        self.passes = Passes(d, self.sizes, BallBackend())
        rng = random.Random(seed)
        self.given = {name: self._drawn(name, node, rng) for name, node in inputs(d.model).items()}
        self.store = self._filled(Store(self.passes.backend))
        self.passes.forward(self.store)
        self.passes.backward(self.store)
        self._jacobians: dict[tuple[str, str, str], Array] = {}
        self._columns: dict[tuple[str, str, str, tuple[int, ...]], Any] = {}

    def branch(self, replaced: Mapping[str, Any]) -> World:
        """The same world, in which some adjoints were given other values: what follows from a wrong line."""
        other = object.__new__(World)
        other.__dict__.update(self.__dict__)
        other.store = _Replacing(self.passes.backend, replaced)
        for name in self.store.low:
            if not name.startswith("adjoint "):
                other.store.put(name, self.store.whole(name), self.passes_range(name))
        self.passes.backward(other.store)
        return other

    def passes_range(self, name: str) -> list[tuple[int, int]]:
        """The ranges of what a store holds."""
        return list(zip(self.store.low[name], self.store.high[name], strict=True))

    def _filled(self, store: Store) -> Store:
        for name, node in inputs(self.derivation.model).items():
            store.put(name, self.given[name], self.passes.ranges(node))
        return store

    def _drawn(self, name: str, node: Node, rng: random.Random) -> Any:
        """Random numbers of a leaf, in balls that are exact; by its domain, its sum and its structure."""
        shape = (*self.passes.shape(node), self.points)
        domain, total = (node.domain, node.sums_to) if name == node.name else ("real", None)
        if isinstance(domain, Whole):
            domain = Whole(self.passes.number(domain.most))
        numbers = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            scale = self.scales[place[-1]].get(name, Fraction(1)) if self.scales else Fraction(1)
            numbers[place] = ball(_number(domain, rng, place[-1] == 0 and not self.scales, scale))
        if isinstance(domain, Whole):
            numbers[...] = numbers[..., :1]
        if total is not None:
            numbers = _summing(numbers, ball(Fraction(int(total.p), int(total.q))), domain, rng)
        return numbers if not node.structure else _structured(numbers, node.structure)

    # -- what there is --------------------------------------------------------------------------------------------

    def value(self, name: str) -> Array:
        """The values of a family."""
        return Array(self._wide(self.store.whole(name)), self.store.low[name])

    def adjoint(self, name: str) -> Array:
        """The derivative of the loss with respect to a family."""
        held = f"adjoint {name}"
        if held not in self.store.low:
            return self.jacobian(self.derivation.model.loss.name, name)
        return Array(self._wide(self.store.whole(held)), self.store.low[held])

    def at_once(self) -> World:
        """The same world, in which nothing comes back from a later time of a recurrence."""
        d = self.derivation
        kept = {
            name: replace(a, uses=tuple(u for u in a.uses if not self.lagged(name, u)))
            for name, a in d.adjoints.items()
        }
        other = object.__new__(World)
        other.__dict__.update(self.__dict__)
        other.passes = Passes(replace(d, adjoints=kept), self.sizes, self.passes.backend)
        return other.branch({})

    def lagged(self, name: str, use: Use) -> bool:
        """Whether a contribution comes from another time of the recurrence that a family is a part of."""
        stage, node = self.passes.stage_of.get(name), self.derivation.model.nodes[name]
        if stage is None or not stage.time or use.user.name not in stage.families:
            return False
        return any(
            use.contraction.at[loop.axes[use.user.name]] != node.indices[loop.axes[name]] for loop in stage.loops
        )

    def contributions(self, name: str) -> list[tuple[str, bool, Array]]:
        """What each user of a family adds to its adjoint: its name, whether it is of another time, the numbers."""
        adjoint = self.derivation.adjoints.get(name)
        if adjoint is None:
            return []
        found = []
        for use in adjoint.uses:
            numbers = self.passes.adjoint(replace(adjoint, uses=(use,)), self.store)
            found.append((use.user.name, self.lagged(name, use), Array(self._wide(numbers), self.adjoint(name).low)))
        return found

    def _wide(self, numbers: Any) -> Any:
        return np.broadcast_to(numbers, (*numbers.shape[:-1], self.points))

    def jacobian(self, of: str, wrt: str, immediate: str = "") -> Array:
        """d of / d wrt, shape (*indices of `of`, *indices of `wrt`, points).

        An immediate one keeps fixed all but what is differentiated: "law" leaves its own formula only, "step" what is
        computed at the same time of a recurrence.
        """
        key = of, wrt, immediate
        if key not in self._jacobians:
            inner = self.value(wrt)
            columns = [self.column(of, wrt, place, immediate) for place in np.ndindex(*inner.numbers.shape[:-1])]
            found = np.stack(columns, axis=-2) if columns else np.zeros((0,))
            shape = (*found.shape[:-2], *inner.numbers.shape)
            self._jacobians[key] = Array(found.reshape(shape), (*self.store.low[of], *self.store.low[wrt]))
        return self._jacobians[key]

    def column(self, of: str, wrt: str, place: tuple[int, ...], immediate: str = "") -> Any:
        """The derivatives of all elements of one family by one element of another, shape (*indices of `of`, points)."""
        key = of, wrt, immediate, place
        if key not in self._columns:
            self._columns[key] = self._column(of, wrt, place, immediate)
        return self._columns[key]

    def _column(self, of: str, wrt: str, place: tuple[int, ...], immediate: str) -> Any:
        only = of if immediate == "law" else None
        if not immediate or not self.store.time.get(of):
            return self._slopes(of, _Nudged(self.passes.backend, wrt, place, self.store, None, only))
        (axis, *_) = self.store.time[of]
        low, count = self.store.low[of][axis], self.value(of).numbers.shape[axis]
        steps = []
        for t in range(low, low + count):
            found = self._slopes(of, _Nudged(self.passes.backend, wrt, place, self.store, t, only))
            steps.append(np.take(found, [t - low], axis=axis))
        return np.concatenate(steps, axis=axis)

    def _slopes(self, of: str, store: Store) -> Any:
        self._filled(store)
        self.passes.forward(store)
        return np.frompyfunc(_slope, 1, 1)(self._wide(store.whole(of)))


def nowhere(points: int = 3) -> World:
    """A world without a model: a formula there has only numbers, and names that stand for any number."""
    world = object.__new__(World)
    world.points, world.seed, world.sizes, world.given, world.scales = points, 0, {}, {}, ()
    return world


def _slope(x: Any) -> Any:
    return x[1] if isinstance(x, arb_series) else arb(0)


class _Replacing(Store):
    """A store in which some adjoints have other values than those that are computed."""

    def __init__(self, backend: Any, replaced: Mapping[str, Any]):
        super().__init__(backend)
        self.replaced = replaced

    def put(self, name: str, array: Any, ranges: Sequence[tuple[int, int]]) -> None:
        super().put(name, self.replaced.get(name, array), ranges)

    def put_slice(self, name: str, t: Key, array: Any) -> None:
        if name in self.replaced:
            places = t if isinstance(t, tuple) else (t,)
            at = {a: p - self.low[name][a] for a, p in zip(self.time[name], places, strict=True)}
            whole = self.replaced[name]
            array = whole[tuple(at.get(n, slice(None)) for n in range(whole.ndim - 1))]
        super().put_slice(name, t, array)


class _Nudged(Store):
    """A store in which one element of a family carries a derivative of 1.

    With a time `at`, nothing changes at another time; with a family `only`, no other one changes.
    """

    def __init__(self, backend: Any, name: str, place: tuple[int, ...], base: Store, at: int | None, only: str | None):
        super().__init__(backend)
        self.name, self.place, self.base, self.at, self.only = name, place, base, at, only

    def put(self, name: str, array: Any, ranges: Sequence[tuple[int, int]]) -> None:
        if self.only not in (None, name) and name in self.base.low:
            array = self.base.whole(name)
        if name == self.name:
            full = (*(b - a + 1 for a, b in ranges), np.shape(array)[-1] if np.shape(array) else 1)
            array = np.array(np.broadcast_to(self._array(array), full), dtype=object)
            _nudge(array, self.place)
        super().put(name, array, ranges)

    def put_slice(self, name: str, t: Key, array: Any) -> None:
        places = t if isinstance(t, tuple) else (t,)
        at = {a: p - self.low[name][a] for a, p in zip(self.time[name], places, strict=True)}
        if (self.at is not None and places[0] != self.at) or self.only not in (None, name):
            whole = self.base.whole(name)
            array = whole[tuple(at.get(n, slice(None)) for n in range(whole.ndim - 1))]
        if name == self.name and all(self.place[a] == p for a, p in at.items()):
            array = np.array(self._array(array), dtype=object)
            rest = tuple(p for n, p in enumerate(self.place) if n not in at)
            _nudge(array, rest)
        super().put_slice(name, t, array)


def _nudge(array: Any, place: tuple[int, ...]) -> None:
    """Let one element of an array carry a derivative, at every point."""
    for point in range(array.shape[-1]):
        x = array[(*place, point)]
        array[(*place, point)] = arb_series([x[0], x[1] + 1] if isinstance(x, arb_series) else [ball(x), 1])


def worlds(d: Derivation, given: Mapping[Symbol, int], count: int = len(SIZES)) -> list[World]:
    """A few worlds of different sizes, for which the model exists."""
    found = []
    for seed, row in enumerate(SIZES[:count]):
        free = [s for s in d.model.sizes if s not in given]
        drawn = {**given, **dict(zip(free, (row * (len(free) // len(row) + 1))[: len(free)], strict=True))}
        found.append(built(d, fitting(d.model, drawn, given), seed, None, POINTS[seed]))
    return found


def built(
    d: Derivation,
    sizes: Mapping[Symbol, int],
    seed: int,
    scales: Callable[[list[str]], list[Mapping[str, Fraction]]] | None = None,
    points: int = POINTS[0],
) -> World:
    """A world; with other numbers where a function has no value. With `scales` its numbers are multiplied by them.

    Errors: UsageError where no numbers are found.
    """
    real = [name for name, node in inputs(d.model).items() if not isinstance(node.domain, Whole)]
    factors = scales(real) if scales is not None else ()
    for again in range(REDRAWN):
        try:
            return World(d, sizes, seed + 1000 * again, len(factors) or points, factors)
        except NoValue:
            continue
    raise UsageError(f"{d.model.title} has no value at the points at which answers are compared")


def _number(domain: Any, rng: random.Random, small: bool, scale: Fraction = Fraction(1)) -> Fraction:
    """A random number of a domain: quarters where they are told, else fractions with nothing special about them.

    With a scale it lies farther out, or nearer to an end of its domain.
    """
    if isinstance(domain, Whole):
        return Fraction(rng.randint(1, int(domain.most)))
    if domain == "binary":
        return Fraction(rng.randint(0, 1))
    if domain == "sign":
        return Fraction(rng.choice((-1, 1)))
    unit = Fraction(rng.randint(1, 7), 8) if small else Fraction(rng.randint(100, 9900), 10007)
    if isinstance(domain, tuple):
        low, high = (None if not end.is_finite else Fraction(str(end)) for end in domain)
        if low is None or high is None:
            away = 2 * unit if scale == 1 else 2 * unit * (scale if rng.random() < 0.5 else 1 / scale)
            return away if low is high is None else low + away if low is not None else high - away  # type: ignore[operator]
        return low + (high - low) * _nearer(unit, scale, rng)
    if domain == "probability":
        return _nearer(unit, scale, rng)
    size = Fraction(rng.choice((1, 2, 3, 4, 5, 6, 7)), 4) if small else Fraction(1, 8) + unit * 3 / 2
    if domain == "positive":
        return size if scale == 1 else size * (scale if rng.random() < 0.5 else 1 / scale)
    return scale * size if rng.random() < 0.5 else -scale * size


def _nearer(unit: Fraction, scale: Fraction, rng: random.Random) -> Fraction:
    """A number between 0 and 1, the closer to one of them the larger the scale."""
    return unit if scale == 1 else unit / scale if rng.random() < 0.5 else 1 - unit / scale


def _summing(numbers: Any, total: Any, domain: Any, rng: random.Random) -> Any:
    """Numbers with a given sum over the last index, exactly; one-hot where they are binary."""
    if domain == "binary":
        out = np.full(numbers.shape, arb(0), dtype=object)
        for place in np.ndindex(*numbers.shape[:-2], numbers.shape[-1]):
            out[(*place[:-1], rng.randrange(numbers.shape[-2]), place[-1])] = arb(1)
        return out
    sums = np.sum(numbers, axis=-2, keepdims=True)
    return numbers + (total - sums) / numbers.shape[-2] if domain == "real" else numbers * total / sums


def _structured(numbers: Any, structure: str) -> Any:
    """Matrices of a structure, shape (n, n, points)."""
    turned = np.swapaxes(numbers, 0, 1)
    n = numbers.shape[0]
    eye = np.array([[arb(int(i == j)) for j in range(n)] for i in range(n)], dtype=object)[..., None]
    if structure == "symmetric":
        return (numbers + turned) / 2
    if structure == "positive definite":
        return np.sum(numbers[:, None] * numbers[None], axis=2) / n + eye / 2
    if structure == "triangular":
        lower = np.array([[arb(int(i >= j)) for j in range(n)] for i in range(n)], dtype=object)[..., None]
        return numbers * lower + eye
    return _turned(n, numbers)


def _turned(n: int, numbers: Any) -> Any:
    """Orthogonal matrices: (I - K)(I + K)^-1 of antisymmetric ones."""
    from derive.judge.ball_backend import of_matrix

    out = np.empty(numbers.shape, dtype=object)
    eye = np.array([[arb(int(i == j)) for j in range(n)] for i in range(n)], dtype=object)
    for p in range(numbers.shape[-1]):
        anti = numbers[..., p] - numbers[..., p].T
        out[..., p] = (eye - anti) @ of_matrix("inverse", eye + anti)
    return out
