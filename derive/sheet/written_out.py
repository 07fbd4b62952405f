"""A sum of a gradient written out term by term, where the number of its terms is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Basic, Eq, Expr, Idx, Indexed, Integer, KroneckerDelta, Mul, Product, Sum, Symbol

from derive.chain.derivation import Step, Term
from derive.expressions.indices import name_of, sized, substitute
from derive.expressions.intervals import inside
from derive.expressions.symbols import Partial
from derive.model.model import Model
from derive.page import sentences as say
from derive.page.blocks import Block, Expanded
from derive.sheet.in_time import shown


def written_out(step: Step, model: Model, sizes: Mapping[Symbol, int], detail: str) -> Iterator[Block]:
    """Write a sum out term by term where the number of its terms is known, without those that a start value makes 0."""
    found = _last_sum(step)
    if found is None or any(f.has(Product, Sum) for f in found[1]):  # they would shrink from term to term
        return
    front, body, idx, low, high = found
    low, high = sized(low, sizes), sized(high, sizes)
    if low.is_Integer and high.is_Integer and high > low and all(_can_be_filled(f, idx) for f in body):
        zeros = {n: e for n in range(int(low), int(high) + 1) for e in _starts_at_zero(body, idx, n, model)}
        times = shown([n for n in range(int(low), int(high) + 1) if n not in zeros], detail)
        because = [Eq(e, 0, evaluate=False) for e in zeros.values()]
        yield Expanded(
            step.target, front, Term(body), idx, times, say.WRITTEN_OUT_AS(zeros=because) if zeros else say.WRITTEN_OUT
        )


def _starts_at_zero(factors: Sequence[Expr], idx: Idx, n: int, model: Model) -> Iterator[Expr]:
    """The factors that are start values, and 0."""
    for f in (substitute(f, {idx: Integer(n)}) for f in factors if isinstance(f, Indexed)):
        starts = model.nodes[name_of(f)].cases[1:]
        if any(_holds(case.position, f.indices) and case.expr == 0 for case in starts):
            yield f


def _holds(position: Sequence[Expr], at: Sequence[Expr]) -> bool:
    return all(isinstance(p, Idx) or p == place for p, place in zip(position, at, strict=True))


def _can_be_filled(expr: Basic, idx: Idx) -> bool:
    """True if a number can be put in for the index; it cannot where another one stands beside it, as in x_{j+q-1}."""
    together = idx in expr.free_symbols and len(expr.atoms(Idx)) > 1
    if not isinstance(expr, (Indexed, Partial)) and together:
        return not isinstance(expr, (Add, inside, KroneckerDelta)) and all(_can_be_filled(a, idx) for a in expr.args)
    places = getattr(getattr(expr, "wrt", expr), "indices", ())
    return not any(idx in p.free_symbols and len(p.atoms(Idx)) > 1 for p in places)


def _last_sum(step: Step) -> tuple[tuple[Expr, ...], tuple[Expr, ...], Idx, Expr, Expr] | None:
    """Find the only sum of the final form: the factors in front of it, those under it, its index and range."""
    if len(step.lines[-1].terms) != 1:
        return None
    term = step.lines[-1].terms[0]
    if len(term.sums) == 1:
        return (), term.factors, *term.sums[0]
    last = term.factors[-1]
    if isinstance(last, Sum) and len(last.limits) == 1 and not any(f.has(Sum) for f in term.factors[:-1]):
        return term.factors[:-1], Mul.make_args(last.function), *last.limits[0]
    return None
