"""Name what has no name: the pre-activation inside h = tanh(w x + b), and an abstract function inside a sum.

Textbooks write z for what an activation is applied to, because its adjoint is the quantity that every gradient of the
layer shares. A model that leaves it unnamed gets the name here, before anything is derived.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Idx, Indexed, Symbol
from sympy.core.function import AppliedUndef

from derive.expressions.functions import argument, row_of
from derive.expressions.indices import family
from derive.expressions.traverse import free_indices
from derive.memo import memo
from derive.model.model import Case, Model, Node, model_of


@memo
def named(model: Model) -> Model:
    """The same model with every compound pre-activation and every inner abstract function as a node of its own."""
    compound = [n.name for n in model.nodes.values() if any(_pre_activation(c.expr) is not None for c in n.cases)]
    nodes: dict[str, Node] = {}
    taken = set(model.nodes) | {str(s) for s in model.sizes}
    for node in model.nodes.values():
        for new in _split(node, taken, alone=len(compound) == 1):
            taken.add(new.name)
            nodes[new.name] = new
    return model_of(model.title, tuple(nodes.values()), model.loss.name, model.sizes, model.indices, model)


def _split(node: Node, taken: set[str], alone: bool) -> Iterator[Node]:
    cases = []
    for case in node.cases:
        inner = _pre_activation(case.expr)
        if inner is not None:
            name = _free_name(["z"] if alone else [], f"z_{node.name}", taken)
            new = _node(name, inner, tuple(p for p in case.position if isinstance(p, Idx)))
            yield new
            case = Case(case.position, case.expr.func(new.generic))
        for call in sorted(case.expr.atoms(AppliedUndef), key=str) if node.abstract is None else ():
            new = _node(_free_name([str(call.func)], f"{call.func}_0", taken), call, tuple(free_indices(call)))
            yield new
            case = Case(case.position, case.expr.xreplace({call: new.generic}))  # also where a sum binds its index
        cases.append(case)
    yield node._replace(cases=tuple(cases))


def _pre_activation(expr: Expr) -> Expr | None:
    row = row_of(expr)
    if row is None or not row.activation or isinstance(argument(expr), (Symbol, Indexed)):
        return None
    return None if argument(expr).is_Number else argument(expr)


def _node(name: str, expr: Expr, own: tuple[Idx, ...]) -> Node:
    symbol = family(name) if own else Symbol(name, real=True)
    return Node(name, "node", symbol, own, (Case(own, expr),), implied=True)


def _free_name(wishes: list[str], else_: str, taken: set[str]) -> str:
    names = [*wishes, else_, *(f"{else_}_{n}" for n in range(2, 1000))]
    return next(n for n in names if n not in taken)
