"""The argument: from E[r^2] to its value, line by line.

    insert the definitions; multiply out; linearity; the moments; the deltas kill sums; constants leave the sums

What is left without a delta is the same expression at the means, for the mean of a product of independent quantities
is the product of their means. Of a variance it cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from sympy import (
    Add,
    Eq,
    Expr,
    Function,
    Idx,
    Indexed,
    KroneckerDelta,
    Mul,
    NumberSymbol,
    Pow,
    S,
    Sum,
    Symbol,
    expand,
    expand_mul,
    expand_multinomial,
    factor,
    fraction,
    together,
)
from sympy.utilities.iterables import sift

from derive.chain.derivation import Line, Term, product, written
from derive.chain.facts import DEFINED
from derive.chain.rules.combine import DENOMINATOR, EXPANDED
from derive.chain.rules.insert import at, definitions_of
from derive.chain.rules.kill_delta import KILLED, Killed, kills, without_delta
from derive.chain.rules.name_definitions import name_wholes
from derive.chain.rules.tidy import tidy
from derive.expressions.indices import name_of
from derive.expressions.moments import Covariance, Expectation, Moment, Variance
from derive.language import Text, clauses
from derive.model.model import Node, references
from derive.topics.expectation.functions import written as written_as
from derive.topics.expectation.laws import Part, is_power
from derive.topics.expectation.polynomial import Product
from derive.topics.expectation.premises import DECLARED, VARIANCE, Premise, premises
from derive.topics.expectation.stages import Stages, Terms

DEFINITION = {
    Variance: VARIANCE,
    Covariance: Text("the definition of the covariance", "协方差的定义"),
}
DOUBLE = Text("multiply out: the product of two sums is a double sum", "展开括号：两个和式之积写成二重求和")
IDEMPOTENT = Text("{why}; the square of a step function is the step function itself", "{why}；阶跃函数等于自身的平方")
SINGLE = Text("{why}; {equations}", "{why}；{equations}")
SPELLED = Text("write {equations}", "写出 {equations}")
LINEAR = Text("the expectation is linear: move sums and constants out of it", "期望是线性的：求和与常数可移到期望之外")
MOMENTS = Text("substitute the moments above", "代入以上各矩")
TIDY = Text("move constants out of the sums and cancel equal factors", "常数提到求和号外，约去相同因子")
REDUCED = Text("cancel equal factors", "约去相同因子")
COLLECTED = Text("expand the brackets and collect like terms", "去括号，合并同类项")
LIKE = Text("collect like terms", "合并同类项")
CANCEL = Text("the terms made of means alone are {taken} and cancel", "只含均值的各项合起来是 {taken}，恰好抵消")
AT_MEANS = Text("the terms made of means alone are {value}", "只含均值的各项合起来是 {value}")


class Expected(NamedTuple):
    """An expectation, a variance or a covariance with its argument: the moments that it uses, and its lines."""

    symbol: Moment
    premises: tuple[Premise, ...]
    lines: tuple[Line, ...]

    @property
    def value(self) -> Expr:
        """The final form."""
        return self.lines[-1].expr

    @property
    def indices(self) -> tuple[Idx, ...]:
        """The indices that it holds for, all values of them."""
        return tuple(sorted((i for i in self.symbol.free_symbols if isinstance(i, Idx)), key=str))


def argue(symbol: Moment, nodes: Mapping[str, Node], preferred: Sequence[Idx] = ()) -> Expected:
    """Derive one symbol, from nodes whose definitions hold no expectation. Errors: MomentError."""
    argument = Argument(symbol, nodes, preferred)
    known = premises(argument.products, argument.stages, argument.asked)
    itself = next((p.lines for p in known if p.symbol == symbol), argument.declared)
    if itself:
        return Expected(symbol, tuple(p for p in known if p.symbol != symbol) if len(itself) > 1 else (), itself)
    lines: list[Line] = []
    for line in argument.lines():
        kept = tuple(t for t in line.terms if tidy(t.expr) != 0) or (Term((S.Zero,)),)
        if not lines or _shown(lines[-1].terms) != _shown(kept):
            lines.append(Line(kept, line.reason))
    return Expected(symbol, known, tuple(lines))


def _shown(terms: Terms) -> list[tuple[list[Expr], Sequence[object]]]:
    """Return terms as they are read: a term that is a sum reads like a product under that sum."""
    opened = [_opened(t) for t in terms]
    return [(t.flat, t.sums) for t in opened]


def _opened(term: Term) -> Term:
    (*others, last) = term.factors
    if others or term.sums or not isinstance(last, Sum):
        return term
    return Term((last.function,), tuple(tuple(b) for b in last.limits))


class Argument:
    """The argument for one symbol: the stages of its product, and of the pair of means that is subtracted."""

    def __init__(self, symbol: Moment, nodes: Mapping[str, Node], preferred: Sequence[Idx]):
        self.symbol, self.nodes, self.preferred = symbol, nodes, preferred
        self.stages = Stages(nodes, preferred, lambda moment: self.asked(moment).value)
        self.answers: dict[Moment, Expected] = {}

    def asked(self, moment: Moment) -> Expected:
        """Derive another moment, of something linear in normal quantities."""
        if moment not in self.answers:
            self.answers[moment] = argue(moment, self.nodes, self.preferred)
        return self.answers[moment]

    def lines(self) -> Iterator[Line]:
        """Yield every line with its reason."""
        if self.symbol.pair:
            yield self.line(self.stages.stated, DEFINITION[type(self.symbol)])
        if self.names:
            yield self.line(self.stages.defined, definitions_of(self.names))
        calls = self.stages.calls(self.symbol.product)
        if calls:
            yield self.line(
                self.stages.spelled, SPELLED(equations=[Eq(c, written_as(c), evaluate=False) for c in calls])
            )
        if self.stages.entangled(self.symbol.product):
            double = any(len(p.sums) > 1 for p in self.stages.parts(self.symbol.product))
            why = DOUBLE if double else EXPANDED
            why = IDEMPOTENT(why=why) if self.stages.squares_a_step(self.symbol.product) else why
            by = self.stages.identities(self.symbol.product)
            yield self.line(self.stages.multiplied, SINGLE(why=why, equations=by) if by else why)
        yield self.line(self.stages.linear, LINEAR)
        yield Line(self.stages.averaged(self.symbol.product) + self.taken, MOMENTS)
        yield from self._contracted()

    def line(self, stage: Callable[[Expr], Terms], reason: Text) -> Line:
        """Make the line of one stage: the product, minus the pair of means."""
        away = tuple(Add(*(t.expr for t in stage(e))) for e in self.symbol.pair)
        return Line(stage(self.symbol.product) + ((Term((-Mul(*away),)),) if away else ()), reason)

    def _contracted(self) -> Iterator[Line]:
        """Yield the lines in which deltas are used, sums are tidied, and what contains no variance is recognised."""
        means, spread, killed = self._split()
        if killed:
            delta, idx, value = killed[0]
            yield Line(means + spread + self.taken, KILLED(delta=delta, idx=idx, value=value))
        left, rest = _tidied(means), _tidied(spread)
        if not self.at_means:
            before = means + spread + self.taken
            final = _shorter(_tidied(before))
            summed, cancels = any(t.sums for t in means + spread), any(len(t.flat) > _factors(t) for t in before)
            if summed or cancels or set(_addends(before)) != set(_addends(final)):
                yield Line(final, _tidying(means + spread))
            top, bottom = fraction(together(Add(*(t.expr for t in final))))
            over_one = (Term((expand(top) / bottom,)),)
            if bottom != 1 and written(over_one) < written(final):
                yield Line(over_one, clauses((DENOMINATOR, LIKE)))
                final = over_one
        elif self.symbol.pair:
            away = Mul(*(Expectation(e) for e in self.symbol.pair))
            final = rest
            yield Line(final, CANCEL(taken=away) if left else _tidying(spread))
        else:
            yield Line(left + rest, _tidying(means + spread))
            value = self.stages.at_means(self.symbol.product)
            final = left + rest
            if written(at_means := _tidied((Term((value,)),))) < written(left):
                final = at_means + rest
                yield Line(final, AT_MEANS(value=value))
        collected = _like_terms(final)
        if len(collected) < len(final):
            yield Line(collected, LIKE)
        yield from self._named(collected)

    def _named(self, terms: Terms) -> Iterator[Line]:
        """Yield the line in which what has a name is written by it."""
        fixed = {n.name: n for n in self.nodes.values() if n.name not in self.stages.random}
        found = [name_wholes(t.expr, fixed) for t in terms]
        used = tuple(dict.fromkeys(n for _, nodes in found for n in nodes))
        if used:
            yield Line(tuple(Term((e,)) for e, _ in found), DEFINED(node=[n.generic for n in used]))

    def _split(self) -> tuple[Terms, Terms, list[Killed]]:
        """Split the moments: the products of means, and what equal elements add, with the deltas used to end sums."""
        means: Terms = ()
        spread: Terms = ()
        killed: list[Killed] = []
        for part in self.stages.parts(self.symbol.product):
            first, *others = self.stages.moment(part)
            means += (part.over(first.expr),)
            spread += tuple(_deltas_used(part, addend, killed) for addend in others)
        spread = tuple(sorted(spread, key=self._place))
        return tuple(t for t in means if tidy(t.expr) != 0), tuple(t for t in spread if t.expr != 0), killed

    def _place(self, term: Term) -> int:
        """Return where the first name of a term was declared; terms are ordered by it, as an author orders them."""
        return min((list(self.nodes).index(r.name) for r in references(term.expr) if r.name in self.nodes), default=0)

    @cached_property
    def at_means(self) -> bool:
        """True if the products of means add up to the expression at the means, for a variance to what is subtracted.

        The square of what is 0 or 1 has its mean, not the square of that.
        """
        if any(is_power(p, self.stages.laws) for p in self.products):
            return False
        if self.symbol.pair:
            return all(self.stages.is_linear(e) for e in self.symbol.pair)
        return self.stages.is_polynomial(self.symbol.product)

    @cached_property
    def taken(self) -> Terms:
        """The product of the means that is subtracted, as a value."""
        value = Mul(*(self._mean(e) for e in self.symbol.pair)) if self.symbol.pair else S.Zero
        return (Term((-value,)),) if value != 0 else ()

    def _mean(self, part: Expr) -> Expr:
        if self.stages.is_linear(part):
            return self.stages.at_means(part)
        return self.asked(Expectation(part)).value

    @property
    def declared(self) -> tuple[Line, ...]:
        """The one line for the variance of an element for which it is declared; it needs no argument."""
        element = self.symbol.args[0]
        node = self.stages.laws.get(name_of(element)) if isinstance(element, (Symbol, Indexed)) else None
        if node is None or node.law is None or node.law.variance is None or not isinstance(self.symbol, Variance):
            return ()
        return (Line((Term((at(node, node.law.variance, element),)),), DECLARED),)

    @property
    def names(self) -> list[Expr]:
        """The quantities whose definitions were inserted, as generic elements."""
        self.stages.open(self.symbol.product)
        return list(dict.fromkeys(self.stages.opened))

    @property
    def products(self) -> tuple[tuple[Expr, ...], ...]:
        """The products of random elements whose means are used, each once."""
        every = (self.symbol.product, *self.symbol.pair)
        return tuple(dict.fromkeys(p.random for e in every for p in self.stages.parts(e) if p.random))


def _deltas_used(of: Product, addend: Part, killed: list[Killed]) -> Term:
    """Put one addend of a moment in its place. Every delta that can end a sum does, outer sums first; others stay."""
    term = product((of.coefficient, addend.value, *addend.deltas), of.sums)
    while (found := next(_killing(term), None)) is not None:
        killed.append(found)
        term = without_delta(term, found)
    return term


def _killing(term: Term) -> Iterator[Killed]:
    """Yield the deltas among the factors of a term that can end one of its sums."""
    deltas = (f for f in term.factors if isinstance(f, KroneckerDelta))
    return (found for d in deltas if (found := kills(d, term.sums[::-1])) is not None)


def _tidying(terms: Terms) -> Text:
    """Say what there is to tidy: sums, fractions, or only brackets."""
    if any(t.sums or t.expr.has(Sum) for t in terms):
        return TIDY
    fractions = any(p.exp.is_negative for t in terms for f in t.factors for p in f.atoms(Pow))
    return REDUCED if fractions else COLLECTED


def _like_terms(terms: Terms) -> Terms:
    """Collect what differs only in a factor made of sizes: s^2 - s^2/N is s^2 (N - 1)/N."""
    by: dict[Expr, Expr] = {}
    for term in terms:
        counts, rest = sift(Mul.make_args(term.expr), _is_count, binary=True)
        by[Mul(*rest)] = by.get(Mul(*rest), S.Zero) + Mul(*counts)
    return tuple(Term((Mul(rest, factor(count)),)) for rest, count in by.items() if count != 0) or (Term((S.Zero,)),)


def _is_count(part: Expr) -> bool:
    """True for a factor made of rational numbers and sizes."""
    sizes = all(isinstance(s, Symbol) and bool(s.is_integer and s.is_positive) for s in part.free_symbols)
    return sizes and not part.has(Sum, Function, NumberSymbol)


def _factors(term: Term) -> int:
    """Return of how many factors a term is as a product, without what cancels."""
    return len(Mul.make_args(Mul(*term.factors)))


def _addends(terms: Terms) -> tuple[Expr, ...]:
    return tuple(a for t in terms for a in Add.make_args(t.expr))


def _shorter(terms: Terms) -> Terms:
    """Multiply out what cancels: E[x^4] - E[x^2]^2 of a normal x is 2 nu^2 + 4 mu^2 nu."""
    whole = Add(*(t.expr for t in terms))
    opened = tuple(Term((a,)) for a in Add.make_args(expand_mul(expand_multinomial(whole))))
    return opened if written(opened) < written(terms) else terms


def _tidied(terms: Terms) -> Terms:
    """Write every term in its shortest form, collected where terms cancel or can be collected."""
    parts = [tidy(t.expr) for t in terms]
    collected = [p for p in Add.make_args(Add(*parts)) if p != 0]
    kept = [p for p in parts if p != 0]
    return tuple(Term((p,)) for p in (kept if len(kept) <= len(collected) else collected))
