"""The rule that leaves out the terms of a sum in which a factor is 0 by its condition."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import And, Basic, Expr, Ge, Gt, Idx, Indexed, Le, Lt, Piecewise, S

from derive.chain.derivation import Line, Term, product
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import Limits, linear
from derive.expressions.intervals import Interval, meeting
from derive.language import Text

NARROWED = Text("only the terms with {condition} are nonzero", "只有 {condition} 的项不为 0")


def narrow(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A factor that is 0 outside of a part of the range leaves that part of the sum.

    >>> show(narrow, Term((u[k], Piecewise((v[k], k <= i), (0, True))), over(k)))
    sum over k: u[k] * Piecewise((v[k], i >= k), (0, True))
    = sum over k: u[k] * v[k]    (only the terms with i >= k are nonzero)
    """
    found = [_narrowed(t) for t in terms]
    while any(condition is not None for _, condition in found):
        terms = tuple(t for t, _ in found)
        yield Line(terms, NARROWED(condition=list(dict.fromkeys(c for _, c in found if c is not None))))
        found = [_narrowed(t) for t in terms]


def _narrowed(term: Term) -> tuple[Term, Basic | None]:
    """The term with the range that its first such factor leaves, and the condition of that; the same term if none."""
    for at, factor in enumerate(term.flat if term.sums else ()):
        if not isinstance(factor, Piecewise) or len(factor.args) != 2 or factor.args[1][0] != 0:
            continue
        value, condition = factor.args[0]
        tests = And.make_args(condition)
        sums, used = term.sums, list[Basic]()
        for test in tests:
            fewer = next((s for n in range(len(sums)) if (s := _fewer(test, sums, n)) is not None), None)
            if fewer is not None:
                sums, used = fewer, [*used, test]
        if used:
            rest = And(*(t for t in tests if t not in used))
            kept = value if rest is S.true else Piecewise((value, rest), (S.Zero, True))
            return product((*term.flat[:at], kept, *term.flat[at + 1 :]), sums), And(*used)
    return term, None


def _fewer(test: Basic, sums: tuple[Limits, ...], at: int) -> tuple[Limits, ...] | None:
    """The sums, of which one has only the terms at which a comparison of its index with letters outside of it holds."""
    idx, low, high = sums[at]
    if not isinstance(test, (Ge, Gt, Le, Lt)) or not all(a.is_integer for a in test.args):
        return None
    gap = test.lhs - test.rhs if isinstance(test, (Ge, Gt)) else test.rhs - test.lhs  # it is >= 0
    form = linear(gap - 1 if isinstance(test, (Gt, Lt)) else gap, idx) if gap.has(idx) else None
    inner = {s[0] for s in sums[:at]}
    if form is None or form[0] not in (1, -1) or form[1].has(Indexed) or form[1].free_symbols & inner:
        return None
    letters = {i: (i.lower, i.upper) for e in (form[1], low, high) for i in e.atoms(Idx)}
    ranges = letters | {i: (a, b) for i, a, b in sums[at + 1 :]}
    return (*sums[:at], (idx, *meeting((low, high), _half(form, (low, high)), ranges)), *sums[at + 1 :])


def _half(form: tuple[int, Expr], ends: Interval) -> Interval:
    """Where +-idx + rest >= 0: from -rest on, or up to rest; the other end is that of the range."""
    return (-form[1], ends[1]) if form[0] == 1 else (ends[0], form[1])
