"""The parts of a picture of a graph as plain data, before anything has a place."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Expr

from derive.expressions.letters import Letters

KINDS = ("parameter", "input", "target", "constant", "random", "node", "loss")


class Vertex(NamedTuple):
    """One thing to be drawn: a quantity, several leaves with the same users, or the dots between time steps.

    `label` holds the quantities, `value` what the only one equals; no label is dots. `needed` marks a value that the
    backward pass needs again. Vertices of one `row` are the same quantity at different times, `column` is the time.
    `early` is a start value, `recurrent` a state or what it is computed through.
    """

    key: str
    label: tuple[Expr, ...]
    kind: str
    needed: bool = False
    row: str = ""
    column: int | None = None
    value: Expr | None = None
    early: bool = False
    recurrent: bool = False


class Edge(NamedTuple):
    """An edge: the target is computed from the source. `partials` flow back along it, one for each
    quantity of the source.

    No partials: no derivative is asked for. `symbols` are their names, where the values would be too long; an edge
    between dots has a derivative (`backward`) but no partial of its own. `carried` leads from a quantity to itself at
    the next step.
    """

    source: str
    target: str
    backward: bool = False
    partials: tuple[Expr, ...] = ()
    symbols: tuple[Expr, ...] = ()
    carried: bool = False


class Diagram(NamedTuple):
    """A whole picture: vertices in the order of definition, edges, and the columns of time that there are."""

    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    order: tuple[str, ...]
    letters: Letters = ()
    copied: bool = False  # parameters are drawn once for every time step


def forward(diagram: Diagram) -> Diagram:
    """The same without what flows back along the edges, and what that needs."""
    vertices = tuple(vertex._replace(needed=False) for vertex in diagram.vertices)
    edges = tuple(Edge(e.source, e.target, carried=e.carried) for e in diagram.edges)
    return diagram._replace(vertices=vertices, edges=edges)
