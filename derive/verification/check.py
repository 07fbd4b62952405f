"""The check: every adjoint and every printed line, at random points, against torch.autograd.

Each formula is evaluated from autograd's own adjoints of its users, so that an error shows where it is made and nowhere
else; as the adjoints determine each other one after the other, all formulas right means the derivation is right. The
requested gradients are also computed from end to end by the derived recursion alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from sympy import Idx, Max, Symbol, preorder_traversal

from derive.derivation import Adjoint, Derivation, Step
from derive.errors import UsageError
from derive.functions import BY_NAME, row_of
from derive.intervals import Interval
from derive.model import Node
from derive.partials import Partial
from derive.states import Solved
from derive.steps import large
from derive.store import Backend, Store
from derive.sweeps import Sweeps, cotangents, leaves
from derive.validation import free_indices
from derive.verification.exact import exact_points
from derive.verification.report import TOLERANCE, Report, Row
from derive.verification.torch_backend import TorchBackend
from derive.verification.values import in_floats, in_fractions, within

Array = torch.Tensor
SPREAD = 1.25  # samples are uniform in [-SPREAD, SPREAD]: both sides of every kink, and T = 50 stays in range
GENERAL = range(1, 7)  # what a size that is left symbolic is in turn
IN_TIME = range(1, 9)  # the same where the model has a recurrence


def verify(
    derivation: Derivation,
    steps: Sequence[Step],
    sizes: Mapping[Symbol, int] | None = None,
    points: int = 1000,
    seed: int = 0,
    values: Sequence[Solved] = (),
) -> Report:
    """Check a derivation, its printed steps and the closed forms of `values`; symbolic sizes take several numbers.

    `points` random float64 points are drawn for each choice of sizes from the generator seeded with `seed`.
    """
    given = dict(sizes or {})
    missing = [s for s in derivation.model.sizes if s not in given]
    report, reached = None, set()
    general = IN_TIME if any(s.time for s in derivation.stages) else GENERAL
    for n in general if missing else (0,):
        chosen = given | {s: 1 + (n - 1 + 2 * k) % len(general) for k, s in enumerate(missing)}
        share = max(1, points // len(general) + (n <= points % len(general))) if missing else points
        check = Check(derivation, chosen, share, seed + n)
        found = check.run(steps, values)
        if values:
            found = found.merged(in_fractions(derivation, chosen, values, seed + n))
        report = found if report is None else report.merged(found)
        reached |= check.reached
    assert report is not None
    if missing and any(s.number not in reached for s in steps):
        report = report.merged(_large(derivation, steps, given, missing, seed, reached))
    exact = exact_points(derivation, seed)
    return report.merged(Report(exact, exact=max((r.points for r in exact), default=0)))


def _large(
    derivation: Derivation, steps: Sequence[Step], given: Mapping[Symbol, int], missing: Sequence[Symbol], seed: int,
    reached: set[int],
) -> Report:  # fmt: skip
    """The check at sizes in the order that general steps suppose. A step that does not hold there fails."""
    first = 8 if len(missing) == 1 else 4
    check = Check(derivation, {**given, **{s: large(k, first) for k, s in enumerate(missing)}}, 2, seed)
    report = check.run(steps)
    lost = {s.node.name: s for s in steps if s.number not in reached | check.reached}
    rows = tuple(
        replace(r, error=float("inf"), where=f"step {lost[r.name].number}, which no sizes reach")
        if r.name in lost
        else r
        for r in report.rows
    )
    return replace(report, rows=rows)


class Tape(Store):
    """A store that autograd watches: each number is a variable of its own, also a constant, also one equal to another.

    So an adjoint is that of the family by itself, even for `a = w` (the same number) and for h_0 = 1.
    """

    def __init__(self, backend: Backend, points: int):
        super().__init__(backend)
        self.points = points

    def _array(self, value: Array) -> Array:
        """A variable of its own for every number at every point; the numbers as they are while autograd is off."""
        value = super()._array(value)
        if not torch.is_grad_enabled():
            return value
        own = value.expand(*value.shape[:-1], self.points)  # a view, but a variable of its own
        return own if own.requires_grad else own.detach().requires_grad_()


class Check:
    """One verification: one choice of sizes, one batch of points."""

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int], points: int, seed: int):
        self.derivation, self.sizes, self.points = derivation, dict(sizes), points
        self.sweeps = Sweeps(derivation, sizes, TorchBackend())
        self.generator = torch.Generator().manual_seed(seed)
        self.reached: set[int] = set()  # the steps whose lines were evaluated
        self.truth = Tape(self.sweeps.backend, points)

    def run(self, steps: Sequence[Step], values: Sequence[Solved] = ()) -> Report:
        """Sample, sweep forward, ask autograd, compare."""
        for node in leaves(self.derivation.model):
            self._sample(node.name, node, node.domain)
        for name, node in cotangents(self.derivation.model):
            self._sample(name, node, "real")
        self.sweeps.forward(self.truth)
        self._ask_autograd()
        with torch.no_grad():
            self.finite = self._finite_points()
            rows = tuple(self._row(adjoint, steps) for adjoint in self.derivation.adjoints.values())
            rows += tuple(in_floats(self.sweeps, self.truth, solved, self._error) for solved in values)
            names = tuple((str(s), n) for s, n in self.sizes.items())
            kinks = list(self._kinks())
        both = all(float(k.min()) < 0 < float(k.max()) for k in kinks if k.numel())
        return Report(rows, (names,) if names else (), int(self.finite.sum()), both_sides=both and bool(kinks))

    # sampling and autograd
    def _sample(self, name: str, node: Node, domain: str) -> None:
        ranges = self.sweeps.ranges(node)
        shape = (*(b - a + 1 for a, b in ranges), self.points)
        unit = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        values = {
            "real": (2 * unit - 1) * SPREAD,
            "positive": 0.25 + 1.5 * unit,
            "probability": 0.02 + 0.96 * unit,
            "binary": (unit > 0.5).to(unit.dtype),
            "nonzero": torch.where(unit > 0.5, 0.25 + unit, unit - 1.25),
        }[domain]
        self.truth.put(name, values, ranges)

    def _ask_autograd(self) -> None:
        """Fill the store with autograd's adjoint of every element."""
        if not self.derivation.adjoints:
            return
        loss = self.truth.whole(self.derivation.model.loss.name)
        found = [
            (a.node, key, tensor) for a in self.derivation.adjoints.values() for key, tensor in self._tensors(a.node)
        ]
        with_respect_to = [tensor for _, _, tensor in found]
        grads = torch.autograd.grad(loss.sum(), with_respect_to, allow_unused=True) if found else ()
        with torch.no_grad():
            for adjoint in self.derivation.adjoints.values():
                name = adjoint.node.name
                if name in self.truth.slices:
                    self.truth.open(f"adjoint {name}", self.sweeps.extent(adjoint.node), self.truth.time[name])
            for (node, key, tensor), grad in zip(found, grads, strict=True):
                value = torch.zeros_like(tensor) if grad is None else grad
                if key is None:
                    self.truth.put(f"adjoint {node.name}", value, self.sweeps.extent(node))
                else:
                    self.truth.put_slice(f"adjoint {node.name}", key, value)

    def _tensors(self, node: Node) -> Iterator[tuple[int | None, Array]]:
        if node.name in self.truth.slices:
            yield from self.truth.slices[node.name].items()
        else:
            yield None, self.truth.whole(node.name)

    def _finite_points(self) -> Array:
        """The points at which loss (else values) and adjoints exist. Errors: UsageError where they hardly ever do."""
        model, finite = self.derivation.model, torch.ones(self.points, dtype=torch.bool)
        values = [model.loss.name] if model.has_loss else list(model.nodes)
        for name in [*values, *(f"adjoint {a}" for a in self.derivation.adjoints)]:
            truth = self.truth.whole(name)
            finite = finite & torch.isfinite(truth).reshape(-1, truth.shape[-1]).all(dim=0)
        if int(finite.sum()) < max(1, self.points // 20):
            raise UsageError(
                f"{self.derivation.model.title} is not finite at random points; "
                "declare the inputs' domains (positive, probability)"
            )
        return finite

    def _kinks(self) -> Iterator[Array]:
        """The arguments of every function with a kink at 0, at all points; of a maximum, the gap of its arguments."""
        for node in self.derivation.model.nodes.values():
            for expr in (e for c in node.cases[:1] for e in preorder_traversal(c.expr)):
                row = BY_NAME["max"] if isinstance(expr, Max) else row_of(expr)
                if row is not None and row.kinks:
                    inner = expr.args[0] - expr.args[1] if row.arity == 2 else expr.args[0]
                    ranges = [
                        (i, self.sweeps.number(i.lower), self.sweeps.number(i.upper)) for i in free_indices(inner)
                    ]
                    yield self.sweeps.partials.evaluate(inner, self.truth, ranges).detach()

    # comparison
    def _row(self, adjoint: Adjoint, steps: Sequence[Step]) -> Row:
        truth = self.truth.whole(f"adjoint {adjoint.node.name}")
        formula = self._error(self.sweeps.adjoint(adjoint, self.truth), truth)
        worst, where = formula, ""
        extents = self.sweeps.extent(adjoint.node)
        for step in (s for s in steps if s.node.name == adjoint.node.name):
            ranges = self._region(step, adjoint)
            if ranges is None:
                continue
            self.reached.add(step.number)
            part = truth[within(ranges, extents)]
            for number, line in enumerate(step.lines, 1):
                value = self.sweeps.partials.evaluate(line.expr, self.truth, ranges)
                error = self._error(value, part)
                if not error <= worst:
                    worst, where = error, f"step {step.number}, line {number}"
        if not formula <= TOLERANCE:
            worst, where = formula, ""
        numbers = truth[..., self.finite].numel()
        return Row(Partial(self.derivation.loss, adjoint.node.generic), numbers, worst, where)

    def _region(self, step: Step, adjoint: Adjoint) -> list[tuple[Idx, int, int]] | None:
        """The index ranges of a step as numbers; None where it is empty, or supposes other sizes.

        A general step holds where the uses that it adds up are those that exist on its region: one for t = T and
        one for t = 1 suppose T > 1.
        """
        box = self._numbers(step.region.ranges)
        extents = self.sweeps.extent(step.node)
        box = [(max(a, first), min(b, last)) for (a, b), (first, last) in zip(box, extents, strict=True)]
        if any(a > b for a, b in box):
            return None
        for use in adjoint.uses:
            domain = self._numbers(use.domain)
            whole = all(c <= a and b <= d for (a, b), (c, d) in zip(box, domain, strict=True))
            apart = any(d < a or b < c for (a, b), (c, d) in zip(box, domain, strict=True))
            if step.uses and not (whole if use in step.uses else apart):
                return None
        return [(idx, a, b) for idx, (a, b) in zip(step.node.indices, box, strict=True)]

    def _numbers(self, intervals: Sequence[Interval]) -> list[tuple[int, int]]:
        return [(self.sweeps.number(a), self.sweeps.number(b)) for a, b in intervals]

    def _error(self, found: Any, truth: Array) -> float:
        """The worst relative error at the points where the loss exists."""
        found = found if isinstance(found, torch.Tensor) else torch.tensor(float(found), dtype=torch.float64)
        error = (found - truth).abs() / truth.abs().clamp(min=1.0)
        error = error.expand(truth.shape)[..., self.finite]
        worst = float(error.max()) if error.numel() else 0.0
        return worst if worst == worst else float("inf")
