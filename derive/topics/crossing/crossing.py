"""Where two values in closed form are equal, as one letter grows: the equation is solved, and the signs are proved.

Both values are polynomials in positive letters. Their difference is a product of positive factors and one factor that
is linear in the letter, a v + b. It is zero at v = -b/a, and on either side it has one sign, that of a.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sympy import Dummy, Expr, Integer, Mul, S, Symbol, expand, factor_list, together

from derive.chain.closed_forms.values import Solved
from derive.errors import ModelError
from derive.model.domains import positive
from derive.model.model import Model


class Crossings(NamedTuple):
    """The question: for each pair of values, where they are equal as the letter `variable` grows.

    `at` gives numbers to the other letters, for the table and the curves; these are drawn from `low` to `high`.
    """

    variable: str
    pairs: tuple[tuple[str, str], ...]
    at: Mapping[str, int] = {}
    low: int = 1
    high: int = 1000


class Crossing(NamedTuple):
    """The answer: `one` minus `other` is `factor` times `linear`, and the factor is positive.

    They are equal where `variable` is `equal`, and `one` is the smaller below; where that is None, they are nowhere
    equal and `one` is always the smaller.
    """

    one: Solved
    other: Solved
    variable: Symbol
    factor: Expr
    linear: Expr
    equal: Expr | None
    at: Mapping[Symbol, int]
    reach: tuple[int, int]

    @property
    def difference(self) -> Expr:
        """What `other` is more than `one`, as a product."""
        return self.one.value - self.other.value


def crossing(model: Model, values: tuple[Solved, ...], asked: Crossings, one: str, other: str) -> Crossing:
    """Solve one pair, the one that is smaller for small values of the letter first. Errors: ModelError."""
    what = f"where {one} and {other} cross in {asked.variable}"
    first, second = (_value(values, name, what) for name in (one, other))
    letters = first.value.free_symbols | second.value.free_symbols
    free = {str(s): s for s in letters if isinstance(s, Symbol)}
    if asked.variable not in free:
        raise ModelError(f"{what}: it stands in neither; there are {', '.join(sorted(free))}")
    variable = free[asked.variable]
    at = _numbers(model, asked, variable, what)
    factor, linear = _factored(model, first.value - second.value, variable, what)
    slope, rest = linear.coeff(variable, 1), linear.coeff(variable, 0)
    swap = _sign(slope if variable in linear.free_symbols else linear, model, what) < 0
    if (variable in linear.free_symbols and swap) or (variable not in linear.free_symbols and not swap):
        first, second, linear = second, first, -linear
    equal = -rest / slope if variable in linear.free_symbols else None
    if equal is not None and _sign(equal, model, what) < 0:
        raise ModelError(f"{what}: {equal} is not positive")
    return Crossing(first, second, variable, factor, linear, equal, at, (asked.low, asked.high))


def _value(values: tuple[Solved, ...], name: str, what: str) -> Solved:
    found = next((s for s in values if s.node.name == name), None)
    if found is None or found.node.indices:
        raise ModelError(f"{what}: {name} is no single value in closed form")
    return found


def _numbers(model: Model, asked: Crossings, variable: Symbol, what: str) -> dict[Symbol, int]:
    """The numbers for the other letters of the model. Errors: ModelError for a foreign letter."""
    letters = {str(s): s for s in (*model.sizes, *(n.symbol for n in model.nodes.values() if n.is_leaf))}
    foreign = [name for name in asked.at if name not in letters or name == str(variable)]
    if foreign:
        raise ModelError(f"{what}: no number can be given to {', '.join(foreign)}")
    return {letters[name]: number for name, number in asked.at.items()}


def _factored(model: Model, difference: Expr, variable: Symbol, what: str) -> tuple[Expr, Expr]:
    """The positive factors, and the one that is left. Errors: ModelError where that is not linear."""
    upper, lower = together(difference).as_numer_denom()
    if _sign(lower, model, what) < 0:
        upper, lower = -upper, -lower
    number, factors = factor_list(expand(upper))
    certain = [base**power for base, power in factors if _is_positive(base, model)]
    rest = Mul(number / abs(number), *(base**power for base, power in factors if not _is_positive(base, model)))
    linear = expand(rest)
    if not linear.is_polynomial(variable) or (linear.has(variable) and linear.as_poly(variable).degree() > 1):
        raise ModelError(f"{what}: their difference {linear} is not linear in {variable}")
    return Mul(abs(number), *certain) / lower, linear


def _sign(expr: Expr, model: Model, what: str) -> int:
    """1 or -1. Errors: ModelError where positive letters do not decide it."""
    for sign in (1, -1):
        if _is_positive(sign * expr, model):
            return sign
    raise ModelError(f"{what}: the sign of {expr} is not decided by positive letters")


def _is_positive(expr: Expr, model: Model) -> bool:
    """Whether an expression is positive because its letters are: sizes, and leaves that are declared to be."""
    leaves = {n.symbol: n for n in model.nodes.values() if n.is_leaf and not n.indices}
    sure = {s: Dummy(str(s), positive=True) for s in expr.free_symbols if s not in leaves or positive(leaves[s])}
    return bool(expand(expr).xreplace(sure).is_positive)


def number_at(found: Crossing, value: Expr, variable: Expr | float) -> Expr:
    """A value of the pair at the numbers, exactly."""
    return value.xreplace({s: Integer(n) for s, n in found.at.items()}).xreplace({found.variable: S(variable)})
