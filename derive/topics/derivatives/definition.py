"""A derivative as a definition: what `g.derivative(f, x)` puts into the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sympy import Add, Expr, Idx, Indexed, KroneckerDelta, Mul

from derive.chain.derived import name_in
from derive.errors import ModelError
from derive.expressions.indices import apart, limits, substitute
from derive.expressions.intervals import covers
from derive.expressions.moments import Moment
from derive.expressions.nabla import nabla
from derive.expressions.symbols import Partial
from derive.memo import memo
from derive.model.model import NOTHING, Case, Model, Node, Whole, model_of
from derive.model.reachability import downstream, upstream
from derive.model.schedule import stages
from derive.model.sizes import needs
from derive.model.structure import seen
from derive.topics.jacobian.jacobian import Jacobian, jacobian


class Wanted(NamedTuple):
    """What is asked for: the node that is differentiated, and the family with respect to which."""

    node: Node
    wrt: Node

    @classmethod
    def of(cls, of: Any, wrt: Any, nodes: Mapping[str, Node]) -> Wanted:
        """Find both among the nodes of a graph. Errors: ModelError for what is no family of it."""
        return cls(_family(of, nodes), _family(wrt, nodes))

    @property
    def names(self) -> tuple[str, str]:
        """The names of both."""
        return self.node.name, self.wrt.name

    @property
    def name(self) -> str:
        """What code calls it."""
        return "d{}_d{}".format(*self.names)

    @property
    def call(self) -> str:
        """How an author writes it."""
        return "g.derivative({}, {})".format(*self.names)


def _family(given: Any, nodes: Mapping[str, Node]) -> Node:
    if isinstance(given, Indexed):
        raise ModelError(f"g.derivative: expected a family without its indices, found {given}; say {given.base}")
    node = nodes.get(name_in(given))
    if node is None or node.symbol != given:
        raise ModelError(
            f"g.derivative: expected a node and a family of this graph, found {given}; give a formula a name first, "
            "f = g.node('f', ...)"
        )
    return node


@memo
def lines(model: Model, of: str, wrt: str) -> Jacobian:
    """The derivative as an argument: in the part of the model that `of` is computed from, where it has no name yet."""
    own = tuple(n for n in model.nodes.values() if n.name in upstream(model, of))
    return jacobian(model_of(model.title, own, NOTHING.name, model.sizes, model.indices), of, wrt)


def defined(wanted: Wanted, model: Model) -> Node:
    """The node that is the derivative: its value is the sum over the paths, as the chain rule gives it.

    Errors: ModelError, in one line, for what has no derivative in closed form.
    """
    node, wrt = wanted
    if isinstance(wrt.domain, Whole):
        raise ModelError(f"{wanted.call}: {wrt.name} are whole numbers, positions; there is no derivative by them")
    if node is wrt or wrt.name not in upstream(model, node.name):
        raise ModelError(f"{wanted.call}: {node.name} is not computed from {wrt.name}, so there is nothing to derive")
    way = upstream(model, node.name) & downstream(model, wrt.name)
    for stage in stages(model):
        if stage.time and way.intersection(stage.families):
            raise ModelError(
                f"{wanted.call}: the recurrence of {stage.families[0]} lies between them; a derivative inside a "
                "definition cannot go through a recurrence"
            )
    for name in way:
        if any(case.expr.has(Moment) for case in model.nodes[name].cases):
            raise ModelError(f"{wanted.call}: {name} is an expectation; give its value, whose derivative is known")
    try:
        found = lines(model, *wanted.names)
    except ModelError as error:
        raise ModelError(f"{wanted.call}: {error}") from None
    if found.value.has(Partial):
        raise ModelError(f"{wanted.call}: {node.name} uses an abstract function, whose derivative has no formula")
    indices = tuple(i for e in (found.entry.of, found.entry.wrt) for i in getattr(e, "indices", ()))
    symbol = nabla(wanted.name, node.symbol, wrt.symbol, bool(indices))
    value = Add(*map(_where_equal, Add.make_args(found.value)))
    cases = (Case(indices, value),)
    shown = seen(indices, cases, model.nodes)  # a Hessian is symmetric
    made = Node(wanted.name, "node", symbol, indices, cases, structure=shown, derivative=wanted.names)
    known = {need.gap for need in needs(model)}
    further = model_of(model.title, (*model.nodes.values(), made), NOTHING.name, model.sizes, model.indices)
    for need in needs(further):
        if need.gap not in known:
            raise ModelError(
                f"{wanted.call}: it reads {need.cause} where a delta keeps the position inside its range, which a "
                "definition cannot say"
            )
    return made


def _where_equal(term: Expr) -> Expr:
    """The term with one letter for two that its delta makes equal, so that no position leaves its range."""
    for delta in (f for f in Mul.make_args(term) if isinstance(f, KroneckerDelta)):
        for wide, narrow in (delta.args, delta.args[::-1]):
            if isinstance(wide, Idx) and isinstance(narrow, Idx) and covers(limits(wide)[1:], limits(narrow)[1:]):
                others = (f for f in Mul.make_args(term) if f is not delta)
                return Mul(delta, substitute(apart(Mul(*others), (narrow,)), {wide: narrow}))
    return term
