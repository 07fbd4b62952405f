"""Numbers that stand for what is not computed: a name, a function, a sum over a letter.

Two formulas are compared at one random point. A name is a number there; a vector is a column of three, a matrix three
by three. Functions and sums are no more than what they are called and what they are applied to, each a fixed smooth
function: a formula and its reading agree if they say the same, and formulas that differ hardly ever do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np

Value = Any  # a float, or an array of two axes
SIDE = 3  # of a matrix, the length of a vector
POINTS = (1.3717, 2.6129)  # at which a sum takes what it is over


@cache
def fixed(*word: object) -> float:
    """A number between 0 and 1 that belongs to a word."""
    return (crc32(repr(word).encode()) % 999_983 + 0.5) / 999_983


@cache
def _frame(word: str, rows: int, columns: int) -> Any:
    return np.array([[fixed(word, r, c) for c in range(columns)] for r in range(rows)])


def leaf(name: str, places: tuple[float, ...], shape: tuple[int, ...]) -> Value:
    """A quantity at its places: a number from 1/2 on, or an array of such numbers."""
    turn = 6.3 * fixed(name, len(places)) + sum((1.1 + fixed(name, n)) * p for n, p in enumerate(places))
    return 1.1 + 0.6 * (np.sin(turn + 6.3 * _frame(name, *shape)) if shape else math.sin(turn))


def applied(name: str, *values: Value) -> Value:
    """A function of values, of each entry and of the sums of rows and columns of an array."""
    turn: Value = 6.3 * fixed(name)
    for n, value in enumerate(values):
        scale = 0.4 + fixed(name, n)
        if isinstance(value, np.ndarray):
            frame = _frame(name, *value.shape)
            value = value + frame * (value * (0.5 + frame)).sum(axis=1, keepdims=True)
        turn = turn + scale * value
    return 1.2 + 0.7 * (np.sin(turn) if isinstance(turn, np.ndarray) else math.sin(turn))


def summed(first: Value, last: Value, body: Callable[[float], Value]) -> Value:
    """A sum over a letter from `first` to `last`: it is linear in what is summed, and knows no name of the letter."""
    turn = 0.7 * first + 1.3 * last
    weights = (1.4 + 0.3 * math.sin(turn), 0.9 + 0.3 * math.cos(turn))
    return sum(w * body(p) for w, p in zip(weights, POINTS, strict=True))


def bound(word: str, first: Value, last: Value, body: Callable[[float], Value]) -> Value:
    """A product or an extreme over a letter."""
    return applied(word, first, last, *map(body, POINTS))


def of_word(word: str, value: Value) -> Value:
    """A word over a vector; a mean is linear."""
    return 0.77 * value if word == "mean" else applied(word, value)


def over_letter(word: str, body: Callable[[float], Value]) -> Value:
    """A word over a letter; a mean is linear."""
    return summed(0.0, 0.0, body) if word == "mean" else bound(word, 0.0, 0.0, body)


def below(a: Value, b: Value) -> Value:
    """How far a < b holds; what does not hold is 1 less that."""
    return 0.5 + 0.3 * np.sin(1.3 * (b - a) + 0.4)


def same(a: Value, b: Value) -> Value:
    """How far a = b holds."""
    return 1 / (1 + (a - b) ** 2)


def compared(sign: str, left: Value, right: Value) -> Value:
    """How far a comparison holds."""
    if sign in ("==", "=", "!="):
        return same(left, right) if sign != "!=" else 1 - same(left, right)
    if sign in ("<", ">"):
        return below(left, right) if sign == "<" else below(right, left)
    return 1 - (below(right, left) if sign == "<=" else below(left, right))


def delta(a: Value, b: Value) -> Value:
    """Kronecker's delta of two places."""
    return 1 / (1.5 + (a - b) ** 2)


def times(a: Value, b: Value) -> Value:
    """The product: of a number with anything, of matrices in their order; one row and one column make a number.

    Errors: ValueError for sizes that do not fit.
    """
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return a * b
    found = a @ b
    return float(found[0, 0]) if found.shape == (1, 1) else found


def power(base: Value, exponent: Value) -> Value:
    """A power; of a square matrix with a whole exponent that of matrices, and -1 is its inverse."""
    if isinstance(base, np.ndarray):
        return np.linalg.matrix_power(base, round(exponent)) if base.shape[0] == base.shape[1] else base**exponent
    if base < 0 and exponent != round(exponent):
        return -1.7 * (-base) ** exponent
    if abs(base) < 1e-12 and exponent < 0:
        return math.inf
    most = 300.0 if base == 10 else 60.0  # 7.2 x 10^73 is a number as it is printed; x^T stays within the range
    return float(base) ** min(max(float(exponent), -most), most)


def entry(matrix: Value, places: tuple[float, ...]) -> float:
    """An entry of a matrix, or an element of what a function makes."""
    whole = matrix if isinstance(matrix, np.ndarray) else np.array([[matrix]])
    return float(applied("entry", float((whole * (0.5 + _frame("entry", *whole.shape))).sum()), *places))


def derivative(mark: str, of: Value, wrt: Value) -> Value:
    """A derivative of one quantity with respect to another; of two vectors it is a matrix."""
    if isinstance(of, np.ndarray) and isinstance(wrt, np.ndarray):
        wrt = wrt.T
    turn = 6.3 * fixed("derivative", mark) + 2.9 * of + 1.7 * wrt
    return 0.3 + (np.sin(turn) if isinstance(turn, np.ndarray) else math.sin(turn))


def extreme(word: str, values: Sequence[Value]) -> Value:
    """The largest or the least of several, in whichever order they stand; of arrays entry by entry."""
    return applied(word, sum(values), sum(v * v for v in values))


def diagonal(value: Value) -> Value:
    """The matrix with a column on its diagonal, or the diagonal of a matrix as a column."""
    return np.diag(value[:, 0]) if value.shape[1] == 1 else np.diag(value)[:, None]


def norm(value: Value, kind: str) -> Value:
    """A norm by what stands below its bars."""
    return applied(f"norm{kind}", float((value * value).sum()) if isinstance(value, np.ndarray) else value)


def block(matrix: Value, ends: Sequence[tuple[Value, Value] | None]) -> Value:
    """A block of a matrix by its first and last row and column; None where all are taken."""
    for name, pair in zip(("rows", "columns"), ends, strict=False):
        matrix = matrix if pair is None else matrix * applied(name, *pair)
    return matrix


def table(rows: Sequence[Sequence[Value]]) -> Value:
    """A matrix that is written by its entries, or by its blocks: what each adds belongs to its place."""
    blocks = [np.shape(block) for row in rows for block in row if isinstance(block, np.ndarray)]
    if not blocks:
        return np.array(rows)
    square = np.zeros(tuple(max(sides) for sides in zip(*blocks, strict=True)))
    return square + sum(fixed("block", r, c) * b for r, row in enumerate(rows) for c, b in enumerate(row))


def agree(one: Value, other: Value) -> bool:
    """Whether two values are one; a zero is a matrix of zeros too."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if a.shape != b.shape and not (a.size == 1 or b.size == 1):
        return False
    if a.shape != b.shape and (a.any() or b.any()):
        return False
    return bool(np.allclose(a, b, rtol=1e-8, atol=1e-9, equal_nan=True))


def near(one: Value, other: Value) -> bool:
    """Whether two values are one where numbers are rounded to six digits."""
    return bool(np.allclose(np.asarray(one, dtype=float), np.asarray(other, dtype=float), rtol=1e-4, atol=1e-7))
