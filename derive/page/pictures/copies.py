"""Parameters shared by all time steps, drawn once for each: lines from one parameter to every step would tangle.

Leaves with the same users in a column are one vertex with several names.
"""

from __future__ import annotations

from derive.page.pictures.diagram import Diagram, Edge, Vertex

SHARED = ("parameter", "constant")


def copied(drawn: Diagram) -> Diagram:
    """The diagram with a copy of each shared leaf in every column of its users, those with equal users joined."""
    column = {v.key: v.column for v in drawn.vertices}
    if not any(c is not None for c in column.values()):
        return drawn
    shared = {v.key for v in drawn.vertices if v.kind in SHARED and v.column is None}
    edges = [e._replace(source=f"{e.source}@{column[e.target]}") if e.source in shared else e for e in drawn.edges]
    targets: dict[str, list[Edge]] = {}
    for edge in edges:
        targets.setdefault(edge.source, []).append(edge)
    vertices: list[Vertex] = []
    groups: dict[object, list[Vertex]] = {}
    for vertex in drawn.vertices:
        for copy in _copies(vertex, drawn.edges, column) if vertex.key in shared else [vertex]:
            users = tuple(e.target for e in targets.get(copy.key, ()))
            if vertex.key in shared:
                groups.setdefault((copy.kind, users), []).append(copy)
            else:
                vertices.append(copy)
    joined = [_joined(group) for group in groups.values()]
    inside = {copy.key: group[0].key for group in groups.values() for copy in group}
    merged: dict[tuple[str, str], Edge] = {}
    order = {v.key: n for n, v in enumerate(copy for group in groups.values() for copy in group)}
    for edge in sorted(edges, key=lambda e: order.get(e.source, -1)):
        key = inside.get(edge.source, edge.source), edge.target
        merged[key] = _merged(merged[key], edge) if key in merged else edge._replace(source=key[0])
    return Diagram((*joined, *vertices), tuple(merged.values()), drawn.order, drawn.letters, bool(joined))


def _copies(vertex: Vertex, edges: tuple[Edge, ...], column: dict[str, int | None]) -> list[Vertex]:
    columns = dict.fromkeys(column[e.target] for e in edges if e.source == vertex.key)
    return [vertex._replace(key=f"{vertex.key}@{c}", column=c) for c in columns]


def _joined(group: list[Vertex]) -> Vertex:
    names = tuple(name for v in group for name in v.label)
    return group[0]._replace(label=names, row=" ".join(v.row for v in group), needed=any(v.needed for v in group))


def _merged(a: Edge, b: Edge) -> Edge:
    return a._replace(
        backward=a.backward or b.backward, partials=a.partials + b.partials, symbols=a.symbols + b.symbols
    )
