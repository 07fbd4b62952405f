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
from derive.check.samples import counted, fill, sampled, structured
from derive.check.torch_backend import TorchBackend
from derive.errors import ModelError
from derive.evaluate.passes import Passes, cotangents, leaves
from derive.evaluate.store import Store
from derive.expressions.moments import Expectation, Moment
from derive.language import Text
from derive.model.model import Node
from derive.model.reachability import random_names
from derive.model.sizes import fitting
from derive.topics.expectation.argument import Expected
from derive.topics.expectation.check.kinked import kinked, sources
from derive.topics.expectation.check.outcomes import MOST, Moments, Outcomes, Place, outcomes
from derive.topics.expectation.check.plain_evaluation import PlainEvaluation
from derive.topics.expectation.check.quadrature import most_axes, normal_points

DRAWS = 6
OVER_OUTCOMES = Text(
    "Every line of every expectation was compared with a sum over all outcomes, for random small sizes and random "
    "skewed distributions with the declared moments; there were {outcomes} outcomes in all.",
    "每个期望的每一行都与遍历全部取值的加权和作了比较：维数取较小的随机数，分布是满足题设矩的随机偏斜分布，共 "
    "{outcomes} 种取值。",
)
BY_QUADRATURE = Text(
    "For normal quantities, every line was compared with its integral, by Gauss-Hermite quadrature and, between "
    "kinks, by Gauss-Legendre quadrature, with {nodes} points in all.",
    "对正态量，每一行都与数值积分的结果作了比较：采用 Gauss-Hermite 求积，有折点时分段采用 Gauss-Legendre 求积，"
    "共 {nodes} 个节点。",
)
ENOUGH = 60_000  # points, after which no more distributions are drawn
LARGEST = 3  # of a size: the number of outcomes grows exponentially with it


def verify_expectations(derivation: Derivation, found: Sequence[Expected], seed: int = 0, draws: int = DRAWS) -> Report:
    """Return a row for each expectation and each moment it uses. Errors: ModelError for impossible moments."""
    report = Report()
    by: dict[frozenset[str], list[Expected]] = {}
    for expected in found:
        by.setdefault(frozenset(sources(derivation.model, [expected.symbol])), []).append(expected)
    for number in range(draws):
        for alike in by.values() if report.samples < ENOUGH else ():
            drawn = RandomDistributions(derivation, seed + number, [e.symbol for e in alike])
            rows = united(row for expected in alike for row in drawn.rows(expected))
            report = report.merged(Report(rows, told_sizes(drawn.sizes), len(drawn.outcomes.weights)))
    random = [n.law for n in leaves(derivation.model) if n.law is not None]
    told = [OVER_OUTCOMES(outcomes=str(report.samples))] if not all(law.normal for law in random) else []
    told += [BY_QUADRATURE(nodes=str(report.samples))] if any(law.normal for law in random) else []
    return replace(report, notes=tuple(told)) if found else report


