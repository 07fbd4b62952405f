"""From the raw product of a chain rule to the form that a textbook prints, as lines that a student can follow.

Each move is small and named: factors that do not depend on a sum leave it, a sum that has a name already is written by
it, fractions get a common denominator, equal factors cancel, brackets are multiplied out, like terms are collected.
A path is kept only where its end is shorter than its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy import Add, Expr, Idx, Indexed, KroneckerDelta, Mul, Pow, Product, S, Sum, Symbol, expand

from derive.derivation import Line, Term
from derive.facts import Facts, split, with_sums
from derive.indices import Limits, solve, substitute
from derive.language import Text
from derive.memo import memo
from derive.partials import Partial
from derive.summands import counted, pulled

WIDEST = 60  # an expression longer than this gets no shorter by multiplying out, and sympy needs seconds to try

PULLED = Text("factors that do not depend on {idx} leave the sum", "与 {idx} 无关的因子提到求和号外")
KILLED = Text("{delta} keeps only the term {idx} = {value}", "{delta} 只保留 {idx} = {value} 的一项")
FACTS = Text("{reasons}", "{reasons}")
SHARED = Text("take out the common factor", "提取公因子")
DENOMINATOR = Text("common denominator", "通分")
CANCELLED = Text("cancel {factors}", "约去 {factors}")
EXPANDED = Text("multiply out", "展开括号")
COLLECTED = Text("like terms cancel or are collected", "合并同类项")
ORDERED = Text("collect the factors", "整理各因子")


@memo
def weight(expr: Expr) -> int:
    """How much there is to read: one for every symbol, number, sum sign and power."""
    if isinstance(expr, (Symbol, Indexed, Partial, Idx)):
        return 1
    if expr.is_Number:
        return 0 if abs(expr) == 1 else 1
    return sum(weight(a) for a in expr.args if not isinstance(a, tuple)) + (
        1 if isinstance(expr, (Sum, Product, Add)) else 0
    )


def written(terms: tuple[Term, ...]) -> int:
    """The weight of a sum of terms as it stands on the page."""
    return sum(sum(weight(f) for f in t.factors) + len(t.sums) for t in terms) + len(terms)


def develop(terms: tuple[Term, ...], facts: Facts) -> Iterator[Line]:
    """The lines after the raw product `terms`, ending in the final form; `facts` may be used, each by its name."""
    yield from _moved(terms, (_cancel, _kill, _count, _pull, lambda t: _use(t, facts), _combine, _share, _order))


def tidied(terms: tuple[Term, ...]) -> Iterator[Line]:
    """The same without multiplying out: of a closed form, whose sums and products sympy must not expand."""
    yield from _moved(terms, (_pull, _order))


def _moved(current: tuple[Term, ...], moves: Sequence[Callable[[tuple[Term, ...]], Iterator[Line]]]) -> Iterator[Line]:
    for move in moves:
        for line in move(current):
            if line.terms != current:
                yield line
                current = line.terms


def _pull(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Factors that a sum does not bind go in front of it."""
    moved = tuple(pulled(t) for t in terms)
    if moved != terms:
        first = next(t for t, m in zip(terms, moved, strict=True) if t != m)
        sums = first.sums or next(f.limits for g in first.factors for f in Mul.make_args(g) if isinstance(f, Sum))
        yield Line(moved, PULLED(idx=[s[0] for s in sums]))


