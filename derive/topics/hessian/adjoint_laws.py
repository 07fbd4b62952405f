"""The gradient is computed like any other quantity: here the adjoints become families with laws of their own.

dL/dw_j = sum_n (a_n - y_n) x_nj is computed from a like any other quantity. Through a recurrence the adjoints are a
recurrence in reverse time, and have a law for each region of their indices, dL/dh_T and dL/dh_t for t < T.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Add, Expr, Idx, Mul

from derive.chain.derivation import Adjoint, Derivation, Line, Step, Term
from derive.chain.rule import extent
from derive.expressions.indices import apart, name_of, substitute
from derive.expressions.intervals import Interval, at_least, image, inside
from derive.expressions.symbols import Partial
from derive.expressions.weight import weight
from derive.model.model import Case, Model, Node, element
from derive.model.positions import own_ranges, walked
from derive.topics.jacobian.jacobian import MOST
from derive.topics.jacobian.lines import developed
from derive.topics.jacobian.paths import Walk


class AdjointNode(Node):
    """The adjoints of a family as quantities that are computed: `symbol` is dL/dz, `at(n)` is dL/dz_n."""

    def at(self, *position: Expr) -> Expr:
        """The adjoint of an element."""
        of, wrt = self.symbol.args
        return Partial(of, element(wrt, position) if self.indices else wrt)


class Law(NamedTuple):
    """How the elements of a family at `position` are computed. An index in it runs over its own range.

    `lines` is the chain of equalities that leads to the value, if it is an adjoint.
    """

    node: Node
    position: tuple[Expr, ...]
    ranges: tuple[Interval, ...]
    expr: Expr
    lines: tuple[Line, ...] = ()

    @property
    def target(self) -> Expr:
        """The element that is computed."""
        return self.node.at(*self.position)


Laws = dict[str, tuple[Law, ...]]


def value_laws(model: Model, wrt: Sequence[Node]) -> Laws:
    """Return the laws of every value that is computed; those of `wrt` have none."""
    return {
        n.name: tuple(Law(n, c.position, tuple(map(_range, c.position)), c.expr) for c in n.cases)
        for n in model.nodes.values()
        if not n.is_leaf and n not in wrt
    }


def _range(place: Expr) -> Interval:
    return (place.lower, place.upper) if isinstance(place, Idx) else (place, place)


def through_time(d: Derivation) -> bool:
    """True if there is a recurrence on the way to the loss."""
    return any(s.time and d.reaching & set(s.families) for s in d.stages)


def adjoint_laws(d: Derivation, walk: Walk, steps: Sequence[Step]) -> Laws:
    """Return the laws of every adjoint, that of z as "adjoint z"; through time there is one for each region."""
    found = {}
    for name, adjoint in d.adjoints.items():
        own = [s for s in steps if s.node is adjoint.node]
        made = _by_region(d, adjoint.node, own) if through_time(d) else (_everywhere(d, walk, adjoint.node, own),)
        found[f"adjoint {name}"] = made
    return found


def read(laws: Laws, wanted: Sequence[str], loss: Expr) -> Laws:
    """Leave out the laws of adjoints that none of the wanted ones is computed from: those of a start that is given."""
    kept, waiting = set[Expr](), [law for name in wanted for law in laws[name]]
    while waiting:
        law = waiting.pop()
        kept.add(law.target)
        own = dict(zip(law.position, law.ranges, strict=True))
        around = {**own_ranges(law.expr), **{i: ends for i, ends in own.items() if isinstance(i, Idx)}}
        parts = walked(apart(law.expr, law.position), around)
        for part, there in ((p, a) for p, a in parts if isinstance(p, Partial) and p.of == loss):
            reached = [image(place, there) for place in getattr(part.wrt, "indices", ())]
            users = laws.get(f"adjoint {name_of(part.wrt)}", ())
            waiting += [other for other in users if other.target not in kept and _meets(reached, other.ranges)]
    values = {name: own for name, own in laws.items() if not isinstance(own[0].node, AdjointNode)}
    adjoints = {
        name: tuple(law for law in own if law.target in kept) for name, own in laws.items() if name not in values
    }
    return values | {name: own for name, own in adjoints.items() if own}


def _meets(places: Sequence[Interval], ranges: Sequence[Interval]) -> bool:
    """Can an element at these places lie in a region? False where one of them surely lies beside it."""
    pairs = zip(places, ranges, strict=True)
    return not any(at_least(low - 1, last) or at_least(first - 1, high) for (low, high), (first, last) in pairs)


def _by_region(d: Derivation, node: Node, steps: Sequence[Step]) -> tuple[Law, ...]:
    """Return a law for each region, as the steps have it, last index values first."""
    found = []
    for step in steps:
        position = tuple(substitute(i, step.fixed) for i in node.indices)
        line = step.lines[-1]._replace(reason=None)
        found.append(Law(_node(d, node, line.expr), position, step.region.ranges, line.expr, (line,)))
    return tuple(found)


def _everywhere(d: Derivation, walk: Walk, node: Node, steps: Sequence[Step]) -> Law:
    """Return one law for all elements, in its shorter form: that of its step, or that of all paths together."""
    lines: tuple[Line, ...] = (Line((Term((_contributions(d, d.adjoints[node.name]),)),)),)
    if len(steps) == 1 and steps[0].region.ranges == extent(node):
        lines = (steps[0].lines[-1]._replace(reason=None),)
    entry = walk.entry(d.model.loss, node, node.indices)
    if len(entry.paths) <= MOST:
        paths = developed(entry, d.model)
        lines = paths if weight(paths[-1].expr) < weight(lines[-1].expr) else lines
    expr = lines[-1].expr
    return Law(_node(d, node, expr), node.indices, extent(node), expr, lines)


def _node(d: Derivation, node: Node, expr: Expr) -> AdjointNode:
    made = Partial(d.loss, node.symbol)
    return AdjointNode(f"adjoint {node.name}", "node", made, node.indices, (Case(node.indices, expr),))


def by_uses(d: Derivation, adjoint: Adjoint) -> Law:
    """Return the chain rule as it stands, before a step makes it shorter, as the law of all elements."""
    node, expr = adjoint.node, _contributions(d, adjoint)
    return Law(_node(d, node, expr), node.indices, extent(node), expr)


def _contributions(d: Derivation, adjoint: Adjoint) -> Expr:
    """Return the sum of the chain rule, with a condition where a contribution exists on a part of the range only."""
    return Add(*(Mul(use.value(d.loss), *_insides(adjoint.node, use.domain)) for use in adjoint.uses))


def _insides(node: Node, domain: Sequence[Interval]) -> Iterator[Expr]:
    ranges = zip(node.indices, domain, extent(node), strict=True)
    return (inside(i, *part) for i, part, whole in ranges if part != whole)
