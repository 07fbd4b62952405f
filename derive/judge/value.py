"""Numbers, vectors and matrices of an answer, in balls; a product finds out from the shapes what it means.

An array has the shape (*dims, points). A vector is a column until it is transposed. The sizes of a world are all
different, so shapes that go together by accident are rare; what does not go together is a `Mismatch`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from derive.errors import DeriveError
from derive.judge.balls import NoValue, ball
from derive.judge.words import CANNOT, NUMBER_SHAPE
from derive.language import Text


class Mismatch(DeriveError):
    """Shapes that do not go together; `said` says it in both languages where it is a Text."""

    def __init__(self, said: Text | str):
        super().__init__(said.pick("en") if isinstance(said, Text) else said)
        self.said = said


@dataclass(frozen=True)
class Value:
    """A quantity: `row` is a transposed vector, `ones` the vector of ones or the identity of no given size.

    A derivative of something with axes has `of` of them in front; -1 for everything else. `loose` says that scalars
    along its axes are meant, as in a product of letters that could be anything.
    """

    numbers: Any
    row: bool = False
    ones: str = ""
    of: int = -1

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape, without the points."""
        return tuple(self.numbers.shape[:-1])


def scalar(x: Any) -> Value:
    """A number that is the same at every point."""
    return Value(np.array([x], dtype=object))


def shown(value: Value) -> str | Text:
    """The shape in words."""
    return in_words(value.dims)


def in_words(dims: Sequence[int]) -> str | Text:
    """A shape in words: 3 x 5."""
    return " x ".join(map(str, dims)) or NUMBER_SHAPE


def _refuse(one: Value, other: Value, doing: str) -> Mismatch:
    return Mismatch(CANNOT[doing](one=shown(one), other=shown(other)))


def spread(one: Value, other: Value, doing: str = "combined element by element") -> tuple[Any, Any]:
    """Two arrays with axes that go together: numbers go with everything, a vector with the rows of a matrix."""
    a, b = one.numbers, other.numbers
    if not one.dims or not other.dims or one.dims == other.dims:
        big = max(len(one.dims), len(other.dims))
        return _wide(a, big), _wide(b, big)
    if len(one.dims) == len(other.dims) and all(
        m == n or 1 in (m, n) for m, n in zip(one.dims, other.dims, strict=True)
    ):
        return a, b
    if len(one.dims) == 2 and len(other.dims) == 1 and one.dims[1] == other.dims[0]:
        return a, b[None]
    if len(one.dims) == 1 and len(other.dims) == 2 and one.dims[0] == other.dims[1]:
        return a[None], b
    raise _refuse(one, other, doing)


def _wide(a: Any, dims: int) -> Any:
    return a.reshape((1,) * (dims + 1 - a.ndim) + a.shape) if a.ndim < dims + 1 else a


def elementwise(function: Callable[[Any, Any], Any], one: Value, other: Value, doing: str = "added") -> Value:
    """A function of two numbers at every element. Mismatch for shapes that do not go together."""
    if one.ones == "I" or other.ones == "I":
        return _with_identity(function, one, other)
    if one.of >= 0 or other.of >= 0:
        one, other = _diagonal(one, other), _diagonal(other, one)
    a, b = spread(one, other, doing)
    row = (one.row or not one.dims) and (other.row or not other.dims) and (one.row or other.row)
    return Value(function(a, b), row, of=one.of if one.of == other.of else -1)


def _with_identity(function: Callable[[Any, Any], Any], one: Value, other: Value) -> Value:
    """I + A: the identity has the size of the other one."""
    n = next((v.dims[0] for v in (one, other) if v.ones != "I" and len(v.dims) == 2), 0)
    if not n:
        if one.ones == other.ones:
            return replace(one, numbers=function(one.numbers, other.numbers))
        raise _refuse(one, other, "added to I")
    one, other = (eye(n, v.numbers) if v.ones == "I" else v for v in (one, other))
    return elementwise(function, one, other)


