"""How many arithmetic operations an evaluation makes: scalars that write down what is done with them.

Every operation is recorded once (equal operations on equal operands are one), known numbers are folded, and a sign is
carried as casadi's SX carries it: a + (-b) is one subtraction. What no result needs is not counted.

Three identities save operations: a * (1/b) = a/b, as in casadi's SX; 1 - 1/(1+e) = e/(1+e), the sigmoid's other half
from the same pieces; (a b) c = (a c) b where a c has been computed already, which SX does not look for.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from derive.evaluate.exact import ExactBackend

Number = int | float | Fraction
SEVERAL = {"sigmoid": ("neg", "exp", "one_plus", "inv")}  # 1 / (1 + exp(-z)), as one writes it for casadi


class Scalar:
    """An input (no operands) or the result of one operation; `_made` keeps equal ones apart from none."""

    _made: dict[tuple[Any, ...], Scalar] = {}
    __slots__ = ("operands", "operation")

    def __init__(self, operation: str, operands: tuple[Any, ...]):
        self.operation, self.operands = operation, operands

    @staticmethod
    def of(operation: str, *operands: Any) -> Scalar:
        """The scalar of this operation on these operands, always the same object."""
        return Scalar._made.setdefault(_key(operation, operands), Scalar(operation, operands))

    @staticmethod
    def known(operation: str, *operands: Any) -> Scalar | None:
        """The same if it has been made before."""
        return Scalar._made.get(_key(operation, operands))

    def __neg__(self) -> Any:
        return self.operands[0] if self.operation == "neg" else Scalar.of("neg", self)

    def __add__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else _sum(self, other)

    def __mul__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else _product(self, other)

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other


def _key(operation: str, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    return (operation, *(o if isinstance(o, Number) else id(o) for o in operands))


def _sum(a: Scalar, b: Any) -> Any:
    """a + b: nothing for b = 0, one subtraction where either has a minus sign."""
    if isinstance(b, Number) and b == 0:
        return a
    for x, y in ((a, b), (b, a)):
        if isinstance(y, Scalar) and y.operation == "neg":
            return 0 if x is y.operands[0] else _difference(x, y.operands[0])
    return Scalar.of("add", *_sorted(a, b))


def _difference(a: Any, b: Scalar) -> Scalar:
    """a - b; 1 minus a sigmoid is written with the sigmoid's own exponential."""
    if b.operation == "inv" and b.operands[0].operation == "one_plus" and isinstance(a, Number) and a == 1:
        return Scalar.of("div", b.operands[0].operands[0], b.operands[0])
    return Scalar.of("sub", a, b)


def _product(a: Scalar, b: Any) -> Any:
    """a * b: nothing for 0 and 1, a sign for -1; signs of factors move in front."""
    if isinstance(b, Number) and b in (0, 1, -1):
        return {0: 0, 1: a, -1: -a}[int(b)]
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Scalar) and x.operation == "neg":
            return -(x.operands[0] * y)
    for x, y in ((a, b), (b, a)):
        for p, q in (x.operands, x.operands[::-1]) if isinstance(x, Scalar) and x.operation == "mul" else ():
            if isinstance(p, Scalar) and (made := Scalar.known(*_multiplied(p, y))) is not None:
                return Scalar.of(*_multiplied(made, q))
    return Scalar.of(*_multiplied(a, b))


def _multiplied(a: Scalar, b: Any) -> tuple[Any, ...]:
    """The operation that multiplies: a square, a division, or a product."""
    if a is b:
        return "square", a
    for x, y in ((a, b), (b, a)):
        if isinstance(y, Scalar) and y.operation == "inv":
            return "div", x, y.operands[0]
    return "mul", *_sorted(a, b)


def _sorted(a: Any, b: Any) -> tuple[Any, Any]:
    """The operands of a commutative operation in an order of their own."""
    return (a, b) if (isinstance(a, Number), id(a)) <= (isinstance(b, Number), id(b)) else (b, a)


class Counting(ExactBackend):
    """The evaluation's array operations on arrays of such scalars."""

    def apply(self, row: Any, x: Any) -> Any:
        """One operation at every element, four for the sigmoid."""
        return np.frompyfunc(lambda v: _called(row.name, v) if isinstance(v, Scalar) else row.number(float(v)), 1, 1)(x)

    def power(self, x: Any, exponent: Any) -> Any:
        """A square is a product; other powers are one operation."""
        return np.frompyfunc(lambda v: _power(v, Fraction(int(exponent.p), int(exponent.q))), 1, 1)(x)


def _called(name: str, x: Scalar) -> Scalar:
    for operation in SEVERAL.get(name, (name,)):
        x = -x if operation == "neg" else Scalar.of(operation, x)
    return x


def _power(x: Any, exponent: Fraction) -> Any:
    if isinstance(x, Number):
        return x**exponent
    return x * x if exponent == 2 else Scalar.of("power", x, exponent)


def operations(results: Iterable[Any]) -> int:
    """How many operations all results together need."""
    waiting, seen = [r for r in results if isinstance(r, Scalar)], set()
    while waiting:
        scalar = waiting.pop()
        if id(scalar) not in seen and scalar.operands:
            seen.add(id(scalar))
            waiting += [o for o in scalar.operands if isinstance(o, Scalar)]
    return len(seen)
