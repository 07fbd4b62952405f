"""Two quantities that are the same: both written in what is given, definitions inserted one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import expand

from derive.chain.derivation import Line, Term
from derive.chain.facts import DEFINED
from derive.chain.rules.insert import definitions_of, insert_definitions
from derive.chain.rules.tidy import tidy
from derive.errors import ModelError
from derive.expressions.canonical import canonical
from derive.expressions.indices import substitute
from derive.language import Text
from derive.model.model import Model, Node

MULTIPLY = Text("multiply out", "展开括号")
TIDY = Text("move constants out of the sums", "常数提到求和号外")


class Identity(NamedTuple):
    """one = other for all values of their indices; each chain of lines ends in the same expression."""

    one: Node
    other: Node
    lines: tuple[Line, ...]
    other_lines: tuple[Line, ...]


def identity(model: Model, one: str, other: str) -> Identity:
    """Show that two nodes of a model are equal. Errors: ModelError if they are not, or are not seen to be."""
    for name in (one, other):
        if name not in model.nodes or len(model.nodes[name].cases) != 1:
            raise ModelError(f"{one} = {other}: {name} is no node with a single definition")
    nodes = model.nodes[one], model.nodes[other]
    ranges = [[(i.lower, i.upper) for i in n.indices] for n in nodes]
    if ranges[0] != ranges[1]:
        raise ModelError(f"{one} = {other}: the two have different indices")
    first, second = (tuple(_lines(model, n)) for n in nodes)
    ends = first[-1].expr, substitute(second[-1].expr, dict(zip(nodes[1].indices, nodes[0].indices, strict=True)))
    if canonical(ends[0]) != canonical(ends[1]) and expand(canonical(ends[0]) - canonical(ends[1])) != 0:
        raise ModelError(f"{one} = {other} is not seen: {ends[0]} and {ends[1]}")
    if canonical(ends[0]) != canonical(ends[1]):  # as sums of products they read the same
        first, second = _expanded(first), _expanded(second)
    else:  # the same letters for what is the same
        own = substitute(ends[0], dict(zip(nodes[0].indices, nodes[1].indices, strict=True)))
        second = (*second[:-1], second[-1]._replace(terms=(Term((own,)),)))
    return Identity(*nodes, first, second)


def _expanded(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The chain with its brackets multiplied out at the end, where there are any."""
    opened = expand(lines[-1].expr)
    return lines if opened == lines[-1].expr else (*lines, Line((Term((opened,)),), MULTIPLY))


def _lines(model: Model, node: Node) -> Iterator[Line]:
    """Yield the definition, then the lines that insert the definitions of what it uses, until only leaves are left."""
    expr = node.cases[0].expr
    yield Line((Term((expr,)),), DEFINED(node=node.generic))
    for _ in model.nodes:
        expr, names = insert_definitions(expr, model.nodes, model.indices)
        if not names:
            return
        yield Line((Term((expr,)),), definitions_of(names))
        if tidy(expr) != expr:
            expr = tidy(expr)
            yield Line((Term((expr,)),), TIDY)
