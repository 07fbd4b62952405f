"""A task about layers: one network or several beside each other, what is asked of them, and what a source claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sympy import Expr

from derive.language import Text
from derive.layers.network import Network
from derive.layers.read import read_layers
from derive.layers.shape import read_shape

if TYPE_CHECKING:  # a task that is typed loads no torch
    from derive.layers.check.compare import Checked

COLUMNS = ("shape", "weights", "biases", "multiply_adds", "numbers", "field")  # and "connections", where asked for
PARAMETERS = "parameters"


class Claim(NamedTuple):
    """A number that a source gives for the parameters of a layer, by its place, or of all layers, "all"."""

    place: str
    value: int


@dataclass(frozen=True)
class Task:
    """What is asked. `columns` are those of the tables, `of` the counts by which several networks are compared.

    `notes` are remarks of the teacher below the answer, `claims` what a source says, to be compared; `values` are
    numbers for the letters of the sizes at which the check works them. Of a torch module, maps have their channels
    `first`, `unknown` lists what is not explained, and `read` is what agrees.
    """

    title: Text
    networks: tuple[Network, ...]
    statement: Text | None = None
    columns: tuple[str, ...] = COLUMNS
    of: tuple[str, ...] = (PARAMETERS, "multiply_adds", "field")
    notes: tuple[Text, ...] = ()
    claims: tuple[Claim, ...] = ()
    values: tuple[tuple[Expr, int], ...] = ()
    source: str = ""
    first: bool = False
    unknown: tuple[Text, ...] = ()
    read: Checked | None = None


def network(layers: str, input: str, name: Text | None = None, columns: tuple[str, ...] = ()) -> Network:
    """A network as it is typed. Errors: UsageError for what cannot be read or does not fit."""
    made = Network(read_layers(layers), read_shape(input), name, columns)
    assert made.rows is not None
    return made
