"""The value of a formula in which numbers are put in, as a worked example prints it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr

from derive.expressions.indices import sized
from derive.page.numerals import Numeral
from derive.proofread.meant import Env, Meant
from derive.proofread.numbers import Value

FEW = 8  # terms of a sum that a page writes out


class InNumbers(Meant):
    """Values where some quantities have numbers; a sum of a few terms is written out."""

    def __init__(self, like: Meant, numbers: Sequence[tuple[Expr, Any]]):
        super().__init__(like.sizes, like.letters)
        self.numbers = dict(numbers)

    def _value(self, expr: Any, env: Env) -> Value:
        at = {letter: int(p) for letter, p in env if p == int(p)}
        placed = sized(expr, self.sizes) if isinstance(expr, Expr) else expr
        found = self.numbers.get(placed.subs(at) if at and isinstance(placed, Expr) else placed)
        if isinstance(found, Numeral):
            return float(found.value)
        return super()._value(expr if found is None else found, env)

    def under(self, limits: Sequence[Any], body: Callable[[Env], Value], env: Env, word: str = "") -> Value:
        """As any sum, but for one of a few terms."""
        if len(limits) == 1 and not word:
            letter, *ends = limits[0]
            low, high = (sized(e, self.sizes) for e in ends)
            if low.is_Integer and high.is_Integer and high - low < FEW:
                return sum(body((*env, (letter, float(n)))) for n in range(int(low), int(high) + 1))
        return super().under(limits, body, env, word)
