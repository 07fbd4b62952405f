"""Crossings against exact numbers: equal at the crossing, and the smaller one smaller on its side, in fractions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from sympy import Expr, Rational

from derive.check.report import Report, Row
from derive.language import Text
from derive.topics.crossing.crossing import Crossing

POINTS = 20
MOST = 400  # numbers for letters are fractions up to this
CHECKED = Text(
    "At {points} random points, in exact fractions, both sides of every crossing were compared: the costs are equal "
    "there, and on either side the one that is said to be smaller is smaller.",
    "在 {points} 个随机点处用精确分数检验了每个交点：在交点处二者相等，两侧的大小关系与所述一致。",
)


def on_both_sides(found: Sequence[Crossing], seed: int = 0) -> Report:
    """One row for each pair; its error is 1 where a number contradicts what is said."""
    rng = random.Random(seed)
    rows = tuple(Row(one.one.node.generic, POINTS, _error(one, rng), f"crossing with {one.other.node.name}")
                 for one in found)  # fmt: skip
    return Report(claims=tuple(_Claim(row) for row in rows), notes=(CHECKED(points=str(POINTS)),) if found else ())


class _Claim:
    """What is said of a pair, and whether numbers contradict it."""

    def __init__(self, row: Row):
        self.row = row

    @property
    def ok(self) -> bool:
        """No number contradicts it."""
        return self.row.ok

    def complaint(self) -> str | None:
        """The pair whose numbers are not as said."""
        return None if self.ok else f"{self.row.quantity}: its {self.row.where} is not where it is said to be"


def _error(found: Crossing, rng: random.Random) -> float:
    return 0.0 if all(ok for _ in range(POINTS) for ok in _tried(found, rng)) else 1.0


def _tried(found: Crossing, rng: random.Random) -> Iterator[bool]:
    """Whether all is as said with numbers for the letters."""
    letters = sorted((found.one.value.free_symbols | found.other.value.free_symbols) - {found.variable}, key=str)
    point = {s: _number(rng) for s in letters}
    one, other = (side.value.xreplace(point) for side in (found.one, found.other))
    yield (found.factor * found.linear - found.difference).xreplace(point | {found.variable: _number(rng)}) == 0
    if found.equal is None:
        yield _less(one, other, found, _number(rng))
        return
    equal = found.equal.xreplace(point)
    yield one.xreplace({found.variable: equal}) == other.xreplace({found.variable: equal})
    yield _less(one, other, found, equal * Rational(rng.randrange(1, 1000), 1000))
    yield _less(other, one, found, equal * Rational(rng.randrange(1001, 5000), 1000))


def _less(small: Expr, large: Expr, found: Crossing, at: Expr) -> bool:
    return bool(small.xreplace({found.variable: at}) < large.xreplace({found.variable: at}))


def _number(rng: random.Random) -> Rational:
    drawn = Fraction(rng.randrange(1, MOST), rng.randrange(1, 20))
    return Rational(drawn.numerator, drawn.denominator)
