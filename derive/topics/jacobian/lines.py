"""From the paths of a Jacobian to the form that a textbook prints: p_i (delta_ij - p_j), in lines with reasons.

First come the paths, then the sums that their deltas end, then the names of what the products contain, then sums that
have a known value, and last the common factors in front.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul, Sum, expand_mul

from derive.chain.derivation import Line, Term, written
from derive.chain.facts import known
from derive.chain.rules.combine import COLLECTED
from derive.chain.rules.count import count
from derive.chain.rules.name_definitions import definitions, name_definitions
from derive.chain.rules.order import ORDERED
from derive.chain.rules.pull import constants_in_front
from derive.chain.rules.rule import Rule, Terms, follow
from derive.chain.rules.use_symmetry import use_symmetry
from derive.chain.sums import Facts, summed
from derive.expressions.canonical import collected
from derive.expressions.indices import apart, sum_over
from derive.expressions.powers import monomial, shared
from derive.expressions.traverse import free_indices
from derive.language import Text, clauses, distinct
from derive.model.model import Model
from derive.topics.jacobian.paths import Entry, Path

ALONE = Text("multiply the local partials along the path", "把路径上的局部偏导数相乘")
ALONG = Text("add the paths up", "各条路径相加")
KILLS = Text("{deltas}: one term of the sum over {idx} remains", "{deltas}：对 {idx} 的求和只剩一项")
COMMON = Text("take out the common factor {factor}", "提取公因子 {factor}")
WIDEST = 36  # symbols; a longer bracket would not fit on a line
NO_PATH = Text("there is no path", "没有路径")


def developed(entry: Entry, model: Model) -> tuple[Line, ...]:
    """Return the chain of equalities for one block of a Jacobian."""
    if not entry.paths:
        return (Line((Term((Integer(0),)),), NO_PATH),)
    lines = tuple(_products(entry, model))
    return (*lines, *follow(RULES, lines[-1].terms))


def products(entry: Entry, model: Model) -> Terms:
    """Return the block as a sum of products under their sums, with nothing in front of a bracket."""
    return [*_products(entry, model)][-1].terms if entry.paths else ()


def _products(entry: Entry, model: Model) -> Iterator[Line]:
    """Yield the paths, the deltas used, and names for what the products contain, before and after sums are known."""
    raw = tuple(p.open or p.term for p in entry.paths)
    terms = tuple(p.term for p in entry.paths)
    yield Line(raw, ALONG if len(raw) > 1 else ALONE)
    if terms != raw:
        yield Line(terms, _kills(entry.paths))
    names, sums = (name_definitions, definitions(model)), (sum_by_facts, known(model))
    for rule, facts in ((use_symmetry, known(model)), names, sums, names, sums):
        for line in follow((rule,), terms, facts):
            yield line
            terms = line.terms


def _kills(paths: Sequence[Path]) -> Text | None:
    """Say which deltas ended which sums."""
    gone = {b[0]: d for p in paths if p.open for b in p.open.sums if b not in p.sums for d in _deltas(p.open, b[0])}
    return KILLS(deltas=list(dict.fromkeys(gone.values())), idx=list(gone)) if gone else None


def _deltas(term: Term, idx: Idx) -> list[Expr]:
    return [f for f in term.factors if isinstance(f, KroneckerDelta) and idx in f.free_symbols][:1]


def sum_by_facts(terms: Terms, facts: Facts) -> Iterator[Line]:
    """A sum that is known by a declaration or a definition gets its value, by the name of this fact."""
    found = [_summed(t, facts) for t in terms]
    reasons = [fact.reason for _, because in found for fact in because]
    if reasons:
        kept = tuple(t for own, _ in found for t in own if 0 not in t.factors) or (Term((Integer(0),)),)
        yield Line(kept, clauses(distinct(reasons)))


def _summed(term: Term, facts: Facts) -> tuple[Terms, Facts]:
    """Return a term without the sum that a fact knows, and the facts that were used."""
    for limit in term.sums:
        others = tuple(s for s in term.sums if s is not limit)
        outer, inner = term.parted(limit[0])
        if inner and not any(limit[0] in end.free_symbols for s in others for end in s[1:]):
            value, because = summed(sum_over(Mul(*inner), [limit]), facts)
            if because and not value.has(Sum):
                parts = Add.make_args(expand_mul(Mul(*outer, value), deep=False))
                return tuple(Term((p,), others) for p in parts), because
    return (term,), ()


def sums_in_front(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """If all terms stand under the same sums and share a factor, write the sums and the factor once."""
    sums = terms[0].sums
    if sums and all(t.sums == sums for t in terms):
        bare = tuple(Term((monomial(t.factors).expr,)) for t in terms)
        yield from (line._replace(terms=(Term(line.terms[0].factors, sums),)) for line in common_factor(bare))


def collect(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Like terms are collected: numbers first, equal factors as powers, and in front of a sum what it does not bind."""
    flat = tuple(_flat(t) for t in terms)
    parts = collected(Add.make_args(Add(*(t.expr for t in flat)))) or [Integer(0)]
    if len(parts) < len(terms):
        yield Line(tuple(Term((p,)) for p in parts), COLLECTED)
    elif any(_loose(t) for t in terms):
        yield Line(flat, ORDERED)


def _flat(term: Term) -> Term:
    """Write a product as one expression, and the sum behind it."""
    front = constants_in_front(term)
    if front.sums:
        return front
    sums = [f for f in front.factors if isinstance(f, Sum)]
    outside = monomial(f for f in front.factors if f not in sums).expr
    return Term((outside * sums[0], *sums[1:])) if outside.is_number and sums else Term((outside, *sums))


def _loose(term: Term) -> bool:
    """True if numbers or equal factors stand apart."""
    number, powers = monomial(term.factors)
    return constants_in_front(term) != term or len(term.flat) > len(powers) + (number != 1)


def common_factor(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A factor of all terms goes in front of the bracket, if the bracket is short enough for a line."""
    if len(terms) < 2 or any(t.sums for t in terms):
        return
    sums = [[f for f in t.factors if isinstance(f, Sum)] for t in terms]
    parts = [monomial(f for f in t.factors if f not in s) for t, s in zip(terms, sums, strict=True)]
    front = shared(parts)
    if front.powers and written(terms) <= WIDEST:
        rest = Add(*(Mul(p.over(front).expr, *s) for p, s in zip(parts, sums, strict=True)))
        factor = apart(front.expr, free_indices(rest))  # its sums have lost their own letters
        yield Line((Term((factor, rest)),), COMMON(factor=factor))


RULES: tuple[Rule, ...] = (count, sums_in_front, collect, common_factor)  # a bracket last: it would be collected again
