"""On which sides of its kinks a formula was computed: what lies beyond a kink that no point passed is not known.

max(x, -5) is x wherever x > -5. A comparison of two formulas therefore counts, for each maximum, absolute value,
indicator and case in them, at which points each side was taken; see `derive/judge/reach.py` for points farther out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from sympy import Expr, Max, Min, Piecewise, preorder_traversal
from sympy.core.relational import Relational

from derive.expressions.functions import EXTREMA, arguments, row_of
from derive.expressions.traverse import free_indices
from derive.judge.balls import NoValue, side
from derive.model.model import Node as Family
from derive.read.tree import Node, Number, walk

Key = tuple[int, int, int]  # where a kink stands in the source, and which of several there
STEPPED = ("floor", "ceiling", "frac", "trunc", "rounded")  # kinks without end: no point lies beyond all of them
SMALLEST_LITERAL = 2


class Met:
    """The sides of kinks at the points of one world: for each kink, where its lower and its upper side was taken."""

    def __init__(self) -> None:
        self.sides: dict[Key, tuple[Any, Any]] = {}

    def clear(self) -> None:
        """Forget all of it, before another element is computed."""
        self.sides = {}

    def take(self, node: Node, below: Any, above: Any, n: int = 0) -> None:
        """Remember which side was taken; arrays of truth values, shape (..., points)."""
        key = node.start, node.end, n
        here = tuple(np.atleast_2d(np.asarray(x, dtype=bool)) for x in (below, above))
        flat = [np.any(x.reshape(-1, x.shape[-1]), axis=0) for x in here]
        before = self.sides.get(key)
        self.sides[key] = (flat[0], flat[1]) if before is None else (before[0] | flat[0], before[1] | flat[1])

    def signs(self, node: Node, differences: Any, n: int = 0) -> None:
        """Remember the signs of numbers, shape (..., points)."""
        found = np.frompyfunc(_sign, 1, 1)(np.asarray(differences, dtype=object)).astype(int)
        self.take(node, found < 0, found > 0, n)


def _sign(x: Any) -> int:
    try:
        return side(x)
    except NoValue:
        return 0


class Seen:
    """The sides of kinks that were seen while two formulas were compared, in all worlds."""

    def __init__(self) -> None:
        self.sides: dict[Key, list[bool]] = {}

    def add(self, met: Met, points: Any) -> None:
        """What was met at points at which the two surely agree, a truth value for each point."""
        for key, both in met.sides.items():
            held = self.sides.setdefault(key, [False, False])
            for n, where in enumerate(both):
                held[n] = held[n] or bool(np.any(where & points))

    @property
    def one_sided(self) -> tuple[Key, ...]:
        """The kinks of which one side was never taken."""
        return tuple(key for key, both in self.sides.items() if not all(both))


def of_function(expr: Expr) -> tuple[Any, ...]:
    """The numbers at which a function of one number has kinks."""
    found: list[Any] = []
    for part in preorder_traversal(expr):
        row = row_of(part)
        if row is None or row.name in STEPPED:
            continue
        branches = row.definition(*part.args) if row.definition else None
        branched = isinstance(branches, Expr) and branches.has(Piecewise, Max, Min)
        found += row.kinks or ((0,) if branched else ())
    return tuple(dict.fromkeys(found))


def literal(nodes: Iterable[Node]) -> bool:
    """Whether a comparison of whole numbers has a number of its own in it, as n < 20."""
    digits = (part.digits for node in nodes for part in walk(node) if isinstance(part, Number))
    return any(d.isdigit() and int(d) >= SMALLEST_LITERAL for d in digits)


# the kinks of a model
def passed(worlds: Iterable[Any]) -> bool:
    """Whether each kink of a model has points on both of its sides."""
    seen: dict[tuple[str, int], set[int]] = {}
    for world in worlds:
        for key, signs in _of_model(world.derivation.model.nodes, world):
            seen.setdefault(key, set()).update(signs)
    return all({-1, 1} <= signs for signs in seen.values())


def _of_model(nodes: Mapping[str, Family], world: Any) -> Iterator[tuple[tuple[str, int], set[int]]]:
    for name, node in nodes.items():
        differences = (d for case in node.cases for d in _differences(case.expr))
        for n, inner in enumerate(differences):
            try:
                ranges = world.passes.over(free_indices(inner))
                value = world.passes.values.evaluate(inner, world.store, ranges)
            except Exception:
                continue
            yield (name, n), {_sign(x) for x in np.asarray(value, dtype=object).ravel()}


def _differences(expr: Expr) -> Iterator[Expr]:
    """What is 0 at the kinks of a definition."""
    for part in preorder_traversal(expr):
        row = row_of(part)
        if isinstance(part, EXTREMA):
            first, *others = part.args
            yield from (first - other for other in others)
        elif isinstance(part, Relational) and part.rel_op not in ("==", "!="):
            yield part.args[0] - part.args[1]
        elif row is not None and row.kinks and row.name not in STEPPED:
            first, *others = arguments(part)
            yield from (first - other for other in (others or row.kinks))
