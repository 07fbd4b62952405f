"""From the paths of a Jacobian to the form that a textbook prints: p_i (delta_ij - p_j), in lines with reasons.

Path by path; the deltas and the sums that they kill; the quantities named that the products contain; sums that the
definitions know; common factors in front.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Add, Expr, Idx, Integer, Mul, Sum, expand_mul

from derive.chain.derivation import Line, Term, written
from derive.chain.facts import Facts, known, summed
from derive.chain.rules.combine import COLLECTED
from derive.chain.rules.name_definitions import Definitions, definitions, named
from derive.chain.rules.order import ORDERED
from derive.chain.rules.pull import pulled
from derive.chain.rules.use_facts import FACTS
from derive.expressions.indices import sum_over
from derive.expressions.powers import Powers, multiplied, powers
from derive.language import Text
from derive.model.model import Model
from derive.topics.jacobian.paths import Entry, Path

ALONE = Text("along the path the local partials multiply", "沿路径把局部偏导数相乘")
ALONG = Text("the paths add up", "各条路径相加")
KILLS = Text("{deltas}: of the sum over {idx} one term remains", "{deltas}：对 {idx} 的求和只剩一项")
ENTERS = Text("the definition of {names} stands there: write it by name", "其中出现 {names} 的定义，写回其名")
KNOWN = Text("{sums} = {values}, by definition", "由定义，{sums} = {values}")
COMMON = Text("the common factor {factor} in front", "提出公因子 {factor}")
WIDEST = 36  # symbols; a longer bracket would not fit on a line
NO_PATH = Text("there is no path", "没有路径")


def developed(entry: Entry, model: Model) -> tuple[Line, ...]:
    """The chain of equalities for one block of a Jacobian."""
    if not entry.paths:
        return (Line((Term((Integer(0),)),), NO_PATH),)
    lines = list(_products(entry, model))
    for move in (_count, _together, _collect, _common):
        line = move(lines[-1].terms)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def products(entry: Entry, model: Model) -> tuple[Term, ...]:
    """The same as a sum of products under their sums, nothing in front of a bracket."""
    return [*_products(entry, model)][-1].terms if entry.paths else ()


def _products(entry: Entry, model: Model) -> Iterator[Line]:
    raw = tuple(p.open or p.term for p in entry.paths)
    terms = tuple(p.term for p in entry.paths)
    yield Line(raw, ALONG if len(raw) > 1 else ALONE)
    if terms != raw:
        yield Line(terms, _kills(entry.paths))
    laws, facts = definitions(model), known(model)
    for move in (lambda t: _name(t, laws), lambda t: _sum(t, facts), lambda t: _name(t, laws)):
        line = move(terms)
        if line is not None:
            yield line
            terms = line.terms


def _kills(paths: Sequence[Path]) -> Text | None:
    """Which deltas decided which sums."""
    gone = {b[0]: d for p in paths if p.open for b in p.open.sums if b not in p.sums for d in _deltas(p.open, b[0])}
    return KILLS(deltas=list(dict.fromkeys(gone.values())), idx=list(gone)) if gone else None


def _deltas(term: Term, idx: Idx) -> list[Expr]:
    return [f for f in term.factors if type(f).__name__ == "KroneckerDelta" and idx in f.free_symbols][:1]


def letters(terms: Sequence[Term]) -> list[Idx]:
    """Every letter that stands in the terms, bound or free."""
    found = {i for t in terms for f in t.factors for i in f.atoms(Idx)} | {b[0] for t in terms for b in t.sums}
    return sorted(found, key=str)


def _name(terms: tuple[Term, ...], laws: Definitions) -> Line | None:
    """Quantities for what they stand for."""
    found = [named(t.factors, laws, letters([t])) for t in terms]
    names = list(dict.fromkeys(n for _, part in found for n in part))
    if not names:
        return None
    return Line(tuple(Term(f, t.sums) for (f, _), t in zip(found, terms, strict=True)), ENTERS(names=names))


def _sum(terms: tuple[Term, ...], facts: Facts) -> Line | None:
    """Sums that are known, by declaration or definition, each by its name."""
    found = [_summed(t, facts) for t in terms]
    reasons = [fact.reason for _, because in found for fact in because]
    if not reasons:
        return None
    kept = tuple(t for own, _ in found for t in own if 0 not in t.factors) or (Term((Integer(0),)),)
    return Line(kept, FACTS(reasons=list({r.pick("en"): r for r in reasons}.values())))


def _summed(term: Term, facts: Facts) -> tuple[tuple[Term, ...], Facts]:
    """The term without a sum that a fact knows, and the facts."""
    flat = [g for f in term.factors for g in Mul.make_args(f)]
    for limit in term.sums:
        others = tuple(s for s in term.sums if s is not limit)
        inner, outer = ([f for f in flat if (limit[0] in f.free_symbols) == here] for here in (True, False))
        if inner and not any(limit[0] in end.free_symbols for s in others for end in s[1:]):
            value, because = summed(sum_over(Mul(*inner), [limit]), facts)
            if because and not value.has(Sum):
                parts = Add.make_args(expand_mul(Mul(*outer, value), deep=False))
                return tuple(Term((p,), others) for p in parts), because
    return (term,), ()


def _count(terms: tuple[Term, ...]) -> Line | None:
    """A sum of ones is their number."""
    ones = [t for t in terms if t.factors == (1,) and t.sums]
    if not ones:
        return None
    values = [Mul(*(high - low + 1 for _, low, high in t.sums)) for t in ones]
    by = dict(zip(ones, values, strict=True))
    kept = tuple(Term((by[t],)) if t in by else t for t in terms)
    return Line(kept, KNOWN(sums=[t.expr for t in ones], values=values))


def _together(terms: tuple[Term, ...]) -> Line | None:
    """Terms under the same sums, under these sums once."""
    sums = terms[0].sums
    if not sums or any(t.sums != sums for t in terms):
        return None
    inner = _common(tuple(Term((multiplied(*powers(t.factors)),)) for t in terms))
    return inner._replace(terms=(Term(inner.terms[0].factors, sums),)) if inner is not None else None


def _collect(terms: tuple[Term, ...]) -> Line | None:
    """Like terms together; numbers first, equal factors as powers; what a sum does not bind in front of it."""
    flat = tuple(_flat(t) for t in terms)
    parts = Add.make_args(Add(*(t.expr for t in flat)))
    if len(parts) < len(terms):
        return Line(tuple(Term((p,)) for p in parts), COLLECTED)
    return Line(flat, ORDERED) if any(_loose(t) for t in terms) else None


def _flat(term: Term) -> Term:
    """A product as one expression, and the sum that stands behind it."""
    front = pulled(term)
    if front.sums:
        return front
    sums = [f for f in front.factors if isinstance(f, Sum)]
    outside = multiplied(*powers([f for f in front.factors if f not in sums]))
    return Term((outside * sums[0], *sums[1:])) if outside.is_number and sums else Term((outside, *sums))


def _loose(term: Term) -> bool:
    """Do numbers or equal factors stand apart?"""
    flat = [g for f in term.factors for g in Mul.make_args(f)]
    number, found = powers(flat)
    return pulled(term) != term or len(flat) > len(found) + (number != 1)


def _common(terms: tuple[Term, ...]) -> Line | None:
    """A factor of all terms in front of the bracket."""
    if len(terms) < 2 or any(t.sums for t in terms):
        return None
    sums = [[f for f in t.factors if isinstance(f, Sum)] for t in terms]
    parts = [powers([f for f in t.factors if f not in s]) for t, s in zip(terms, sums, strict=True)]
    found = [f for _, f in parts]
    shared = {b: e for b in found[0] if (e := _least([f.get(b, Integer(0)) for f in found])) != 0}
    if not shared or written(terms) > WIDEST:
        return None
    rest = Add(*(Mul(multiplied(n, _without(f, shared)), *s) for (n, f), s in zip(parts, sums, strict=True)))
    factor = multiplied(Integer(1), shared)
    return Line((Term((factor, rest)),), COMMON(factor=factor))


def _without(found: Powers, shared: Powers) -> Powers:
    return {b: left for b, e in found.items() if (left := e - shared.get(b, Integer(0))) != 0}


def _least(exponents: Sequence[Expr]) -> Expr:
    """The power of a base that divides all: the one next to 0 where all have the same sign."""
    if all(e > 0 for e in exponents):
        return min(exponents)
    return max(exponents) if all(e < 0 for e in exponents) else Integer(0)
