"""Closed forms of values against the values that the model's own equations give, step by step.

In float64 at many points, and where numbers stay rational in exact fractions too: there nothing is rounded, so nothing
is tolerated.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Idx, Symbol

from derive.chain.closed_forms.values import Solved
from derive.chain.derivation import Derivation
from derive.check.report import Report, Row
from derive.evaluate.exact import ExactBackend
from derive.evaluate.passes import Sweeps, cotangents, leaves
from derive.evaluate.store import Store
from derive.language import Text
from derive.model.model import Node

IN_FRACTIONS = Text(
    "{numbers} of these values were also compared in exact fractions, without any rounding.",
    "其中 {numbers} 个值还用精确分数作了比较，没有任何舍入。",
)


def in_floats(sweeps: Sweeps, truth: Store, solved: Solved, error: Callable[[Any, Any], float]) -> Row:
    """Every line of one closed form at the points that the store holds; `error` is that of two arrays."""
    ranges = _ranges(sweeps, solved)
    part = truth.whole(solved.node.name)[within(ranges, sweeps.ranges(solved.node))]
    worst, where = 0.0, ""
    for number, line in enumerate(solved.lines, 1):
        found = error(sweeps.partials.evaluate(line.expr, truth, ranges), part)
        if not found <= worst:
            worst, where = found, f"closed form, line {number}"
    return Row(solved.node.generic, part.numel(), worst, where)


def _ranges(sweeps: Sweeps, solved: Solved) -> list[tuple[Idx, int, int]]:
    ends = zip(solved.node.indices, solved.region.ranges, strict=True)
    return [(idx, sweeps.number(a), sweeps.number(b)) for idx, (a, b) in ends]


def within(ranges: Sequence[tuple[Idx, int, int]], extents: Sequence[tuple[int, int]]) -> tuple[slice, ...]:
    """Where a box of index values stands in the array of a family."""
    return tuple(slice(a - low, b - low + 1) for (_, a, b), (low, _) in zip(ranges, extents, strict=True))


def in_fractions(d: Derivation, sizes: Mapping[Symbol, int], values: Sequence[Solved], seed: int) -> Report:
    """One random rational point, every element of every value; `Report.samples` counts the numbers compared."""
    sweeps, rng = Sweeps(d, sizes, ExactBackend()), random.Random(seed)
    store = Store(sweeps.backend)
    for name, node in [*((n.name, n) for n in leaves(d.model)), *cotangents(d.model)]:
        store.put(name, _sampled(sweeps, node, rng), sweeps.ranges(node))
    sweeps.forward(store)
    rows, compared = zip(*(_row(sweeps, store, solved) for solved in values), strict=True)
    return Report(rows, samples=sum(compared))


def told(report: Report) -> Report:
    """The report with the sentence that says how many numbers were compared; none where nothing stayed rational."""
    return replace(report, notes=(IN_FRACTIONS(numbers=str(report.samples)),)) if report.samples else report


def _sampled(sweeps: Sweeps, node: Node, rng: random.Random) -> Any:
    shape = [b - a + 1 for a, b in sweeps.ranges(node)]
    array = np.empty((*shape, 1), dtype=object)
    for spot in itertools.product(*map(range, shape)):
        size = Fraction(rng.randint(1, 19), 20)
        signed = node.domain in ("real", "nonzero") and rng.random() < 0.5
        array[(*spot, 0)] = Fraction(rng.randint(0, 1)) if node.domain == "binary" else -size if signed else size
    return array


def _row(sweeps: Sweeps, store: Store, solved: Solved) -> tuple[Row, int]:
    """Whether the elements that are rational on both sides are the same numbers, and how many these are."""
    ranges = _ranges(sweeps, solved)
    truth = store.whole(solved.node.name)[within(ranges, sweeps.ranges(solved.node))]
    found = np.broadcast_to(sweeps.partials.evaluate(solved.value, store, ranges), truth.shape)
    pairs = [pair for pair in zip(found.flat, truth.flat, strict=True) if _rational(*pair)]
    error = 0.0 if all(a == b for a, b in pairs) else float("inf")
    return Row(solved.node.generic, 0, error, "closed form, in fractions"), len(pairs)


def _rational(*numbers: Any) -> bool:
    return all(isinstance(n, (int, Fraction)) for n in numbers)
