"""Claims about numbers alone: exact, and half a unit of the last printed digit where a side is a decimal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb

from derive.judge.answer import Claim
from derive.judge.balls import ball, middle, whole
from derive.judge.value import Value
from derive.read.tree import Added, Bracketed, Multiplied, Node, Number, Symbol, walk

_UNITS = {"K": 3, "k": 3, "M": 6, "B": 9}


def is_number(node: Node) -> bool:
    """Whether a formula has no name in it but pi, e and the functions of numbers."""
    return scaled(node) is not None or all(
        not isinstance(part, Symbol) or part.upright or (part.name in ("pi", "e") and not part.marks)
        for part in walk(node)
    )


def computed(claim: Claim) -> Node | None:
    """What a claim says of numbers alone: its left side, or in n = 5 * 5 = 26 what n is; None where that is none."""
    sides = claim.chain.sides[: claim.chain.sides.index(claim.right)] if claim.right in claim.chain.sides else ()
    found = next((side for side in (claim.left, *sides[1:]) if is_number(side)), None)
    return found if is_number(claim.right) else None


def scaled(node: Node) -> Node | None:
    """`150K` as the number 150000; None for anything else."""
    if isinstance(node, Multiplied) and len(node.factors) == 2 and node.signs == ("", ""):
        number, unit = node.factors
        if isinstance(number, Number) and isinstance(unit, Symbol) and unit.name in _UNITS:
            digits = Fraction(number.digits) * 10 ** _UNITS[unit.name]
            return Number(node.start, node.end, str(digits.numerator)) if digits.denominator == 1 else None
    return None


def half_unit(node: Node, rounded: bool) -> Fraction:
    """Half a unit of the last digit of a printed number; 0 where none was rounded: a whole number after "="."""
    if isinstance(node, Added) and len(node.terms) == 1:
        return half_unit(node.terms[0], rounded)
    if isinstance(node, Bracketed) and len(node.items) == 1 and node.brackets not in ("floor", "ceil"):
        return half_unit(node.items[0], rounded)
    if isinstance(node, Multiplied) and scaled(node) is not None:
        unit, number = node.factors[1], node.factors[0]
        assert isinstance(unit, Symbol) and isinstance(number, Number)
        return half_unit(number, True) * 10 ** _UNITS[unit.name]
    if not isinstance(node, Number):
        return Fraction(0)
    _, point, behind = node.digits.partition(".")
    return Fraction(1, 2 * 10 ** len(behind)) if point or rounded else Fraction(0)


def agree(one: Value, other: Value, within: Fraction) -> bool | None:
    """Whether two numbers differ by at most so much; None where the balls cannot tell."""
    gap = abs(_single(one) - _single(other))
    most = ball(within)
    if gap.contains(0) and arb(gap.rad()) < arb(10) ** -30:
        return True
    if gap <= most:
        return True
    return False if gap > most else None


def _single(value: Value) -> Any:
    return ball(middle(value.numbers.ravel()[0]))


def printed(value: Value) -> str:
    """A number as it should have been: whole where it is whole, else to six digits."""
    x = _single(value)
    found = whole(x)
    if found is not None:
        return str(found)
    return f"{float(x.mid()):.6g}"


def equation(left: Node, right: Node, no_model: bool) -> bool:
    """Whether a claim without a model is an equation for a name on one side only, as 0.05 h = 2.5."""
    return no_model and free(left) != free(right)


def free(node: Node) -> set[str]:
    """The names in a formula that nothing is known of."""
    names = (part.name for part in walk(node) if isinstance(part, Symbol) and not part.upright)
    return set(names) - {"e", "pi", "sigma"}
