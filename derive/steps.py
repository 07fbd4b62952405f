"""The steps of a derivation: for every adjoint, on every region of its indices, the chain of equalities.

A region is a box on which the same users contribute: t = T, and t = 1..T-1, in a recurrence that is read at its end.
With numbers for the sizes the regions are those of the unrolled model; without, those of a large one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product

from sympy import Expr, Idx, Integer, Mul, Symbol

from derive.algebra import develop, naming, tidied, weight, written
from derive.chain import extent
from derive.derivation import Adjoint, Derivation, Line, Local, Region, Step, Term, Use
from derive.indices import Limits, apart, name_of, sized, substitute
from derive.intervals import Interval
from derive.language import Text
from derive.model import Node
from derive.partials import ABSTRACT, LINEAR, PRODUCT, Immediate, Partial
from derive.paths import is_immediate
from derive.products import joined
from derive.recurrences import ClosedForm, closed_forms

LARGE = 10_000_000  # the number of the first size that is left symbolic; see `large`
LONGEST = 11  # the longest value, in symbols to read, that is still put in for its name

DIRECT = Text("{u} enters the loss itself: differentiate {loss}", "{u} 直接出现在损失中：对 {loss} 求导")
CHAIN = Text("chain rule: {u} reaches the loss only through {users}", "链式法则：{u} 只通过 {users} 影响损失")
MULTIVARIABLE = Text(
    "multivariable chain rule: {u} reaches the loss through {users}; the contributions add up",
    "多元链式法则：{u} 通过 {users} 影响损失，各路贡献相加",
)
SHARED = Text(
    "multivariable chain rule: {u} is shared, it enters {users} for every {idx}; the contributions add up",
    "多元链式法则：{u} 是共享的，对每个 {idx} 都出现在 {users} 中，各项贡献相加",
)
ITSELF = Text("{loss} itself", "{loss} 本身")
LOCAL = Text("insert the local partials", "代入局部偏导数")
CLOSED = Text("insert the closed form of the recursion", "代入递推的封闭形式")
JOINED = Text("the factor beside it joins the product", "相邻的因子并入连乘")
RULES = Text("{rules}", "{rules}")
INSERT = Text("insert {values}", "代入 {values}")


class Steps:
    """All steps of one derivation for given sizes (none: symbolic), made once and kept."""

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int] | None = None):
        self.derivation = derivation
        self.sizes = dict(sizes or {})
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
        alone = {p: v for t in terms for p in _partials(t) if (v := self._alone(p)) is not None}
        if alone:
            terms = tuple(
                _product(tuple(g for f in t.factors for g in Mul.make_args(alone.get(f, f))), t.sums) for t in terms
            )
        by = {p: v for t in terms for p in _partials(t) if (v := self._closed(p)) is not None}
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

    def _alone(self, partial: Partial) -> Expr | None:
        """The value of an adjoint whose time no closed form covers, but a step of its own does: that at the start."""
        steps = self.of(name_of(partial.wrt)) if partial.of == self.derivation.loss else ()
        covered = self._closed(partial) is not None
        alone = (s.value for s in steps if s.target == partial and s.fixed and not s.given)
        return None if covered else next(alone, None)

    def _closed(self, partial: Partial) -> Expr | None:
        """An adjoint by the closed forms: its own, or those of the adjoints that its short value is made of."""
        for value in (partial, self._lookup(partial, ())):
            by = {p: v for p in value.atoms(Partial) if (v := self._form(p)) is not None} if value is not None else {}
            if by:
                return substitute(value, by)
        return None

    def _form(self, partial: Expr) -> Expr | None:
        return next((f.at(t) for f in self.closed if (t := f.time_of(partial)) is not None), None)

    def of(self, name: str) -> tuple[Step, ...]:
        """The steps of one family, one for each region, last index values first."""
        if name not in self._known:
            adjoint = self.derivation.adjoints[name]
            steps = tuple(self._step(adjoint, *found) for found in regions(adjoint, self.sizes, self.derivation))
            self._known[name] = steps
            everywhere = [s for s in steps if s.region.ranges == tuple(extent(adjoint.node))]
            if everywhere and name in self.derivation.wanted:
                self._named |= naming(everywhere[0].target, everywhere[0].value)
        return self._known[name]

    def short(self, name: str) -> Step | None:
        """The step of an adjoint that has one form wherever it is not zero, if that is short and no recursion."""
        if name not in self._short:
            self._short[name] = None  # while it is being derived: a recursion keeps its name
            steps = self.of(name) if name in self.derivation.adjoints else ()
            if len(steps) == 1 and not steps[0].given and weight(steps[0].value) <= LONGEST:
                own = {name_of(p.wrt) for p in steps[0].value.atoms(Partial) if type(p) is Partial}
                self._short[name] = None if name in own else steps[0]
        return self._short[name]

    def _step(self, adjoint: Adjoint, region: Region, uses: tuple[Use, ...]) -> Step:
        node, loss = adjoint.node, self.derivation.loss
        ends = zip(node.indices, region.ranges, strict=True)
        fixed = {i: low for a, (i, (low, _)) in enumerate(ends) if region.is_point(a)}
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
        reason = _reason(loss, u, uses, [substitute(use.target, fixed) for use in uses])
        lines = self._argument(Partial(loss, u), uses, fixed, [i for i in node.indices if i not in fixed])
        return Step(Partial(loss, u), node, region, uses, tuple(_put(t, fixed) for t in chain), reason, locals_, lines)

    def _argument(
        self, target: Partial, uses: tuple[Use, ...], fixed: Mapping[Expr, Expr], free: Sequence[Idx]
    ) -> tuple[Line, ...]:
        """The chain of equalities; of an abstract loss there is nothing to say, of the loss itself the rules say it."""
        direct = len(uses) == 1 and uses[0].direct
        if direct and uses[0].user.abstract is not None:
            return (Line((Term((target,)),), ABSTRACT),)
        loss = self.derivation.loss
        lines = self._lines(tuple(_put(Term((u.upstream(loss), u.local), u.outer), fixed) for u in uses), free)
        if direct:
            lines[0] = lines[0]._replace(reason=RULES(rules=list(telling(uses[0].rules))))
        return tuple(lines)

    def _local(self, use: Use, node: Node, uses: Sequence[Use]) -> Partial:
        """The local partial as a symbol, with the mark of an immediate one where u has other paths to the user."""
        symbol = Immediate if is_immediate(self.derivation, node, use, uses) else Partial
        return symbol(self.derivation.loss if use.direct else use.target, node.generic)

    def _lines(self, raw: tuple[Term, ...], free: Sequence[Idx]) -> list[Line]:
        """The raw product, the short values put in for their names where that stays short, and the algebra."""
        first = Line(tuple(Term(t.factors[1:] if t.factors[0] == 1 else t.factors, t.sums) for t in raw), LOCAL)
        bare = tuple(_product(t.factors, t.sums) for t in raw)
        plain = [first, *([Line(bare)] if bare != first.terms else []), *develop(bare, self._named)]
        by = {p: v for t in bare if not t.sums for p in _partials(t) if (v := self._lookup(p, free)) is not None}
        if not by:
            return plain
        filled = tuple(t if t.sums else _product(tuple(by.get(f, f) for f in t.factors)) for t in bare)
        full = [first, Line(filled, INSERT(values=list(by))), *develop(filled, self._named)]
        return full if written(full[-1].terms) <= max(LONGEST, written(plain[-1].terms)) else plain

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


def _product(factors: tuple[Expr, ...], sums: tuple[Limits, ...] = ()) -> Term:
    """A product without its factors 1."""
    return Term(tuple(f for f in factors if f != 1) or (Integer(1),), sums)


def _partials(term: Term) -> list[Partial]:
    return [f for f in term.factors if type(f) is Partial]


def _put(term: Term, fixed: Mapping[Expr, Expr]) -> Term:
    """The term at fixed values of some indices."""
    if not fixed:
        return term
    sums = tuple((i, substitute(a, fixed), substitute(b, fixed)) for i, a, b in term.sums)
    return Term(tuple(substitute(f, fixed) for f in term.factors), sums)


def large(n: int, first: int = LARGE) -> int:
    """A number for the nth size that is left symbolic: 1, e, e^2, ... times the first, so that 2C is no D by chance."""
    return int(first * math.e**n)


def numbers(d: Derivation, sizes: Mapping[Symbol, int]) -> dict[Symbol, Integer]:
    """A number for every size."""
    return {s: Integer(sizes.get(s, large(n))) for n, s in enumerate(d.model.sizes)}


def regions(adjoint: Adjoint, sizes: Mapping[Symbol, int], d: Derivation) -> Iterator[tuple[Region, tuple[Use, ...]]]:
    """The boxes on which the same uses contribute, last index values first; boxes without any are left out."""
    number = numbers(d, sizes)
    axes = [_cuts([u.domain[a] for u in adjoint.uses], number) for a in range(len(adjoint.node.indices))]
    for box in product(*axes):
        ranges = tuple(piece[0] for piece in box)
        active = tuple(u for n, u in enumerate(adjoint.uses) if all(n in piece[1] for piece in box))
        if active:
            yield Region(ranges), active


def _cuts(domains: Sequence[Interval], number: Mapping[Symbol, Integer]) -> list[tuple[Interval, set[int]]]:
    """Cut one axis where a domain begins or ends: each piece with the numbers of the domains that cover it."""
    starts: dict[int, Expr] = {}
    for low, high in domains:
        starts.setdefault(int(substitute(low, number)), low)
        starts.setdefault(int(substitute(high + 1, number)), high + 1)
    edges = sorted(starts)
    whole = [(int(substitute(a, number)), int(substitute(b, number))) for a, b in domains]
    pieces = []
    for first, after in pairwise(edges):
        on = {n for n, (a, b) in enumerate(whole) if a <= first and after - 1 <= b}
        pieces.append(((starts[first], starts[after] - 1), on))
    return [p for p in reversed(pieces) if p[1]]


def telling(rules: Sequence[Text]) -> tuple[Text, ...]:
    """The rules worth naming: that a coefficient remains goes without saying beside any other."""
    return tuple(r for r in rules if r not in (LINEAR, PRODUCT)) or tuple(rules)


def _reason(loss: Expr, u: Expr, uses: Sequence[Use], targets: Sequence[Expr]) -> Text:
    """Why the chain rule has the terms it has: through whom the quantity reaches the loss."""
    users: list[object] = list(dict.fromkeys(t for t, use in zip(targets, uses, strict=True) if not use.direct))
    sums = [b[0] for use in uses for b in use.outer]
    if not users:
        return DIRECT(u=u, loss=loss)
    if any(use.direct for use in uses):
        users.append(ITSELF(loss=loss))
    if sums and len(users) == 1:
        return SHARED(u=u, users=users, idx=list(dict.fromkeys(sums)))
    return (MULTIVARIABLE if len(users) > 1 else CHAIN)(u=u, users=users)
