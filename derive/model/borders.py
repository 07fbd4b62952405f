"""Where the start values of a recurrence stand: at numbers outside of the range of its law."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Idx

from derive.errors import ModelError
from derive.expressions.intervals import at_least
from derive.model.model import Node
from derive.model.validation import expression


def place(names: str, at: Any, indices: tuple[Idx, ...]) -> tuple[Expr, ...]:
    """Where a start value stands: 0 is (0, i, ...); (0, j) and (i, 0) say it for every index.

    Errors: ModelError for a place that holds another letter than its own, or a wrong number of them.
    """
    if not isinstance(at, tuple):
        return (expression(at, names), *indices[1:])
    if len(at) != len(indices):
        raise ModelError(
            f"{names}: the start at {at} has {len(at)} places for {len(indices)} indices; write all of "
            f"({', '.join(map(str, indices))}), with a number for each index that is at its start"
        )
    found = tuple(expression(p, names) for p in at)
    for p, idx in zip(found, indices, strict=True):
        if p != idx and p.atoms(Idx):
            raise ModelError(f"{names}: the start at {at}: write a number, or {idx} for all of its values, not {p}")
    return found


def outside(state: Node) -> None:
    """A start value stands outside the range that the law defines. Errors: ModelError where it does not."""
    for case in state.cases:
        moved = [(at, idx) for at, idx in zip(case.position, state.indices, strict=True) if at != idx]
        for at, idx in moved:
            if at_least(at, idx.lower) and at_least(idx.upper, at):
                raise ModelError(
                    f"{state.name}[{at}] is defined twice: as a start value, and by the law for "
                    f"{idx} = {idx.lower}..{idx.upper}"
                )
        if not moved:
            raise ModelError(f"{state.name}: the start at {case.position} is where the law holds; give it a number")
