"""Random distributions with the declared moments, and all their outcomes.

An independent element takes two or three values, skewed, so that nothing depends on the choice of the distribution;
what is 0 or 1 takes these. Elements that are not independent all follow one common draw: a line that treats them as
independent fails.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from derive.errors import ModelError
from derive.model.model import Node

Array = np.ndarray
Place = tuple[str, tuple[int, ...]]  # a family and the position of an element
MOST = 4096  # outcomes of all elements together


class Moments(NamedTuple):
    """The declared numbers of one element; None where nothing is declared, and then a random number stands for it."""

    mean: float | None
    variance: float | None


class Outcomes(NamedTuple):
    """Every outcome: the value of each element in each of them, and the weights, which sum to 1."""

    values: Mapping[Place, Array]
    weights: Array

    def times(self, values: Mapping[Place, Array], weights: Array) -> Outcomes:
        """Return all combinations with the outcomes of what is independent of these."""
        own = {place: np.repeat(v, len(weights)) for place, v in self.values.items()}
        more = {place: np.tile(v, len(self.weights)) for place, v in values.items()}
        return Outcomes(own | more, np.outer(self.weights, weights).reshape(-1))


class Support(NamedTuple):
    """The values of one element and their probabilities."""

    values: tuple[float, ...]
    weights: tuple[float, ...]


def outcomes(laws: Mapping[Place, tuple[Node, Moments]], rng: random.Random, most: int = MOST) -> Outcomes:
    """Return all combinations of the values of independent elements, and of one common draw for all others."""
    free = [place for place, (node, _) in laws.items() if node.law is not None and node.law.independent]
    bound = [place for place in laws if place not in free]
    points = 3 if 3 ** (len(free) + bool(bound)) <= most else 2
    drawn = {place: _support(*laws[place], _weights(points, rng), rng) for place in free}
    common = _common([_probability(*laws[place]) for place in bound if _binary(laws[place][0])], rng)
    tied = {place: _support(*laws[place], common, rng) for place in bound}
    axes = [range(len(drawn[place].values)) for place in free] + ([range(len(common))] if bound else [])
    every = list(itertools.product(*axes))
    values = {p: np.array([drawn[p].values[one[n]] for one in every]) for n, p in enumerate(free)}
    values |= {p: np.array([tied[p].values[one[-1]] for one in every]) for p in bound}
    weights = np.array([common[one[-1]] for one in every]) if bound else np.ones(len(every))
    for n, place in enumerate(free):
        weights = weights * np.array([drawn[place].weights[one[n]] for one in every])
    return Outcomes(values, weights)


def _binary(node: Node) -> bool:
    return node.law is not None and node.law.binary


def _support(node: Node, moments: Moments, weights: tuple[float, ...], rng: random.Random) -> Support:
    """Choose values with the mean and the variance of one element. Errors: ModelError for a negative variance."""
    if _binary(node):
        return _zero_or_one(node, moments, weights)
    if moments.variance is not None and moments.variance < 0:
        raise ModelError(f"the variance of {node.name} is not negative, found {moments.variance:.3g}; declare domains")
    raw = np.array([rng.uniform(0, 1) + n for n in range(len(weights))])
    centred = raw - raw @ np.array(weights)
    scale = (moments.variance if moments.variance is not None else rng.uniform(0.2, 2)) ** 0.5
    centred *= scale / float(centred**2 @ np.array(weights)) ** 0.5
    return Support(tuple(centred + (moments.mean if moments.mean is not None else rng.uniform(-1, 1))), weights)


def _zero_or_one(node: Node, moments: Moments, weights: tuple[float, ...]) -> Support:
    """Choose where an element is 1: in the cells of the common draw that lie below its mean, or on its own."""
    q = _probability(node, moments)
    if node.law is not None and node.law.independent:
        return Support((1.0, 0.0), (q, 1 - q))
    ends = np.cumsum(weights)
    return Support(tuple(float(end <= q + 1e-12) for end in ends), weights)


def _probability(node: Node, moments: Moments) -> float:
    """Return the mean of what is 0 or 1. Errors: ModelError where it is no probability."""
    if moments.mean is None:
        return 0.5
    if not 0 <= moments.mean <= 1:
        raise ModelError(
            f"the mean of {node.name}, which is 0 or 1, lies between 0 and 1, found {moments.mean:.3g}; declare domains"
        )
    return moments.mean


def _common(cuts: list[float], rng: random.Random) -> tuple[float, ...]:
    """Return the weights of a draw that others share: the cells between the probabilities that must be met."""
    ends = sorted({0.0, 1.0, rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9), *cuts})
    return tuple(b - a for a, b in itertools.pairwise(ends))


def _weights(points: int, rng: random.Random) -> tuple[float, ...]:
    drawn = [rng.uniform(0.1, 1) for _ in range(points)]
    return tuple(w / sum(drawn) for w in drawn)
