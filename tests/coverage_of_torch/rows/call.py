"""How an operation is called for a formula of torch's list: a model, and what its arguments are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from coverage_of_torch.table import Array, Row

Call = tuple[Row, dict[str, Any]]  # a model, and the arguments: a leaf by its letter, a number, or a function of all


class Case(NamedTuple):
    """A call whose slopes are given, or read, in a way of its own.

    `slope` gives the slopes of the results from the leaves, where that is not u; `read` takes the formula's value, the
    argument's name and the leaves, and gives the gradients by letters; `form` says how the model differs from the
    operation. `valued` tells whether the loss is sum u y of what the operation gives at these numbers.
    """

    model: Row
    arguments: dict[str, Any]
    slope: Callable[[Any, Any], Any] | None = None
    read: Callable[[Any, str, Any], dict[str, Array]] | None = None
    form: str = ""
    valued: bool = True


def new(leaves: str, write: Any) -> Row:
    """A model of its own, whose loss is sum u y."""
    return Row("new", leaves, write)


class Batch:
    """A leaf as a batch of one image with one channel."""

    def __init__(self, letter: str):
        self.letter = letter

    def __call__(self, t: Any) -> Array:
        return getattr(t, self.letter)[None, None]


class Made:
    """An argument that is made from a leaf, and has its gradient."""

    def __init__(self, letter: str, make: Callable[[Any], Any]):
        self.letter, self.make = letter, make

    def __call__(self, t: Any) -> Any:
        return self.make(t)


class Shaped:
    """An array of which the operation reads the shape alone."""

    def __init__(self, make: Any):
        self.make = make

    def __call__(self, t: Any) -> Array:
        return self.make(t)
