"""Index expressions as functions of the index values: t + 1, 2i + p, Max(1, i - 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, mul
from typing import Any

from sympy import Add, Expr, Idx, Max, Min, Mul, Symbol

from derive.errors import ModelError
from derive.expressions.indices import substitute

Env = dict[Idx, Any]  # an index to its value: an int, or an integer array along its own axis


class Positions:
    """Index expressions for numbers of sizes."""

    def __init__(self, sizes: Mapping[Symbol, int]):
        self.sizes = dict(sizes)

    def number(self, expr: Expr) -> int:
        """An index bound as a number. Errors: ModelError where it is not a whole number."""
        value = substitute(expr, self.sizes)
        if not value.is_Integer:
            raise ModelError(f"the range end {expr} is not a whole number for these sizes")
        return int(value)

    def _index(self, expr: Expr) -> Callable[[Env], Any]:
        """An index expression as a function of the index values."""
        if isinstance(expr, Idx):
            return lambda env: env[expr]
        if isinstance(expr, Symbol) or expr.is_Integer:
            number = self.number(expr)
            return lambda env: number
        if isinstance(expr, (Add, Mul)):
            parts = [self._index(a) for a in expr.args]
            join = add if isinstance(expr, Add) else mul
            return lambda env: reduce(join, [p(env) for p in parts])
        if isinstance(expr, (Max, Min)):
            parts = [self._index(a) for a in expr.args]
            pick = _later if isinstance(expr, Max) else _sooner
            return lambda env: reduce(pick, [p(env) for p in parts])
        raise ModelError(f"{expr} cannot be used as an index; use sums and whole multiples of indices and sizes")


def _later(a: Any, b: Any) -> Any:
    """The larger of two index values."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else a * (a >= b) + b * (a < b)


def _sooner(a: Any, b: Any) -> Any:
    """The smaller of two index values."""
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else a * (a <= b) + b * (a > b)
