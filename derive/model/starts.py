"""Along which index the start values of a state stand: that by which its law steps, as t in h[b, t - 1]."""

from __future__ import annotations

from collections.abc import Container, Iterable

from sympy import Expr, Idx

from derive.expressions.indices import linear
from derive.expressions.traverse import free_indices
from derive.model.model import Case, Node, references


def stepped(law: Expr, indices: tuple[Idx, ...], states: Container[str]) -> int | None:
    """The axis on which a law reads states at other times than its own; None where there is none, or several."""
    found = {
        axis
        for use in references(law, indices)
        if use.name in states and use.position is not None and len(use.position) == len(indices)
        for axis, (place, idx) in enumerate(zip(use.position, indices, strict=True))
        if (form := linear(place, idx)) is not None and form[0] == 1 and form[1].is_Integer and form[1] != 0
    }
    return found.pop() if len(found) == 1 else None


def first_axis(values: Iterable[Expr], indices: tuple[Idx, ...]) -> int:
    """The first index that start values do not hold: of h0[b] for h[b, t] it is t."""
    used = {i for value in values for i in free_indices(value)}
    return next((axis for axis, idx in enumerate(indices) if idx not in used), 0)


def along(state: Node, axis: int) -> Node:
    """The state with its start values along another index."""
    own = state.indices

    def moved(case: Case) -> Case:
        at = next((p for p in case.position if not isinstance(p, Idx)), None)
        return case if at is None else case._replace(position=(*own[:axis], at, *own[axis + 1 :]))

    return state._replace(cases=tuple(map(moved, state.cases)))
