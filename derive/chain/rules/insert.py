"""Put definitions and values in for names, and say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Idx, Indexed, Symbol

from derive.expressions.indices import name_of, substitute
from derive.expressions.symbols import Partial
from derive.expressions.traverse import rewrite
from derive.language import Text
from derive.model.model import Node

INSERT = Text("substitute {values}", "代入 {values}")
DEFINITION = Text("substitute the definition of {names}", "代入 {names} 的定义")
DEFINITIONS = Text("substitute the definitions of {names}", "代入 {names} 的定义")


def definitions_of(names: Sequence[Expr]) -> Text:
    """Say whose definitions are put in."""
    return (DEFINITION if len(names) == 1 else DEFINITIONS)(names=list(names))


def insert_definitions(
    expr: Expr, nodes: Mapping[str, Node], preferred: Sequence[Idx] = ()
) -> tuple[Expr, tuple[Expr, ...]]:
    """The expression with the definition of every node that has a single one in place of its name, and whose these
    are. What is inserted is not looked into; its sums are in `preferred` letters where others are taken.

    >>> h = node("h", (i,), Sum(a * u[k], *over(k)))
    >>> insert_definitions(v[j] * h.at(j), {"h": h})
    (v[j]*Sum(a*u[k], (k, 1, n)), (h[i],))
    """
    used: list[Expr] = []

    def definition(part: Expr) -> Expr | None:
        if isinstance(part, Partial):
            return part  # it only says of which element it is
        node = nodes.get(name_of(part)) if isinstance(part, (Symbol, Indexed)) else None
        if node is None or len(node.cases) != 1:
            return None
        used.append(node.generic)
        return at(node, node.cases[0].expr, part)

    return rewrite(expr, definition, preferred), tuple(dict.fromkeys(used))


def at(node: Node, expr: Expr, element: Expr) -> Expr:
    """What stands for the generic element of a family, at another element of it."""
    return substitute(expr, dict(zip(node.indices, getattr(element, "indices", ()), strict=True)))
