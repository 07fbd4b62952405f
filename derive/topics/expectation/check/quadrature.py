"""Points and weights for a few standard normal numbers: Gauss-Hermite, and Gauss-Legendre between kinks.

Gauss-Hermite with n points is exact for polynomials up to degree 2 n - 1. At a kink or a jump it is not, so the axes
are turned until the kinks, which are planes, lie along the first of them; there the range is cut where they stand.
What remains between two cuts is smooth. Everything is told from numbers, nothing from a derivation.

Behind a cut far from 0 everything is small, P(y > 20) is 3e-89, and is judged by its own size. Where all planes are
parallel the panels go on beyond the last cut, and are so short that the density falls by a factor of e^10 in each.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

Array = np.ndarray
Plane = Array  # c_0 + c_1 y_1 + ... + c_r y_r = 0
REACH = 10.0  # beyond it the density is below 1e-22
WIDE = 16.0  # on a single axis: beyond it e^(6 y) times the density is below 1e-22 of its mean
CENTRE, BEHIND, LAST = 5.0, 3.5, 37.0  # from where on it falls fast; how far behind a cut; beyond it is below 1e-297
LONGEST, LEGENDRE = 2.0, 14  # of a panel, and its points
HERMITE = {1: 64, 2: 40, 3: 22, 4: 12, 5: 7, 6: 5}  # points on each axis, by the number of axes


def most_axes(kinks: bool) -> int:
    """Return how many normal numbers can be integrated over."""
    return 2 if kinks else 3


def normal_points(axes: int, planes: Sequence[Plane]) -> tuple[Array, Array]:
    """Return points, one row for each axis, and weights, for independent standard normal numbers.

    `planes` are where something has a kink: a constant and a coefficient for each axis.
    """
    if not axes:
        return np.zeros((0, 1)), np.ones(1)
    slopes = np.array([p[1:] for p in planes if np.abs(p[1:]).max() > 1e-12]).reshape(-1, axes)
    rank = int(np.linalg.matrix_rank(slopes)) if len(slopes) else 0
    turn = np.linalg.svd(slopes)[2] if rank else np.eye(axes)  # its first rows span all the slopes
    turned = [np.array([p[0], *(turn @ p[1:])[:rank]]) for p in planes if np.abs(p[1:]).max() > 1e-12]
    cut = list(_between(turned, rank, tails=rank == 1))
    smooth = _hermite(axes - rank)
    points = np.array([[*a, *b] for (a, _), (b, _) in itertools.product(cut, smooth)]).T
    weights = np.array([v * w for (_, v), (_, w) in itertools.product(cut, smooth)])
    return turn.T @ points, weights


def _hermite(axes: int) -> list[tuple[tuple[float, ...], float]]:
    if not axes:
        return [((), 1.0)]
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE.get(axes, 3))
    one = list(zip(nodes, weights / weights.sum(), strict=True))
    return [(tuple(x for x, _ in at), float(np.prod([w for _, w in at]))) for at in itertools.product(one, repeat=axes)]


def _between(planes: list[Plane], axes: int, tails: bool = False) -> Iterator[tuple[tuple[float, ...], float]]:
    """Yield points and weights on the first axes; an axis is cut where a plane crosses it, given those before."""
    if not axes:
        yield (), 1.0
        return
    for before, weight in _between(_shadows(planes), axes - 1):
        cuts = sorted(-(p[0] + p[1:-1] @ np.array(before)) / p[-1] for p in planes if abs(p[-1]) > 1e-12)
        for x, w in _panels(cuts, tails):
            yield (*before, x), weight * w


def _shadows(planes: list[Plane]) -> list[Plane]:
    """Return where, on the other axes, the order of the cuts on the last axis changes, and where a steep cut passes by.

    The last axis is almost parallel to a steep plane: what lies below the cut changes fast where it crosses the range.
    """
    flat = [p[:-1] for p in planes if abs(p[-1]) <= 1e-12]
    upright = [p[:-1] / p[-1] for p in planes if abs(p[-1]) > 1e-12]
    steep = [p for p in upright if np.abs(p[1:]).max(initial=0) > 1]
    passing = [np.array([p[0] + at, *p[1:]]) for p in steep for at in np.arange(-REACH, REACH + 1, LONGEST)]
    return [*flat, *passing] + [
        a - b for a, b in itertools.combinations(upright, 2) if np.abs((a - b)[1:]).max(initial=0) > 1e-12
    ]


def _panels(cuts: Sequence[float], tails: bool) -> Iterator[tuple[float, float]]:
    nodes, weights = np.polynomial.legendre.leggauss(LEGENDRE)
    for low, high in itertools.pairwise(_ends(cuts, tails)):
        near, far = sorted((abs(low), abs(high)))
        longest = 2 * CENTRE / far if tails and near >= CENTRE else LONGEST
        count = max(1, int(np.ceil((high - low) / longest)))
        for a, b in itertools.pairwise(np.linspace(low, high, count + 1)):
            at = (a + b) / 2 + (b - a) / 2 * nodes
            density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
            yield from zip(at.tolist(), (weights * density * (b - a) / 2).tolist(), strict=True)


def _ends(cuts: Sequence[float], tails: bool) -> list[float]:
    """The ends of the range, and where it is cut."""
    far = max((abs(c) for c in cuts), default=0.0)
    if not tails or far <= CENTRE:
        reach = WIDE if tails else REACH
        return [-reach, *(c for c in cuts if abs(c) < reach), reach]
    reach = max(REACH, min(far + BEHIND, LAST))
    return sorted([-reach, -CENTRE, *(c for c in cuts if abs(c) < reach), CENTRE, reach])
