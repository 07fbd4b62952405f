"""The check: every adjoint and every printed line, at random points, against torch.autograd.

Each formula is evaluated from autograd's own adjoints of its users, so that an error shows where it is made and nowhere
else; as the adjoints determine each other one after the other, all formulas right means the derivation is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce

import torch
from sympy import Add, Expr, S, Symbol

from derive.chain.closed_forms.values import Solved
from derive.chain.derivation import Adjoint, Derivation, Local, Step
from derive.check.as_given import as_given
from derive.check.autograd import AutogradValues
from derive.check.by_sympy import exact_points
from derive.check.closed_forms import in_floats, in_fractions, told
from derive.check.compare import Error, line_errors, relative, within, worst_of
from derive.check.memory import affordable
from derive.check.report import TOLERANCE, Report, Row, told_sizes
from derive.check.rounding import apart, terms
from derive.check.samples import sizes_in_turn
from derive.check.torch_backend import TorchBackend
from derive.check.words import said
from derive.evaluate.passes import Passes, Range
from derive.evaluate.store import Store
from derive.expressions.intervals import Interval
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.model.reachability import downstream
from derive.model.sizes import far, fitting
from derive.progress import CHECKING, doing

Array = torch.Tensor
Comparison = Callable[["Checker"], Report]  # what else is compared at the same points
NONE: Mapping[str, Comparison] = {}
BOTH_SIDES = Text("The points lie on both sides of every kink.", "这些点分布在每个折点的两侧。")
AS_WRITTEN = Text(
    "The functions that the model writes out were evaluated as written and compared with the named functions.",
    "模型中写开的函数按原式计算，并与有名称的函数作了比较。",
)
WORDS = Text(
    "The named functions were compared with torch's functions of the same names.",
    "各函数与 torch 的同名函数作了比较。",
)
GENERAL = range(1, 7)  # what a size that is left symbolic is in turn
IN_TIME = range(1, 9)  # the same where the model has a recurrence
LARGER = (4, 8, 16)  # the first size where a general step supposes sizes far apart, the others e times larger each


def verify(
    derivation: Derivation,
    steps: Sequence[Step],
    sizes: Mapping[Symbol, int] | None = None,
    points: int = 1000,
    seed: int = 0,
    values: Sequence[Solved] = (),
    comparisons: Mapping[str, Comparison] = NONE,
) -> Report:
    """Check a derivation, its printed steps and the closed forms of `values`; symbolic sizes take several numbers.

    Each of `comparisons` gives a part of the report. The random float64 points, `points` in all, are drawn from the
    generator seeded with `seed`.
    """
    given = dict(sizes or {})
    missing = [s for s in derivation.model.sizes if s not in given]
    report, fractions, reached, branches = Report(), Report(), set[tuple[int, bool]](), dict[Expr, bool]()
    general = IN_TIME if any(s.time for s in derivation.stages) else GENERAL
    general = general if missing else range(1)
    for n in general:
        doing(CHECKING, what=derivation.model.title, n=n - general[0] + 1, all=len(general))
        chosen = fitting(derivation.model, sizes_in_turn(missing, n, len(general)), given)
        share = max(1, points // len(general) + (n <= points % len(general))) if missing else points
        check = Checker(derivation, chosen, share, seed + n, steps)
        report = report.merged(check.run(steps, values, comparisons))
        if values and n in (general[0], general[-1]):  # the longest sequence begins like all shorter ones
            fractions = fractions.merged(in_fractions(derivation, chosen, values, seed + n))
        reached |= check.reached
        branches |= {c: met or branches.get(c, False) for c, met in check.truth.branches.items()}
    report = replace(report, missed=tuple(c for c, met in branches.items() if not met))
    if missing and any(s.place not in reached for s in steps):
        report = report.merged(_large(derivation, steps, given, seed, reached, comparisons))
    if missing:
        report = replace(report, parts={name: _tried(part) for name, part in report.parts.items()})
    return report.beside("fractions", told(fractions)).beside("sympy", exact_points(derivation, seed))


def _large(
    derivation: Derivation, steps: Sequence[Step], given: Mapping[Symbol, int], seed: int,
    reached: set[tuple[int, bool]], comparisons: Mapping[str, Comparison],
) -> Report:  # fmt: skip
    """The check at sizes in the order that general steps suppose. A step that holds at none of them fails."""
    reports = []
    for first in LARGER:
        check = Checker(derivation, far(derivation.model, given, first), 2, seed, steps)
        reports.append(check.run(steps, (), comparisons))
        reached = reached | check.reached
        if all(s.place in reached for s in steps):
            break
    report = reduce(Report.merged, reports)
    lost = {s.node.name: f"step {s.number}, which no sizes reach" for s in steps if s.place not in reached}
    rows = (replace(r, error=float("inf"), where=lost[r.name]) if r.name in lost else r for r in report.own)
    return replace(report, own=tuple(rows))


def _tried(part: Report) -> Report:
    """A form that held at no sizes has not been checked, so it fails."""
    lost = (replace(r, error=float("inf"), where=f"{r.where}, which no sizes reach") for r in part.own)
    return replace(part, own=tuple(r if r.points or r.error else bad for r, bad in zip(part.own, lost, strict=True)))


class Checker:
    """Compares the formulas of one derivation with autograd, for one choice of sizes and one batch of points."""

    def __init__(
        self, derivation: Derivation, sizes: Mapping[Symbol, int], points: int, seed: int, steps: Sequence[Step] = ()
    ):
        self.derivation, self.sizes = derivation, dict(sizes)
        self.passes = Passes(derivation, sizes, TorchBackend())
        self.truth = AutogradValues(derivation, self.passes, affordable(derivation, steps, self.passes, points), seed)
        self._terms: dict[str, Array] = {}
        self._uses: Callable[[Adjoint], Adjoint] = lambda adjoint: adjoint
        self.reached: set[tuple[int, bool]] = set()  # the steps whose lines were evaluated

    def run(
        self, steps: Sequence[Step], values: Sequence[Solved] = (), comparisons: Mapping[str, Comparison] = NONE
    ) -> Report:
        """Compare every adjoint, every line of the steps and of the closed forms of values, and run all comparisons."""
        with torch.no_grad():
            rows = tuple(self._row(adjoint, steps) for adjoint in self.derivation.adjoints.values())
            rows += tuple(in_floats(self.passes, self.truth.store, solved, self.truth.kept) for solved in values)
            written = tuple(as_given(self.passes, self.truth.store, self.truth.kept))
            words = tuple(said(self.passes, self.truth.store, self.truth.kept))
            parts = {name: compare(self) for name, compare in comparisons.items()}
        notes = ((BOTH_SIDES,) if self.truth.both_sides else ()) + ((AS_WRITTEN,) if written else ())
        notes += (WORDS,) if words else ()
        return Report((*rows, *written, *words), told_sizes(self.sizes), self.truth.count, notes, parts=parts)

    def _row(self, adjoint: Adjoint, steps: Sequence[Step]) -> Row:
        """What is compared of one adjoint. Only where it fails the terms of every place are counted, too: they cost."""
        row = self._compared(adjoint, steps)
        if row.ok or self._uses is apart:
            return row
        self._uses, self._terms = apart, {}
        self.__dict__.pop("_sizes", None)
        return self._compared(adjoint, steps)

    def _compared(self, adjoint: Adjoint, steps: Sequence[Step]) -> Row:
        """The formula of an adjoint; where that is right, the worst line of the steps that write it out."""
        truth = self.truth.adjoint(adjoint.node.name)
        found = self.passes.adjoint(adjoint, self.truth.store)
        formula = relative(found, truth, self.truth.kept, terms=lambda: self._contributions(adjoint.node.name))
        lines = worst_of(self._step(s, truth) for s in steps if s.node.name == adjoint.node.name)
        worst = worst_of(((formula, ""), lines)) if formula <= TOLERANCE else (formula, "")
        numbers = truth[..., 0].numel() * self.truth.count
        return Row(Partial(self.derivation.loss, adjoint.node.generic), numbers, *worst)

    def terms(self, step: Step, ranges: Sequence[Range], lines: Sequence[Expr]) -> Array:
        """How large the terms are that these lines of a step add up, and those of the adjoint by the chain rule.

        That an adjoint is 0, or symmetric, holds for autograd's up to the rounding of the terms behind it."""
        model = self.derivation.model
        even = any(model.nodes[name].symmetric for name in downstream(model, step.node.name) - {step.node.name})
        added = self._all_terms if even or S.Zero in lines else self._contributions
        found = added(step.node.name)[within(ranges, self.passes.extent(step.node))]
        sizes = (self.passes.partials.evaluate(terms(line), self.truth.store, ranges) for line in lines)
        return reduce(torch.maximum, sizes, found)

    def _contributions(self, name: str) -> Array:
        """How large the contributions are that the adjoint of a family adds up."""
        if name not in self._terms:
            self._terms[name] = self._added(name, self.truth.store)
        return self._terms[name]

    def _added(self, name: str, store: Store) -> Array:
        """The same, from the adjoints in a store or from their sizes."""
        found = self.passes.adjoint(self._uses(self.derivation.adjoints[name]), store, change=terms)
        return found.expand_as(self.truth.adjoint(name))

    def _all_terms(self, name: str) -> Array:
        """The same with the terms of the users' adjoints in the place of these, and so on back to the loss. What is 0
        because all of them cancel has no other size. The users inside a recurrence stay as they are."""
        return self._added(name, self._sizes)

    @cached_property
    def _sizes(self) -> Store:
        """The values of the model, with the size of all terms for an adjoint."""
        store = self.truth.store.branch()
        for name, adjoint in self.derivation.adjoints.items():
            if name not in store.slices:
                store.put(f"adjoint {name}", self._added(name, store), self.passes.extent(adjoint.node))
        return store

    def _step(self, step: Step, truth: Array) -> Error:
        """The worst line of a step, 0 where it supposes other sizes."""
        ranges = self.region(step)
        if ranges is None:
            return 0.0, ""
        self.reached.add(step.place)
        part = within(ranges, self.passes.extent(step.node))

        def error(expr: Expr) -> float:
            value = self.passes.partials.evaluate(expr, self.truth.store, ranges)
            return relative(value, truth[part], self.truth.kept, terms=lambda: self.terms(step, ranges, [expr]))

        seen = {line.expr for line in step.lines}
        chain = [(error(e), f"step {step.number}, local partials") for e in _written_out(step) if e not in seen]
        return worst_of((*line_errors(step.lines, error, f"step {step.number}, "), *chain))

    def region(self, step: Step) -> list[Range] | None:
        """The index ranges of a step as numbers; None where it is empty, or supposes other sizes.

        A general step holds where the uses that it adds up are those that exist on its region: one for t = T and
        one for t = 1 suppose T > 1. A closed form holds where the steps that it solves do.
        """
        box = self._box(step)
        if box is None or not all(self._supposed(s) for s in (step, *step.solves)):
            return None
        return [(idx, a, b) for idx, (a, b) in zip(step.node.indices, box, strict=True)]

    def _box(self, step: Step) -> list[tuple[int, int]] | None:
        """The region as numbers, None where it is empty."""
        box = self._numbers(step.region.ranges)
        extents = self.passes.extent(step.node)
        box = [(max(a, first), min(b, last)) for (a, b), (first, last) in zip(box, extents, strict=True)]
        return None if any(a > b for a, b in box) else box

    def _supposed(self, step: Step) -> bool:
        """True if these sizes are such as the step supposes, or its region is empty."""
        box = self._box(step)
        if box is None or not step.uses:
            return True
        for use in self.derivation.adjoints[step.node.name].uses:
            domain = self._numbers(use.domain)
            whole = all(c <= a and b <= d for (a, b), (c, d) in zip(box, domain, strict=True))
            apart = any(d < a or b < c for (a, b), (c, d) in zip(box, domain, strict=True))
            if not (whole if use in step.uses else apart):
                return False
        return True

    def _numbers(self, intervals: Sequence[Interval]) -> list[tuple[int, int]]:
        return [(self.passes.number(a), self.passes.number(b)) for a, b in intervals]


def _written_out(step: Step) -> dict[Expr, None]:
    """The chain rule of a step with its local partials put in: by the rules of differentiation, factor by factor where
    functions stand in functions, and by what is known."""
    pairs = list(zip(step.chain, step.locals, strict=False))

    def total(value: Callable[[Local], Expr]) -> Expr:
        terms = (t._replace(factors=tuple(value(p) if f == p.symbol else f for f in t.factors)) for t, p in pairs)
        return Add(*(t.expr for t in terms))

    by_rules, by_facts = total(lambda p: p.value), total(lambda p: p.value if p.known is None else p.known.expr)
    one_by_one = total(lambda p: p.spelled[-1].expr if p.spelled else p.value)
    return dict.fromkeys((by_rules, by_facts, one_by_one) if step.uses else ())
