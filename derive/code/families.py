"""What a program knows of the families of a model: where they are kept, their shapes, and those given from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sympy import Expr, Idx, IndexedBase

from derive.chain.derivation import Derivation
from derive.chain.rule import extent
from derive.code.elements import Stored
from derive.code.integers import Scope
from derive.code.lower import Arrays
from derive.code.named_axes import ALL, Laid, spread
from derive.code.names import Identifiers
from derive.code.program import Apply, Name, Number, Plus, Shape, Slice, Tree
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
        """Where it holds the partial; None where it is that of another argument."""
        own = tuple(getattr(partial.of, "indices", ()))
        if name_of(partial.of) != self.node.name or name_of(partial.wrt) != name_of(self.argument):
            return None
        if isinstance(self.argument, IndexedBase):
            return own + tuple(partial.wrt.indices)
        at = substitute(self.argument, dict(zip(self.node.indices, own, strict=True)))
        return own if at == partial.wrt else None


def cotangents(d: Derivation) -> tuple[Cotangent, ...]:
    """Those that a wanted gradient may need; a single one is called `cotangent`."""
    pairs = dict.fromkeys(
        (node, argument)
        for node in d.model.nodes.values()
        for argument in (node.abstract.args if node.abstract is not None else ())
        if name_of(argument) in d.adjoints
    )
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
    """The range of each axis, start values included."""
    found = []
    for axis, idx in enumerate(node.indices):
        starts = [(p, p) for c in node.cases if not isinstance(p := c.position[axis], Idx)]
        found.append(hull([(idx.lower, idx.upper), *starts], (idx.lower, idx.upper)))
    return tuple(found)


def bounds(indices: Sequence[Idx]) -> tuple[Interval, ...]:
    """The declared ranges of indices."""
    return tuple((i.lower, i.upper) for i in indices)


class Families(Arrays):
    """Lowers expressions of one model, adjoints and cotangents included."""

    def __init__(self, d: Derivation, names: Identifiers):
        super().__init__(names, set(d.model.sizes), {})
        self.derivation, self.model, self.cotangents = d, d.model, cotangents(d)
        for node in self.model.nodes.values():
            self.stored[node.name] = Stored(Name(names[node.name]), ranges(node))
        for given in self.cotangents:
            self.stored[f"given {given.name}"] = Stored(Name(names[given.name]), bounds(given.indices))
        for name, adjoint in d.adjoints.items():
            own = names.given.setdefault(f"adjoint {name}", names.fresh(f"d{names[name]}"))
            self.stored[f"adjoint {name}"] = Stored(Name(own), extent(adjoint.node))

    def element(self, expr: Partial) -> tuple[Stored, tuple[Expr, ...]]:
        """An adjoint, or the cotangent that holds the partial of an abstract function."""
        if not isinstance(expr, (Given, Immediate)) and expr.of == self.derivation.loss:
            name = f"adjoint {name_of(expr.wrt)}"
            if name in self.stored:
                return self.stored[name], tuple(getattr(expr.wrt, "indices", ()))
        for given in self.cotangents:
            position = given.position(expr)
            if position is not None:
                return self.stored[f"given {given.name}"], position
        return super().element(expr)

    def shape(self, intervals: Sequence[Interval]) -> Shape:
        """The lengths of the axes."""
        return Shape(tuple(self.length(i) for i in intervals))

    def filled(self, laid: Laid, axes: Sequence[Idx], intervals: Sequence[Interval]) -> Tree:
        """The value with every axis at its full length."""
        if not laid.plain and set(laid.axes) == set(axes):
            return spread(laid, axes)
        zeros = Apply("zeros", (self.shape(intervals),))
        if laid.tree == Number(0):
            return zeros
        return Plus(((1, zeros), (1, spread(laid, axes)))) if axes else Apply("array", (laid.tree,))

    def places(self, position: Sequence[Expr], whole: Sequence[Interval], own: Mapping[Idx, Interval]) -> list[Tree]:
        """Where in an array the elements at a position lie, as numbers and slices."""
        found: list[Tree] = []
        for place, (low, high) in zip(position, whole, strict=True):
            if isinstance(place, Idx) and place in own:
                first, last = own[place]
                start = None if first == low else self.natural(first - low)
                stop = None if last == high else self.natural(last - low + 1)
                found.append(Slice(start, stop) if start or stop else ALL)
            else:
                found.append(self.number(place - low))
        return found


def scope_of(own: Mapping[Idx, Interval], loops: Mapping[Idx, tuple[str, Interval]] | None = None) -> Scope:
    """The scope of an expression over its own letters, some of them stepped by a loop."""
    loops = loops or {}
    inside = {**own, **{i: interval for i, (_, interval) in loops.items()}}
    return Scope(inside, tuple(own), {i: name for i, (name, _) in loops.items()})


def without(items: Sequence[Interval], axis: int) -> Iterator[Interval]:
    """All but one."""
    return (item for at, item in enumerate(items) if at != axis)
