"""The steps of a derivation: for every adjoint, on every region of its indices, one chain of equalities.

Every chain begins with the raw product of the chain rule; adjoints whose values are short are then replaced by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from sympy import Expr, Idx, KroneckerDelta, Mul, Symbol

from derive.chain.closed_forms.closed_form import ClosedForm
from derive.chain.closed_forms.recursion import closed_forms
from derive.chain.derivation import Derivation, Line, Region, Step, Term, Use, product
from derive.chain.facts import known, naming, turned_adjoint
from derive.chain.immediate import is_immediate
from derive.chain.lines import ALONE, LONGEST, TRIED, contributions, partials, step
from derive.chain.regions import contains, numbers, regions
from derive.chain.rule import extent
from derive.chain.rules.insert import INSERT
from derive.chain.rules.pipeline import develop_closed_form
from derive.chain.solved import solved
from derive.chain.sums import Facts
from derive.chain.vanishing import vanishing
from derive.expressions.indices import apart, name_of, substitute
from derive.expressions.intervals import Interval
from derive.expressions.products import joined
from derive.expressions.symbols import Partial
from derive.expressions.traverse import adjoints
from derive.expressions.weight import weight
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node

CLOSED = Text("substitute the closed form", "代入通项公式")
JOINED = Text("include this factor in the product", "把该因子并入连乘")

Ranges = Mapping[Idx, Interval]  # of the indices that are free in a term


class Steps:
    """All steps of one derivation for given sizes (the others stay symbolic). Each step is made once and kept."""

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int] | None = None):
        self.derivation = derivation
        self.sizes = sizes or {}
        self.number = numbers(derivation, self.sizes)
        self._short: dict[str, Step | None] = {}
        self._facts: Facts = known(derivation.model)
        self._known: dict[str, tuple[Step, ...]] = {}
        self.closed: tuple[ClosedForm, ...] = ()
        self._numbered: tuple[Step, ...] = ()

    def all(self) -> tuple[Step, ...]:
        """Return the steps in the order of the sheet: nodes in the order of the sweep, then the leaves asked for, those
        first whose gradients are known first: the last layer's before the first one's."""
        adjoints = self.derivation.adjoints
        inner = [n for n, a in adjoints.items() if not a.node.is_leaf]
        asked = [n for n in self.derivation.wanted if n in adjoints and n not in inner]
        reached = {name: n for n, name in enumerate(inner)}
        asked.sort(key=lambda name: max((reached.get(u.user.name, -1) for u in adjoints[name].uses), default=-1))
        steps = [step for name in inner for step in self.of(name)]
        self.closed = tuple(closed_forms(self.derivation, steps))
        steps = told_first(steps)
        steps += [self._with_closed_forms(s) for name in asked for s in self.of(name)]
        writing = self.derivation.model, tuple(self.sizes.items())
        self._numbered = tuple(_numbered(step, n, *writing) for n, step in enumerate(steps, 1))
        return self._numbered

    def claims(self) -> tuple[Step, ...]:
        """Return the closed forms as steps, which the check compares like the others."""
        return tuple(
            replace(step, region=form.region, uses=(), lines=form.lines, solves=self._solved(form))
            for form in self.closed
            for step in self._numbered
            if step.target == form.target
        )

    def _solved(self, form: ClosedForm) -> tuple[Step, ...]:
        """Return the steps that a closed form solves: the recursion, and where it begins."""
        own = (s for s in self._numbered if s.node.name == form.node.name)
        return tuple(s for s in own if s.target == form.target or s.region.ranges[form.axis] == (form.end, form.end))

    def _with_closed_forms(self, step: Step) -> Step:
        """Put the closed forms of adjoints into the step of a gradient, if it contains any that have one."""
        terms = step.lines[-1].terms if self.closed else ()
        alone = {
            p: v for t in terms for p in partials(t) if (v := self._value_at_start(p, _ranges(step, t))) is not None
        }
        filled = tuple(_with_values(t, alone) for t in terms)
        by = {
            p: v for t in filled for p in partials(t) if (v := self._by_closed_forms(p, _ranges(step, t))) is not None
        }
        if not by:
            return step
        more = [Line(filled, INSERT(values=list(alone)))] if alone else []
        filled = tuple(product(tuple(by.get(f, f) for f in t.factors), t.sums) for t in filled)
        longer = tuple(Term(Mul.make_args(joined(Mul(*t.factors))), t.sums) for t in filled)
        more.append(Line(filled, CLOSED))
        if any(a.expr != b.expr for a, b in zip(longer, filled, strict=True)):
            more.append(Line(longer, JOINED))
        return replace(step, lines=(*step.lines, *more, *develop_closed_form(more[-1].terms)))

    def _value_at_start(self, partial: Partial, ranges: Ranges) -> Expr | None:
        """Find the value of an adjoint at a time that no closed form covers but a step of its own does: the start."""
        steps = self.of(name_of(partial.wrt)) if partial.of == self.derivation.loss else ()
        covered = self._by_closed_forms(partial, ranges) is not None
        alone = (s.value for s in steps if s.target == partial and s.fixed and not s.given)
        return None if covered else next(alone, None)

    def _by_closed_forms(self, partial: Partial, ranges: Ranges) -> Expr | None:
        """Write an adjoint by closed forms: its own, or those of the adjoints in its short value. None without any."""
        for value in (partial, self._lookup(partial, ranges)):
            by = {p: v for p in adjoints(value) if (v := self._form(p, ranges))} if value is not None else {}
            if by:
                return substitute(value, by)
        return None

    def _form(self, partial: Expr, ranges: Ranges) -> Expr | None:
        """Find the closed form of this adjoint, if it holds for all values of the free indices."""
        for form in self.closed:
            time = form.time_of(partial)
            if time is not None and contains(form.region, partial.args[1].indices, tuple(ranges.items()), self.number):
                return form.at(time)
        return None

    def of(self, name: str) -> tuple[Step, ...]:
        """Return the steps of one family, one for each region, last index values first."""
        if name not in self._known:
            adjoint = self.derivation.adjoints[name]
            steps = tuple(self._step(adjoint.node, *found) for found in regions(adjoint, self.number))
            self._known[name] = steps
            everywhere = [s for s in steps if s.region.ranges == extent(adjoint.node)]
            if everywhere and not everywhere[0].given:
                form = everywhere[0].target, everywhere[0].value
                self._facts += naming(*form) if name in self.derivation.wanted else ()
                self._facts += turned_adjoint(self.derivation.model, adjoint.node, *form)
                self._facts += vanishing(self.derivation.model, adjoint.node, *form, self._facts)
        return self._known[name]

    def short(self, name: str) -> Step | None:
        """Return the only step of an adjoint if its value is short and does not contain the adjoint; else None."""
        if name not in self._short:
            self._short[name] = None  # while it is being derived: a recursion keeps its name
            steps = self.of(name) if name in self.derivation.adjoints else ()
            if len(steps) == 1 and not steps[0].given and (found := _short(steps[0])) is not None:
                own = {name_of(p.wrt) for p in adjoints(found.value)}
                self._short[name] = None if name in own else found
        return self._short[name]

    def _step(self, node: Node, region: Region, uses: tuple[Use, ...]) -> Step:
        """Make the step on one region, from its uses and the short values of their adjoints."""
        d, ranges = self.derivation, region.free(node.indices)
        longest = ALONE if node.is_leaf and self._alone(node, uses) else LONGEST
        raw = contributions(d.loss, node, region, uses, self._facts)
        short = {
            p: v
            for t in raw
            for p in partials(t)
            if name_of(p.wrt) != node.name  # a recursion keeps its own name
            and (v := self._lookup(p, {**ranges, **{i: (low, high) for i, low, high in t.sums}})) is not None
        }
        marks = tuple(is_immediate(d.model, node, use, uses) for use in uses)
        return solved(step(d.loss, node, region, uses, marks, tuple(short.items()), self._facts, longest))

    def _alone(self, node: Node, uses: tuple[Use, ...]) -> bool:
        """Is the adjoint of this family the only one that is made of those of its users?"""
        return all(self._made_of.get(u.user.name) == [node.name] for u in uses)

    @cached_property
    def _made_of(self) -> Mapping[str, list[str]]:
        """For each family those whose adjoints are made of its own."""
        found: dict[str, list[str]] = {}
        for adjoint in self.derivation.adjoints.values():
            for name in dict.fromkeys(u.user.name for u in adjoint.uses):
                found.setdefault(name, []).append(adjoint.node.name)
        return found

    def _lookup(self, partial: Partial, ranges: Ranges) -> Expr | None:
        """Look up the short value of an adjoint at its position, if it holds there. Its sums avoid the free indices."""
        wrt, name = partial.wrt, name_of(partial.wrt)
        if partial.of != self.derivation.loss or name not in self.derivation.adjoints:
            return None
        step = self.short(name)
        place = getattr(wrt, "indices", ())
        if step is None or not contains(step.region, tuple(place), tuple(ranges.items()), self.number):
            return None
        value = substitute(step.value, dict(zip(step.node.indices, place, strict=True)))
        found = apart(value, ranges, self.derivation.model.indices)
        return None if found == partial else found


def told_first(steps: Sequence[Step]) -> list[Step]:
    """The steps in their order, but those of an adjoint before a step that puts its value in: of h_t = f(z_t) one
    derives dL/dz_t from dL/dh_t before dL/dh_t takes dL/dz_{t+1} for known."""
    found: list[Step] = []
    entered: set[int] = set()

    def tell(one: Step) -> None:
        if id(one) in entered:
            return
        entered.add(id(one))
        for name in _put_in(one) - {one.node.name}:
            for other in (s for s in steps if s.node.name == name):
                tell(other)
        found.append(one)

    for each in steps:
        tell(each)
    return found


def _put_in(step: Step) -> set[str]:
    """The families whose adjoints a step replaces by their values."""
    put = [line.reason for line in step.lines if line.reason is not None and line.reason.en == INSERT.en]
    return {name_of(p.wrt) for reason in put for p in reason.values["values"] if isinstance(p, Partial)}


def _short(step: Step) -> Step | None:
    """The step if its value is short; if a quantity is only picked at a place, up to the line dL/dq delta that says so;
    else nothing."""
    at = next((n for n, line in enumerate(step.lines) if _is_picked(line.expr)), None)
    if at is not None and weight(step.value) > LONGEST:
        return replace(step, lines=step.lines[: at + 1])
    return step if weight(step.value) <= TRIED else None


def _is_picked(value: Expr) -> bool:
    """Is it an adjoint times a delta?"""
    kinds = {type(f) for f in Mul.make_args(value)}
    return len(Mul.make_args(value)) == len(kinds) and kinds == {Partial, KroneckerDelta}


def _ranges(step: Step, term: Term) -> dict[Idx, Interval]:
    """Return the ranges of the indices that are free in a term: those of the step, and those of the term's sums."""
    return step.region.free(step.node.indices) | {i: (low, high) for i, low, high in term.sums}


def _with_values(term: Term, by: Mapping[Expr, Expr]) -> Term:
    """Replace factors of a term by their values."""
    return product(tuple(g for f in term.factors for g in Mul.make_args(by.get(f, f))), term.sums)


@memo
def _numbered(step: Step, number: int, model: Model, sizes: tuple[tuple[Symbol, int], ...]) -> Step:
    return replace(step, number=number, order=model.order, sizes=sizes, letters=model.letters)
