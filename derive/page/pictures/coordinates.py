"""Heights within the layers: edges run straight where they can, and nothing overlaps.

Every vertex wants to be at the mean height of its neighbours. The nearest heights that keep the order and the distances
are an isotonic regression, solved exactly by pooling neighbours that would collide; a few sweeps settle it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from derive.page.pictures.layers import Layers

SWEEPS = 14
LIGHT = 0.1  # and its mass where it is in the way
Pull = tuple[str, float]
Pulls = dict[str, list[Pull]]
FOLLOWING = 0.4  # how much a leaf pulls at its user
STRAIGHT = 8.0  # how much more a link between two bends weighs: long edges are straight


def heights(
    found: Layers, size: Mapping[str, float], gap: Callable[[str, str], float], leaves: Collection[str]
) -> dict[str, float]:
    """The height of the middle of each vertex and bend; those that are alike get the same where possible.

    `leaves` follow their users, not the other way round.
    """
    before, after = _neighbours(found, size, leaves)
    place: dict[str, float] = {}
    for layer in found.layers:
        place |= _placed(layer, {}, {}, size, gap)
    for sweep in range(SWEEPS):
        forward, settled = sweep % 2 == 0, sweep >= SWEEPS // 2
        for layer in found.layers if forward else reversed(found.layers):
            near = {k: _pulls(before[k], after[k], forward, settled) for k in layer}
            total = {k: sum(w for _, w in near[k]) for k in layer}
            wish = {k: sum(place[n] * w for n, w in near[k]) / total[k] if near[k] else place[k] for k in layer}
            place |= _placed(layer, wish, {k: LIGHT if k in leaves else total[k] for k in layer}, size, gap)
        if settled:
            place = _levelled(found, place, size, gap)
    for _ in range(SWEEPS if found.alike else 0):
        place = _levelled(found, place, size, gap)
    top = min(place[k] - size.get(k, 0) / 2 for k in place)
    return {k: v - top for k, v in place.items()}


def _pulls(before: list[Pull], after: list[Pull], forward: bool, settled: bool) -> list[Pull]:
    """One side at a time at first, so that changes travel far in one sweep; both sides in the end."""
    return before + after if settled else before if forward else after


def _neighbours(found: Layers, size: Mapping[str, float], leaves: Collection[str]) -> tuple[Pulls, Pulls]:
    """What pulls at each vertex and bend from the layer before, and from the layer after, and how much."""
    before: Pulls = {k: [] for layer in found.layers for k in layer}
    after: Pulls = {k: [] for layer in found.layers for k in layer}
    for a, b in found.links:
        weight = (2.0, 3.0, STRAIGHT)[(a not in size) + (b not in size)]
        after[a].append((b, weight))
        before[b].append((a, FOLLOWING if a in leaves else weight))
    return before, after


def _levelled(
    found: Layers,
    place: Mapping[str, float],
    size: Mapping[str, float],
    gap: Callable[[str, str], float],
) -> dict[str, float]:
    """The same height for all that are alike: their mean, and then the nearest heights that keep the distances."""
    alike = found.alike
    groups: dict[object, list[float]] = {}
    for key, group in alike.items():
        groups.setdefault(group, []).append(place[key])
    wish = {k: sum(groups[alike[k]]) / len(groups[alike[k]]) if k in alike else place[k] for k in place}
    levelled: dict[str, float] = {}
    for layer in found.layers:
        levelled |= _placed(layer, wish, {}, size, gap)
    return levelled


def _placed(
    layer: Sequence[str],
    wish: Mapping[str, float],
    weight: Mapping[str, float],
    size: Mapping[str, float],
    gap: Callable[[str, str], float],
) -> dict[str, float]:
    """The heights nearest to what is wished that keep order and distances: pool adjacent violators."""
    offset, total = {}, 0.0
    for at, key in enumerate(layer):
        if at:
            above = layer[at - 1]
            total += (size.get(above, 0) + size.get(key, 0)) / 2 + gap(above, key)
        offset[key] = total
    pools: list[tuple[float, float, list[str]]] = []  # mean, weight, members
    for key in layer:
        mean, mass, members = wish.get(key, offset[key]) - offset[key], max(weight.get(key, 1.0), 0.01), [key]
        while pools and pools[-1][0] > mean:
            other, more, earlier = pools.pop()
            mean = (mean * mass + other * more) / (mass + more)
            mass, members = mass + more, earlier + members
        pools.append((mean, mass, members))
    return {key: mean + offset[key] for mean, _, members in pools for key in members}
