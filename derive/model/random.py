"""Which names of a model stand for random quantities."""

from __future__ import annotations

from collections.abc import Mapping

from derive.model.model import Node, references


def random_names(nodes: Mapping[str, Node]) -> frozenset[str]:
    """The random families: those declared, and those computed from them."""
    found: set[str] = set()
    for _ in nodes:
        before = len(found)
        for node in nodes.values():
            used = {r.name for c in node.cases for r in references(c.expr, c.position)}
            if node.law is not None or used & found:
                found.add(node.name)
        if len(found) == before:
            break
    return frozenset(found)
