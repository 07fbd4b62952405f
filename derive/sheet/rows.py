"""The equations of one step: the chain rule in symbols, the local partials with their rules, the equalities.

Brief, the local partials that need a line come first, and all equalities of the step follow each other, so that a
writer may join them; in full, every line stands by itself in the order of the argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Eq, Expr, Indexed, Mul, Symbol

from derive.chain.derivation import Line, Local, Step, Term
from derive.chain.partials import LINEAR
from derive.expressions.symbols import Immediate, Partial
from derive.expressions.weight import weight
from derive.language import Text, clauses
from derive.page import sentences as say
from derive.page.blocks import Row

PLAIN = 4  # local partials without a rule that a reader takes in beside a line
RULED = 2  # the same where one has a rule
SHORT = 10  # symbols to read of a local partial that stands beside a line with its rule


def rows(step: Step, detail: str) -> Iterator[Row]:
    """Yield the equations of a step. Plain local partials stand as the reason of a line, unless every line is asked
    for; the others have lines of their own."""
    if len(step.chain) == 1 and all(use.direct for use in step.uses):
        spelled = len(step.locals[0].spelled) if step.locals else 0
        equalities = _equalities(step.target, step.lines, step.lines[0].reason, gap=False)
        yield from (row._replace(dots=n < spelled) for n, row in enumerate(equalities))
        return
    chain = Row(step.target, step.chain, dots=True)
    if detail == "full":
        yield chain
        yield from (row for p in step.locals for row in _partial(p))
        yield from _equalities(step.target, step.lines, step.lines[0].reason, gap=True)
        return
    beside = _beside(step)
    apart = [p for p in step.locals if p not in beside]
    yield from (row for p in apart for row in _partial(p))
    first, *others = step.lines
    if others and not apart and _read_the_same(step.chain, first.terms):
        yield from _equalities(step.target, step.lines, _reason(step, beside, apart), gap=False)
        return
    yield chain._replace(gap=bool(apart))
    yield from _equalities(None, _without_ones(step.lines, beside), _reason(step, beside, apart), gap=False)


def _read_the_same(chain: Sequence[Term], line: Sequence[Term]) -> bool:
    """Is a line the chain rule over again, as each local partial is a symbol of an abstract function?"""
    pairs = list(zip(chain, line, strict=False))
    return len(chain) == len(line) and all(
        one.sums == other.sums
        and len(one.factors) == len(other.factors)
        and all(a == b or _same(a, b) for a, b in zip(one.factors, other.factors, strict=True))
        for one, other in pairs
    )


def _without_ones(lines: Sequence[Line], beside: Sequence[Local]) -> Sequence[Line]:
    """Leave the first line out where the second says the same without the factors 1, for which there is no reason."""
    return lines[1:] if beside and len(lines) > 1 and lines[1].reason is None else lines


def _equalities(target: Expr | None, lines: Sequence[Line], reason: Text | None, gap: bool) -> Iterator[Row]:
    """Yield the lines of the chain of equalities, which begins with its target again after other quantities."""
    first, *others = lines
    yield Row(target, first.terms, reason, gap=gap)
    yield from (Row(None, line.terms, line.reason) for line in others)


def _reason(step: Step, beside: Sequence[Local], apart: Sequence[Local]) -> Text | None:
    """Return why the first line holds: the plain partials themselves, or that all of them are put in."""
    reason = step.lines[0].reason
    if not beside or reason is None:
        return reason
    return say.WHERE_PARTIALS(reason=reason, partials=equations(beside)) if apart else since(beside)


def since(partials: Sequence[Local]) -> Text:
    """Name local partials as a reason, those that are not plain with their rules."""
    plain = [p for p in partials if _plain(p)]
    said = [say.SINCE(partials=equations(plain))] if plain else []
    for local in (p for p in partials if p not in plain):
        rule, begun = clauses(local.rules if local.spelled else local.because), bool(said)
        equal = (say.BY_RULE if begun else say.SINCE_BY)(partial=equations([local])[0], rule=rule)
        said.append(rule if _kept(local) else equal)
    return clauses(said)


def _kept(local: Local) -> bool:
    """Is this the derivative of an abstract function, which stays as it is?"""
    return _same(local.symbol, local.value)


def _same(one: Expr, other: Expr) -> bool:
    """Are two partial derivatives those of the same quantity with respect to the same one?"""
    return isinstance(other, (Partial, Immediate)) and one.args == other.args


def equations(partials: Sequence[Local]) -> list[Eq]:
    """Local partials with their values."""
    return [Eq(p.symbol, p.value, evaluate=False) for p in partials]


def _partial(local: Local) -> Iterator[Row]:
    """Yield the line of a local partial with its rules, and the one by what is known."""
    if not _kept(local):
        first, *others = (*local.spelled, Line((Term((local.value,)),), clauses(local.because)))
        yield Row(local.symbol, first.terms, first.reason, gap=True, dots=bool(others))
        yield from (Row(None, line.terms, line.reason, dots=line is not others[-1]) for line in others)
    if local.known is not None:
        yield Row(None, local.known.terms, local.known.reason)


def _beside(step: Step) -> list[Local]:
    """Return the local partials that need no line of their own, if a reason has room for them."""
    plain = [p for p in step.locals if _plain(p)]
    short = [p for p in step.locals if p in plain or _short(p)]
    if len(short) == len(step.locals) <= RULED:
        return short
    return plain if len(plain) <= PLAIN else []


def _short(local: Local) -> bool:
    """Is the partial found by one rule and soon read?"""
    return local.known is None and not local.spelled and len(local.because) == 1 and weight(local.value) <= SHORT


def _plain(local: Local) -> bool:
    """Is the partial a coefficient, as a number, a quantity or a product of them is?"""
    coefficient = local.because == (LINEAR,) and weight(local.value) <= SHORT
    return local.known is None and (
        coefficient or all(f.is_Number or isinstance(f, (Indexed, Symbol)) for f in Mul.make_args(local.value))
    )
