"""The variables of a program: one for each family of a model, each adjoint, and each partial given from outside."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Expr, Idx, IndexedBase

from derive.chain.derivation import Derivation
from derive.chain.rule import extent
from derive.code.elements import Element, Stored
from derive.code.names import Identifiers
from derive.code.trees import Name
from derive.errors import ModelError
from derive.expressions.indices import name_of, substitute
from derive.expressions.intervals import Interval, hull
from derive.expressions.symbols import Given, Immediate, Partial
from derive.model.model import Node

COTANGENT = "cotangent"


class Cotangent(NamedTuple):
    """The partial of an abstract function in one of its arguments: an input of the program, with a name of its own.

    Its axes are those of the function, then those of an argument that is a whole family.
    """

    name: str
    node: Node
    argument: Expr
    indices: tuple[Idx, ...]

    def position(self, partial: Partial) -> tuple[Expr, ...] | None:
        """Return the position at which it holds the partial; None if the partial is that of another argument."""
        own = tuple(getattr(partial.of, "indices", ()))
        if name_of(partial.of) != self.node.name or name_of(partial.wrt) != name_of(self.argument):
            return None
        if isinstance(self.argument, IndexedBase):
            return own + tuple(partial.wrt.indices)
        at = substitute(self.argument, dict(zip(self.node.indices, own, strict=True)))
        return own if at == partial.wrt else None


def cotangents(d: Derivation) -> tuple[Cotangent, ...]:
    """Return the cotangents that a wanted gradient may need; a single one is called `cotangent`.

    Where none needs any, all are returned: without them the loss would have no value.
    """
    every = dict.fromkeys(
        (node, argument)
        for node in d.model.nodes.values()
        for argument in (node.abstract.args if node.abstract is not None else ())
    )
    pairs = {p: None for p in every if name_of(p[1]) in d.adjoints} or every
    found, taken = [], set(d.model.nodes)
    for node, argument in pairs:
        name = COTANGENT if len(pairs) == 1 else f"{COTANGENT}_{name_of(argument)}"
        while name in taken:
            name += "_2"
        taken.add(name)
        more = d.model.nodes[name_of(argument)].indices if isinstance(argument, IndexedBase) else ()
        found.append(Cotangent(name, node, argument, node.indices + more))
    return tuple(found)


def ranges(node: Node) -> tuple[Interval, ...]:
    """Return the range of each axis, start values included."""
    found = []
    for axis, idx in enumerate(node.indices):
        starts = [(p, p) for c in node.cases if not isinstance(p := c.position[axis], Idx)]
        found.append(hull([(idx.lower, idx.upper), *starts], (idx.lower, idx.upper)))
    return tuple(found)


class Families:
    """Where the values of a derivation are stored: `stored` has the families by name, `adjoint x` and `given x`."""

    def __init__(self, d: Derivation, names: Identifiers):
        self.names, self.derivation, self.model, self.cotangents = names, d, d.model, cotangents(d)
        self.stored: dict[str, Stored] = {}
        for node in self.model.nodes.values():
            self.stored[node.name] = Stored(Name(names[node.name]), ranges(node))
        for given in self.cotangents:
            intervals = tuple((i.lower, i.upper) for i in given.indices)
            self.stored[f"given {given.name}"] = Stored(Name(names[given.name]), intervals)
        for name, adjoint in d.adjoints.items():
            own = names.given.setdefault(f"adjoint {name}", names.fresh(f"d{names[name]}"))
            self.stored[f"adjoint {name}"] = Stored(Name(own), extent(adjoint.node))

    def element(self, expr: Expr) -> Element:
        """Return the variable of a symbol, an element or a partial, and its position. Errors: ModelError for others."""
        if isinstance(expr, Partial):
            return self._partial(expr)
        return self.stored[name_of(expr)], getattr(expr, "indices", ())

    def _partial(self, expr: Partial) -> Element:
        """Return an adjoint, or the cotangent that holds the partial of an abstract function."""
        if not isinstance(expr, (Given, Immediate)) and expr.of == self.derivation.loss:
            name = f"adjoint {name_of(expr.wrt)}"
            if name in self.stored:
                return self.stored[name], tuple(getattr(expr.wrt, "indices", ()))
        for given in self.cotangents:
            position = given.position(expr)
            if position is not None:
                return self.stored[f"given {given.name}"], position
        raise ModelError(f"{expr} has no value going forward")
