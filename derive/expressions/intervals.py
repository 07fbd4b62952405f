"""Intervals with symbolic ends: the index values at which a contribution lives, t = 1..T-1, and the ranges of values.

The ends of index ranges are compared by the sign of their difference; where that depends on a size nothing is claimed:
Max and Min stay. `image` is exact for linear index expressions, also where one range ends at another index;
`enclosure` is interval arithmetic for any expression, and only an outer bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf

from sympy import Add, Expr, Function, Idx, Integer, Max, Min, Mul, Pow, S, Sum, Symbol, oo

from derive.expressions.blocks import Block, Place, last_block
from derive.expressions.extremes import Extreme
from derive.expressions.functions import row_of
from derive.expressions.indices import linear, substitute

Interval = tuple[Expr, Expr]
Known = Callable[[Expr], Interval | None]
UNBOUNDED: Interval = (-oo, oo)


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
    """Is a >= b for every size from its least number on? None where it depends, or for more than sizes and numbers."""
    least, most = 0.0, 0.0
    for term in Add.make_args(a - b):
        number, rest = term.as_coeff_Mul()
        if not number.is_Integer or not (rest is S.One or (isinstance(rest, Symbol) and rest.is_positive)):
            return True if (a - b).is_nonnegative else False if (a - b).is_negative else None
        value = int(number) * getattr(rest, "least", 1)
        least += value if rest is S.One or number > 0 else -inf
        most += value if rest is S.One or number < 0 else inf
    return True if least >= 0 else False if most < 0 else None


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
    low, high = _among_blocks(value, ranges)
    return _extreme(low, ranges, 0), _extreme(high, ranges, 1)


def _among_blocks(value: Expr, ranges: Mapping[Idx, Interval]) -> Interval:
    """The least and the greatest value of blocks and places in them, each by itself, in a value."""
    ends: tuple[dict[Expr, Expr], dict[Expr, Expr]] = ({}, {})
    for part in value.atoms(Block, Place) if value.has(Block, Place) else ():
        inner, length = part.args
        found = [Integer(1), length]
        if isinstance(part, Block):
            low, high = image(inner, ranges)
            found = [Block(low, length), last_block(high, length)]
        least, most = found if value.coeff(part).is_nonnegative else reversed(found)
        ends[0][part], ends[1][part] = least, most
    return value.xreplace(ends[0]), value.xreplace(ends[1])


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


def enclosure(expr: Expr, known: Known) -> Interval:
    """An interval in which the expression lies, by interval arithmetic: [a, b] + [c, d] = [a + c, b + d].

    `known` gives the interval of a part of which something is known, such as a name, and None for every other part. The
    ends may be symbols, such as a norm; they are infinite where nothing is known. The range of the expression may be
    smaller than this interval if a name occurs in it several times.
    """
    if expr.is_number:
        return expr, expr
    found = known(expr)
    if found is not None:
        return found
    if isinstance(expr, Idx):
        return expr.lower, expr.upper
    if isinstance(expr, (Add, Max, Min)):
        lows, highs = zip(*(enclosure(a, known) for a in expr.args), strict=True)
        return _joined(expr, lows, -oo), _joined(expr, highs, oo)
    if isinstance(expr, Mul):
        return _product(expr, known)
    if isinstance(expr, Pow) and expr.exp.is_number:
        return _power(enclosure(expr.base, known), expr.exp)
    if isinstance(expr, Sum):
        return (S.Zero, oo) if enclosure(expr.function, known)[0].is_nonnegative else UNBOUNDED
    if isinstance(expr, Extreme):
        return enclosure(expr.function, known)
    row = row_of(expr)
    return UNBOUNDED if row is None else (S(row.value_range[0]), S(row.value_range[1]))


def magnitude(interval: Interval) -> Expr:
    """The largest absolute value in an interval."""
    low, high = interval
    if high == -low or low.is_nonnegative:
        return high
    return -low if high.is_nonpositive else Max(-low, high)


def times(*factors: Expr) -> Expr:
    """A product of ends that are not negative, in which zero times infinity is zero."""
    return S.Zero if any(f == 0 for f in factors) else oo if oo in factors else Mul(*factors)


def _joined(expr: Expr, ends: tuple[Expr, ...], infinite: Expr) -> Expr:
    """The end of a sum; the end of a maximum or minimum."""
    return infinite if isinstance(expr, Add) and infinite in ends else expr.func(*ends)


def _product(expr: Mul, known: Known) -> Interval:
    number, rest = expr.as_coeff_Mul()
    if number != 1:
        low, high = (number * end for end in enclosure(rest, known))
        return (low, high) if number > 0 else (high, low)
    parts = [enclosure(a, known) for a in expr.args]
    top = times(*map(magnitude, parts))
    return (times(*(low for low, _ in parts)) if all(low.is_nonnegative for low, _ in parts) else -top, top)


def _power(base: Interval, exponent: Expr) -> Interval:
    if exponent.is_Integer and exponent > 0:
        top = oo if magnitude(base) == oo else magnitude(base) ** exponent
        return (base[0] ** exponent if base[0].is_nonnegative else S.Zero if exponent.is_even else -top), top
    return (S.Zero, oo) if exponent.is_even or exponent == S.Half or base[0].is_nonnegative else UNBOUNDED
