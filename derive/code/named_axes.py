"""Arrays with a letter for every axis, and how they are laid side by side: broadcasting, products, contractions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import Idx

from derive.code.program import (
    Contraction,
    Inner,
    MatMul,
    NewAxis,
    Number,
    Pick,
    Reduce,
    Slice,
    Times,
    Transpose,
    Tree,
)

ALL = Slice()
Factor = tuple["Laid", int]  # an array and its exponent, 1 or -1
Order = Sequence[Idx]  # the letters in the order in which the result wants its axes


@dataclass(frozen=True)
class Laid:
    """A tree and the letter of each of its axes; a plain Python number, no array, where `plain`."""

    tree: Tree
    axes: tuple[Idx, ...] = ()
    plain: bool = False


def spread(laid: Laid, axes: Sequence[Idx]) -> Tree:
    """The array such that it broadcasts over `axes`, which contain its own."""
    wanted = [a for a in axes if a in laid.axes]
    order = tuple(laid.axes.index(a) for a in wanted)
    tree = laid.tree if order == tuple(range(len(order))) else Transpose(laid.tree, order)
    first = next((n for n, a in enumerate(axes) if a in laid.axes), len(axes))
    places = tuple(ALL if a in laid.axes else NewAxis() for a in axes[first:])
    return tree if all(p is ALL for p in places) else Pick(tree, places)


def picked(tree: Tree, places: Sequence[Tree]) -> Tree:
    """array[places], without the axes at the end that are taken whole."""
    kept = list(places)
    while kept and kept[-1] == ALL:
        kept.pop()
    return Pick(tree, tuple(kept)) if kept else tree


def union(parts: Iterable[Laid], order: Order) -> tuple[Idx, ...]:
    """The letters of several arrays, in order."""
    found = {a for p in parts for a in p.axes}
    return tuple(a for a in order if a in found)


def together(parts: Sequence[Laid], order: Order, make: Callable[..., Tree]) -> Laid:
    """An elementwise operation on arrays that broadcast."""
    widest = max(parts, key=lambda p: len(p.axes))
    axes = union(parts, order)
    if set(widest.axes) == set(axes):
        axes = widest.axes  # as they are: no transposing
    return Laid(make(*(spread(p, axes) for p in parts)), axes, all(p.plain for p in parts))


def product(factors: Sequence[Factor], order: Order) -> Laid:
    """The elementwise product, plain numbers first; of none the number 1. Small arrays are multiplied first."""
    factors = sorted(factors, key=lambda f: not f[0].plain)
    if len({frozenset(f.axes) for f, _ in factors if not f.plain}) > 1:
        least = min((f for f, _ in factors if not f.plain), key=lambda f: len(f.axes)).axes
        small = [f for f in factors if f[0].plain or set(f[0].axes) == set(least)]
        if len(small) > 1:
            rest = [f for f in factors if f not in small]
            if all(s < 0 for _, s in small):
                return product([*rest, (product([(f, 1) for f, _ in small], order), -1)], order)
            return product([*rest, (product(small, order), 1)], order)
    if len(factors) == 1 and factors[0][1] == 1:
        return factors[0][0]
    signs = [sign for _, sign in factors]

    def make(*trees: Tree) -> Tree:
        above = tuple(t for t, s in zip(trees, signs, strict=True) if s > 0 and t != Number(1))
        return Times(above or (Number(1),), tuple(t for t, s in zip(trees, signs, strict=True) if s < 0))

    return together([f for f, _ in factors], order, make) if factors else Laid(Number(1), (), True)


def contract(factors: Sequence[Factor], letters: Sequence[Idx], order: Order) -> Laid:
    """The sum over letters of a product. Every letter is one of a factor's; letters of the same factors go together."""
    left, rest = list(factors), list(letters)
    while rest:
        groups: dict[frozenset[int], list[Idx]] = {}
        for letter in rest:
            groups.setdefault(frozenset(n for n, (f, _) in enumerate(left) if letter in f.axes), []).append(letter)
        holders, group = min(groups.items(), key=lambda item: len(item[0]))
        part = _summed([left[n] for n in sorted(holders)], group, order)
        left = [f for n, f in enumerate(left) if n not in holders] + [(part, 1)]
        rest = [a for a in rest if a not in group]
    return product(left, order)


def _summed(factors: list[Factor], letters: Sequence[Idx], order: Order) -> Laid:
    """The sum of a product of arrays that all have the letters."""
    parts = _merged(factors, order)
    if len(parts) == 2 and set(parts[0].axes) == set(parts[1].axes) and len(parts[0].axes) > 1:
        return _inner(parts, letters)
    if len(parts) == 1:
        return total(parts[0], letters)
    axes = tuple(a for a in union(parts, order) if a not in letters)
    return Laid((_matmul(parts, letters, axes) if len(parts) == 2 else None) or _einsum(parts, axes), axes)


def _merged(factors: list[Factor], order: Order) -> list[Laid]:
    """Arrays whose letters another one has too are multiplied into it: cheaper than a contraction of three."""
    factors = sorted(factors, key=lambda f: len(f[0].axes))
    for small, large in combinations(factors, 2):
        if len(factors) > 2 and set(small[0].axes) <= set(large[0].axes):
            rest = [f for f in factors if f is not small and f is not large]
            return _merged([*rest, (product([large, small], order), 1)], order)
    return [f if sign > 0 else product([(f, sign)], order) for f, sign in factors]


def total(part: Laid, letters: Sequence[Idx], kind: str = "sum") -> Laid:
    """The sum, or the product, over some axes."""
    axes = tuple(n for n, a in enumerate(part.axes) if a in letters)
    return Laid(Reduce(kind, part.tree, axes), tuple(a for a in part.axes if a not in letters))


def _inner(parts: list[Laid], letters: Sequence[Idx]) -> Laid:
    """The sum over some axes of the product of two arrays with the same axes."""
    axes = parts[0].axes
    summed = tuple(n for n, a in enumerate(axes) if a in letters)
    return Laid(
        Inner(parts[0].tree, spread(parts[1], axes), summed, len(axes)), tuple(a for a in axes if a not in letters)
    )


def _matmul(parts: list[Laid], letters: Sequence[Idx], axes: tuple[Idx, ...]) -> Tree | None:
    """A matrix product, batched over shared letters, where it is one, with the least transposing; None elsewhere."""
    found = []
    for left, right in (parts, parts[::-1]):
        batch = [a for a in axes if a in left.axes and a in right.axes]
        rows = [a for a in left.axes if a not in (*batch, *letters)]
        columns = [a for a in right.axes if a not in (*batch, *letters)]
        if len(letters) > 1 or len(rows) > 1 or len(columns) > 1 or (batch and not (rows and columns)):
            return None
        if axes == (*batch, *rows, *columns):
            found.append(MatMul(spread(left, (*batch, *rows, *letters)), spread(right, (*batch, *letters, *columns))))
    return min(found, key=lambda m: sum(isinstance(t, Transpose) for t in (m.left, m.right)), default=None)


def _einsum(parts: list[Laid], axes: tuple[Idx, ...]) -> Tree:
    number = {a: n for n, a in enumerate(dict.fromkeys(a for p in parts for a in p.axes))}
    operands = tuple((p.tree, tuple(number[a] for a in p.axes)) for p in parts)
    return Contraction(operands, tuple(number[a] for a in axes))