def eye(n: int, times: Any = None) -> Value:
    """The identity of a size, times a number at each point."""
    unit = np.array([[arb(int(i == j)) for j in range(n)] for i in range(n)], dtype=object)[..., None]
    return Value(unit if times is None else unit * times)


def _diagonal(value: Value, other: Value) -> Value:
    """The derivative of an elementwise function beside something of its shape: its diagonal."""
    n = value.of
    if n <= 0 or value.dims[:n] != value.dims[n:] or value.dims[:n] != other.dims:
        return value
    found = value.numbers
    for _ in range(n):
        found = (
            np.moveaxis(np.diagonal(found, axis1=0, axis2=n), -1, n - 1)
            if n > 1
            else np.moveaxis(np.diagonal(found, axis1=0, axis2=1), -1, 0)
        )
    return Value(found) if found.shape[:-1] == other.dims else value


def transposed(value: Value) -> Value:
    """The transpose; of a vector it is a row."""
    if len(value.dims) == 2:
        return replace(value, numbers=np.swapaxes(value.numbers, 0, 1), of=-1)
    return replace(value, row=not value.row) if value.dims or value.ones else value


def contracted(a: Any, b: Any, axes: int) -> Any:
    """The sum over the last axes of one array and the first ones of the other, points apart."""
    head, tail = a.ndim - 1 - axes, b.ndim - 1 - axes
    left = a.reshape(*a.shape[:-1], *((1,) * tail), a.shape[-1])
    right = b.reshape(*((1,) * head), *b.shape)
    product = left * right
    for _ in range(axes):
        product = np.sum(product, axis=head)
    return product


def product(one: Value, other: Value, sign: str, side_by_side: str) -> Value:
    """A product as its sign and the shapes say. `side_by_side` says what two vectors make: "dot" or "elementwise".

    Mismatch where nothing is meant by it.
    """
    if sign == "oslash":
        return elementwise(quotient, one, other, "divided element by element")
    if sign in ("odot", "circ") or (sign in ("*", "times") and one.dims == other.dims and one.dims):
        return elementwise(lambda a, b: a * b, one, other, "multiplied element by element")
    if sign == "otimes" and len(one.dims) == len(other.dims) == 1:
        return Value(one.numbers[:, None] * other.numbers[None])
    if one.ones or other.ones:
        return _with_ones(one, other)
    if not one.dims or not other.dims:
        row = one.row or other.row
        return Value(elementwise(lambda a, b: a * b, one, other).numbers, row, of=max(one.of, other.of))
    if one.of >= 0 or other.of >= 0:
        return _chained(one, other, sign, side_by_side)
    return _of_matrices(one, other, sign, side_by_side)


def columns(one: Value, other: Value, sign: str, side_by_side: str) -> bool:
    """Whether two columns, or two rows, stand side by side: no product of matrices, and read element by element."""
    alike = len(one.dims) == len(other.dims) == 1 and one.row == other.row and one.dims == other.dims
    dotted = sign == "cdot" and side_by_side == "dot"
    return alike and sign in ("", "cdot") and not dotted and max(one.of, other.of) < 0 and one.dims != (1,)


def _of_matrices(one: Value, other: Value, sign: str, side_by_side: str) -> Value:
    ranks = len(one.dims), len(other.dims)
    if ranks == (1, 1):
        return _of_vectors(one, other, sign, side_by_side)
    if ranks == (2, 1) and not other.row and one.dims[1] == other.dims[0]:
        return Value(contracted(one.numbers, other.numbers, 1))
    if ranks == (1, 2) and one.row and one.dims[0] == other.dims[0]:
        return Value(contracted(one.numbers, other.numbers, 1), True)
    if ranks == (2, 2) and one.dims[1] == other.dims[0]:
        return Value(contracted(one.numbers, other.numbers, 1))
    raise _refuse(one, other, "multiplied as matrices")


