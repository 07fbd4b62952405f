"""Where everything of a diagram goes: boxes in layers, edges as smooth curves between them, labels beside the curves.

Between two layers there is a gap with curves and labels but no box; within a layer an edge that passes runs level
through a place of its own. So no edge passes through a box, and nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from derive.model.model import LEAVES
from derive.page.pictures.coordinates import heights
from derive.page.pictures.diagram import Diagram, Edge
from derive.page.pictures.labels import LOST, Curve, Label, Rectangle, placed
from derive.page.pictures.layers import Chain, Layers, layers, ranks
from derive.page.pictures.writing import Writing

ROW, BEND, LABELLED = 12.0, 9.0, 17.0  # distances between boxes, of edges, and of edges with labels
PORT, BARE = 10.0, 7.0  # distance of ports, where labels stand and where none do
PAIR = 2.6  # half the distance of an edge forward and its way back
NARROW, BOW = 30.0, 0.35  # the least gap between layers, and how much of it a difference of heights asks for
STEEPEST = 70.0  # at most so much
FAN = 7.0  # and each of many labels
PADDING = (8.0, 4.5)
STRETCHES = (1.0, 1.25, 1.6, 2.2, 3.0)  # wider gaps where labels lie on lines or find no place
ENOUGH = 2.0  # a wider gap than that is only for a label without a place
SQUEEZES = (0.75, 0.5, 0.3)  # narrower gaps where a picture is too wide
COST = 0.01  # what a unit of width costs beside a point of a line that a label covers
Offsets = dict[Edge, float]


class Route(NamedTuple):
    """One edge: its middle line as cubic curves and level lines, from the source's box to the target's."""

    edge: Edge
    curves: tuple[Curve, ...]
    label: Label | None

    def shifted(self, by: float) -> tuple[Curve, ...]:
        """The same route, moved up or down by `by`."""
        return tuple(_moved(curve, by) for curve in self.curves)


class Layout(NamedTuple):
    """Boxes by vertex, routes, the size of it all, and where each column of time begins and ends."""

    boxes: Mapping[str, Rectangle]
    routes: tuple[Route, ...]
    width: float
    height: float
    columns: Mapping[int, tuple[float, float]]

    def centred(self, width: float) -> Layout:
        """The same in the middle of a wider place."""
        by = max(0.0, width - self.width) / 2
        boxes = {key: box._replace(x=box.x + by) for key, box in self.boxes.items()}
        routes = tuple(Route(r.edge, _beside(r.curves, by), r.label and r.label.aside(by)) for r in self.routes)
        columns = {time: (left + by, right + by) for time, (left, right) in self.columns.items()}
        return Layout(boxes, routes, self.width + 2 * by, self.height, columns)


def layout(
    drawn: Diagram, writings: Sequence[Writing], widest: float = inf, squeezes: Sequence[float] = ()
) -> tuple[Layout, Writing]:
    """The places of everything, and the writing that was taken: the first that is not too wide, else the last, with
    gaps that are narrower by a factor."""
    found = layers(drawn)
    ports = _ports(found)
    size = {v.key: _size(writings[0].size(v), *ports[v.key]) for v in drawn.vertices}
    height = {k: h for k, (_, h) in size.items()}
    leaves = {v.key for v in drawn.vertices if v.kind in LEAVES}
    wide = {bend for edge, chain in found.chains.items() if edge.partials for bend in chain[1:-1]}
    y = heights(
        found, height, lambda a, b: LABELLED if {a, b} & wide else ROW if {a, b} <= size.keys() else BEND, leaves
    )
    for writing, squeeze in [*((w, 1.0) for w in writings), *((writings[-1], s) for s in squeezes)]:
        labels = {edge: writing.size(edge) for edge in drawn.edges}
        if _boxes(found, size, y, labels, 1.0, squeeze)[2] <= widest:
            break
    best, least_cost, beside = None, inf, tuple(labels[edge] for edge in drawn.edges)
    for stretch in STRETCHES:
        boxes, ends, width = _boxes(found, size, y, labels, stretch, squeeze)
        if best is not None and ((width > widest and least_cost <= LOST) or COST * width >= least_cost):
            break  # wider gaps make it wider still
        lines = tuple(_line(edge, found.chains[edge], boxes, ends, y, ports) for edge in drawn.edges)
        spots, covered = placed(lines, beside, tuple(boxes.values()), least_cost - COST * width)
        if covered + COST * width < least_cost:
            least_cost = covered + COST * width
            best = boxes, tuple(map(Route, drawn.edges, lines, spots)), width
        if not covered or (stretch > ENOUGH and least_cost < LOST):
            break
    assert best is not None
    boxes, routes, total = _framed(*best)
    return Layout(boxes, routes, *total, _columns(drawn, boxes)), writing


def least(drawn: Diagram, writing: Writing) -> float:
    """A cheap lower bound of the width of the picture, computed as if everything stood at the same height."""
    rank = ranks(drawn)
    wide = [0.0] * (max(rank.values()) + 1)
    for v in drawn.vertices:
        wide[rank[v.key]] = max(wide[rank[v.key]], writing.size(v)[0] + 2 * PADDING[0])
    gaps = _gaps(len(wide), [(rank[e.source], writing.size(e)[0], 0.0) for e in drawn.edges])
    return sum(wide) + sum(gaps[:-1])


def _size(text: tuple[float, float], into: Offsets, out: Offsets) -> tuple[float, float]:
    ports = max(max(side.values(), default=0.0) for side in (into, out))
    return text[0] + 2 * PADDING[0], max(text[1] + 2 * PADDING[1], 2 * ports + PORT + 8)


def _ports(found: Layers) -> dict[str, tuple[Offsets, Offsets]]:
    """How far from its middle edges enter and leave a vertex, in the order of where they come from and go to."""
    place = {k: n for layer in found.layers for n, k in enumerate(layer)}
    into: dict[str, list[Edge]] = {k: [] for k in place}
    out: dict[str, list[Edge]] = {k: [] for k in place}
    for edge in sorted(found.chains, key=lambda e: place[found.chains[e][-2]]):
        into[edge.target].append(edge)
    for edge in sorted(found.chains, key=lambda e: place[found.chains[e][1]]):
        out[edge.source].append(edge)
    return {k: (_spread(into[k]), _spread(out[k])) for k in place}


def _spread(edges: list[Edge]) -> dict[Edge, float]:
    apart = PORT if any(e.backward for e in edges) else BARE
    return {e: apart * (n - (len(edges) - 1) / 2) for n, e in enumerate(edges)}


def _boxes(
    found: Layers,
    size: Mapping[str, tuple[float, float]],
    y: Mapping[str, float],
    labels: Mapping[Edge, tuple[float, float]],
    stretch: float,
    squeeze: float,
) -> tuple[dict[str, Rectangle], dict[str, tuple[float, float]], float]:
    """The boxes, and the left and right end of every layer for what stands in it."""
    rank = {key: n for n, layer in enumerate(found.layers) for key in layer}
    pieces = [
        (rank[a], 0.0 if n else labels[edge][0] * stretch, abs(y[a] - y[b]))
        for edge, chain in found.chains.items()
        for n, (a, b) in enumerate(pairwise(chain))
    ]
    gaps = _gaps(len(found.layers), pieces, squeeze)
    boxes, ends, x = {}, {}, 0.0
    for n, layer in enumerate(found.layers):
        wide = max((size[k][0] for k in layer if k in size), default=0.0)
        for key in layer:
            ends[key] = (x, x + wide)
            if key in size:
                w, h = size[key]
                boxes[key] = Rectangle(x + (wide - w) / 2, y[key] - h / 2, w, h)
        x += wide + gaps[n]
    return boxes, ends, x - gaps[-1]


def _gaps(count: int, pieces: Iterable[tuple[int, float, float]], squeeze: float = 1.0) -> list[float]:
    """The room after each layer for the pieces of edges there: of each the layer, the width of its label, its rise."""
    gaps, fans = [NARROW * squeeze] * count, [0] * count
    for at, label, rise in pieces:
        gap = max(min(BOW * rise + 14, STEEPEST) * squeeze, (label + 20) * squeeze if label else 0.0)
        gaps[at] = max(gaps[at], min(gap, 170))
        fans[at] += label > 0
    return [min(gap + FAN * squeeze * max(0, fan - 2), 190) for gap, fan in zip(gaps, fans, strict=True)]


def _line(
    edge: Edge,
    chain: Chain,
    boxes: Mapping[str, Rectangle],
    ends: Mapping[str, tuple[float, float]],
    y: Mapping[str, float],
    ports: Mapping[str, tuple[Offsets, Offsets]],
) -> tuple[Curve, ...]:
    """The line of one edge: curves in the gaps, level lines within layers."""
    source, target = chain[0], chain[-1]
    enter, leave = ports[target][0][edge], ports[source][1][edge]
    curves: list[Curve] = []
    for a, b in pairwise(chain):
        ya, yb = y[a] + (leave if a == source else 0), y[b] + (enter if b == target else 0)
        xa = boxes[a].right if a == source else ends[a][1]
        xb = boxes[b].x if b == target else ends[b][0]
        if a == source and ends[a][1] > xa:
            curves.append(_level(xa, ends[a][1], ya))
        if a != source:
            curves.append(_level(*ends[a], ya))
        bow = (ends[b][0] - ends[a][1]) * 0.5
        begin, end = ends[a][1], ends[b][0]
        curves.append(((begin, ya), (begin + bow, ya), (end - bow, yb), (end, yb)))
        if b == target and xb > end:
            curves.append(_level(end, xb, yb))
    return tuple(curves)


def _level(a: float, b: float, y: float) -> Curve:
    return (a, y), (a + (b - a) / 3, y), (b - (b - a) / 3, y), (b, y)


def _moved(curve: Curve, by: float) -> Curve:
    """The curve higher or lower; where it is steep also to the side, so that the two of a pair stay apart."""
    (a, p), (b, q), (c, r), (d, s) = curve
    aside = -by * 1.5 * max(-1.0, min(1.0, (s - p) / 40)) if b < c else 0.0
    return (a, p + by), (b + aside, q + by), (c + aside, r + by), (d, s + by)


def _beside(curves: tuple[Curve, ...], by: float) -> tuple[Curve, ...]:
    return tuple(((a + by, p), (b + by, q), (c + by, r), (d + by, s)) for (a, p), (b, q), (c, r), (d, s) in curves)


def _lower(curves: tuple[Curve, ...], by: float) -> tuple[Curve, ...]:
    return tuple(((a, p + by), (b, q + by), (c, r + by), (d, s + by)) for (a, p), (b, q), (c, r), (d, s) in curves)


def _framed(
    boxes: dict[str, Rectangle], routes: tuple[Route, ...], width: float
) -> tuple[dict[str, Rectangle], tuple[Route, ...], tuple[float, float]]:
    """Everything moved down so that the highest label begins at 0, and the size."""
    tops = [b.y for b in boxes.values()] + [r.label.box.y for r in routes if r.label is not None]
    ends = [b.bottom for b in boxes.values()] + [r.label.box.bottom for r in routes if r.label is not None]
    ys = [p[1] for r in routes for curve in r.curves for p in curve]
    top, bottom = min([*tops, *(v - 4 for v in ys)]), max([*ends, *(v + 4 for v in ys)])
    moved = {k: b._replace(y=b.y - top) for k, b in boxes.items()}
    shifted = tuple(Route(r.edge, _lower(r.curves, -top), r.label.moved(-top) if r.label else None) for r in routes)
    return moved, shifted, (width, bottom - top)


def _columns(drawn: Diagram, boxes: Mapping[str, Rectangle]) -> dict[int, tuple[float, float]]:
    """From where to where the states of each column of time reach, apart from those that share a layer with boxes of
    another time; nothing where a column has no other states."""
    found: dict[int, tuple[float, float]] = {}
    states = [v for v in drawn.vertices if v.column is not None and v.recurrent]
    for v in states:
        own = boxes[v.key]
        beside = (boxes[w.key] for w in drawn.vertices if w.column != v.column and not w.early)
        if not any(own.x < other.right and other.x < own.right for other in beside):
            low, high = found.get(v.column or 0, (own.x, own.right))
            found[v.column or 0] = min(low, own.x), max(high, own.right)
    spans = sorted(found.values())
    apart = all(a[1] < b[0] for a, b in pairwise(spans)) and {v.column for v in states} == set(found)
    return found if apart else {}
