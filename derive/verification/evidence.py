"""Evidence for conditions: the measure is set to values inside, on and outside of a claim, and autograd's adjoints say
whether they vanish or explode. A claim that they contradict fails the check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from sympy import Expr

from derive.analysis.conditions import Analysis, Condition
from derive.analysis.evidence import DISTANCES, Finding, Setting
from derive.derivation import Derivation
from derive.norms import Norm, SpectralRadius
from derive.verification.draws import SPREADS, Draws
from derive.verification.hold import held
from derive.verification.measure import measure, radius
from derive.verification.trial import Array, Numbers, Trial

TARGETS = (0.9, 1.0, 1.1, 30.0)  # inside, on, outside, and far outside of a claim that compares with 1
SIZE = 3  # of every dimension but time
TINY = 1e-140  # what is much smaller cannot be squared in float64
SHARP, LOOSE = 1e-9, 0.03  # tolerance of a rate: of a number, of a matrix (whose powers wobble)
LAST, HALF = DISTANCES[-1], DISTANCES[-1] // 2


class Run(NamedTuple):
    """What came out: norms of the adjoints (distances + 1, points), running sums of the gradient's contributions
    (distances, points) and the largest contribution, where the bounds held, and which points hit their target.
    """

    norms: Array
    sums: Array
    largest: Array
    bounded: Array
    valid: Array

    def rates(self) -> Array:
        """What one step multiplies by, over the far half of the distances."""
        far, near = self.norms[LAST], self.norms[HALF]
        return torch.where(near > 0, far / near, near) ** (1 / (LAST - HALF))


def evidence(derivation: Derivation, analysis: Analysis, seed: int = 0) -> tuple[Finding, ...]:
    """What was measured for each condition, in their order; conditions with the same measure share their run."""
    tests = Evidence(derivation, analysis, seed)
    runs: dict[Expr, Run] = {}
    for c in analysis.conditions:
        if c.measure not in runs:
            runs[c.measure] = tests.local(c) if c.strength == "local" else tests.general(c)
    return tuple(Finding(c, tuple(tests.settings(runs[c.measure], c))) for c in analysis.conditions)


class Evidence:
    """The random draws for one analysis."""

    def __init__(self, derivation: Derivation, analysis: Analysis, seed: int):
        self.analysis, self.where = analysis, dict(analysis.where)
        index = analysis.jacobian.index
        times = index.upper.free_symbols | index.lower.free_symbols
        sizes = {s: LAST if s in times else SIZE for s in derivation.model.sizes}
        self.trial = Trial(derivation, analysis.jacobian, sizes)
        self.draws = Draws(self.trial, TARGETS, seed)

    def general(self, condition: Condition) -> Run:
        """All draws at rest, nearly so, or driven by random inputs; and, where inputs can hold it, the state held."""
        numbers, valid = self.draws.base, torch.ones(self.draws.points, dtype=torch.bool)
        if not condition.measure.is_number:  # else it is a claim that no weight can change
            numbers, valid = self.draws.on_target(lambda at: self._measure(condition.measure, at))
        numbers |= self.trial.starts(numbers, self.draws.points)
        if self.where:  # the inputs are part of the measure and must stay as they are
            return self._run(numbers, valid)
        fixed, good = held(self.trial, numbers, self.draws.resting())
        both = {k: torch.cat([v, fixed[k]], dim=-1) for k, v in numbers.items()}
        return self._run(both, torch.cat([valid, valid & good]))

    def local(self, condition: Condition) -> Run:
        """The state held where it repeats itself; the measure is the derived Jacobian there."""
        starts = self.draws.resting()

        def measured(numbers: Numbers) -> Array:
            store = self.trial.store(held(self.trial, numbers, starts)[0])
            self.trial.step(store, self.trial.times[0])
            block = self.trial.formula(self.analysis.jacobian.entries[0][0], store, self.trial.times[0]).detach()
            n = int(block[..., 0].numel() ** 0.5)
            return radius(block.expand(*block.shape[:-1], self.draws.points).reshape(n, n, -1))

        numbers, valid = self.draws.on_target(measured, proportional=True)
        fixed, good = held(self.trial, numbers, starts)
        return self._run(fixed, valid & good & (self.draws.targets < 2))  # a state held at 30 would drift away at once

    def _measure(self, expr: Expr, numbers: Numbers) -> Array:
        points = next(iter(numbers.values())).shape[-1]
        return measure(expr, self.trial.store(numbers), self.trial.sweeps.values, self.where, points)

    def _run(self, numbers: Numbers, valid: Array) -> Run:
        states, points = self.trial.jacobian.states, len(valid)
        final = [self.draws.normal(self.trial.shape(s), points) for s in states]
        adjoints, parts = self.trial.adjoints(numbers, final, self.draws.recurrent)
        order = 2 if self.analysis.order == "2" else 1  # a bound of rows of J is one of columns of its transpose
        blocks = torch.stack([torch.stack([_norm(a, order) for a in at]) for at in adjoints])
        steps = torch.stack([torch.cat([g.reshape(-1, points) for g in at]) for at in parts])
        norms, largest = blocks.sum(dim=1), steps.abs().sum(dim=1).amax(dim=0)
        bounded = self._bounded(blocks, numbers) if self.analysis.bound is not None else torch.ones_like(valid)
        return Run(norms / norms[0], steps.cumsum(dim=0).abs().sum(dim=1), largest, bounded, valid)

    def _bounded(self, blocks: Array, numbers: Numbers) -> Array:
        """At which points no step back multiplies the norms of the adjoints by more than the bounds allow."""
        n = len(self.trial.jacobian.states)
        bound = torch.stack([self._measure(e, numbers) for e in self.analysis.bound or ()]).reshape(n, n, -1)
        allowed = torch.einsum("abp,kap->kbp", bound, blocks[:-1])
        within: Array = (blocks[1:] <= allowed * (1 + SHARP) + TINY).all(dim=0).all(dim=0)
        return within

    def settings(self, run: Run, condition: Condition) -> Iterator[Setting]:
        """The evidence for one condition, at each target."""
        whole = condition.about == "whole"
        points = len(run.valid)
        targets = self.draws.targets.repeat(points // self.draws.points)
        driven = torch.arange(points) % len(SPREADS) > 0  # with inputs, so that there is something to add up
        shown = run.sums / run.largest.clamp(min=1e-300) if whole else run.norms
        for target in TARGETS:
            at = run.valid & (targets == target) & (driven if whole else True)
            if bool(at.any()):
                norms = tuple(_ends(shown[d - 1 if whole else d][at]) for d in DISTANCES)
                ok = _agrees(condition, target, run, at)
                yield Setting(target, int(at.sum()), norms, _ends(run.rates()[at]), ok)


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _norm(array: Array, order: int) -> Array:
    return torch.linalg.vector_norm(array.reshape(-1, array.shape[-1]), order, dim=0)


def _agrees(condition: Condition, target: float, run: Run, at: Array) -> bool:
    """Does what was measured at a target agree with what the condition says there?"""
    if not bool(run.bounded[at].all()):
        return False
    holds = bool(condition.claim.func(target, 1))
    seen = _settled(run, at) if condition.about == "whole" else _seen(condition, run.rates()[at])
    if holds and condition.strength != "necessary":
        return bool(seen.all())
    if not holds and condition.strength != "sufficient":
        return not bool(seen.any())
    return True


def _seen(condition: Condition, rates: Array) -> Array:
    slack = LOOSE if condition.measure.has(SpectralRadius) or condition.measure.has(Norm) else SHARP
    if condition.kind == "vanishes":
        return rates < 1 - slack
    return rates > 1 + slack if condition.kind == "explodes" else (rates - 1).abs() <= slack


def _settled(run: Run, at: Array) -> Array:
    """The sum of the contributions is decided by the near half of the steps."""
    return (run.sums[LAST - 1][at] - run.sums[HALF][at]).abs() <= 0.1 * run.largest[at]
