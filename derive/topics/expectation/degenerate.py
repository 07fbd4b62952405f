"""Where something linear in random elements is no longer random: x_i - x_j for i = j."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from sympy import Expr, Idx, Indexed, expand

from derive.errors import MomentError
from derive.expressions.indices import name_of, substitute
from derive.expressions.traverse import quantities
from derive.topics.expectation.laws import surely_apart

Place = tuple[Expr, Expr]


def refuse_degenerate(u: Expr, elements: Sequence[Expr], is_random: Callable[[Expr], bool]) -> None:
    """Errors: MomentError where nothing random is left of u if two of its elements are one and the same."""
    free = [e for e in elements if isinstance(e, Indexed) and e.atoms(Idx) <= u.free_symbols]
    for one, other in combinations(free, 2):
        if name_of(one) == name_of(other):
            apart = [(a, b) for a, b in zip(one.indices, other.indices, strict=True) if a != b]
            surely = any(surely_apart(a, b) for a, b in apart)
            if not surely and not any(map(is_random, quantities(_united(u, one, other, apart)))):
                raise MomentError(_refusal(u, name_of(one), apart))


def _united(u: Expr, one: Expr, other: Expr, apart: Sequence[Place]) -> Expr:
    """What u is where both elements are one: of x_1 - x_N, where no index can move, x_N is x_1."""
    moved = {b: a for a, b in apart if isinstance(b, Idx)} | {a: b for a, b in apart if not isinstance(b, Idx)}
    by = {place: to for place, to in moved.items() if isinstance(place, Idx)}
    first, second = (substitute(e, by) for e in (one, other))
    return expand(substitute(u, by).xreplace({second: first}))


def _refusal(u: Expr, name: str, apart: Sequence[Place]) -> str:
    where = " and ".join(f"{a} = {b}" for a, b in apart)
    sizes = sorted({str(s) for pair in apart if not any(isinstance(p, Idx) for p in pair) for s in _sizes(pair)})
    advice = f"average elements that surely differ, as the first and the second of {name} do, or those of two families"
    if sizes:
        advice = f"declare {sizes[0]} = g.size('{sizes[0]}', least=2)"
    return (
        f"{u} is 0, and not random, where {where}; the mean of relu, max, abs, sign, step or clip of it divides by its "
        f"standard deviation, so it has no one formula; {advice}"
    )


def _sizes(pair: Place) -> set[Expr]:
    return {s for place in pair for s in place.free_symbols}
