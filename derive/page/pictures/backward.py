"""The local partials that flow back along the edges of a picture, of one element with respect to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Expr

from derive.chain.derivation import Derivation, Use
from derive.chain.immediate import is_immediate
from derive.chain.lines import known_local
from derive.chain.needed import dependent
from derive.chain.sums import Facts
from derive.expressions.indices import name_of, substitute
from derive.expressions.symbols import Immediate, Partial
from derive.expressions.traverse import quantities
from derive.page.pictures.times import DOTS, Times

Place = tuple[str, int | None]  # a family, and its time
Axes = Mapping[str, int | None]  # which index of each family is time


class Backward:
    """The local partials of a derivation, each found once however many pictures are drawn."""

    def __init__(self, derivation: Derivation, clock: Times, axes: Axes, facts: Facts):
        self.derivation, self.times, self.axes, self.facts = derivation, clock, axes, facts
        self.dependent = dependent(derivation)
        self.found: dict[tuple[Place, Place], tuple[Expr, Expr] | None] = {}

    def flows(self, source: Place, target: Place) -> bool:
        """Is a derivative with respect to the source asked for, and does the target reach the loss?"""
        return source[0] in self.dependent and target[0] in self.derivation.reaching

    def partial(self, source: Place, target: Place) -> tuple[Expr, Expr] | None:
        """The local partial and its symbol; None where nothing flows back, and beside dots."""
        if not self.flows(source, target) or DOTS in (source[1], target[1]):
            return None
        if (source, target) not in self.found:
            self.found[source, target] = self._partial(source, target)
        return self.found[source, target]

    def needed(self, source: Place, target: Place) -> Iterator[Place]:
        """The elements whose values occur in the local partial of an edge, by their own times."""
        found = self.partial(source, target)
        for atom in quantities(found[0]) if found is not None else ():
            name = name_of(atom)
            axis = self.axes.get(name)
            if name in self.axes and axis is None:
                yield name, None
            elif axis is not None and (time := self.times.number(atom.indices[axis], {})) is not None:
                yield name, time

    def _partial(self, source: Place, target: Place) -> tuple[Expr, Expr] | None:
        adjoint = self.derivation.adjoints.get(source[0])
        for use in adjoint.uses if adjoint is not None else ():
            values = self._letters(use, source, target) if use.user.name == target[0] else None
            if adjoint is not None and values is not None:
                local = substitute(known_local(use, adjoint.uses, self.facts)[0], values)
                immediate = is_immediate(self.derivation.model, adjoint.node, use, adjoint.uses)
                user = self.derivation.loss if use.direct else use.target
                return local, substitute((Immediate if immediate else Partial)(user, adjoint.node.generic), values)
        return None

    def _letters(self, use: Use, source: Place, target: Place) -> Mapping[Expr, Expr] | None:
        """What the letters of time stand for where a use leads from the source to the target; None if it does not."""
        node, values = self.derivation.model.nodes[source[0]], {}
        own, axis = self.axes[source[0]], self.axes[target[0]]
        if own is not None and source[1] is not None:
            values[node.indices[own]] = self.times.written(source[1])
            low, high = (self.times.number(e, {}) for e in use.domain[own])
            if low is None or high is None or not low <= source[1] <= high:
                return None
        if axis is not None and target[1] is not None:
            at = use.contraction.at[axis]
            time = self.times.number(at, values)
            if time is None and at in [b[0] for b in use.outer]:
                values[at] = self.times.written(target[1])
            elif time != target[1]:
                return None
        return values
