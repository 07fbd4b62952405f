"""A program: a model every node of which is one primitive operation on leaves, nodes and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sympy import Expr, Max, Mul, Pow

from derive.expressions.functions import BY_NAME
from derive.expressions.indices import Limits, sum_over
from derive.model.model import Model

BINARY: dict[str, Callable[[Expr, Expr], Expr]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "max": lambda a, b: Max(a, b),
}


class Primitive(NamedTuple):
    """One node: its operation ("" for a copy or a number), its operands, the indices that it sums over."""

    operation: str
    operands: tuple[Expr, ...]
    summed: tuple[Limits, ...] = ()

    @property
    def value(self) -> Expr:
        """The operation as an expression of its operands."""
        a, *rest = self.operands
        if self.operation in ("dot", "sum"):
            return sum_over(Mul(a, *rest), self.summed)
        if self.operation in BINARY:
            return BINARY[self.operation](a, rest[0])
        return a if not self.operation else BY_NAME[self.operation].value(a, *rest)


class Program(NamedTuple):
    """A model in primitive operations, what each node does, and the operations that were allowed."""

    model: Model
    primitives: Mapping[str, Primitive]
    allowed: tuple[str, ...]
    definitions: tuple[tuple[Expr, Expr], ...] = ()  # functions that were written out: ReLU(x) and max(0, x)


def as_product(expr: Expr) -> tuple[Expr, ...] | None:
    """The factors of a multiplication as they are multiplied, -1 and y; None for any other operation."""
    factors: tuple[Expr, ...] = Mul.make_args(expr)
    divided = any(isinstance(f, Pow) and f.exp.is_negative for f in factors)
    return factors if isinstance(expr, Mul) and not divided else None
