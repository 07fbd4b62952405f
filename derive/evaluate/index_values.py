"""Index expressions as functions of the index values: t + 1, 2i + p, Max(1, i - 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, mul
from typing import Any

from sympy import Add, Expr, Idx, Max, Min, Mod, Mul, Symbol

from derive.errors import ModelError
from derive.expressions.blocks import Block, Place
from derive.expressions.indices import denominator, is_position, name_of, substitute

Env = dict[Any, Any]  # an index to its value: an int, or an integer array along its own axis; under STORE the store
STORE = "store"


def number(expr: Expr, sizes: Mapping[Symbol, Expr]) -> int:
    """Return an index bound as a number. Errors: ModelError where it is not a whole number for these sizes."""
    value = expr if expr.is_Integer else substitute(expr, sizes)
    if not value.is_Integer:
        raise ModelError(f"the range end {expr} is not a whole number for these sizes")
    return int(value)


def index_value(expr: Expr, sizes: Mapping[Symbol, Expr]) -> Callable[[Env], Any]:
    """Compile an index expression, for numbers of sizes. Errors: ModelError where it is not made of whole numbers."""
    if isinstance(expr, Idx):
        return lambda env: env[expr]
    if is_position(expr):
        name, own = name_of(expr), [index_value(i, sizes) for i in expr.indices]
        return lambda env: env[STORE].places(name, tuple(p(env) for p in own))
    if isinstance(expr, Symbol) or expr.is_Integer:
        fixed = number(expr, sizes)
        return lambda env: fixed
    if isinstance(expr, Mod):
        whole, part = (index_value(a, sizes) for a in expr.args)
        return lambda env: whole(env) % part(env)
    if isinstance(expr, (Block, Place)):
        value, length = (index_value(a, sizes) for a in expr.args)
        if isinstance(expr, Block):
            return lambda env: (value(env) - 1) // length(env) + 1
        return lambda env: (value(env) - 1) % length(env) + 1
    over = denominator(expr)
    if over > 1:  # (i + 1)/2, which is read where it is whole
        top = index_value(over * expr, sizes)
        return lambda env: top(env) // over
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:  # n^2 rows
        base, power = index_value(expr.base, sizes), int(expr.exp)
        return lambda env: base(env) ** power
    if isinstance(expr, (Add, Mul, Max, Min)):
        parts = [index_value(a, sizes) for a in expr.args]
        join = next(join for kind, join in JOINS.items() if isinstance(expr, kind))
        return lambda env: reduce(join, [p(env) for p in parts])
    raise ModelError(f"{expr} cannot be used as an index; use sums and whole multiples of indices and sizes")


def _later(a: Any, b: Any) -> Any:
    """Return the larger of two index values."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else a * (a >= b) + b * (a < b)


def _sooner(a: Any, b: Any) -> Any:
    """Return the smaller of two index values."""
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else a * (a <= b) + b * (a > b)


JOINS: dict[type[Expr], Callable[[Any, Any], Any]] = {Add: add, Mul: mul, Max: _later, Min: _sooner}
