"""Reachability: all that steps lead to, and what a family of a model influences or is computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from derive.memo import memo
from derive.model.model import Model, Node, references

T = TypeVar("T")


def reach(start: Iterable[T], further: Callable[[T], Iterable[T]]) -> frozenset[T]:
    """Everything that steps of `further` lead to from `start`, the start included; cycles are allowed."""
    found = set(start)
    waiting = list(found)
    while waiting:
        new = set(further(waiting.pop())) - found
        found |= new
        waiting += new
    return frozenset(found)


@memo
def downstream(model: Model, name: str) -> frozenset[str]:
    """Every family that a family influences, itself included."""
    return influenced(model, (name,))


@memo
def influenced(model: Model, names: tuple[str, ...]) -> frozenset[str]:
    """Every family that one of these families influences, themselves included."""
    return reach(names, lambda n: (user.name for user in model.users(n)))


@memo
def upstream(model: Model, name: str) -> frozenset[str]:
    """Every family that a family is computed from, itself included."""
    return reach([name], model.used)


def valueless(model: Model) -> frozenset[str]:
    """Return the families without numbers, even if all partials are given: abstract functions and what uses them."""
    abstract = (node.name for node in model.nodes.values() if node.abstract is not None)
    return influenced(model, tuple(abstract))


def dead_end(model: Model, node: Node) -> list[Node]:
    """Follow the users from a leaf that cannot reach the loss to the node where the path ends. The leaf comes first."""
    path = [node]
    while users := [u for u in model.users(path[-1].name) if u not in path]:
        path.append(users[0])
    return path


def random_names(nodes: Mapping[str, Node]) -> frozenset[str]:
    """The random families: those declared, and those computed from them."""
    used = {n.name: {r.name for c in n.cases for r in references(c.expr, c.position)} for n in nodes.values()}
    declared = (n.name for n in nodes.values() if n.law is not None)
    return reach(declared, lambda name: (user for user, own in used.items() if name in own))
