"""The check: every adjoint and every printed line, at random points, against torch.autograd.

Each formula is evaluated from autograd's own adjoints of its users, so that an error shows where it is made and nowhere
else; as the adjoints determine each other one after the other, all formulas right means the derivation is right. The
requested gradients are also computed from end to end by the derived recursion alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from sympy import Max, Symbol, preorder_traversal

from derive.derivation import Adjoint, Derivation, Step
from derive.errors import UsageError
from derive.functions import BY_NAME, row_of
from derive.model import Node
from derive.partials import Partial
from derive.store import Backend, Store
from derive.sweeps import Sweeps, cotangents, leaves
from derive.validation import free_indices
from derive.verification.exact import exact_points
from derive.verification.report import Report, Row
from derive.verification.torch_backend import TorchBackend

Array = torch.Tensor
SPREAD = 1.25  # samples are uniform in [-SPREAD, SPREAD]: both sides of every kink, and T = 50 stays in range
GENERAL = range(1, 7)


def verify(
    derivation: Derivation,
    steps: Sequence[Step],
    sizes: Mapping[Symbol, int] | None = None,
    points: int = 1000,
    seed: int = 0,
) -> Report:
    """Check a derivation and its printed steps; sizes left symbolic take several values, 1 to 6.

    `points` random float64 points are drawn for each choice of sizes from the generator seeded with `seed`.
    """
    given = dict(sizes or {})
    missing = [s for s in derivation.model.sizes if s not in given]
    report = None
    for n in GENERAL if missing else (0,):
        chosen = given | {s: 1 + (n - 1 + 2 * k) % len(GENERAL) for k, s in enumerate(missing)}
        share = max(1, points // len(GENERAL) + (n <= points % len(GENERAL))) if missing else points
        found = Check(derivation, chosen, share, seed + n).run(steps)
        report = found if report is None else report.merged(found)
    assert report is not None
    exact = exact_points(derivation, seed)
    return report.merged(Report(exact, exact=max((r.points for r in exact), default=0)))


class Truth(Store):
    """Values with respect to which autograd can differentiate, point by point: constants too."""

    def __init__(self, backend: Backend, points: int):
        super().__init__(backend)
        self.points = points

    def _array(self, value: Array) -> Array:
        value = super()._array(value)
        if value.requires_grad:
            return value
        return value.expand(*value.shape[:-1], self.points).detach().requires_grad_()


class Check:
    """One verification: one choice of sizes, one batch of points."""

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int], points: int, seed: int):
        self.derivation, self.sizes, self.points = derivation, dict(sizes), points
        self.sweeps = Sweeps(derivation, sizes, TorchBackend())
        self.generator = torch.Generator().manual_seed(seed)
        self.truth = Truth(self.sweeps.backend, points)

    def run(self, steps: Sequence[Step]) -> Report:
        """Sample, sweep forward, ask autograd, compare."""
        for node in leaves(self.derivation.model):
            self._sample(node.name, node, requires_grad=True)
        for name, node in cotangents(self.derivation.model):
            self._sample(name, node, requires_grad=False)
        self.sweeps.forward(self.truth)
        self._ask_autograd()
        with torch.no_grad():
            self.finite = self._finite_points()
            rows = tuple(self._row(adjoint, steps) for adjoint in self.derivation.adjoints.values())
            names = tuple((str(s), n) for s, n in self.sizes.items())
            kinks = list(self._kinks())
        both = all(float(k.min()) < 0 < float(k.max()) for k in kinks)
        return Report(rows, (names,) if names else (), int(self.finite.sum()), both_sides=both and bool(kinks))

    # sampling and autograd
    def _sample(self, name: str, node: Node, requires_grad: bool) -> None:
        ranges = self.sweeps.ranges(node)
        shape = (*(b - a + 1 for a, b in ranges), self.points)
        unit = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        values = {
            "real": (2 * unit - 1) * SPREAD,
            "positive": 0.25 + 1.5 * unit,
            "probability": 0.02 + 0.96 * unit,
            "binary": (unit > 0.5).to(unit.dtype),
        }[node.domain if requires_grad else "real"]
        self.truth.put(name, values.requires_grad_(requires_grad), ranges)

    def _ask_autograd(self) -> None:
        """Fill the store with autograd's adjoint of every element."""
        loss = self.truth.whole(self.derivation.model.loss.name)
        found = [
            (a.node, key, tensor) for a in self.derivation.adjoints.values() for key, tensor in self._tensors(a.node)
        ]
        graded = [(node, key, tensor) for node, key, tensor in found if tensor.requires_grad]
        grads = torch.autograd.grad(loss.sum(), [t for _, _, t in graded], allow_unused=True) if graded else []
        for adjoint in self.derivation.adjoints.values():
            name = adjoint.node.name
            if name in self.truth.slices:
                self.truth.open(f"adjoint {name}", self.sweeps.extent(adjoint.node), self.truth.time[name])
        for (node, key, tensor), grad in zip(graded, grads, strict=False):
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
        """The points at which the loss and its adjoints exist. Errors: UsageError where they hardly ever do."""
        loss = self.truth.whole(self.derivation.model.loss.name)
        finite = torch.isfinite(loss).expand(self.points)
        for name in self.derivation.adjoints:
            truth = self.truth.whole(f"adjoint {name}")
            finite = finite & torch.isfinite(truth).reshape(-1, truth.shape[-1]).all(dim=0)
        if int(finite.sum()) < max(1, self.points // 20):
            raise UsageError(
                f"the loss of {self.derivation.model.title} is not finite at random points; "
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
        worst, where = self._error(self.sweeps.adjoint(adjoint, self.truth), truth), ""
        for step in (s for s in steps if s.node.name == adjoint.node.name):
            for number, line in enumerate(step.lines, 1):
                ranges, part = self._region(step, truth)
                if part is not None:
                    value = self.sweeps.partials.evaluate(line.expr, self.truth, ranges)
                    error = self._error(value, part)
                    if not error <= worst:
                        worst, where = error, f"step {step.number}, line {number}"
        numbers = truth[..., self.finite].numel()
        return Row(Partial(self.derivation.loss, adjoint.node.generic), numbers, worst, where)

    def _region(self, step: Step, truth: Array) -> tuple[list[Any], Array | None]:
        """The index ranges of a step as numbers, and autograd's adjoint there; None where the region is empty."""
        ranges, slices = [], []
        boxes = zip(step.node.indices, step.region.ranges, self.sweeps.extent(step.node), strict=True)
        for axis, (idx, (low, high), (first, last)) in enumerate(boxes):
            a, b = max(self.sweeps.number(low), first), min(self.sweeps.number(high), last)
            if a > b or not self._contributes(step, axis, a, b):
                return [], None
            ranges.append((idx, a, b))
            slices.append(slice(a - first, b - first + 1))
        return ranges, truth[tuple(slices)]

    def _contributes(self, step: Step, axis: int, first: int, last: int) -> bool:
        """Do all uses of a step exist on its region for these sizes? A generic step may suppose T > 1."""
        domains = [[self.sweeps.number(end) for end in use.domain[axis]] for use in step.uses]
        return all(a <= first and last <= b for a, b in domains)

    def _error(self, found: Any, truth: Array) -> float:
        """The worst relative error at the points where the loss exists."""
        found = found if isinstance(found, torch.Tensor) else torch.tensor(float(found), dtype=torch.float64)
        error = (found - truth).abs() / truth.abs().clamp(min=1.0)
        error = error.expand(truth.shape)[..., self.finite]
        worst = float(error.max()) if error.numel() else 0.0
        return worst if worst == worst else float("inf")
