"""Where a contribution lives: intervals of index values with symbolic ends, such as t = 1..T-1.

Ends are compared by the sign of their difference; where that depends on a size nothing is claimed: Max and Min stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Add, Expr, Function, Idx, Integer, Max, Min, S, Symbol

from derive.expressions.indices import linear, substitute

Interval = tuple[Expr, Expr]
LARGE = 10**12  # more than any size


class inside(Function):
    """inside(e, a, b) is 1 where a <= e <= b and 0 elsewhere: what is left of a delta that cannot become a range."""

    nargs = 3
    is_real = True
    is_nonnegative = True

    @classmethod
    def eval(cls, value: Expr, lower: Expr, upper: Expr) -> Expr | None:
        if value.is_Integer and lower.is_Integer and upper.is_Integer:
            return Integer(int(int(lower) <= int(value) <= int(upper)))
        return None

    def fdiff(self, argindex: int = 1) -> Expr:
        return Integer(0)


def at_least(a: Expr, b: Expr) -> bool | None:
    """Is a >= b for every size >= 1? None where it depends, or where more than sizes and numbers are compared."""
    least = most = 0
    for term in Add.make_args(a - b):
        number, rest = term.as_coeff_Mul()
        if not number.is_Integer or not (rest is S.One or (isinstance(rest, Symbol) and rest.is_positive)):
            return True if (a - b).is_nonnegative else False if (a - b).is_negative else None
        least += int(number) if rest is S.One or number > 0 else -LARGE
        most += int(number) if rest is S.One or number < 0 else LARGE
    return True if least >= 0 else False if most < 0 else None


def intersection(a: Interval, b: Interval) -> Interval:
    """The common part."""
    return _larger(a[0], b[0]), _smaller(a[1], b[1])


def hull(parts: Iterable[Interval], else_: Interval) -> Interval:
    """The least interval around all; `else_` where the ends cannot be compared."""
    low, high = zip(*parts, strict=True)
    least = [a for a in low if all(at_least(b, a) for b in low)]
    most = [a for a in high if all(at_least(a, b) for b in high)]
    return (least[0] if least else else_[0], most[0] if most else else_[1])


def empty(interval: Interval) -> bool:
    """Certainly without a value, whatever the sizes."""
    return at_least(interval[1], interval[0]) is False


def covers(outer: Interval, inner: Interval) -> bool:
    """Certainly the whole of `inner` lies in `outer`."""
    return bool(at_least(inner[0], outer[0]) and at_least(outer[1], inner[1]))


def preimage(value: Expr, idx: Idx, interval: Interval) -> Interval | None:
    """The values of idx that bring an index expression into the interval; None where it is not +-idx + constant."""
    form = linear(value, idx)
    if form is None or form[0] not in (1, -1):
        return None
    slope, rest = form
    low, high = interval
    return (low - rest, high - rest) if slope == 1 else (rest - high, rest - low)


def image(value: Expr, ranges: Mapping[Idx, Interval]) -> Interval:
    """The least and greatest value of an index expression over the ranges of its indices.

    A range may end at another index (k = 1..i): k goes first, then i. What cannot be decided keeps its index.
    """
    return _extreme(value, ranges, 0), _extreme(value, ranges, 1)


def _extreme(value: Expr, ranges: Mapping[Idx, Interval], which: int) -> Expr:
    for _ in ranges:  # once for each index: ranges that refer to each other in a circle decide nothing
        waiting = [i for i in ranges if i in value.free_symbols]
        if not waiting:
            break
        ends = {i: {s for j in waiting if j != i for e in ranges[j] for s in e.free_symbols} for i in waiting}
        idx = next((i for i in waiting if i not in ends[i]), waiting[0])
        form = linear(value, idx)
        if form is None:
            break
        value = substitute(value, {idx: ranges[idx][which if form[0] >= 0 else 1 - which]})
    return value


def meeting(a: Interval, b: Interval, ranges: Mapping[Idx, Interval]) -> Interval:
    """The common part, where ends may be indices with the ranges given."""

    def later(x: Expr, y: Expr) -> bool:
        return bool(at_least(image(x - y, ranges)[0], Integer(0)))

    low = a[0] if later(a[0], b[0]) else b[0] if later(b[0], a[0]) else Max(a[0], b[0])
    high = a[1] if later(b[1], a[1]) else b[1] if later(a[1], b[1]) else Min(a[1], b[1])
    return low, high


def _larger(a: Expr, b: Expr) -> Expr:
    known = at_least(a, b)
    return Max(a, b) if known is None else a if known else b


def _smaller(a: Expr, b: Expr) -> Expr:
    known = at_least(a, b)
    return Min(a, b) if known is None else b if known else a
