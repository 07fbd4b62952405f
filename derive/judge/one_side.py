"""Kinks of which one side is empty: |a| is a wherever a is a sigmoid, so no point is missing on the other side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sympy import Dummy, Rational

from derive.judge import enclosed, kinks, spans
from derive.judge.formulas import Formulas
from derive.judge.kinks import Key
from derive.judge.spans import Span
from derive.read.tree import Bars, Bracketed, Call, Multiplied, Node, Relation, walk
from derive.transcribe.functions import elementwise
from derive.transcribe.occurrences import occurrence

_ORDERS = ("<", "<=", ">", ">=")


def empty(key: Key, nodes: Sequence[Node], f: Formulas) -> bool:
    """Whether the range of what has a kink, over the whole domain of the model, lies on one side of it."""
    if not f.names.ranks:
        return False
    found = [decided for node in nodes for part in walk(node) for decided in _decided(part, key, f)]
    return bool(found) and all(found)


def _decided(part: Node, key: Key, f: Formulas) -> Iterator[bool]:
    """Whether the sides are decided at each place of a kink in one node."""
    start, end, n = key
    if (part.start, part.end) == (start, end) and isinstance(part, Bars) and part.strokes == 1:
        yield one_sided(enclosed.span(f, part.body))
    elif (part.start, part.end) == (start, end) and isinstance(part, Relation):
        for one, two, sign in zip(part.sides, part.sides[1:], part.signs, strict=False):
            if one.start == n and sign in _ORDERS:
                gap = spans.plus(enclosed.span(f, one), spans.negative(enclosed.span(f, two)))
                yield _constant(gap if sign[0] == ">" else spans.negative(gap), "=" in sign)
    else:
        yield from (
            _argument(head, items, n, f) for head, items in _calls(part) if (head.start, head.end) == (start, end)
        )


def one_sided(x: Span) -> bool:
    """Whether no number of it is below 0, or none above."""
    return bool(x.low >= 0 or x.high <= 0)


def _constant(gap: Span, equal: bool) -> bool:
    """Whether `gap > 0`, or `gap >= 0`, holds everywhere or nowhere."""
    below = spans.negative(gap)
    if equal:
        return bool(gap.low >= 0 or spans.positive(below))
    return bool(spans.positive(gap) or below.low >= 0)


def _calls(part: Node) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Functions with their arguments, typeset as functions or as a name beside a bracket."""
    if isinstance(part, Call):
        yield part.function, part.argument.items if isinstance(part.argument, Bracketed) else (part.argument,)
    if isinstance(part, Multiplied):
        for head, behind, sign in zip(part.factors, part.factors[1:], part.signs[1:], strict=False):
            if isinstance(behind, Bracketed) and not sign and occurrence(head) is not None:
                yield head, behind.items


def _argument(head: Node, items: Sequence[Node], n: int, f: Formulas) -> bool:
    """Whether the n-th kink of a function lies at an end of the range of its argument, or beyond."""
    name = occurrence(head)
    if name is None:
        return False
    word = {"sigma": "sigmoid"}.get(name.base, name.base)
    found = [enclosed.span(f, item) for item in items]
    if word in ("max", "min"):
        if len(found) < 2:
            return False
        before = (spans.largest if word == "max" else spans.least)(found[: n + 1])
        return one_sided(spans.plus(before, spans.negative(found[n + 1])))
    made = elementwise(word)
    at = kinks.of_function(made(Dummy(real=True))) if made is not None else ()
    if n >= len(at):
        return False
    kink = Fraction(str(at[n]))
    return one_sided(spans.plus(found[0], spans.exact(Rational(-kink.numerator, kink.denominator))))