def _of_vectors(one: Value, other: Value, sign: str, side_by_side: str) -> Value:
    if one.row and not other.row and one.dims == other.dims:
        return Value(contracted(one.numbers, other.numbers, 1))
    if other.row and not one.row:
        return Value(one.numbers[:, None] * other.numbers[None])
    if one.row == other.row and one.dims == other.dims:
        if sign == "cdot" and side_by_side == "dot":
            return Value(contracted(one.numbers, other.numbers, 1))
        return Value(one.numbers * other.numbers, one.row)
    raise _refuse(one, other, "multiplied as column and row")


def _with_ones(one: Value, other: Value) -> Value:
    """1^T A sums over rows, A 1 over columns, a 1^T repeats a, I A is A."""
    if "I" in (one.ones, other.ones):
        same, times = (other, one) if one.ones == "I" else (one, other)
        if not same.dims:
            return replace(times, numbers=times.numbers * same.numbers)
        return replace(same, numbers=same.numbers * _wide(times.numbers, len(same.dims)))
    if not one.dims and not one.ones:
        return replace(other, numbers=other.numbers * one.numbers)
    if not other.dims and not other.ones:
        return replace(one, numbers=one.numbers * other.numbers)
    if one.ones and one.row and other.dims and not other.row:
        return Value(np.sum(other.numbers, axis=0), len(other.dims) == 2)
    if other.ones and not other.row and one.dims and (len(one.dims) == 2 or one.row):
        return Value(np.sum(one.numbers, axis=-2))
    if other.ones and other.row and len(one.dims) == 1:
        return Value(one.numbers[:, None])
    if one.ones and not one.row and len(other.dims) == 1 and other.row:
        return Value(other.numbers[None])
    raise _refuse(one, other, "multiplied")


def _chained(one: Value, other: Value, sign: str, side_by_side: str) -> Value:
    """A factor of the chain rule: dL/dz dz/dx sums over what z is made of, in whichever order the two stand."""
    if other.of >= 0 and _fits(one, other):
        axes = other.of
        if one.of >= 0:
            return Value(contracted(one.numbers, other.numbers, axes), of=one.of)
        return Value(contracted(one.numbers, other.numbers, axes), one.row)
    if one.of > 0 and other.of < 0 and one.dims[: one.of] == other.dims and not other.row:  # dz/dx dL/dz, by columns
        n = one.of
        if len(one.dims) != 2 or one.dims[0] != one.dims[1]:
            return Value(contracted(other.numbers, one.numbers, n))
    if other.of < 0 <= one.of and len(one.dims) == 2:
        return _of_matrices(replace(one, of=-1), other, sign, side_by_side)
    if one.of < 0 <= other.of and len(other.dims) == 2:
        return _of_matrices(one, replace(other, of=-1), sign, side_by_side)
    raise _refuse(one, other, "multiplied by the chain rule")


def _fits(one: Value, other: Value) -> bool:
    n = other.of
    inner = one.dims[one.of :] if one.of >= 0 else one.dims
    return inner == other.dims[:n] and (one.of >= 0 or one.row or len(other.dims) != 2 or n != 1 or True)


def added(terms: Sequence[Value], signs: str) -> Value:
    """A sum with signs."""
    found = terms[0] if signs[0] == "+" else negative(terms[0])
    for term, sign in zip(terms[1:], signs[1:], strict=True):
        found = elementwise((lambda a, b: a + b) if sign == "+" else (lambda a, b: a - b), found, term)
    return found


def negative(value: Value) -> Value:
    """With the other sign."""
    return replace(value, numbers=-value.numbers)


def diagonal_of(value: Value) -> Any:
    """The diagonal of the derivative of an elementwise function; None where it has other elements too."""
    n = value.dims[0]
    off = [value.numbers[i, j] for i in range(n) for j in range(n) if i != j]
    if not all(ball(x) == 0 for each in off for x in each):
        return None
    return np.moveaxis(np.diagonal(value.numbers, axis1=0, axis2=1), -1, 0)


def quotient(a: Any, b: Any) -> Any:
    """a over b. NoValue where b is 0."""
    try:
        return a / b
    except ZeroDivisionError:
        raise NoValue from None
