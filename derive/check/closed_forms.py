"""Closed forms of values against the values that the model's own equations give, step by step.

In float64 at many points, and where numbers stay rational in exact fractions too: there nothing is rounded, so nothing
is tolerated.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from sympy import Expr, Symbol

from derive.chain.closed_forms.values import Solved
from derive.chain.derivation import Derivation
from derive.check.compare import line_errors, relative, within, worst_of
from derive.check.report import Report, Row
from derive.check.rounding import terms
from derive.check.samples import fill, rational
from derive.evaluate.exact import ExactBackend
from derive.evaluate.passes import Passes, Range, inputs
from derive.evaluate.store import Store
from derive.language import Text
from derive.model.model import Domain

IN_FRACTIONS = Text(
    "Of these values, {exact} were also compared in exact fractions, without rounding errors.",
    "其中 {exact} 个值还用精确分数作了比较，无舍入误差。",
)


def in_floats(passes: Passes, store: Store, solved: Solved, kept: Any) -> Row:
    """Every line of one closed form at the points that the store holds, those of `kept` compared."""
    ranges = _ranges(passes, solved)
    truth = store.whole(solved.node.name)[within(ranges, passes.ranges(solved.node))]
    defined = solved.node.cases[0].expr  # the truth is computed by it, and so has its rounding error

    def error(expr: Expr) -> float:
        def value(of: Expr) -> Any:
            return passes.partials.evaluate(of, store, ranges)

        def added() -> Any:
            return torch.maximum(value(terms(defined)), value(terms(expr)))

        return relative(value(expr), truth, kept, terms=added)

    return Row(solved.node.generic, truth.numel(), *worst_of(line_errors(solved.lines, error, "closed form, ")))


def _ranges(passes: Passes, solved: Solved) -> list[Range]:
    ends = zip(solved.node.indices, solved.region.ranges, strict=True)
    return [(idx, passes.number(a), passes.number(b)) for idx, (a, b) in ends]


def in_fractions(d: Derivation, sizes: Mapping[Symbol, int], values: Sequence[Solved], seed: int) -> Report:
    """One random rational point, every element of every value; `Report.samples` counts the numbers compared."""
    passes, rng = Passes(d, sizes, ExactBackend()), random.Random(seed)
    numbers = {name: _fractions(passes.shape(node), node.domain, rng) for name, node in inputs(d.model).items()}
    store = fill(Store(passes.backend), passes, numbers)
    passes.forward(store)
    rows, compared = zip(*(_row(passes, store, solved) for solved in values), strict=True)
    return Report(rows, samples=sum(compared))


def told(report: Report) -> Report:
    """The report with the sentence that says how many numbers were compared; none where nothing stayed rational."""
    return replace(report, notes=(IN_FRACTIONS(exact=str(report.samples)),)) if report.samples else report


def _fractions(shape: tuple[int, ...], domain: Domain, rng: random.Random) -> Any:
    array = np.empty((*shape, 1), dtype=object)
    for spot in np.ndindex(array.shape):
        array[spot] = rational(domain, rng)
    return array


def _row(passes: Passes, store: Store, solved: Solved) -> tuple[Row, int]:
    """Whether the elements that are rational on both sides are the same numbers, and how many these are."""
    ranges = _ranges(passes, solved)
    truth = store.whole(solved.node.name)[within(ranges, passes.ranges(solved.node))]
    found = np.broadcast_to(passes.partials.evaluate(solved.value, store, ranges), truth.shape)
    pairs = [pair for pair in zip(found.flat, truth.flat, strict=True) if _rational(*pair)]
    error = 0.0 if all(a == b for a, b in pairs) else float("inf")
    return Row(solved.node.generic, 0, error, "closed form, in fractions"), len(pairs)


def _rational(*numbers: Any) -> bool:
    return all(isinstance(n, (int, Fraction)) for n in numbers)
