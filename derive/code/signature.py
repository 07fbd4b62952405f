"""The signature of a function that a problem stands for: `def layer_norm_1d(x, gamma, beta, eps=1e-05)`.

`derive code` writes that function from the derivation: its value from the forward pass, its gradients from the derived
backward pass. What differs between training and inference, and what training changes, is declared here as graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from sympy import Expr

from derive.model.model import Model


class Argument(NamedTuple):
    """One argument: its name, its default, and the leaf of the graph that it is, where that has another name."""

    name: str
    default: float | None = None
    leaf: str | None = None

    @property
    def given(self) -> str:
        """The name of the leaf."""
        return self.leaf or self.name


class Modelled(Protocol):
    """What has a model: a Graph."""

    def model(self) -> Model: ...


class Signature(NamedTuple):
    """A function: its name, its arguments in order, and the node that it returns.

    `training` builds the graph of a call in training where that is not the reading's own; `updates` says which argument
    then becomes the value of which node, in place; `draws` which leaf is drawn anew, 1 with a probability written in
    the leaves' symbols, else 0. `inference` builds the graph of the other mode; `training` is then the last argument.
    """

    name: str
    arguments: tuple[Argument, ...]
    result: str
    training: Callable[[], Modelled] | None = None
    updates: Mapping[str, str] = {}
    draws: Mapping[str, Expr] = {}
    inference: Callable[[], Modelled] | None = None
