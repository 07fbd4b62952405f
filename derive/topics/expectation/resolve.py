"""A model with its expectations: each derived, and its value put into the definition that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.errors import ModelError
from derive.expressions.moments import Expectation, Moment
from derive.expressions.traverse import rewrite
from derive.memo import memo
from derive.model.model import Case, Model, Node, model_of, references
from derive.model.validation import expression

if TYPE_CHECKING:  # a model without an expectation loads no argument of one
    from derive.topics.expectation.argument import Expected


@memo
def resolved(model: Model) -> tuple[Model, tuple[Expected, ...]]:
    """Return the model with values for every expectation, and the arguments in order of need. Errors: MomentError."""
    if not any(c.expr.has(Moment) for n in model.nodes.values() for c in n.cases):
        return model, ()
    found: dict[Moment, Expected] = {}
    nodes: dict[str, Node] = {}  # those defined before: a value is written in nothing else
    for node in model.nodes.values():
        cases = tuple(Case(c.position, put_in(c.expr, nodes, model, found)) for c in node.cases)
        nodes[node.name] = node._replace(cases=cases) if cases != node.cases else node
    new = model_of(model.title, tuple(nodes.values()), model.loss.name, model.sizes, model.indices, model.given, model)
    return new, tuple(found.values())


def put_in(expr: Expr, nodes: Mapping[str, Node], model: Model, found: dict[Moment, Expected]) -> Expr:
    """Put values in the place of the expectations of an expression, inner ones first."""
    from derive.topics.expectation.argument import argue

    def value(part: Expr) -> Expr | None:
        if not isinstance(part, Moment):
            return None
        inner = part.func(*(put_in(a, nodes, model, found) for a in part.args))
        if inner not in found:
            found[inner] = argue(inner, nodes, model.indices)
        return found[inner].value

    for symbol in sorted(expr.atoms(Moment), key=lambda m: (not isinstance(m, Expectation), str(m))):
        value(symbol)  # the means first: variances are told from them
    return rewrite(expr, value, model.indices)


def asked(of: Any, model: Model) -> Expected:
    """Derive what an expression of the model asks for: its expectation, unless it is a moment already.

    Errors: ModelError for a name that is not in the graph, MomentError.
    """
    from derive.topics.expectation.argument import argue

    symbol = expression(of, "expectation")
    if not isinstance(symbol, Moment):
        symbol = Expectation(symbol)
    for use in references(symbol):
        if use.name not in model.nodes and use.name not in map(str, model.sizes):
            raise ModelError(f"expectation: {use.name} is not in the graph; it has {', '.join(model.nodes)}")
    found: dict[Moment, Expected] = {}
    inner = symbol.func(*(put_in(a, model.nodes, model, found) for a in symbol.args))
    return argue(inner, model.nodes, model.indices)
