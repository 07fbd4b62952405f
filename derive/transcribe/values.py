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
    if any(size != 1 for size in value.shape):
        raise Mismatch(f"a number belongs here, and this has the shape {shown(value.shape)}")
    return value.at((Integer(1),) * len(value.shape))


def shown(shape: tuple[Expr, ...]) -> str:
    """A shape as it is said: 'a number', 'D', 'H x D'."""
    return " x ".join(map(str, shape)) if shape else "a number"


def elementwise(function: Callable[..., Expr], *values: Value) -> Value:
    """A function of each element; numbers go with every shape, and a vector beside a matrix with its rows or columns.

    Errors: Mismatch for shapes that do not go together, or in two ways.
    """
    shape = broadcast(values)
    row = any(value.row for value in values) and len(shape) == 1
    return Value(shape, lambda places: function(*(v.at(_own_places(v, shape, places)) for v in values)), row)


def broadcast(values: Sequence[Value]) -> tuple[Expr, ...]:
    """The shape in which all of these stand beside each other; an axis of size 1 is repeated. Errors: Mismatch."""
    whole: tuple[Expr, ...] = ()
    for value in values:
        if len(value.shape) > len(whole):
            whole = value.shape
    for value in values:
        if len(value.shape) == len(whole):
            pairs = zip(whole, value.shape, strict=True)
            whole = tuple(b if a == 1 else a for a, b in pairs)
    for value in values:
        if value.shape:
            _fits(value, whole)
    return whole


def _fits(value: Value, whole: tuple[Expr, ...]) -> None:
    own = value.shape
    if len(own) == len(whole):
        if all(size in (1, other) for size, other in zip(own, whole, strict=True)):
            return
    elif len(own) == 1 and own[0] in whole:
        if value.row or whole[0] != whole[1]:
            if not value.row or own[0] == whole[1]:
                return
        else:
            raise Mismatch(
                f"a vector of {own[0]} stands beside a matrix {shown(whole)}: does it go with each row or each column?"
                r" write \mathbf{1} b^\top or b \mathbf{1}^\top"
            )
    raise Mismatch("shapes " + " and ".join(sorted({shown(own), shown(whole)})) + " do not go together")


def _own_places(value: Value, whole: tuple[Expr, ...], places: Places) -> Places:
    """Where a value is read for a place of the whole."""
    own = value.shape
    if len(own) < len(whole):
        return () if not own else places[1:] if value.row or own[0] == whole[1] else places[:1]
    return tuple(Integer(1) if size == 1 else place for size, place in zip(own, places, strict=True))


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
    if ranks[1] == 1 and other.row:
        raise Mismatch("a vector that stands like this cannot be multiplied by a matrix; transpose it")
    k = letters(one.shape[-1])
    head = len(one.shape) - 1
    return Value(
        one.shape[:-1] + other.shape[1:],
        lambda places: Sum(one.at((*places[:head], k)) * other.at((k, *places[head:])), k),
        one.row,
    )


def _summed(one: Value, other: Value, letters: Letters) -> Value:
    """1^T x and A 1: sums over the axis that meets the ones. Mismatch where none does."""
    if one.ones and one.row and other.shape:
        k = letters(other.shape[0])
        return Value(other.shape[1:], lambda places: Sum(other.at((k, *places)), k), len(other.shape) == 2)
    if other.ones and not other.row and one.shape and (len(one.shape) == 2 or one.row):
        j = letters(one.shape[-1])
        return Value(one.shape[:-1], lambda places: Sum(one.at((*places, j)), j))
    if one.ones and other.row:
        return Value((Integer(1), *other.shape), lambda places: other.at(places[1:]))
    if other.ones and len(one.shape) == 1:
        return Value((*one.shape, Integer(1)), lambda places: one.at(places[:1]))
    if other.ones and not other.row and not one.shape:
        return scalar(one.at(()))  # b 1: the number b at each place of the vector beside which it stands
    raise Mismatch("the vector of ones meets a vector or a matrix here: 1^T x, A 1, 1 b^T")


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

    return Value((behind,), element, all(value.row for value in values), tuple(parts))


def _by_parts(one: Value, other: Value, letters: Letters) -> Value:
    """W [a; b] is W_1 a + W_2 b: each vector meets its own columns."""
    _same(one.shape[-1], other.shape[0])
    bound = [(value, before, letters(value.shape[0])) for value, before in other.parts]

    def element(places: Places) -> Expr:
        return Add(*(Sum(one.at((*places, before + k)) * value.at((k,)), k) for value, before, k in bound))

    return Value(one.shape[:-1], element)
