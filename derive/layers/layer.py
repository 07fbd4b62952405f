"""A network described by layers: what an author says of each, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sympy import Expr, Integer

ONE, ZERO = Integer(1), Integer(0)
GATES = {"rnn": 1, "lstm": 4, "gru": 3}  # how many maps of input and state a step of a recurrent cell computes
Sizes = tuple[Expr, ...]  # one for each axis, or one for all of them


@dataclass(frozen=True)
class Layer:
    """One layer, of a kind in `KINDS`; what a kind does not have keeps its default.

    `padding` None pads such that the length stays ("same"); `ceil` rounds the length of a pooling up; `wiring` lists
    how many maps read how many of the maps before, where not each reads all; `biases` of each gate of a recurrent cell
    are one, or two as torch keeps them; `typed` is what an author wrote, `name` what it is called.
    """

    kind: str
    channels: Expr | None = None
    kernel: Sizes = ()
    stride: Sizes = (ONE,)
    padding: Sizes | None = (ZERO,)
    dilation: Sizes = (ONE,)
    groups: Expr = ONE
    output_padding: Sizes = (ZERO,)
    bias: bool = True
    ceil: bool = False
    heads: Expr = ONE
    rows: Expr | None = None
    biases: Expr = ONE
    wiring: tuple[tuple[Expr, Expr], ...] = ()
    typed: str = ""
    name: str = ""

    def along(self, sizes: Sizes, axis: int) -> Expr:
        """One size of a kernel, a stride, ... along an axis."""
        return sizes[axis] if len(sizes) > 1 else sizes[0]

    @property
    def title(self) -> str:
        """The name of the layer and how it was typed."""
        return f"{self.name}: {self.typed}" if self.name else self.typed


@dataclass(frozen=True)
class Branches:
    """Stacks that read the same input; their outputs are added (`sum`) or put beside each other (`concat`)."""

    merge: str
    branches: tuple[Stack, ...]
    name: str = ""


@dataclass(frozen=True)
class Repeat:
    """A stack several times; where `times` is a letter the stack keeps the shape of its input."""

    times: Expr
    stack: Stack


Node = Layer | Branches | Repeat
Stack = tuple[Node, ...]


def leaves(stack: Stack) -> Iterator[Layer]:
    """Every layer that is written down."""
    for node in stack:
        if isinstance(node, Layer):
            yield node
        elif isinstance(node, Branches):
            for branch in node.branches:
                yield from leaves(branch)
        else:
            yield from leaves(node.stack)


def repeats(stack: Stack) -> Iterator[Expr]:
    """How often stacks stand there."""
    for node in stack:
        if isinstance(node, Repeat):
            yield node.times
        inner = node.branches if isinstance(node, Branches) else (node.stack,) if isinstance(node, Repeat) else ()
        for each in inner:
            yield from repeats(each)


def numbered(stack: Stack, values: Mapping[Expr, Expr]) -> Stack:
    """The same network with numbers for its letters."""
    return tuple(_numbered(node, values) for node in stack)


def _numbered(node: Node, values: Mapping[Expr, Expr]) -> Node:
    if isinstance(node, Branches):
        return replace(node, branches=tuple(numbered(b, values) for b in node.branches))
    if isinstance(node, Repeat):
        return Repeat(node.times.xreplace(dict(values)), numbered(node.stack, values))
    return replace(node, **{f.name: _put(getattr(node, f.name), values) for f in fields(node)})


def _put(value: Any, values: Mapping[Expr, Expr]) -> Any:
    if isinstance(value, Expr):
        return value.xreplace(dict(values))
    return tuple(_put(v, values) for v in value) if isinstance(value, tuple) else value
