"""Every line of every expectation against the sum over all outcomes of random distributions with the declared moments.

A line is compared with the expression that was asked about, evaluated in torch from the model's definitions, one
sample point for each outcome, and then weighted and summed. The lines are evaluated plainly, one sum after the other.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from sympy import Expr, Idx, Symbol

from derive.chain.derivation import Derivation, Line
from derive.check.compare import line_errors, relative, worst_of
from derive.check.report import Report, Row, told_sizes, united
from derive.check.rounding import terms
from derive.check.samples import counted, fill, sampled
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes, cotangents, leaves
from derive.evaluate.store import Store
from derive.expressions.moments import Expectation, Moment
from derive.language import Text
from derive.model.model import Node
from derive.model.sizes import fitting
from derive.topics.expectation.argument import Expected
from derive.topics.expectation.check.outcomes import MOST, Moments, Outcomes, Place, outcomes
from derive.topics.expectation.check.plain_evaluation import PlainEvaluation

DRAWS = 6
OVER_OUTCOMES = Text(
    "Every line of every expectation was compared with the sum over all outcomes of random skewed distributions with "
    "the declared moments, for random small sizes, {outcomes} outcomes in all.",
    "每个期望的每一行都与遍历全部取值的加权和作了比较：尺寸较小且随机选取，分布是满足题设矩的随机偏斜分布，"
    "共 {outcomes} 种取值。",
)
LARGEST = 3  # of a size: the number of outcomes grows exponentially with it


def verify_expectations(derivation: Derivation, found: Sequence[Expected], seed: int = 0, draws: int = DRAWS) -> Report:
    """Return a row for each expectation and each moment it uses. Errors: ModelError for impossible moments."""
    report = Report()
    for number in range(draws if found else 0):
        drawn = RandomDistributions(derivation, seed + number)
        rows = united(row for expected in found for row in drawn.rows(expected))
        report = report.merged(Report(rows, told_sizes(drawn.sizes), len(drawn.outcomes.weights)))
    return replace(report, notes=(OVER_OUTCOMES(outcomes=str(report.samples)),)) if found else report


class RandomDistributions:
    """One random choice of sizes, of numbers for the leaves and of distributions with the declared moments."""

    def __init__(self, derivation: Derivation, seed: int):
        self.derivation, self.model = derivation, derivation.model
        self.rng, self.generator = random.Random(seed), torch.Generator().manual_seed(seed)
        self.random = [n for n in leaves(self.model) if n.law is not None]
        self.sizes = self._sizes()
        self.passes = Passes(derivation, self.sizes, TorchBackend())
        self.numbers = {
            n.name: sampled(
                (*self.passes.shape(n), 1), counted(n.domain, self.passes.number), self.generator, n.sums_to
            )
            for n in leaves(self.model)
            if n.law is None
        }
        self.outcomes = self._outcomes()
        given = self.model.nodes, self.sizes, self._leaves(), self.outcomes
        self.plain, self.sizes_of = PlainEvaluation(*given), PlainEvaluation(*given, terms)
        self.store = self._store()

    def rows(self, expected: Expected) -> Iterator[Row]:
        """Yield the rows of the moments that an argument uses, then the row of the argument itself."""
        for premise in expected.premises:
            yield self._row(premise.symbol, premise.lines)
        yield self._row(expected.symbol, expected.lines)

    def _row(self, symbol: Moment, lines: Sequence[Line]) -> Row:
        own = tuple(sorted((i for i in symbol.free_symbols if isinstance(i, Idx)), key=str))
        truth = self.truth(symbol, own)

        def over_all(plain: PlainEvaluation, expr: Expr) -> torch.Tensor:
            return torch.as_tensor(np.asarray(plain.over_all(expr, own), dtype=float))

        def error(expr: Expr) -> float:
            return relative(over_all(self.plain, expr), truth, terms=lambda: added(expr))

        def added(expr: Expr) -> torch.Tensor:
            return torch.maximum(over_all(self.sizes_of, terms(symbol)), over_all(self.sizes_of, terms(expr)))

        return Row(symbol, truth.numel(), *worst_of(line_errors(lines, error)))

    def truth(self, symbol: Moment, own: Sequence[Idx]) -> torch.Tensor:
        """Average what was asked about over all outcomes; a variance is the mean square of the deviation."""
        ranges = self.passes.over(own)
        weights = torch.tensor(self.outcomes.weights, dtype=torch.float64)
        parts = [
            self.passes.values.evaluate(a, self.store, ranges).expand(*(b - a + 1 for _, a, b in ranges), len(weights))
            for a in symbol.args
        ]
        if not isinstance(symbol, Expectation):
            parts = [p - (p * weights).sum(-1, keepdim=True) for p in parts] * (2 // len(parts))
        product = parts[0] if len(parts) == 1 else parts[0] * parts[1]
        return (product * weights).sum(-1).reshape(-1)

    # the numbers
    def _sizes(self) -> dict[Symbol, int]:
        """Draw random sizes, and make the largest smaller by one until the outcomes are not too many."""
        sizes = {s: self.rng.randint(1, LARGEST) for s in self.model.sizes}
        while 2 ** self._elements(sizes) > MOST and max(sizes.values()) > 1:
            largest = max(sizes, key=lambda s: sizes[s])
            sizes[largest] -= 1
        return fitting(self.model, sizes, {})

    def _elements(self, sizes: Mapping[Symbol, int]) -> int:
        count = 0
        for node in self.random:
            lengths = [int((i.upper - i.lower + 1).subs(sizes)) for i in node.indices]
            count += int(np.prod(lengths)) if lengths else 1
        return count

    def _positions(self, node: Node) -> Iterator[tuple[int, ...]]:
        return itertools.product(*(range(a, b + 1) for a, b in self.passes.ranges(node)))

    def _leaves(self) -> dict[Place, float]:
        """Return the numbers of what is not random, element by element."""
        found = {}
        for name, numbers in self.numbers.items():
            node = self.model.nodes[name]
            for at, value in zip(self._positions(node), numbers.reshape(-1).tolist(), strict=True):
                found[name, at] = value
        return found

    def _outcomes(self) -> Outcomes:
        """Draw distributions whose moments are the declared ones at these numbers."""
        fixed = PlainEvaluation(self.model.nodes, self.sizes, self._leaves(), Outcomes({}, np.ones(1)))
        laws = {}
        for node in self.random:
            law = node.law
            assert law is not None
            for at in self._positions(node):
                env = dict(zip(node.indices, at, strict=True))
                declared = (None if m is None else float(fixed.value(m, env)) for m in (law.mean, law.variance))
                laws[node.name, at] = node, Moments(*declared)
        return outcomes(laws, self.rng)

    def _store(self) -> Store:
        """Compute every node by the model's own definitions, with one sample point for each outcome."""
        numbers = dict(self.numbers)
        for node in self.random:
            values = [self.outcomes.values[node.name, at] for at in self._positions(node)]
            numbers[node.name] = torch.tensor(np.array(values)).reshape(*self.passes.shape(node), -1)
        for name, node in cotangents(self.model):
            numbers[name] = torch.zeros((*self.passes.shape(node), 1), dtype=torch.float64)
        store = fill(Store(self.passes.backend), self.passes, numbers)
        with torch.no_grad():
            self.passes.forward(store)
        return store
