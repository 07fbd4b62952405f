"""Layers from left to right: every edge leads to a later layer, and bends where it passes one.

Longest paths give the layers; leaves stand just before their first user. The order within a layer is found by
barycentres, swept from both sides; of all orders seen, the one with the fewest crossings is kept (Sugiyama's method).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from derive.model.reachability import reach
from derive.page.pictures.diagram import Diagram, Edge

SWEEPS, PATIENCE = 12, 3  # at most so many, and so many without gain
Chain = tuple[str, ...]  # an edge: its source, its bends, its target


class Layers(NamedTuple):
    """The vertices and bends of each layer from top to bottom, and every edge as a chain through them.

    What is `alike` in different columns of time should stand alike.
    """

    layers: tuple[tuple[str, ...], ...]
    chains: Mapping[Edge, Chain]
    alike: Mapping[str, object]

    @property
    def links(self) -> list[tuple[str, str]]:
        """The pieces of all edges, each from one layer to the next."""
        return [link for chain in self.chains.values() for link in pairwise(chain)]


def layers(drawn: Diagram) -> Layers:
    """The layers of a diagram."""
    rank = ranks(drawn)
    chains = {edge: _chain(edge, rank) for edge in drawn.edges}
    rows: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for vertex in drawn.vertices:
        rows[rank[vertex.key]].append(vertex.key)
    for edge, chain in chains.items():
        for step, bend in enumerate(chain[1:-1], 1):
            rows[rank[edge.source] + step].append(bend)
    links = [link for chain in chains.values() for link in pairwise(chain)]
    alike = _alike(drawn, rank, chains)
    return Layers(_repeated(_ordered(rows, links), alike), chains, alike)


def ranks(drawn: Diagram) -> dict[str, int]:
    """The layer of each vertex: one after the last of its sources, one before the first user for a leaf."""
    sources: dict[str, list[str]] = {v.key: [] for v in drawn.vertices}
    users: dict[str, list[str]] = {v.key: [] for v in drawn.vertices}
    for edge in drawn.edges:
        sources[edge.target].append(edge.source)
        users[edge.source].append(edge.target)
    found: dict[str, int] = {}
    every = {v.key for v in drawn.vertices if v.kind == "dots"}
    dots = [key for key in every if not every & _origins(key, sources)]  # those of the states stand in one layer

    def rank(key: str) -> int:
        if key not in found:
            found[key] = 0  # a cycle cannot be: time has been unrolled
            together = dots if key in dots else [key]
            found[key] = 1 + max((rank(s) for k in together for s in sources[k]), default=-1)
        return found[key]

    for key in sources:
        rank(key)
    for vertex in drawn.vertices:
        if not sources[vertex.key] and users[vertex.key] and not vertex.early:
            found[vertex.key] = min(found[u] for u in users[vertex.key]) - 1
    return found


def _origins(key: str, sources: Mapping[str, list[str]]) -> frozenset[str]:
    """All vertices from which a vertex is computed, directly or through others."""
    return reach(sources[key], sources.__getitem__)


def _chain(edge: Edge, rank: Mapping[str, int]) -> Chain:
    bends = [f"{edge.source}->{edge.target}:{n}" for n in range(rank[edge.source] + 1, rank[edge.target])]
    return edge.source, *bends, edge.target


def _alike(drawn: Diagram, rank: Mapping[str, int], chains: Mapping[Edge, Chain]) -> dict[str, object]:
    """The same quantity at different times is alike, and so are the bends of the same use.

    A start value, or dots, far from its user stands where the bends of other values do.
    """
    vertex = {v.key: v for v in drawn.vertices}
    begin: dict[int | None, int] = {}
    for v in drawn.vertices:
        if v.kind == "node":
            begin[v.column] = min(rank[v.key], begin.get(v.column, rank[v.key]))
    alike: dict[str, object] = {v.key: v.row for v in drawn.vertices if v.column is not None}
    for edge, chain in chains.items():
        source, target = vertex[edge.source], vertex[edge.target]
        if target.column in begin and target.column is not None:
            first = rank[edge.source]
            for n, bend in enumerate(chain[:-1]):
                if n or (len(chain) > 2 and (source.early or source.kind == "dots")):
                    alike[bend] = source.row, target.row, first + n - begin[target.column]
    return alike


def _repeated(rows: tuple[tuple[str, ...], ...], alike: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    """Every layer in the order of the fullest one that it is like: each step of time repeats the same picture."""
    kinds = [{alike[k]: n for n, k in enumerate(row) if k in alike} for row in rows]

    def model(at: int) -> dict[object, int]:
        return max(kinds, key=lambda other: (len(other.keys() & kinds[at].keys()), len(other)))

    found = []
    for at, row in enumerate(rows):
        order = model(at)
        mine = [k for k in row if k in alike and alike[k] in order]
        turn = iter(sorted(mine, key=lambda k: order[alike[k]]))
        found.append(tuple(next(turn) if k in mine else k for k in row))
    return tuple(found)


def _ordered(rows: list[list[str]], links: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for a, b in links:
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    best, fewest = [list(r) for r in rows], crossings(rows, after)
    since = 0
    for sweep in range(SWEEPS):
        if not fewest or since == PATIENCE:
            break
        forward = sweep % 2 == 0
        for at in range(1, len(rows)) if forward else range(len(rows) - 2, -1, -1):
            place = {key: n for n, key in enumerate(rows[at - 1 if forward else at + 1])}
            rows[at] = _by_barycentre(rows[at], place, before if forward else after)
        _exchanged(rows, before, after)
        count = crossings(rows, after)
        since += 1
        if count < fewest:
            best, fewest, since = [list(r) for r in rows], count, 0
    return tuple(tuple(r) for r in best)


def _exchanged(rows: list[list[str]], before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> None:
    """Swap neighbours in a row wherever fewer of their links cross afterwards."""
    for at, row in enumerate(rows):
        place = {key: n for beside in (rows[at - 1 : at] + rows[at + 1 : at + 2]) for n, key in enumerate(beside)}
        ends = {k: [[place[n] for n in side.get(k, ())] for side in (before, after)] for k in row}
        for n in range(len(row) - 1):
            above, below = ends[row[n]], ends[row[n + 1]]
            now = sum(x > y for a, b in zip(above, below, strict=True) for x in a for y in b)
            then = sum(x < y for a, b in zip(above, below, strict=True) for x in a for y in b)
            if then < now:
                row[n], row[n + 1] = row[n + 1], row[n]


def _by_barycentre(row: list[str], place: Mapping[str, int], beside: Mapping[str, list[str]]) -> list[str]:
    """Sort a row by the mean place of the neighbours of each item; an item without neighbours stays where it is."""
    means = {}
    for at, key in enumerate(row):
        near = [place[n] for n in beside.get(key, ())]
        means[key] = sum(near) / len(near) if near else float(at)
    return sorted(row, key=means.__getitem__)


def crossings(rows: Sequence[Sequence[str]], after: Mapping[str, list[str]]) -> int:
    """Count the pairs of links that cross."""
    count = 0
    for row, following in pairwise(rows):
        place = {key: n for n, key in enumerate(following)}
        ends = [place[b] for a in row for b in sorted(after.get(a, ()), key=place.__getitem__)]
        count += sum(x > y for n, x in enumerate(ends) for y in ends[n + 1 :])
    return count
