"""Functions of whole matrices: inverse, determinant, trace. Those that are no sums take a matrix that has a name."""

from __future__ import annotations

from sympy import Expr

from derive.model import matrix_words
from derive.model.author_sum import Sum
from derive.transcribe.values import Letters, Mismatch, Value, scalar


def inverse(value: Value) -> Value:
    """A^{-1}. Mismatch for a matrix without a name."""
    made = matrix_words.inverse(_named(value))
    return Value(value.shape, lambda places: made[places])


def of_matrix(name: str, value: Value, letters: Letters) -> Value:
    """det A, log det A and tr A. Mismatch for what is no square matrix, or has no name where one is needed."""
    if len(value.shape) != 2:
        raise Mismatch(f"{name} takes a matrix; give its shape")
    if value.shape[0] != value.shape[1]:
        raise Mismatch(f"{name} takes a square matrix, and this is {value.shape[0]} x {value.shape[1]}")
    if name in ("tr", "trace"):
        k = letters(value.shape[0])
        return scalar(Sum(value.at((k, k)), k))
    word = {"det": matrix_words.det, "logdet": matrix_words.logdet}[name]
    made: Expr = word(_named(value))
    return scalar(made)


def _named(value: Value) -> object:
    if value.family is None:
        raise Mismatch("give this matrix a name in a line of its own, A = ..., and use that")
    return value.family
