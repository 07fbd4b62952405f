"""The steps of a derivation: for every adjoint, on every region of its indices, the chain of equalities.

Every chain begins with the raw product; the adjoints that stay short are put in for their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sympy import Expr, Idx, Integer, Mul, Symbol

from derive.algebra import develop, naming, tidied, weight, written
from derive.chain import extent
from derive.derivation import Adjoint, Derivation, Line, Local, Region, Step, Term, Use
from derive.indices import Limits, apart, name_of, substitute
from derive.intervals import Interval
from derive.language import Text
from derive.model import Node
from derive.partials import ABSTRACT, Immediate, Partial
from derive.paths import is_immediate
from derive.products import joined
from derive.reasons import reason, telling
from derive.recurrences import ClosedForm, closed_forms
from derive.regions import contains, numbers, regions

LONGEST = 11  # the longest value, in symbols to read, that is still put in for its name

LOCAL = Text("insert the local partials", "代入局部偏导数")
CLOSED = Text("insert the closed form of the recursion", "代入递推的封闭形式")
JOINED = Text("the factor beside it joins the product", "相邻的因子并入连乘")
RULES = Text("{rules}", "{rules}")
INSERT = Text("insert {values}", "代入 {values}")

Ranges = Mapping[Idx, Interval]  # of the letters that stand free in a term


class Steps:
    """All steps of one derivation for given sizes (none: symbolic), made once and kept."""

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int] | None = None):
        self.derivation = derivation
        self.number = numbers(derivation, sizes or {})
        self._short: dict[str, Step | None] = {}
        self._named: dict[Expr, Expr] = {}
        self._known: dict[str, tuple[Step, ...]] = {}
        self.closed: tuple[ClosedForm, ...] = ()
        self._numbered: tuple[Step, ...] = ()

    def all(self) -> tuple[Step, ...]:
        """The steps in the order of the sheet: the nodes in the order of the sweep, then what was asked for."""
        adjoints = self.derivation.adjoints
        inner = [n for n, a in adjoints.items() if not a.node.is_leaf]
        asked = [n for n in self.derivation.wanted if n in adjoints and n not in inner]
        steps = [step for name in inner for step in self.of(name)]
        self.closed = tuple(closed_forms(self.derivation, steps))
        steps += [replace(s, lines=(*s.lines, *self._solved(s))) for name in asked for s in self.of(name)]
        self._numbered = tuple(replace(step, number=n + 1) for n, step in enumerate(steps))
        return self._numbered

    def claims(self) -> tuple[Step, ...]:
        """The closed forms as steps of one line, to be checked like the others."""
        return tuple(
            replace(step, region=form.region, uses=(), lines=form.lines)
            for form in self.closed
            for step in self._numbered
            if step.target == form.target
        )

    def _solved(self, step: Step) -> Iterator[Line]:
        """The gradient with the closed form of its adjoint put in; an adjoint at the start by its own step first."""
        terms = step.lines[-1].terms
        alone = {p: v for t in terms for p in _partials(t) if (v := self._alone(p, _ranges(step, t))) is not None}
        if alone:
            terms = tuple(
                _product(tuple(g for f in t.factors for g in Mul.make_args(alone.get(f, f))), t.sums) for t in terms
            )
        by = {p: v for t in terms for p in _partials(t) if (v := self._closed(p, _ranges(step, t))) is not None}
        if by:
            if alone:
                yield Line(terms, INSERT(values=list(alone)))
            filled = tuple(_product(tuple(by.get(f, f) for f in t.factors), t.sums) for t in terms)
            yield Line(filled, CLOSED)
            longer = tuple(Term(Mul.make_args(joined(Mul(*t.factors))), t.sums) for t in filled)
            if any(a.expr != b.expr for a, b in zip(longer, filled, strict=True)):
                yield Line(longer, JOINED)
                filled = longer
            yield from tidied(filled)

    def _alone(self, partial: Partial, ranges: Ranges) -> Expr | None:
        """The value of an adjoint whose time no closed form covers, but a step of its own does: that at the start."""
        steps = self.of(name_of(partial.wrt)) if partial.of == self.derivation.loss else ()
        covered = self._closed(partial, ranges) is not None
        alone = (s.value for s in steps if s.target == partial and s.fixed and not s.given)
        return None if covered else next(alone, None)

    def _closed(self, partial: Partial, ranges: Ranges) -> Expr | None:
        """An adjoint by the closed forms: its own, or those of the adjoints that its short value is made of."""
        for value in (partial, self._lookup(partial, ranges)):
            by = {p: v for p in value.atoms(Partial) if (v := self._form(p, ranges))} if value is not None else {}
            if by:
                return substitute(value, by)
        return None

    def _form(self, partial: Expr, ranges: Ranges) -> Expr | None:
        """The closed form of the very adjoint, where it holds for all letters that stand free."""
        for form in self.closed:
            time = form.time_of(partial)
            if time is not None and contains(form.region, partial.args[1].indices, ranges, self.number):
                return form.at(time)
        return None

    def of(self, name: str) -> tuple[Step, ...]:
        """The steps of one family, one for each region, last index values first."""
        if name not in self._known:
            adjoint = self.derivation.adjoints[name]
            steps = tuple(self._step(adjoint, *found) for found in regions(adjoint, self.number))
            self._known[name] = steps
            everywhere = [s for s in steps if s.region.ranges == tuple(extent(adjoint.node))]
            if everywhere and name in self.derivation.wanted:
                self._named |= naming(everywhere[0].target, everywhere[0].value)
        return self._known[name]

    def short(self, name: str) -> Step | None:
        """The step of an adjoint that has one form wherever it is not zero, if that is soon read and no recursion."""
        if name not in self._short:
            self._short[name] = None  # while it is being derived: a recursion keeps its name
            steps = self.of(name) if name in self.derivation.adjoints else ()
            if len(steps) == 1 and not steps[0].given and weight(steps[0].value) <= LONGEST:
                own = {name_of(p.wrt) for p in steps[0].value.atoms(Partial) if type(p) is Partial}
                self._short[name] = None if name in own else steps[0]
        return self._short[name]

    def _step(self, adjoint: Adjoint, region: Region, uses: tuple[Use, ...]) -> Step:
        node, loss = adjoint.node, self.derivation.loss
        fixed = region.fixed(node.indices)
        u = substitute(node.generic, fixed)
        symbols = [self._local(use, node, uses) for use in uses]
        chain = [
            Term((s,) if use.direct else (use.upstream(loss), s), use.outer)
            for use, s in zip(uses, symbols, strict=True)
        ]
        locals_ = tuple(
            Local(substitute(s, fixed), substitute(use.local, fixed), telling(use.rules))
            for use, s in zip(uses, symbols, strict=True)
        )
        why = reason(loss, u, uses, [substitute(use.target, fixed) for use in uses])
        lines = self._argument(Partial(loss, u), uses, fixed, region.free(node.indices))
        return Step(Partial(loss, u), node, region, uses, tuple(_put(t, fixed) for t in chain), why, locals_, lines)

    def _argument(
        self, target: Partial, uses: tuple[Use, ...], fixed: Mapping[Expr, Expr], ranges: Ranges
    ) -> tuple[Line, ...]:
        """The chain of equalities; of an abstract loss there is nothing to say, of the loss itself the rules say it."""
        direct = len(uses) == 1 and uses[0].direct
        if direct and uses[0].user.abstract is not None:
            return (Line((Term((target,)),), ABSTRACT),)
        loss = self.derivation.loss
        lines = self._lines(tuple(_put(Term((u.upstream(loss), u.local), u.outer), fixed) for u in uses), ranges)
        if direct:
            lines[0] = lines[0]._replace(reason=RULES(rules=list(telling(uses[0].rules))))
        return tuple(lines)

    def _local(self, use: Use, node: Node, uses: tuple[Use, ...]) -> Partial:
        """The local partial as a symbol, with the mark of an immediate one where u has other paths to the user."""
        symbol = Immediate if is_immediate(self.derivation, node, use, uses) else Partial
        return symbol(self.derivation.loss if use.direct else use.target, node.generic)

    def _lines(self, raw: tuple[Term, ...], ranges: Ranges) -> list[Line]:
        """The raw product, the short values put in for their names where that stays short, and the algebra."""
        first = Line(tuple(Term(t.factors[1:] if t.factors[0] == 1 else t.factors, t.sums) for t in raw), LOCAL)
        bare = tuple(_product(t.factors, t.sums) for t in raw)
        plain = [first, *([Line(bare)] if bare != first.terms else []), *develop(bare, self._named)]
        by = {p: v for t in bare if not t.sums for p in _partials(t) if (v := self._lookup(p, ranges)) is not None}
        if not by:
            return plain
        filled = tuple(t if t.sums else _product(tuple(by.get(f, f) for f in t.factors)) for t in bare)
        full = [first, Line(filled, INSERT(values=list(by))), *develop(filled, self._named)]
        return full if written(full[-1].terms) <= max(LONGEST, written(plain[-1].terms)) else plain

    def _lookup(self, partial: Partial, ranges: Ranges) -> Expr | None:
        """The short value of an adjoint at its position, if it holds there, its sums in letters that are not free."""
        wrt, name = partial.wrt, name_of(partial.wrt)
        if partial.of != self.derivation.loss or name not in self.derivation.adjoints:
            return None
        step = self.short(name)
        place = getattr(wrt, "indices", ())
        if step is None or not contains(step.region, place, ranges, self.number):
            return None
        value = substitute(step.value, dict(zip(step.node.indices, place, strict=True)))
        found = apart(value, ranges, self.derivation.model.indices)
        return None if found == partial else found


def _product(factors: tuple[Expr, ...], sums: tuple[Limits, ...] = ()) -> Term:
    """A product without its factors 1."""
    return Term(tuple(f for f in factors if f != 1) or (Integer(1),), sums)


def _ranges(step: Step, term: Term) -> dict[Idx, Interval]:
    """The ranges of the letters that stand free in a term: those of the step, and those of the term's sums."""
    return step.region.free(step.node.indices) | {i: (low, high) for i, low, high in term.sums}


def _partials(term: Term) -> list[Partial]:
    return [f for f in term.factors if type(f) is Partial]


def _put(term: Term, fixed: Mapping[Expr, Expr]) -> Term:
    """The term at fixed values of some indices."""
    if not fixed:
        return term
    sums = tuple((i, substitute(a, fixed), substitute(b, fixed)) for i, a, b in term.sums)
    return Term(tuple(substitute(f, fixed) for f in term.factors), sums)
