"""The tree of a formula: what was written, before anybody asks what it means.

Every node carries `start` and `end`, its place in the source, so that a refusal can point there. Nothing is decided
here that needs a model: `f(x)` is a name beside a bracket, `x_{ij}` and `W^T` are a base with something below or above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Anything in a formula; `source[start:end]` is how it was written."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as its digits were typed: `256`, `0.05`, `16777216` for 16,777,216."""

    digits: str


@dataclass(frozen=True, slots=True)
class Symbol(Node):
    """A name: one letter, a Greek one (`alpha`), or a word (`ReLU`); `marks` are accents, primes and alphabets."""

    name: str
    marks: tuple[str, ...] = ()
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Words(Node):
    r"""Prose inside mathematics: `\text{if}`, `\text{for all}`."""

    text: str


@dataclass(frozen=True, slots=True)
class Dots(Node):
    r"""Three dots: `1, \dots, T`."""


@dataclass(frozen=True, slots=True)
class Scripted(Node):
    """A base with what stands below and above it, in whichever order they were typed."""

    base: Node
    below: Node | None = None
    above: Node | None = None


@dataclass(frozen=True, slots=True)
class Listed(Node):
    """Several things with commas, semicolons or a bar between them, without brackets: the subscript `i, j`."""

    items: tuple[Node, ...]
    separators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bracketed(Node):
    """What stands between two brackets: `(a, y)`, `[h; x]`, `{1, ..., T}`; `brackets` is the pair as typed."""

    brackets: str
    items: tuple[Node, ...]
    separators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars(Node):
    r"""`|x|` and, with two strokes, `\|x\|`."""

    body: Node
    strokes: int


@dataclass(frozen=True, slots=True)
class Added(Node):
    """A sum of terms; `signs` are '+' and '-', one before each term."""

    terms: tuple[Node, ...]
    signs: str


@dataclass(frozen=True, slots=True)
class Multiplied(Node):
    """Factors in their order; each of `signs` stands before the factor of its place: '' where nothing was typed."""

    factors: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fraction(Node):
    """One thing over another."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Root(Node):
    """A root; `degree` is None for the square root."""

    body: Node
    degree: Node | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    r"""A function that is typeset as one, with its argument; `loose` if no bracket says where that ends: `\log a b`."""

    function: Node
    argument: Node
    loose: bool


@dataclass(frozen=True, slots=True)
class Big(Node):
    r"""`\sum`, `\prod`, `\max` and their kind over an index; `body` ends where the product ends."""

    operator: str
    below: Node | None
    above: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Differential(Node):
    r"""`\partial L`, `d L`: a change; two of them make a derivative. `sign` is 'partial', 'd' or 'immediate'."""

    sign: str
    order: Node | None
    body: Node | None


@dataclass(frozen=True, slots=True)
class Rows(Node):
    """A table of formulas: `cases` or a matrix; `kind` is its environment."""

    kind: str
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """A chain `a = b <= c`: one sign fewer than sides."""

    sides: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    r"""Comparisons joined by `\\land` or `\\lor`; `sign` is 'and' or 'or'."""

    sign: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Range(Node):
    r"""`t = 1, \dots, T`: an index with its two ends."""

    index: Node
    first: Node
    last: Node


def children(node: Node) -> Iterator[Node]:
    """What a node is made of, in the order of its fields."""
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with each of its children changed."""
    return replace(node, **{field.name: _changed(getattr(node, field.name), change) for field in fields(node)})


def _changed(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return change(value)
    return tuple(_changed(item, change) for item in value) if isinstance(value, tuple) else value


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