def _count(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Equal terms of a sum are counted."""
    found = [counted(t) for t in terms]
    reasons = [why for _, why in found if why is not None]
    if reasons:
        yield Line(tuple(t for t, _ in found), reasons[0])


def _use(terms: tuple[Term, ...], facts: Facts) -> Iterator[Line]:
    """Sums are written by what is known of them."""
    known = [with_sums(t.expr if t.sums else Mul(*t.factors), facts) for t in terms]
    used = [fact for _, because in known for fact in because]
    if used:
        moved = tuple(
            t if t.sums and not because else Term((value,)) for t, (value, because) in zip(terms, known, strict=True)
        )
        yield Line(moved, FACTS(reasons=[f.reason for f in dict.fromkeys(used)]))


def _kill(terms: tuple[Term, ...]) -> Iterator[Line]:
    """A sum with a delta keeps one term; of a bracket with a delta, that part."""
    found = [_killed(t) for t in terms]
    deltas = [d for _, d in found if d is not None]
    if deltas:
        delta, idx, value = deltas[0]
        yield Line(tuple(t for parts, _ in found for t in parts), KILLED(delta=delta, idx=idx, value=value))


Killed = tuple[KroneckerDelta, Idx, Expr]  # the delta, the index that it solves for, and the value of that index


def _killed(term: Term) -> tuple[tuple[Term, ...], Killed | None]:
    """The terms that a sum falls into, those with a delta without it."""
    for at, whole in enumerate(term.factors):
        for factor in Mul.make_args(whole):
            found = next((k for d in factor.atoms(KroneckerDelta) if (k := kills(d, term.sums))), None)
            if found is not None:
                beside = Mul(*(f for f in Mul.make_args(whole) if f is not factor))
                before = (*term.factors[:at], *((beside,) if beside != 1 else ()))
                return _parts(term, before, factor, term.factors[at + 1 :], found), found
    return (term,), None


def _parts(
    term: Term, before: tuple[Expr, ...], bracket: Expr, after: tuple[Expr, ...], killed: Killed
) -> tuple[Term, ...]:
    """The bracket multiplied out; a part with the delta without its sum, positive terms first."""
    parts = [(*before, *Mul.make_args(p), *after) for p in Add.make_args(bracket)]
    kept = [_without(Term(f, term.sums), killed) for f in parts if killed[0] in f]
    kept += [_signed(Term(f, term.sums)) for f in parts if killed[0] not in f]
    return tuple(sorted(kept, key=lambda t: t.factors[0].could_extract_minus_sign()))


def kills(delta: KroneckerDelta, sums: tuple[Limits, ...]) -> Killed | None:
    """A summed index that runs over all values of the letter which the delta makes it equal to."""
    for idx, low, high in sums:
        found = solve(delta.args[0] - delta.args[1], S.Zero, [idx])
        value = found[1] if found else None
        if isinstance(value, Idx) and (value.lower, value.upper) == (low, high):
            return delta, idx, value
    return None


def _without(term: Term, killed: Killed) -> Term:
    """The one term that is left of a sum."""
    delta, idx, value = killed
    factors = tuple(substitute(f, {idx: value}) for f in term.factors if f != delta)
    return _signed(Term(factors, tuple(s for s in term.sums if s[0] != idx)))


def _signed(term: Term) -> Term:
    """The numbers in front, as one with the first factor."""
    number = Mul(*(f for f in term.factors if f.is_number))
    first, *rest = [f for f in term.factors if not f.is_number] or [S.One]
    front = (number, first) if isinstance(first, Add) and number != 1 else (number * first,)
    return Term((*front, *rest), term.sums)


def _cancel(terms: tuple[Term, ...]) -> Iterator[Line]:
    """What stands above and below the fraction line goes, also under a sum."""
    gone = [b for t in terms if t.sums for b in _cancelled((t,))]
    if gone:
        yield Line(tuple(_reduced(t) if t.sums else t for t in terms), CANCELLED(factors=gone))


def _reduced(term: Term) -> Term:
    """The product evaluated, its factors where they stood."""
    flat = [g for f in term.factors for g in Mul.make_args(f)]
    left = Mul.make_args(Mul(*flat))
    return _signed(Term((*(f for f in flat if f in left), *(f for f in left if f not in flat)), term.sums))


def _share(terms: tuple[Term, ...]) -> Iterator[Line]:
    """A factor of all terms in front of a bracket: an adjoint, or one of sums, which would not be multiplied out."""
    flat = [[g for f in t.factors for g in Mul.make_args(f)] for t in terms]
    shared, rest = split(flat)
    worth = any(isinstance(f, Sum) for t in flat for f in t) or any(isinstance(f, Partial) for f in shared)
    if shared and worth and not any(t.sums for t in terms):
        yield Line((Term((*shared, Add(*rest))),), SHARED)


def _combine(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Common denominator, cancellation, multiplying out, collecting: where that shortens the expression."""
    if any(t.sums for t in terms) or written(terms) > WIDEST or not _entangled(terms):
        return
    lines = list(_combined(terms))
    merged = tuple(Term((t.expr,)) for t in terms)
    if lines and written(lines[-1].terms) < min(written(terms), written(merged)):
        yield from lines


def _entangled(terms: tuple[Term, ...]) -> bool:
    """Do different factors, one of them a sum, share a quantity? Only then can anything cancel."""
    parts = [f for t in terms for f in t.factors]
    if len(terms) == 1 and not any(isinstance(g, Add) for f in parts for g in Mul.make_args(f)):
        return False
    seen = [_quantities(f) for f in parts]
    return any(a & b for n, a in enumerate(seen) for b in seen[:n])


@memo
def _quantities(expr: Expr) -> frozenset[Expr]:
    """The symbols an expression is made of, a partial counting as one."""
    if isinstance(expr, (Symbol, Indexed, Partial)):
        return frozenset({expr})
    return frozenset().union(*(_quantities(a) for a in expr.args)) if isinstance(expr, Expr) else frozenset()


def _combined(terms: tuple[Term, ...]) -> Iterator[Line]:
    fractions = tuple(Term(tuple(common_denominator(f) for f in t.factors)) for t in terms)
    if fractions != terms:
        yield Line(fractions, DENOMINATOR)
    product = Add(*(t.expr for t in fractions))
    gone = _cancelled(fractions)
    if gone:
        yield Line(_terms(product), CANCELLED(factors=gone))
    opened = tuple(Term((piece,)) for part in Add.make_args(product) for piece in Add.make_args(expand(part)))
    collected = expand(product)
    if len(opened) > len(Add.make_args(collected)) or weight(collected) < weight(product):
        yield Line(opened, EXPANDED)
        yield Line(_terms(collected), COLLECTED)


def common_denominator(expr: Expr) -> Expr:
    """A sum of fractions as one fraction, nothing multiplied out; anything else as it is."""
    if not isinstance(expr, Add):
        return expr
    powers: dict[Expr, Expr] = {}
    for term in expr.args:
        for factor in Mul.make_args(term):
            if isinstance(factor, Pow) and factor.exp.is_negative:
                powers[factor.base] = max(powers.get(factor.base, S.Zero), -factor.exp)
    if not powers:
        return expr
    below = Mul(*(base**power for base, power in powers.items()))
    return Mul(Add(*(term * below for term in expr.args)), 1 / below)


def _cancelled(terms: tuple[Term, ...]) -> list[Expr]:
    """The factors that stand above and below the fraction line of a single term."""
    if len(terms) != 1:
        return []
    flat = [g for f in terms[0].factors for g in Mul.make_args(f)]
    below = [g.base for g in flat if isinstance(g, Pow) and g.exp.is_negative]
    return [b for b in below if any(g == b or (isinstance(g, Pow) and g.base == b and g.exp.is_positive) for g in flat)]


def _order(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Numbers and signs to the front, equal factors to powers; products that are tidy already stay as they are."""
    moved = tuple(_ordered(t) for t in terms)
    moved = tuple(t for t in moved if t.factors != (S.Zero,)) or (Term((S.Zero,)),)
    if moved != terms:
        yield Line(moved, ORDERED)


@memo
def _ordered(term: Term) -> Term:
    flat = [g for f in term.factors for g in Mul.make_args(f)]
    product = Mul(*flat)
    evaluated = Mul.make_args(product)
    numbers = any(f.is_Number for f in flat[1:])
    if len(evaluated) == len(flat) and set(evaluated) == set(flat) and not numbers:
        return term
    return Term((product,), term.sums)


def _terms(expr: Expr) -> tuple[Term, ...]:
    return tuple(Term((part,)) for part in Add.make_args(expr))
