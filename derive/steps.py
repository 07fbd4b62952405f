"""The steps of a derivation: for every adjoint, on every region of its indices, the chain of equalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Expr, Idx, Mul, Symbol

from derive.algebra import develop, naming, weight
from derive.chain import extent
from derive.derivation import Derivation, Line, Region, Step, Term, Use
from derive.equalities import LONGEST, contributions, partials, product, step
from derive.indices import apart, name_of, sized, substitute
from derive.language import Text
from derive.memo import memo
from derive.model import Node
from derive.partials import Partial
from derive.paths import is_immediate
from derive.recurrences import ClosedForm, closed_forms
from derive.regions import numbers, regions

CLOSED = Text("insert the closed form of the recursion", "代入递推的封闭形式")


class Steps:
    """All steps of one derivation for given sizes (none: symbolic), made once and kept."""

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int] | None = None):
        self.derivation = derivation
        self.sizes = dict(sizes or {})
        self._numbers = numbers(derivation.model, self.sizes)
        self._short: dict[str, Step | None] = {}
        self._named: dict[Expr, Expr] = {}
        self._known: dict[str, tuple[Step, ...]] = {}
        self.closed: tuple[ClosedForm, ...] = ()

    def all(self) -> tuple[Step, ...]:
        """The steps in the order of the sheet: the nodes in the order of the sweep, then what was asked for."""
        adjoints = self.derivation.adjoints
        inner = [n for n, a in adjoints.items() if not a.node.is_leaf]
        asked = [n for n in self.derivation.wanted if n in adjoints and n not in inner]
        steps = [step for name in inner for step in self.of(name)]
        self.closed = tuple(closed_forms(self.derivation, steps))
        steps += [self._solved(s) for name in asked for s in self.of(name)]
        return tuple(_numbered(step, n) for n, step in enumerate(steps, 1))

    def claims(self) -> tuple[Step, ...]:
        """The closed forms as steps of one line, to be checked like the others."""
        return tuple(
            replace(form.recursion, region=form.region, uses=(), lines=(Line((Term((form.value,)),)),))
            for form in self.closed
        )

    def _solved(self, step: Step) -> Step:
        """The step of a gradient with the closed form of its adjoint put in, where there is one."""
        terms = step.lines[-1].terms if self.closed else ()
        by = {p: v for t in terms for p in partials(t) if (v := self._closed(p)) is not None}
        if not by:
            return step
        filled = tuple(product(tuple(by.get(f, f) for f in t.factors), t.sums) for t in terms)
        return replace(step, lines=(*step.lines, Line(filled, CLOSED), *develop(filled, {})))

    def _closed(self, partial: Partial) -> Expr | None:
        """The closed form of an adjoint, or of the one that its short value is made of."""
        value = self._lookup(partial, ())
        inner = [partial] if value is None else [f for f in Mul.make_args(value) if type(f) is Partial]
        for form in self.closed:
            for p in inner:
                time = form.time_of(p)
                if time is not None:
                    return substitute(value if value is not None else p, {p: form.at(time)})
        return None

    def of(self, name: str) -> tuple[Step, ...]:
        """The steps of one family, one for each region, last index values first."""
        if name not in self._known:
            adjoint = self.derivation.adjoints[name]
            steps = tuple(self._step(adjoint.node, *found) for found in regions(adjoint, self._numbers))
            self._known[name] = steps
            everywhere = [s for s in steps if s.region.ranges == extent(adjoint.node)]
            if everywhere and name in self.derivation.wanted:
                self._named |= naming(everywhere[0].target, everywhere[0].value)
        return self._known[name]

    def _step(self, node: Node, region: Region, uses: tuple[Use, ...]) -> Step:
        """The step on one region, from its uses and the short forms of their adjoints."""
        d, fixed = self.derivation, region.fixed(node)
        free = [i for i in node.indices if i not in fixed]
        raw = contributions(d.loss, node, region, uses)
        short = {p: v for t in raw if not t.sums for p in partials(t) if (v := self._lookup(p, free)) is not None}
        marks = tuple(is_immediate(d.model, node, use, uses) for use in uses)
        return step(d.loss, node, region, uses, marks, tuple(short.items()), tuple(self._named.items()))

    def short(self, name: str) -> Step | None:
        """The step of an adjoint that has one form wherever it is not zero, if that is short and no recursion."""
        if name not in self._short:
            self._short[name] = None  # while it is being derived: a recursion keeps its name
            steps = self.of(name) if name in self.derivation.adjoints else ()
            if len(steps) == 1 and not steps[0].given and weight(steps[0].value) <= LONGEST:
                self._short[name] = None if name in _adjoints_in(steps[0].value) else steps[0]
        return self._short[name]

    def _lookup(self, partial: Partial, free: Sequence[Idx]) -> Expr | None:
        """The short value of an adjoint at its position, its sums in letters other than `free`."""
        wrt, name = partial.wrt, name_of(partial.wrt)
        if partial.of != self.derivation.loss or name not in self.derivation.adjoints:
            return None
        step = self.short(name)
        place = dict(zip(self.derivation.adjoints[name].node.indices, getattr(wrt, "indices", ()), strict=True))
        if step is None or any(sized(place[i] - at, self.sizes) != 0 for i, at in step.fixed.items()):
            return None
        found = apart(substitute(step.value, place), free, self.derivation.model.indices)
        return None if found == partial else found


@memo
def _numbered(step: Step, number: int) -> Step:
    return replace(step, number=number)


@memo
def _adjoints_in(expr: Expr) -> frozenset[str]:
    """The names of the families whose adjoints an expression uses."""
    return frozenset(name_of(p.wrt) for p in expr.atoms(Partial) if type(p) is Partial)
