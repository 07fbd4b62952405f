"""Arrays whose axes are named by indices, and operations on several of them: broadcasting, products, contractions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import Idx

from derive.code.trees import (
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
Factor = tuple["NamedArray", int]  # an array and its exponent, 1 or -1
Order = Sequence[Idx]  # the indices in the order in which the result wants its axes


@dataclass(frozen=True)
class NamedArray:
    """An array's tree and the index that names each of its axes; `plain` marks a Python number, which is no array."""

    tree: Tree
    axes: tuple[Idx, ...] = ()
    plain: bool = False


def plain(tree: Tree) -> NamedArray:
    """Return a plain Python number, which has no axes."""
    return NamedArray(tree, (), True)


def rearrange(array: NamedArray, axes: Sequence[Idx]) -> Tree:
    """Transpose the array and insert axes of length 1, so that it broadcasts over `axes`, which contain its own."""
    wanted = [a for a in axes if a in array.axes]
    order = tuple(array.axes.index(a) for a in wanted)
    tree = array.tree if order == tuple(range(len(order))) else Transpose(array.tree, order)
    first = next((n for n, a in enumerate(axes) if a in array.axes), len(axes))
    places = tuple(ALL if a in array.axes else NewAxis() for a in axes[first:])
    return tree if all(p is ALL for p in places) else Pick(tree, places)


def pick(tree: Tree, places: Sequence[Tree]) -> Tree:
    """Return array[places]; whole axes at the end need no place."""
    needed = list(places)
    while needed and needed[-1] == ALL:
        needed.pop()
    return Pick(tree, tuple(needed)) if needed else tree


def union(parts: Iterable[NamedArray], order: Order) -> tuple[Idx, ...]:
    """Return the axes of several arrays, in order."""
    found = {a for p in parts for a in p.axes}
    return tuple(a for a in order if a in found)


def elementwise(parts: Sequence[NamedArray], order: Order, make: Callable[..., Tree]) -> NamedArray:
    """Apply `make` to the trees of arrays, each rearranged so that they broadcast."""
    widest = max(parts, key=lambda p: len(p.axes))
    axes = union(parts, order)
    if set(widest.axes) == set(axes):
        axes = widest.axes  # as they are: no transposing
    return NamedArray(make(*(rearrange(p, axes) for p in parts)), axes, all(p.plain for p in parts))


def product(factors: Sequence[Factor], order: Order) -> NamedArray:
    """The elementwise product, 1 without factors: plain numbers come first, and small arrays are multiplied first."""
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

    return elementwise([f for f, _ in factors], order, make) if factors else plain(Number(1))


def contract(factors: Sequence[Factor], indices: Sequence[Idx], order: Order) -> NamedArray:
    """Sum a product over indices, each an axis of some factor; indices of the same factors are summed together."""
    left, rest = list(factors), list(indices)
    while rest:
        groups: dict[frozenset[int], list[Idx]] = {}
        for idx in rest:
            groups.setdefault(frozenset(n for n, (f, _) in enumerate(left) if idx in f.axes), []).append(idx)
        holders, group = min(groups.items(), key=lambda item: len(item[0]))
        part = _sum_of_product([left[n] for n in sorted(holders)], group, order)
        left = [f for n, f in enumerate(left) if n not in holders] + [(part, 1)]
        rest = [a for a in rest if a not in group]
    return product(left, order)


def _sum_of_product(factors: list[Factor], indices: Sequence[Idx], order: Order) -> NamedArray:
    """Sum a product over indices that all of its factors have."""
    parts = _absorbed(factors, order)
    if len(parts) == 2 and set(parts[0].axes) == set(parts[1].axes) and len(parts[0].axes) > 1:
        return _inner(parts, indices)
    if len(parts) == 1:
        return reduced(parts[0], indices)
    axes = tuple(a for a in union(parts, order) if a not in indices)
    return NamedArray((_matmul(parts, indices, axes) if len(parts) == 2 else None) or _einsum(parts, axes), axes)


def _absorbed(factors: list[Factor], order: Order) -> list[NamedArray]:
    """Multiply each array whose axes another one has too into that one: it is cheaper than a contraction of three."""
    factors = sorted(factors, key=lambda f: len(f[0].axes))
    for small, large in combinations(factors, 2):
        if len(factors) > 2 and set(small[0].axes) <= set(large[0].axes):
            rest = [f for f in factors if f is not small and f is not large]
            return _absorbed([*rest, (product([large, small], order), 1)], order)
    return [f if sign > 0 else product([(f, sign)], order) for f, sign in factors]


def reduced(part: NamedArray, indices: Sequence[Idx], kind: str = "sum") -> NamedArray:
    """Return the sum, or the product, over some axes."""
    axes = tuple(n for n, a in enumerate(part.axes) if a in indices)
    return NamedArray(Reduce(kind, part.tree, axes), tuple(a for a in part.axes if a not in indices))


def _inner(parts: list[NamedArray], indices: Sequence[Idx]) -> NamedArray:
    """Return the sum over some axes of the product of two arrays with the same axes."""
    axes = parts[0].axes
    contracted = tuple(n for n, a in enumerate(axes) if a in indices)
    return NamedArray(
        Inner(parts[0].tree, rearrange(parts[1], axes), contracted, len(axes)),
        tuple(a for a in axes if a not in indices),
    )


def _matmul(parts: list[NamedArray], indices: Sequence[Idx], axes: tuple[Idx, ...]) -> Tree | None:
    """The sum as a matrix product, batched over shared axes, with the least transposing; None where it is none."""
    found = []
    for left, right in (parts, parts[::-1]):
        batch = [a for a in axes if a in left.axes and a in right.axes]
        rows = [a for a in left.axes if a not in (*batch, *indices)]
        columns = [a for a in right.axes if a not in (*batch, *indices)]
        if len(indices) > 1 or len(rows) > 1 or len(columns) > 1 or (batch and not (rows and columns)):
            return None
        if axes == (*batch, *rows, *columns):
            found.append(
                MatMul(rearrange(left, (*batch, *rows, *indices)), rearrange(right, (*batch, *indices, *columns)))
            )
    return min(found, key=lambda m: sum(isinstance(t, Transpose) for t in (m.left, m.right)), default=None)


def _einsum(parts: list[NamedArray], axes: tuple[Idx, ...]) -> Tree:
    numbers = {a: n for n, a in enumerate(dict.fromkeys(a for p in parts for a in p.axes))}
    operands = tuple((p.tree, tuple(numbers[a] for a in p.axes)) for p in parts)
    return Contraction(operands, tuple(numbers[a] for a in axes))
