"""The record of an argument: adjoints as contributions, steps as chains of equalities. Data only; views are elsewhere.

Use         what one user of a quantity contributes to its adjoint
Adjoint     all uses of one family: the chain rule, term by term, for a generic element
Term, Line  a product as written, and one equality of a chain with its reason
Step        the derivation of one adjoint on one region of its indices
Derivation  the model, its adjoints, and what cannot reach the loss

Adjoints, uses, steps and derivations are compared and hashed by identity, not by what they hold: they are the keys of
what is remembered, and hashing a node with its definitions at every look-up would cost more than it saves. One
derivation makes each of them once and hands it on, so within it identity is equality. Two derivations of equal models
share them while the memory (`derive.memo`) still holds them. That only saves time: with a memory of a single entry
every sheet is the same, and no code may compare such objects of different derivations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul, Piecewise, Symbol

from derive.chain.partials import BRANCH, ONE_BRANCH, QUOTIENT, QUOTIENT_RULE, SUM, Occurrence
from derive.chain.slopes import NO_SLOPES, Slopes
from derive.display import shown
from derive.expressions.cases import by_cases
from derive.expressions.coefficients import reduced
from derive.expressions.contraction import Contraction
from derive.expressions.indices import Limits, sum_over
from derive.expressions.intervals import Interval
from derive.expressions.letters import Letters
from derive.expressions.symbols import Partial
from derive.expressions.weight import extent, weight
from derive.language import Text, distinct
from derive.memo import memo
from derive.model.model import Case, Model, Node
from derive.model.schedule import Stage


@dataclass(frozen=True, eq=False)
class Use:
    """One contribution to an adjoint: the sum over `outer` of the user's adjoint at `at` times the local partial.

    `direct` says that the user is the loss itself, whose adjoint is 1. The contribution exists for index values in
    `domain`. `apart` is the contraction with the factors that the rules give one by one, where a function stands in
    another one.
    """

    user: Node
    case: Case
    contraction: Contraction
    occurrence: Occurrence
    direct: bool
    slopes: Slopes = NO_SLOPES
    more: tuple[Use, ...] = ()
    apart: Contraction | None = None

    @property
    def key(self) -> object:
        """The key of a use: uses with equal keys belong to the same element of the same user."""
        c = self.contraction
        return self.user.name, c.at, c.outer, c.domain

    def joined(self, others: list[Use]) -> Use:
        """This use, with further occurrences in the same element of the user."""
        more = (*self.more, *(part for use in others for part in (use, *use.more)))
        return replace(self, more=more) if others else self

    @property
    def target(self) -> Expr:
        """The element of the user that this contribution flows through."""
        return self.user.at(*self.contraction.at)

    @cached_property
    def local(self) -> Expr:
        """The local partial d user / d u."""
        parts = (self, *self.more)
        whole = Add(*(coefficient(u.contraction) for u in parts))
        return by_cases(reduced(whole))

    @property
    def outer(self) -> tuple[Limits, ...]:
        """The sums over elements of the user that remain after the deltas are contracted."""
        return self.contraction.outer

    @property
    def domain(self) -> tuple[Interval, ...]:
        """Where in u's own indices this contribution exists."""
        return self.contraction.domain

    @property
    def rules(self) -> tuple[Text, ...]:
        """The rules that give the local partial, outermost first, each once."""
        if self.slopes.complete:
            return self.slopes.reasons
        parts = (self, *self.more)
        found = distinct(ONE_BRANCH if r is BRANCH and self._decided else r for u in parts for r in u.occurrence.rules)
        if QUOTIENT in found and not all(QUOTIENT in u.occurrence.rules for u in parts):
            return (*self.slopes.reasons, QUOTIENT_RULE, *(r for r in found if r not in (QUOTIENT, SUM)))
        return (*self.slopes.reasons, *found)

    @cached_property
    def _decided(self) -> bool:
        """True if the ranges decide all conditions on the way, so that one branch is left, and no distinction."""
        branches = {tuple(p for p in u.occurrence.parts if isinstance(p, Piecewise)) for u in (self, *self.more)}
        return len(branches) == 1 and not self.local.has(Piecewise)

    def upstream(self, loss: Expr) -> Expr:
        """The adjoint of the user, 1 for the loss itself."""
        return Integer(1) if self.direct else Partial(loss, self.target)

    def value(self, loss: Expr) -> Expr:
        """The whole contribution as one expression: the sum of the upstream adjoint times the local partial."""
        return sum_over(Mul(self.upstream(loss), self.local), self.outer)


@dataclass(frozen=True, eq=False)
class Adjoint:
    """The chain rule for one family: its uses, and the interval of each index outside which the adjoint is zero."""

    node: Node
    uses: tuple[Use, ...]
    support: tuple[Interval, ...]


class Term(NamedTuple):
    """A product as it is written: its factors in order, under sums."""

    factors: tuple[Expr, ...]
    sums: tuple[Limits, ...] = ()

    @property
    def expr(self) -> Expr:
        """The product under its sums as one sympy expression."""
        return _product(self)

    @property
    def flat(self) -> list[Expr]:
        """The factors; a factor that is itself a product is opened."""
        return [g for f in self.factors for g in Mul.make_args(f)]

    def parted(self, *indices: Idx) -> tuple[list[Expr], list[Expr]]:
        """Split the factors into those that depend on none of the indices, and the others."""
        outside = [f for f in self.flat if f.free_symbols.isdisjoint(indices)]
        return outside, [f for f in self.flat if not f.free_symbols.isdisjoint(indices)]


