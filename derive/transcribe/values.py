"""Numbers, vectors and matrices as what stands at an index: products of matrices become sums over what they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Add, Expr, Integer, Piecewise

from derive.model.author_sum import Sum

Places = tuple[Expr, ...]


class Mismatch(Exception):
    """Two shapes that do not go together; the reader says it at the place in the source."""


@dataclass(frozen=True)
class Value:
    """A quantity of some shape; `at` gives an element. A `row` is a vector that has been transposed."""

    shape: tuple[Expr, ...]
    at: Callable[[Places], Expr]
    row: bool = False
    parts: tuple[tuple[Value, Expr], ...] = ()  # of [a; b]: each vector, and behind how many elements it stands
    ones: bool = False  # the vector of ones, of any length
    family: Any = None  # the matrix of the model that this is, whole


Letters = Callable[[Expr], Expr]  # a new index over a size


def scalar(expr: Expr) -> Value:
    """A number."""
    return Value((), lambda places: expr)


def number(value: Value) -> Expr:
    """The number that a value is. Mismatch for a vector or a matrix."""
    if value.shape:
        raise Mismatch(f"a number belongs here, and this has the shape {shown(value.shape)}")
    return value.at(())


def shown(shape: tuple[Expr, ...]) -> str:
    """A shape as it is said: 'a number', 'D', 'H x D'."""
    return " x ".join(map(str, shape)) if shape else "a number"


def elementwise(function: Callable[..., Expr], *values: Value) -> Value:
    """A function of each element; numbers go with every shape. Mismatch for two different shapes."""
    shapes = {value.shape for value in values if value.shape}
    if len(shapes) > 1:
        raise Mismatch("shapes " + " and ".join(sorted(map(shown, shapes))) + " do not go together")
    shape = shapes.pop() if shapes else ()
    row = any(value.row for value in values)
    return Value(shape, lambda places: function(*(v.at(places if v.shape else ()) for v in values)), row)


def transposed(value: Value) -> Value:
    """The transpose; of a vector it is a row."""
    if len(value.shape) == 2:
        return Value(value.shape[::-1], lambda places: value.at(places[::-1]))
    return replace(value, row=not value.row) if value.shape or value.ones else value


def dot(one: Value, other: Value, letters: Letters) -> Expr:
    """The inner product of two vectors. Mismatch for two lengths."""
    _same(one.shape[-1], other.shape[0])
    k = letters(one.shape[-1])
    return Sum(one.at((k,)) * other.at((k,)), k)


def matrix_product(one: Value, other: Value, letters: Letters) -> Value:
    """A B, A x, x^T A, x^T y, x y^T and numbers times anything. Mismatch where the inner sizes differ."""
    if one.ones or other.ones:
        return _summed(one, other, letters)
    if not one.shape or not other.shape:
        return elementwise(lambda a, b: a * b, one, other)
    if other.parts and not other.row and (one.row or len(one.shape) == 2):
        return _by_parts(one, other, letters)
    ranks = len(one.shape), len(other.shape)
    if ranks == (1, 1):
        return _vectors(one, other, letters)
    _same(one.shape[-1], other.shape[0])
    if one.row != (ranks[0] == 1) or (ranks[1] == 1 and other.row):
        raise Mismatch("a vector that stands like this cannot be multiplied by a matrix; transpose it")
    k = letters(one.shape[-1])
    head = len(one.shape) - 1
    return Value(
        one.shape[:-1] + other.shape[1:],
        lambda places: Sum(one.at((*places[:head], k)) * other.at((k, *places[head:])), k),
        ranks[0] == 1,
    )


def _summed(one: Value, other: Value, letters: Letters) -> Value:
    """1^T x and A 1: sums over the axis that meets the ones. Mismatch where none does."""
    if one.ones and one.row and other.shape:
        k = letters(other.shape[0])
        return Value(other.shape[1:], lambda places: Sum(other.at((k, *places)), k), len(other.shape) == 2)
    if other.ones and not other.row and one.shape and (len(one.shape) == 2 or one.row):
        j = letters(one.shape[-1])
        return Value(one.shape[:-1], lambda places: Sum(one.at((*places, j)), j))
    raise Mismatch("the vector of ones meets a vector or a matrix here: 1^T x, A 1")


def _vectors(one: Value, other: Value, letters: Letters) -> Value:
    if one.row and not other.row:
        return scalar(dot(one, other, letters))
    if other.row and not one.row:
        return Value((*one.shape, *other.shape), lambda places: one.at(places[:1]) * other.at(places[1:]))
    raise Mismatch(r"two vectors stand beside each other; write a^T b, a \cdot b or a \odot b")


def _same(a: Expr, b: Expr) -> None:
    if a != b:
        raise Mismatch(f"the inner sizes {a} and {b} differ")


def joined(values: Sequence[Value]) -> Value:
    """[a; b]: vectors one below the other. Mismatch for anything else."""
    parts, behind = [], Integer(0)
    for value in values:
        if len(value.shape) != 1:
            raise Mismatch(
                f"only vectors are put one below the other, and this is {shown(value.shape)}; give its shape"
            )
        parts.append((value, behind))
        behind += value.shape[0]

    def element(places: Places) -> Expr:
        place = places[0]
        pieces = [(v.at((place - before,)), place <= before + v.shape[0]) for v, before in parts]
        return Piecewise(*pieces[:-1], (pieces[-1][0], True))

    return Value((behind,), element, parts=tuple(parts))


def _by_parts(one: Value, other: Value, letters: Letters) -> Value:
    """W [a; b] is W_1 a + W_2 b: each vector meets its own columns."""
    _same(one.shape[-1], other.shape[0])
    bound = [(value, before, letters(value.shape[0])) for value, before in other.parts]

    def element(places: Places) -> Expr:
        return Add(*(Sum(one.at((*places, before + k)) * value.at((k,)), k) for value, before, k in bound))

    return Value(one.shape[:-1], element)
