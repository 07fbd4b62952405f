"""Steps that differ in names only: one is shown in full, and of each of the others what it comes to.

Two steps are alike if a renaming of their quantities turns the one into the other: the same chain rule, the same rules
of differentiation, the same lines for the same reasons. It is found by the structure, for any model.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from sympy import Basic, Expr, Idx, Indexed, IndexedBase, Pow, Sum, Symbol

from derive.chain.closed_forms.closed_form import ClosedForm
from derive.chain.derivation import Line, Step, Term
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.memo import memo

Pattern = tuple[Hashable, ...]


class Group(NamedTuple):
    """A step, the others that are like it in the order of the sheet, and the number that they have together."""

    first: Step
    others: tuple[Step, ...]
    number: int


def grouped(steps: Sequence[Step], number: int = 0) -> list[Group]:
    """The steps with those alike put together, none of them before a step between them that it needs; they are counted
    on from `number`."""
    found: list[list[Step]] = []
    for step in steps:
        place = next((n for n, group in enumerate(found) if _alike(step, group, found[n + 1 :])), None)
        if place is None:
            found.append([step])
        else:
            found[place].append(step)
    return [Group(group[0], tuple(group[1:]), n) for n, group in enumerate(found, number + 1)]


def _alike(step: Step, group: Sequence[Step], between: Iterable[Sequence[Step]]) -> bool:
    """May the step join the group, past the steps that stand between them?"""
    if step.given or step.node.is_leaf != group[0].node.is_leaf or pattern(group[0]) != pattern(step):
        return False
    return not needs(step) & {other.node.name for others in between for other in others}


@memo
def needs(step: Step) -> frozenset[str]:
    """The families whose adjoints a step uses."""
    factors = [f for terms in (step.chain, *(line.terms for line in step.lines)) for t in terms for f in t.factors]
    used = {p.wrt for f in factors for p in f.atoms(Partial)}
    return frozenset(str(getattr(q, "base", q)) for q in used) - {step.node.name}


@memo
def pattern(step: Step) -> Pattern:
    """What two steps that are alike share: their expressions with numbers for their quantities, and their reasons."""
    seen: dict[Basic, int] = {}
    terms = tuple(_term(t, seen) for t in step.chain)
    locals_ = tuple(
        (_shape(p.value, seen), _line(p.known, seen), tuple(map(words_of, p.because)), len(p.spelled))
        for p in step.locals
    )
    lines = tuple(_line(line, seen) for line in step.lines)
    points = tuple(step.region.is_point(axis) for axis in range(len(step.node.indices)))
    return step.reason.en, points, terms, locals_, lines


def said_alike(one: ClosedForm, other: ClosedForm) -> bool:
    """Are two recursions solved by the same lines, apart from names? A power of a constant counts as a name, and so
    does whatever constant is added at every step without a factor."""
    return _solution(one) == _solution(other)


@memo
def _solution(form: ClosedForm) -> Pattern:
    seen: dict[Basic, int] = {}
    if form.factor == 1 and not form.addend.has(form.index) and not form.boundary.has(form.index):
        return form.ahead, form.addend == 0, form.boundary == 0
    lines = tuple(_line(_plain(line), seen) for line in (*form.law, *form.lines))
    return form.ahead, form.boundary == 0, form.joins, lines


def _plain(line: Line) -> Line:
    def name(power: Pow) -> Symbol:
        return Symbol(str(power), real=True)

    def named(f: Expr) -> Expr:
        return f.replace(lambda e: e.is_Pow and e.base.is_Symbol and e.exp.is_Integer and e.exp > 1, name)

    return line._replace(terms=tuple(Term(tuple(map(named, t.factors)), t.sums) for t in line.terms))


def _line(line: Line | None, seen: dict[Basic, int]) -> Hashable:
    return None if line is None else (tuple(_term(t, seen) for t in line.terms), words_of(line.reason))


def _term(term: Term, seen: dict[Basic, int]) -> Hashable:
    return len(term.sums), tuple(_shape(f, seen) for f in term.factors)


def words_of(reason: Any) -> Hashable:
    """The words of a reason without the formulas in them."""
    if isinstance(reason, Text):
        return reason.en, tuple(map(words_of, reason.values.values()))
    return tuple(map(words_of, reason)) if type(reason) in (list, tuple) else None


def _shape(expr: Any, seen: dict[Basic, int]) -> Hashable:
    """An expression with a number for each quantity, in the order in which they come."""
    if isinstance(expr, Partial):
        return "partial", _shape(expr.of, seen), _shape(expr.wrt, seen)
    if isinstance(expr, (Symbol, Indexed, IndexedBase, Idx)):
        return seen.setdefault(expr, len(seen))
    if isinstance(expr, Sum):
        return "sum", len(expr.limits), _shape(expr.function, seen)
    if not getattr(expr, "args", ()):
        return str(expr)
    return type(expr).__name__, tuple(_shape(a, seen) for a in expr.args)