def product(factors: Iterable[Expr], sums: tuple[Limits, ...] = ()) -> Term:
    """Make a product under sums, and leave out the factors 1."""
    return Term(tuple(f for f in factors if f != 1) or (Integer(1),), sums)


class Line(NamedTuple):
    """One equality of a chain: its right-hand side as a sum of terms, and why it holds."""

    terms: tuple[Term, ...]
    reason: Text | None = None

    @property
    def expr(self) -> Expr:
        """The right-hand side as one sympy expression."""
        return _total(self.terms)


def coefficient(contraction: Contraction) -> Expr:
    """Return the local partial of one occurrence. A delta that the inner sums do not concern stands in front of them,
    where an outer sum ends by it."""
    summed = {b[0] for b in contraction.inner}
    deltas = [f for f in contraction.factors if isinstance(f, KroneckerDelta) and f.free_symbols.isdisjoint(summed)]
    rest = Mul(*(f for f in contraction.factors if f not in deltas))
    return Mul(*deltas, sum_over(rest, contraction.inner))


@memo
def _product(term: Term) -> Expr:
    return sum_over(Mul(*term.factors), term.sums)


@memo
def _total(terms: tuple[Term, ...]) -> Expr:
    return Add(*(_product(t) for t in terms))


class Region(NamedTuple):
    """A box of index values: for each own index its first and last value (equal where it is a single one)."""

    ranges: tuple[Interval, ...] = ()

    def is_point(self, axis: int) -> bool:
        """True if the box holds a single value on this axis."""
        return bool(self.ranges[axis][0] == self.ranges[axis][1])

    def fixed(self, indices: Sequence[Idx]) -> dict[Idx, Expr]:
        """The indices that have a single value here, and that value."""
        return {idx: self.ranges[axis][0] for axis, idx in enumerate(indices) if self.is_point(axis)}

    def free(self, indices: Sequence[Idx]) -> dict[Idx, Interval]:
        """The other indices, and their ranges."""
        return {idx: self.ranges[axis] for axis, idx in enumerate(indices) if not self.is_point(axis)}


class Local(NamedTuple):
    """A local partial: its symbol, its value by the rules of differentiation, outermost first, and by what is known.

    `spelled` are the lines before the value, and `because` says why it follows from the last of them, or gives it by
    the rules and the derivatives inside of a function.
    """

    symbol: Expr
    value: Expr
    rules: tuple[Text, ...]
    known: Line | None = None
    spelled: tuple[Line, ...] = ()
    because: tuple[Text, ...] = ()


@dataclass(frozen=True, eq=False)
class Step:
    """The derivation of one adjoint on one region.

    `chain` is the chain rule in symbols and `reason` says why it has these terms; `locals` are the local partials;
    `lines` is the chain of equalities from the raw product to the final form. `order` and `sizes` are the order
    of names and the numbers with which it is written. A closed form holds at the sizes at which the steps that it
    `solves` do.
    """

    target: Expr
    node: Node
    region: Region
    uses: tuple[Use, ...]
    chain: tuple[Term, ...]
    reason: Text
    locals: tuple[Local, ...]
    lines: tuple[Line, ...]
    number: int = 0
    order: tuple[str, ...] = ()
    sizes: tuple[tuple[Symbol, int], ...] = ()
    letters: Letters = ()
    solves: tuple[Step, ...] = ()

    @property
    def value(self) -> Expr:
        """The final form."""
        return self.lines[-1].expr

    @property
    def place(self) -> tuple[int, bool]:
        """Its number, and whether it is a closed form, which has the number of the recursion that it solves."""
        return self.number, bool(self.solves)

    @property
    def fixed(self) -> dict[Idx, Expr]:
        """The indices that have a single value on the region, and that value."""
        return self.region.fixed(self.node.indices)

    def _repr_markdown_(self) -> str:
        return shown(self)

    @property
    def given(self) -> bool:
        """True if there is nothing to derive, because the loss is abstract and its partial is the answer."""
        return self.value == self.target


@dataclass(frozen=True, eq=False)
class Derivation:
    """Everything that follows from a model by the chain rule, for generic indices and symbolic sizes."""

    model: Model
    stages: tuple[Stage, ...]
    adjoints: Mapping[str, Adjoint]
    wanted: tuple[str, ...]
    reaching: frozenset[str]

    @property
    def loss(self) -> Expr:
        """The symbol of the loss."""
        return self.model.loss.symbol

    def as_computed(self, steps: Iterable[Step]) -> list[Step]:
        """The steps in the order in which a backward pass computes them; on the page a step may stand earlier. Those
        of the leaves stay behind, in their order."""
        place = {name: n for n, name in enumerate(self.adjoints)}
        return sorted(steps, key=lambda step: len(place) if step.node.is_leaf else place[step.node.name])

    @property
    def unreachable(self) -> tuple[Node, ...]:
        """The wanted leaves that cannot influence the loss."""
        return tuple(self.model.nodes[n] for n in self.wanted if n not in self.reaching)

    def _repr_markdown_(self) -> str:
        return shown(self)


def written(terms: tuple[Term, ...]) -> int:
    """The weight of a sum of terms as it stands on the page."""
    return sum(sum(weight(f) for f in t.factors) + len(t.sums) for t in terms) + len(terms)


def length(terms: tuple[Term, ...]) -> int:
    """The length of a sum of terms, by which a value is put in for an adjoint under a sum: as `written`, but numbers
    count nothing, and an adjoint the four signs of its fraction, so that (h_i - y_i)/m is as long as dJ/dz_i."""
    return sum(sum(extent(f) for f in t.factors) + len(t.sums) for t in terms) + len(terms)
