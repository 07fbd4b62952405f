"""Paths to the loss that an answer has left out, also those that go through time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from derive.errors import DeriveError
from derive.expressions.notation import latex_name
from derive.judge import compare, words
from derive.judge.answer import Claim
from derive.judge.balls import NoValue
from derive.judge.compare import SAME
from derive.judge.formulas import Formulas
from derive.judge.names import Found
from derive.judge.places import OutOfRange
from derive.judge.world import Array
from derive.language import Text


def path(claim: Claim, target: Found, true: Sequence[Formulas]) -> tuple[str, Text] | None:
    """Whether the claim is the sum over some of the paths to the loss only."""
    try:
        return _some_paths(claim, target, true) or _immediate(claim, target, true)
    except (DeriveError, NoValue, OutOfRange):
        return None


def _some_paths(claim: Claim, target: Found, true: Sequence[Formulas]) -> tuple[str, Text] | None:
    parts = true[0].world.contributions(target.name)
    for size in range(len(parts) - 1, 0, -1):
        for kept in combinations(range(len(parts)), size) if len(parts) <= 6 else ():
            if _equals(claim, target, kept, true):
                missing = [parts[n] for n in range(len(parts)) if n not in kept]
                key = "immediate" if all(lagged for _, lagged, _ in missing) else "path"
                names = dict.fromkeys(latex_name(user) for user, _, _ in missing)
                return key, words.SLIPS[key](through=list(names))
    return None


def _equals(claim: Claim, target: Found, kept: Sequence[int], true: Sequence[Formulas]) -> bool:
    def part(formulas: Formulas, scope: Any) -> Any:
        arrays = [array for _, _, array in formulas.world.contributions(target.name)]
        total = sum((arrays[n].numbers for n in kept[1:]), arrays[kept[0]].numbers)
        return formulas.at(Array(total, arrays[0].low), target.places, scope)

    found = compare.sides(claim.left, part, claim.right, compare.of(claim.right), true)
    return found.state == SAME


def _immediate(claim: Claim, target: Found, true: Sequence[Formulas]) -> tuple[str, Text] | None:
    """Whether a gradient has only what does not come back through time."""
    nodes = true[0].world.derivation.model.nodes
    states = [n for s in true[0].world.derivation.stages if s.time for n in s.families if len(nodes[n].cases) > 1]
    if not states:
        return None
    cut = [f.elsewhere(f.world.at_once()) for f in true]
    if all(x == 0 for x in cut[0].world.adjoint(target.name).numbers.ravel()):
        return None
    found = compare.sides(claim.left, compare.of(claim.left), claim.right, compare.of(claim.right), cut)
    if found.state != SAME:
        return None
    return "immediate", words.SLIPS["immediate"](through=list(map(latex_name, states)))
