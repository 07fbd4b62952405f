"""Random numbers at which formulas are compared: by domain, for all inputs of a model, for random sizes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import torch
from sympy import Expr, Idx, Integer, Symbol

from derive.chain.derivation import Derivation
from derive.check.branches import equalities, meeting
from derive.check.gradients import variable
from derive.check.report import Report, Row, told_sizes
from derive.check.torch_backend import TorchBackend
from derive.errors import UsageError
from derive.evaluate.passes import Passes, inputs
from derive.evaluate.store import Store
from derive.model.model import Domain, Node, Whole
from derive.model.sizes import fitting

Array = torch.Tensor
SPREAD = 1.25  # samples are uniform in [-SPREAD, SPREAD]: both sides of every kink, and T = 50 stays in range
CALM = 0.4  # the same for a model with a fixed point, so that many points have one that an iteration finds
SEEDS = range(8)  # each gives sizes of its own
REDRAWN = 20  # how often other numbers are drawn where the loss does not exist
LARGEST = 6  # of a size that is left symbolic


# one family
def sampled(
    shape: tuple[int, ...],
    domain: Domain,
    generator: torch.Generator,
    sums_to: Expr | None = None,
    spread: float | Array = SPREAD,
) -> Array:
    """Random numbers of a domain: on both sides of every kink, and so small that long products stay in range.

    `spread` is the largest real number, one for all or one for each point.
    """
    unit = torch.rand(shape, generator=generator, dtype=torch.float64)
    if isinstance(domain, tuple):
        return between(domain, unit)
    if isinstance(domain, Whole):
        return placed(shape, int(domain.most), generator)
    values = {
        "real": (2 * unit - 1) * spread,
        "positive": 0.25 + 1.5 * unit,
        "probability": 0.02 + 0.96 * unit,
        "binary": (unit > 0.5).to(unit.dtype),
        "sign": torch.where(unit > 0.5, 1.0, -1.0).to(unit.dtype),
        "nonzero": torch.where(unit > 0.5, 0.25 + unit, unit - 1.25),
    }[domain]
    return values if sums_to is None else with_sum(values, float(sums_to), domain, unit)


def between(domain: tuple[Expr, Expr], unit: Any) -> Any:
    """Numbers inside an interval, from uniform ones in [0, 1]: where it has one end, up to 1.75 away from it."""
    low, high = map(float, domain)
    if math.isinf(high):
        return low + 0.25 + 1.5 * unit
    return high - 0.25 - 1.5 * unit if math.isinf(low) else low + (high - low) * (0.02 + 0.96 * unit)


def counted(domain: Domain, number: Callable[[Expr], int]) -> Domain:
    """A domain without sizes: positions up to a number."""
    return Whole(Integer(number(domain.most))) if isinstance(domain, Whole) else domain


def placed(shape: tuple[int, ...], most: int, generator: torch.Generator) -> Array:
    """Random positions from 1 to `most`, the same at every point."""
    return torch.randint(1, most + 1, (*shape[:-1], 1), generator=generator).double().expand(shape)


def with_sum(values: Array, total: float, domain: str, unit: Array) -> Array:
    """The samples with a given sum over the last index: moved, scaled where they are positive, one-hot where binary.

    Shape (*indices, points), as `unit`, the uniform numbers that the samples are made from.
    """
    if domain == "binary":
        return (unit == unit.amax(dim=-2, keepdim=True)).to(unit.dtype)
    found = values.sum(dim=-2, keepdim=True)
    return values + (total - found) / values.shape[-2] if domain == "real" else values * total / found


def rational(domain: Domain, rng: random.Random) -> Fraction:
    """A random rational number of a domain, between 0 and 1 or, where the domain allows, between -1 and 1."""
    if isinstance(domain, Whole):
        return Fraction(1)
    if isinstance(domain, tuple):
        return Fraction(between(domain, rng.randint(1, 19) / 20)).limit_denominator(10**6)
    if domain == "binary":
        return Fraction(rng.randint(0, 1))
    sign = -1 if domain in ("real", "nonzero", "sign") and rng.random() < 0.5 else 1
    if domain == "sign":
        return Fraction(sign)
    return Fraction(sign * rng.randint(1, 19), 20)


def structured(values: Array, structure: str) -> Array:
    """The samples as matrices of a structure, well conditioned where they are to be; shape (n, n, points)."""
    each = values.movedim(-1, 0)
    made = {
        "symmetric": lambda m: (m + m.mT) / 2,
        "positive definite": lambda m: m @ m.mT / m.shape[-1] + torch.eye(m.shape[-1], dtype=m.dtype) / 2,
        "orthogonal": lambda m: torch.linalg.qr(m).Q,
        "triangular": lambda m: torch.tril(m) + torch.diag_embed(m.diagonal(dim1=-2, dim2=-1).sign() / 2),
    }[structure](each)
    return made.movedim(0, -1)


def calm(shape: tuple[int, ...]) -> float:
    """The largest number of a model with a fixed point: W z is then seldom larger than z, whatever the size."""
    return CALM / max(1.0, shape[-1] / 3) ** 0.5 if len(shape) > 1 else CALM


# a whole model
def random_inputs(passes: Passes, points: int, generator: torch.Generator) -> dict[str, Array]:
    """Numbers for every leaf by its domain, and for every partial of an abstract function.

    A leaf that a condition compares with a number by an equality takes that number at half of the points.
    """
    found, met = {}, equalities(passes.model)
    solved = any(node.implicit for node in passes.model.nodes.values())
    for name, node in inputs(passes.model).items():
        domain, sums_to = (node.domain, node.sums_to) if name == node.name else ("real", None)
        domain = counted(domain, passes.number)
        found[name] = sampled(
            (*passes.shape(node), points), domain, generator, sums_to, calm(passes.shape(node)) if solved else SPREAD
        )
        if node.structure and name == node.name:
            found[name] = structured(found[name], node.structure)
        if name in met and domain not in ("binary", "sign") and sums_to is None:
            found[name] = meeting(found[name], met[name], generator)
    return found


def fill(store: Store, passes: Passes, numbers: Mapping[str, Any]) -> Store:
    """The store, with the numbers of all inputs put into it."""
    for name, node in inputs(passes.model).items():
        store.put(name, numbers[name], passes.ranges(node))
    return store


# sizes
def sizes_in_turn(names: Sequence[Symbol], n: int, count: int) -> dict[Symbol, int]:
    """The n-th of `count` choices of sizes, n from 1: every size takes all numbers from 1 to `count` in turn.

    Each size is two ahead of the one before; once round, it is one more ahead. So no two of up to `count` sizes are
    equal (of an even count), and arrays with their axes exchanged do not fit; and each size is 1 at some time.
    """
    return {size: 1 + (n - 1 + 2 * k + 2 * k // count) % count for k, size in enumerate(names)}


class Sample:
    """Random sizes from 1 to LARGEST for those not given, and random numbers for the inputs at a few points."""

    def __init__(self, d: Derivation, given: Mapping[Symbol, int], seed: int, points: int):
        rng, self.generator = random.Random(seed), torch.Generator().manual_seed(seed)
        self.derivation, self.points = d, points
        drawn = {s: given[s] if s in given else rng.randint(1, LARGEST) for s in d.model.sizes}
        self.sizes = fitting(d.model, drawn, given)
        self.passes = Passes(d, self.sizes, TorchBackend())
        self.numbers = random_inputs(self.passes, points, self.generator)

    @torch.no_grad()
    def exists(self) -> bool:
        """True if the loss exists at every point; where it does not, other numbers are drawn a few times.

        Positions stay, as they are the same at every point.
        """
        model = self.derivation.model
        for _ in range(REDRAWN if model.has_loss else 0):
            store = self.store()
            self.passes.forward(store)
            finite = store.whole(model.loss.name).isfinite()
            if bool(finite.all()):
                return True
            other = random_inputs(self.passes, self.points, self.generator)
            placed = {name for name, node in inputs(model).items() if isinstance(node.domain, Whole)}
            self.numbers = {n: a if n in placed else torch.where(finite, a, other[n]) for n, a in self.numbers.items()}
        return not model.has_loss

    def random(self, node: Node) -> Array:
        """Real numbers in the shape of a family."""
        return sampled((*self.passes.shape(node), self.points), "real", self.generator)

    def store(self, numbers: Mapping[str, Array] | None = None) -> Store:
        """A store with the inputs: those drawn, or others."""
        return fill(Store(self.passes.backend), self.passes, self.numbers if numbers is None else numbers)

    def variables(self, families: Sequence[Node], store: Store, points: int) -> list[Array]:
        """Compute the model in a store, each of some families a new variable, by which autograd can differentiate."""
        found: dict[str, Array] = {}
        for stage in self.derivation.stages:
            self.passes.compute(stage, store)
            for node in (n for n in families if n.name in stage.families):
                found[node.name] = variable(store.whole(node.name), points, self.passes.shape(node))
                store.put(node.name, found[node.name], self.passes.ranges(node))
        return [found[n.name] for n in families]

    @torch.no_grad()
    def value(self, expr: Expr, store: Store, indices: Sequence[Expr], fixed: Mapping[Idx, int] | None = None) -> Array:
        """An expression over the ranges of its own indices."""
        own = [i for i in indices if isinstance(i, Idx) and i not in (fixed or {})]
        found: Array = self.passes.partials.evaluate(expr, store, self.passes.over(own), dict(fixed or {}))
        return found


def over_samples(
    d: Derivation,
    sizes: Mapping[Symbol, int],
    seeds: Iterable[int],
    points: int,
    rows: Callable[[Sample], Iterator[Row]],
    fits: Callable[[Sample], bool] = lambda sample: True,
) -> Report:
    """The rows of all samples together whose sizes fit. Errors: UsageError where the loss exists at none of them."""
    report, none = Report(), False
    for sample in filter(fits, (Sample(d, sizes, seed, points) for seed in seeds)):
        if sample.exists():
            report = report.merged(Report(tuple(rows(sample)), told_sizes(sample.sizes), points))
        else:
            none = True
    if none and not report.own:
        raise UsageError(f"{d.model.title} is not finite at random points; declare the inputs' domains")
    return report
