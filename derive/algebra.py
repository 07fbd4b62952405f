"""From the raw product of a chain rule to the form that a textbook prints, as lines that a student can follow.

Each move is small and named: factors that do not depend on a sum leave it, a sum that has a name already is written by
it, fractions get a common denominator, equal factors cancel, brackets are multiplied out, like terms are collected.
A path is kept only where its end is shorter than its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sympy import Add, Expr, Idx, Indexed, Mul, Pow, Product, S, Sum, Symbol, expand

from derive.derivation import Line, Term
from derive.indices import index, substitute, sum_over
from derive.language import Text
from derive.memo import memo
from derive.partials import Partial

WIDEST = 60  # an expression longer than this gets no shorter by multiplying out, and sympy needs seconds to try

PULLED = Text("factors that do not depend on {idx} leave the sum", "与 {idx} 无关的因子提到求和号外")
NAMED = Text("the sum is known from {known}", "该求和式可由 {known} 得到")
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


def develop(terms: tuple[Term, ...], named: Mapping[Expr, Expr]) -> Iterator[Line]:
    """The lines after the raw product `terms`, ending in the final form. `named` gives sums that have a name."""
    yield from _moved(terms, (_pull, lambda t: _name(t, named), _combine, _order))


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
        yield Line(moved, PULLED(idx=[s[0] for s in first.sums]))


@memo
def pulled(term: Term) -> Term:
    if not term.sums:
        return term
    bound = {s[0] for s in term.sums}
    factors = [g for f in term.factors for g in Mul.make_args(f)]
    inside = [f for f in factors if f.free_symbols & bound]
    outside = [f for f in factors if not f.free_symbols & bound]
    if not outside or not inside:
        return term
    return Term((Mul(*outside), sum_over(Mul(*inside), term.sums)))


def _name(terms: tuple[Term, ...], named: Mapping[Expr, Expr]) -> Iterator[Line]:
    """A sum that an earlier result contains is written by that result."""
    hits = [s for t in terms for f in t.factors for s in _sums(f) if canonical(s) in named]
    if hits:
        by = {s: named[canonical(s)] for s in hits}
        known = sorted({p for v in by.values() for p in v.atoms(Partial)}, key=str)
        moved = tuple(Term((Mul(*(substitute(f, by) for f in t.factors)),), t.sums) for t in terms)
        yield Line(moved, NAMED(known=known))


@memo
def _sums(expr: Expr) -> frozenset[Expr]:
    """The sums anywhere inside."""
    return frozenset(expr.atoms(Sum))


@memo
def canonical(total: Sum) -> Expr:
    """The same sum with a bound letter of its own, so that equal sums compare equal."""
    letters = {b[0]: index(f"_{n}", b[1], b[2]) for n, b in enumerate(total.limits)}
    bounds = [(letters[i], substitute(a, letters), substitute(b, letters)) for i, a, b in total.limits]
    return Sum(substitute(total.function, letters), *bounds)


@memo
def naming(partial: Partial, value: Expr) -> Mapping[Expr, Expr]:
    """From `partial = sum / factor`: the sum, written by the partial.

    Nothing where one would divide by a quantity, and nothing where the partial has an index that the sum has not.
    """
    sums = [f for f in Mul.make_args(value) if isinstance(f, Sum)]
    if len(sums) != 1 or not partial.indices <= sums[0].free_symbols:
        return {}
    inverse = 1 / Mul(*(f for f in Mul.make_args(value) if f is not sums[0]))
    divides = any(isinstance(f, Pow) and f.exp.is_negative for f in Mul.make_args(inverse))
    return {} if divides else {canonical(sums[0]): partial * inverse}


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
