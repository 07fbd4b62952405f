"""Products: factors from left to right, where a name beside a bracket may be a function."""

from __future__ import annotations

from derive.read.tree import (
    Big,
    Bracketed,
    Fraction,
    Multiplied,
    Node,
    Number,
)
from derive.transcribe.applied import application
from derive.transcribe.formulas import Formula
from derive.transcribe.occurrences import occurrence
from derive.transcribe.values import Value, dot, matrix_product, number, scalar
from derive.transcribe.values import elementwise as each


def multiplied_of(formula: Formula, node: Multiplied) -> Value:
    """Factors from left to right, where a name beside a bracket may be a function."""
    value, place = _factor(formula, node, 0)
    while place < len(node.factors):
        sign = node.signs[place]
        other, after = _factor(formula, node, place)
        if sign == "/":
            _plain_division(formula, node, place, after)
        value, place = _times(formula, value, sign, other, node), after
    return value


def _times(formula: Formula, one: Value, sign: str, other: Value, node: Node) -> Value:
    if sign == "/":
        below = number(other)
        return each(lambda above: above / below, one)
    if sign == "*" and {len(one.shape), len(other.shape)} == {1, 2}:
        raise formula.error(node, "is * the product of a matrix with a vector? write W x, or \\odot for one by element")
    if sign in ("odot", "circ", "*"):
        return each(lambda a, b: a * b, one, other)
    if sign in ("cdot", "times") and len(one.shape) == len(other.shape) == 1 and one.row == other.row:
        return scalar(dot(one, other, formula.names.indexing.over))
    if sign == "otimes":
        raise formula.error(node, "a Kronecker product is not read; write its elements")
    return matrix_product(one, other, formula.names.indexing.over)


def _apart(formula: Formula, node: Multiplied, after: int) -> bool:
    """Whether a space stands in front of a factor: `1/2 x` is half of x, `1/2n` can be read in two ways."""
    return formula.names.source[node.factors[after].start - 1].isspace()


def _plain_division(formula: Formula, node: Multiplied, place: int, after: int) -> None:
    """What stands beside a denominator may belong to it: `a/b c` has two readings, and none is guessed."""
    following = node.factors[after] if after < len(node.factors) and node.signs[after] == "" else None
    if (
        following is None
        or (isinstance(node.factors[place], Number) and _apart(formula, node, after))
        or isinstance(node.factors[place], Bracketed)
        or isinstance(following, Big | Bracketed)
    ):
        return
    if isinstance(following, Fraction):
        return
    raise formula.error(node.factors[place], "what stands behind the slash? write a/(b c), or (a/b) c")


def _factor(formula: Formula, node: Multiplied, place: int) -> tuple[Value, int]:
    """The factor at a place, and the place behind it."""
    factor = node.factors[place]
    following = node.factors[place + 1] if place + 1 < len(node.factors) and not node.signs[place + 1] else None
    if isinstance(following, Bracketed):
        found = occurrence(factor)
        if found is not None and (called := application(formula, found, following)) is not None:
            return called, place + 2
    return formula.value(factor), place + 1
