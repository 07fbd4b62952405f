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
from sympy import Idx, Symbol

from derive.chain.derivation import Derivation, Line
from derive.check.report import Report, Row, united
from derive.check.samples import sampled
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Sweeps, cotangents, leaves
from derive.evaluate.store import Store
from derive.expressions.moments import Expectation, Moment
from derive.language import Text
from derive.model.model import Node
from derive.topics.expectation.argument import Expected
from derive.topics.expectation.check.outcomes import MOST, Moments, Outcomes, Place, outcomes
from derive.topics.expectation.check.plain_evaluation import Plainly

DRAWS = 6
OVER_OUTCOMES = Text(
    "Every line of every expectation was compared with the sum over all outcomes of random skewed distributions with "
    "the declared moments, for random small sizes, {outcomes} outcomes in all.",
    "每个期望的每一行都与遍历全部取值的加权和作了比较：尺寸较小且随机选取，分布是满足题设矩的随机偏斜分布，"
    "共 {outcomes} 种取值。",
)
LARGEST = 3  # of a size: the number of outcomes grows exponentially with it


def verify_expectations(derivation: Derivation, found: Sequence[Expected], seed: int = 0, draws: int = DRAWS) -> Report:
    """One row for each expectation, and for each moment that it uses. Errors: ModelError for impossible moments."""
    report = Report()
    for number in range(draws if found else 0):
        draw = Draw(derivation, seed + number)
        rows = united(row for expected in found for row in draw.rows(expected))
        report = report.merged(Report(rows, (draw.named,) if draw.named else (), len(draw.outcomes.weights)))
    return replace(report, notes=(OVER_OUTCOMES(outcomes=str(report.samples)),)) if found else report


class Draw:
    """One choice of sizes, of numbers for the leaves and of distributions."""

    def __init__(self, derivation: Derivation, seed: int):
        self.derivation, self.model = derivation, derivation.model
        self.rng, self.generator = random.Random(seed), torch.Generator().manual_seed(seed)
        self.random = [n for n in leaves(self.model) if n.law is not None]
        self.sizes = self._sizes()
        self.sweeps = Sweeps(derivation, self.sizes, TorchBackend())
        self.numbers = {
            n.name: sampled((*self._shape(n), 1), n.domain, self.generator, n.sums_to)
            for n in leaves(self.model)
            if n.law is None
        }
        self.outcomes = self._outcomes()
        self.plainly = Plainly(self.model.nodes, self.sizes, self._leaves(), self.outcomes)
        self.store = self._store()

    @property
    def named(self) -> tuple[tuple[str, int], ...]:
        """The sizes by name."""
        return tuple((str(s), n) for s, n in self.sizes.items())

    def rows(self, expected: Expected) -> Iterator[Row]:
        """The moments that an argument uses, then the argument itself."""
        for premise in expected.premises:
            yield self._row(premise.symbol, premise.lines)
        yield self._row(expected.symbol, expected.lines)

    def _row(self, symbol: Moment, lines: Sequence[Line]) -> Row:
        own = tuple(sorted((i for i in symbol.free_symbols if isinstance(i, Idx)), key=str))
        truth, worst, where = self.truth(symbol, own), 0.0, ""
        for number, line in enumerate(lines, 1):
            value = np.asarray(self.plainly.over_all(line.expr, own), dtype=float)
            error = float((np.abs(value - truth) / np.maximum(1.0, np.abs(truth))).max())
            if not error <= worst:
                worst, where = (error if error == error else float("inf")), f"line {number}"
        return Row(symbol, truth.size, worst, where)

    def truth(self, symbol: Moment, own: Sequence[Idx]) -> np.ndarray:
        """The average of what was asked about, over all outcomes; a variance as the mean square of the deviation."""
        ranges = [(i, self.sweeps.number(i.lower), self.sweeps.number(i.upper)) for i in own]
        weights = torch.tensor(self.outcomes.weights, dtype=torch.float64)
        parts = [
            self.sweeps.values.evaluate(a, self.store, ranges).expand(*(b - a + 1 for _, a, b in ranges), len(weights))
            for a in symbol.args
        ]
        if not isinstance(symbol, Expectation):
            parts = [p - (p * weights).sum(-1, keepdim=True) for p in parts] * (2 // len(parts))
        product = parts[0] if len(parts) == 1 else parts[0] * parts[1]
        found: np.ndarray = (product * weights).sum(-1).reshape(-1).numpy()
        return found

    # the numbers
    def _sizes(self) -> dict[Symbol, int]:
        """Random sizes, the largest smaller by one until the outcomes are not too many."""
        sizes = {s: self.rng.randint(1, LARGEST) for s in self.model.sizes}
        while 2 ** self._elements(sizes) > MOST and max(sizes.values()) > 1:
            largest = max(sizes, key=lambda s: sizes[s])
            sizes[largest] -= 1
        return sizes

    def _elements(self, sizes: Mapping[Symbol, int]) -> int:
        count = 0
        for node in self.random:
            lengths = [int((i.upper - i.lower + 1).subs(sizes)) for i in node.indices]
            count += int(np.prod(lengths)) if lengths else 1
        return count

    def _shape(self, node: Node) -> tuple[int, ...]:
        return tuple(b - a + 1 for a, b in self.sweeps.ranges(node))

    def _positions(self, node: Node) -> Iterator[tuple[int, ...]]:
        return itertools.product(*(range(a, b + 1) for a, b in self.sweeps.ranges(node)))

    def _leaves(self) -> dict[Place, float]:
        """The numbers of what is not random, element by element."""
        found = {}
        for name, numbers in self.numbers.items():
            node = self.model.nodes[name]
            for at, value in zip(self._positions(node), numbers.reshape(-1).tolist(), strict=True):
                found[name, at] = value
        return found

    def _outcomes(self) -> Outcomes:
        """Distributions whose moments are the declared ones at these numbers."""
        fixed = Plainly(self.model.nodes, self.sizes, self._leaves(), Outcomes({}, np.ones(1)))
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
        """Every node computed by the model's own definitions, one sample point for each outcome."""
        store = Store(self.sweeps.backend)
        for name, numbers in self.numbers.items():
            store.put(name, numbers, self.sweeps.ranges(self.model.nodes[name]))
        for node in self.random:
            values = [self.outcomes.values[node.name, at] for at in self._positions(node)]
            array = torch.tensor(np.array(values)).reshape(*self._shape(node), -1)
            store.put(node.name, array, self.sweeps.ranges(node))
        for name, node in cotangents(self.model):
            store.put(name, torch.zeros((*self._shape(node), 1), dtype=torch.float64), self.sweeps.ranges(node))
        with torch.no_grad():
            self.sweeps.forward(store)
        return store