class RandomDistributions:
    """One random choice of sizes, of numbers for the leaves and of distributions with the declared moments."""

    def __init__(self, derivation: Derivation, seed: int, symbols: Sequence[Moment] = ()):
        self.derivation, self.model = derivation, derivation.model
        self.rng, self.generator = random.Random(seed), torch.Generator().manual_seed(seed)
        used = sources(self.model, symbols) if symbols else random_names(self.model.nodes)
        self.random = [n for n in leaves(self.model) if n.law is not None and n.name in used]
        self.normal = [n for n in self.random if n.law is not None and n.law.normal]
        self.kinks = tuple(kinked(self.model, symbols))
        self.sizes = self._sizes()
        self.passes = Passes(derivation, self.sizes, TorchBackend())
        self.numbers = {n.name: self._numbers(n) for n in leaves(self.model) if n.law is None}
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
    def _numbers(self, node: Node) -> torch.Tensor:
        shape, domain = (*self.passes.shape(node), 1), counted(node.domain, self.passes.number)
        found = sampled(shape, domain, self.generator, node.sums_to)
        return structured(found, node.structure) if node.structure else found

    def _sizes(self) -> dict[Symbol, int]:
        """Draw random sizes, and make the largest smaller by one until the outcomes are not too many."""
        sizes = {s: self.rng.randint(1, LARGEST) for s in self.model.sizes}
        while self._too_many(sizes) and max(sizes.values()) > 1:
            largest = max(sizes, key=lambda s: sizes[s])
            sizes[largest] -= 1
        return fitting(self.model, sizes, {})

    def _too_many(self, sizes: Mapping[Symbol, int]) -> bool:
        normal = self._elements(sizes, self.normal)
        others = self._elements(sizes, [n for n in self.random if n not in self.normal])
        return 2**others > self._most or normal > most_axes(bool(self.kinks))

    @property
    def _most(self) -> int:
        """Return how many outcomes of what is not normal there may be: there are as many points for each of them."""
        return MOST if not self.normal else 4 if self.kinks else 64

    def _elements(self, sizes: Mapping[Symbol, int], families: Sequence[Node]) -> int:
        count = 0
        for node in families:
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
        laws = {}
        for node in (n for n in self.random if n not in self.normal):
            law = node.law
            assert law is not None
            for at in self._positions(node):
                laws[node.name, at] = node, Moments(*(self._moment(node, m, at) for m in (law.mean, law.variance)))
        others = outcomes(laws, self.rng, self._most)
        axes = self._elements(self.sizes, self.normal)
        return others.times(*self._normal_outcomes(axes)) if axes else others

    def _moment(self, node: Node, moment: Expr | None, at: tuple[int, ...]) -> float | None:
        fixed = PlainEvaluation(self.model.nodes, self.sizes, self._leaves(), Outcomes({}, np.ones(1)))
        return None if moment is None else float(fixed.value(moment, dict(zip(node.indices, at, strict=True))))

    def _normal_outcomes(self, axes: int) -> tuple[dict[Place, np.ndarray], np.ndarray]:
        """Return the values of every normal element at the points of a quadrature that is cut at the kinks."""
        probe = self._normal_values(np.hstack([np.zeros((axes, 1)), np.eye(axes)]))
        plain = PlainEvaluation(self.model.nodes, self.sizes, self._leaves(), Outcomes(probe, np.ones(axes + 1)))
        planes = []
        for expr in self.kinks:
            for value in plain.everywhere(expr):
                at = np.broadcast_to(value, axes + 1)
                planes.append(np.array([at[0], *(at[1:] - at[0])]))
        points, weights = normal_points(axes, planes)
        return self._normal_values(points), weights

    def _normal_values(self, standard: np.ndarray) -> dict[Place, np.ndarray]:
        """Make normal elements of standard ones, one row each: x = mu + C z with C the Cholesky factor."""
        found: dict[Place, np.ndarray] = {}
        rows = iter(standard)
        for node in self.normal:
            law = node.law
            assert law is not None
            places = list(self._positions(node))
            z = np.array([next(rows) for _ in places])
            z = np.linalg.cholesky(self._covariances(node, places)) @ z
            means = [self._moment(node, law.mean, at) for at in places]
            found |= {(node.name, at): m + row for at, m, row in zip(places, means, z, strict=True)}
        return found

    def _covariances(self, node: Node, places: Sequence[tuple[int, ...]]) -> np.ndarray:
        """Return the covariances of all elements of a family. Errors: ModelError where there are no such numbers."""
        law = node.law
        assert law is not None
        if law.covariance is None:
            variances = np.array([self._moment(node, law.variance, at) for at in places], dtype=float)
            if not (variances > 0).all():
                raise ModelError(
                    f"the variance of {node.name} is positive, found {variances.min():.3g}; declare domains"
                )
            return np.diag(variances)
        fixed = PlainEvaluation(self.model.nodes, self.sizes, self._leaves(), Outcomes({}, np.ones(1)))
        matrix = str(law.covariance)
        found = np.array(
            [[fixed.element(matrix, (a[-1], b[-1])) if a[:-1] == b[:-1] else 0.0 for b in places] for a in places]
        )
        if np.linalg.eigvalsh(found)[0] <= 0:
            raise ModelError(f"the covariance {matrix} of {node.name} is not positive definite at the numbers drawn")
        return found

    def _store(self) -> Store:
        """Compute every node by the model's own definitions, with one sample point for each outcome."""
        numbers = dict(self.numbers)
        for node in (n for n in leaves(self.model) if n.law is not None):  # what the expectations do not depend on is 0
            numbers[node.name] = torch.zeros(
                (*self.passes.shape(node), len(self.outcomes.weights)), dtype=torch.float64
            )
        for node in self.random:
            values = [self.outcomes.values[node.name, at] for at in self._positions(node)]
            numbers[node.name] = torch.tensor(np.array(values)).reshape(*self.passes.shape(node), -1)
        for name, node in cotangents(self.model):
            numbers[name] = torch.zeros((*self.passes.shape(node), 1), dtype=torch.float64)
        store = fill(Store(self.passes.backend), self.passes, numbers)
        with torch.no_grad():
            self.passes.forward(store)
        return store
