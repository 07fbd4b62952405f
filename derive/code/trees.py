"""A program as data: trees of array operations, and the statements made of them. What a target makes of it is its own.

A tree says nothing about names of a library: `Call("sigmoid", x)` is the row of the functions table, `Contraction`
an einsum. Trees are immutable and compare by what they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from sympy import Expr


class Tree:
    """An expression of the program."""


@dataclass(frozen=True)
class Name(Tree):
    """A variable."""

    text: str


@dataclass(frozen=True)
class Number(Tree):
    """A number: rational, or a float."""

    value: Expr | int | float


@dataclass(frozen=True)
class Apply(Tree):
    """An operation of the target: maximum, where, clip, zeros, array, span."""

    function: str
    args: tuple[Tree, ...]


@dataclass(frozen=True)
class Call(Tree):
    """A function of the table, by the name of its row."""

    function: str
    args: tuple[Tree, ...]


@dataclass(frozen=True)
class Plus(Tree):
    """A sum of terms, each with its sign."""

    terms: tuple[tuple[int, Tree], ...]


@dataclass(frozen=True)
class Times(Tree):
    """A product of factors over a product of factors."""

    above: tuple[Tree, ...]
    below: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Power(Tree):
    """base ** exponent."""

    base: Tree
    exponent: Tree


@dataclass(frozen=True)
class Condition(Tree):
    """Two sides that are compared, or several conditions joined by & or |; `sign` is Python's."""

    sign: str
    args: tuple[Tree, ...]


@dataclass(frozen=True)
class Shape(Tree):
    """The lengths of the axes of an array."""

    lengths: tuple[Tree, ...]


@dataclass(frozen=True)
class Slice(Tree):
    """start:stop:step, each left out where it is None."""

    start: Tree | None = None
    stop: Tree | None = None
    step: int = 1


@dataclass(frozen=True)
class NewAxis(Tree):
    """An axis of length 1."""


@dataclass(frozen=True)
class Pick(Tree):
    """array[places]: whole numbers, slices, new axes or index arrays."""

    array: Tree
    places: tuple[Tree, ...]


@dataclass(frozen=True)
class Transpose(Tree):
    """The axes in another order."""

    array: Tree
    order: tuple[int, ...]


@dataclass(frozen=True)
class Reduce(Tree):
    """The sum (`sum`), the product (`prod`), the largest (`max`) or the least (`min`) over some axes."""

    kind: str
    array: Tree
    axes: tuple[int, ...]


@dataclass(frozen=True)
class MatMul(Tree):
    """left @ right."""

    left: Tree
    right: Tree


@dataclass(frozen=True)
class Inner(Tree):
    """The sum over some axes of left * right, two arrays with the same axes."""

    left: Tree
    right: Tree
    axes: tuple[int, ...]
    rank: int


@dataclass(frozen=True)
class Contraction(Tree):
    """einsum: each operand with its axes, and those of the result, as numbers."""

    operands: tuple[tuple[Tree, tuple[int, ...]], ...]
    axes: tuple[int, ...]


@dataclass(frozen=True)
class Statement:
    """A line of the program."""


@dataclass(frozen=True)
class Assign(Statement):
    """target = value, or += where it adds; the remark is the formula it computes.

    `repeats`: the index arrays of the target may name an element several times, each of which counts.
    """

    target: Tree
    value: Tree
    remark: str = ""
    adds: bool = False
    repeats: bool = False


@dataclass(frozen=True)
class Loop(Statement):
    """range(first, past, step), step 1 or -1."""

    variable: str
    first: Tree
    past: Tree
    step: int
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Branch(Statement):
    """The body where the condition holds."""

    condition: Tree
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Settle(Statement):
    """The body again and again until none of the variables moves, from zeros on."""

    variables: tuple[tuple[Name, Tree], ...]
    body: tuple[Statement, ...]


def signed(sign: int, tree: Tree) -> tuple[int, Tree]:
    """A term with its sign taken out of its first factor."""
    if isinstance(tree, Times) and tree.above[0] == Number(-1):
        return -sign, Times(tree.above[1:] or (Number(1),), tree.below)
    return sign, tree


def plus(signs: Sequence[int], terms: Sequence[Tree]) -> Plus:
    """A sum, a positive term first where there is one."""
    pairs = [signed(s, t) for s, t in zip(signs, terms, strict=True)]
    return Plus(tuple(sorted(pairs, key=lambda pair: pair[0] < 0)))


def trees_in(part: object) -> Iterator[Tree]:
    """Every tree inside a tree, a statement or a tuple of them, from the outside in."""
    if isinstance(part, Tree):
        yield part
    if isinstance(part, (Tree, Statement)):
        part = tuple(getattr(part, field.name) for field in fields(part))  # type: ignore[arg-type]
    if isinstance(part, tuple):
        for each in part:
            yield from trees_in(each)


def names_in(part: object) -> Iterator[str]:
    """The variables and functions that a tree or statement mentions."""
    for tree in trees_in(part):
        if isinstance(tree, Name):
            yield tree.text
        elif isinstance(tree, (Apply, Call)):
            yield tree.function
