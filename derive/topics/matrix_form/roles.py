"""Which axes of a family become rows and columns, and which stay subscripts, as the time t of x_t does.

An axis is a subscript where a recurrence steps through it, or an index only selects from it: h_{t-1}, h_T, x_{2i+p}.
An index that runs along a subscript of one family is a subscript of all that it indexes. What is left beyond two axes
is taken for a batch: the leading axis becomes a subscript, until rows and columns remain. A function of a whole matrix
has no subscripts, so where the vector of one line would be the element of another, both are tried (`readings`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Expr, Idx, Indexed

from derive.expressions.blocks import Block, Place, pair
from derive.expressions.indices import BINDERS, limits, linear
from derive.expressions.matrix_functions import OfMatrix
from derive.memo import memo
from derive.model.model import Case, Model, Node
from derive.model.schedule import stages

Axis = tuple[str, int]
Roles = Mapping[str, tuple[int, ...]]  # of every family the axes that are rows and columns, in order


@memo
def roles(model: Model, batch: frozenset[Axis] = frozenset(), selects: bool = True) -> Roles:
    """The axes of every family that are rows and columns, at most two; those of `batch` are none.

    Unless an index `selects`, only times and what is beyond two axes are subscripts.
    """
    groups = [group for node in model.nodes.values() for case in node.cases for group in _runs(model, node, case)]
    subscripts = _stepped(model) | batch
    subscripts |= {axis for group, one in groups for axis in group if one and selects}
    found = _spread(subscripts, [group for group, _ in groups])
    for node in model.nodes.values():
        while len(_running(node, found)) > 2:
            found = _spread(found | {(node.name, _running(node, found)[0])}, [group for group, _ in groups])
    return {node.name: _running(node, found) for node in model.nodes.values()}


@memo
def readings(model: Model) -> tuple[Roles, ...]:
    """The roles by which a line is read, in turn, until it has a matrix form.

    Where a function is taken of a matrix, a row of it is no vector elsewhere: C = W W^T + R, not w_i^T w_j + R_ij.
    """
    found = (roles(model), roles(model, selects=False)) if strided(model) else (roles(model),)
    whole = {case.expr.matrix.name for n in model.nodes.values() for case in n.cases if isinstance(case.expr, OfMatrix)}
    return tuple(known for known in found if all(len(known[name]) == 2 for name in whole)) or found


@memo
def strided(model: Model) -> frozenset[str]:
    """The families with an index that stays a subscript, though no recurrence steps through it."""
    groups = [group for node in model.nodes.values() for case in node.cases for group, _ in _runs(model, node, case)]
    times = _spread(_stepped(model), groups)
    found = {node.name: {*roles(model)[node.name]} for node in model.nodes.values()}
    return frozenset(
        node.name
        for node in model.nodes.values()
        if any(a not in found[node.name] and (node.name, a) not in times for a in range(len(node.indices)))
    )


def has_matrices(model: Model) -> bool:
    """Whether any family has rows or columns; without them no line has a matrix form."""
    return bool(strided(model)) or any(axes for known in readings(model) for axes in known.values())


def _stepped(model: Model) -> set[Axis]:
    """The axes that the loops of recurrences step through."""
    return {axis for stage in stages(model) for loop in stage.loops for axis in loop.axes.items()}


def _running(node: Node, subscripts: set[Axis]) -> tuple[int, ...]:
    return tuple(axis for axis in range(len(node.indices)) if (node.name, axis) not in subscripts)


def _spread(subscripts: set[Axis], groups: list[set[Axis]]) -> set[Axis]:
    """The subscripts, with every axis that shares an index with one of them."""
    found, grown = set(subscripts), True
    while grown:
        joined = [group for group in groups if group & found and not group <= found]
        found = found.union(*joined)
        grown = bool(joined)
    return found


def _runs(model: Model, node: Node, case: Case) -> Iterator[tuple[set[Axis], bool]]:
    """For every index of one definition the axes that it runs along; True where it, or a number, only selects
    or a sum takes a part of its range."""
    along: dict[Idx, set[Axis]] = {}
    places = [(node.name, case.position), *((use.name, use.position or ()) for use in model.uses(case))]
    found = [(name, axis, place) for name, position in places for axis, place in enumerate(position)]
    if isinstance(case.expr, OfMatrix):
        matrix, many = case.expr.matrix.name, case.expr.many
        found += [(matrix, axis, place) for axis, place in case.expr.shared]
        whole = ((name, axis) for name in (node.name, matrix) for axis in range(len(model.nodes[name].indices)))
        yield {(name, axis) for name, axis in whole if axis >= many}, False
    for name, axis, place in found:
        if spans(place, model.nodes[name].indices[axis]):
            along.setdefault(place, set()).add((name, axis))
        elif in_pairs(place):
            yield {(name, axis)}, False
        elif (idx := of_block(place, model.nodes[name].indices[axis])) is not None:
            along.setdefault(idx, set()).add((name, axis))
        else:
            yield {(name, axis)}, True
            for idx in place.atoms(Idx):
                yield along.setdefault(idx, set()), True
    bounds = [b for total in case.expr.atoms(*BINDERS) for b in total.limits if tuple(b) != limits(b[0])]
    part = {idx for idx, *ends in bounds if not _symbolic([e - s for e, s in zip(ends, limits(idx)[1:], strict=True)])}
    yield from ((group, idx in part) for idx, group in along.items())


def of_block(place: Expr, own: Idx) -> Idx | None:
    """The index that runs over a block of an axis whose other blocks have a size of their own, l of P + l or of l
    alone; None for t - 1, which stands beside t, and where more than one index decides."""
    if len(place.atoms(Idx)) != 1 or place.has(Indexed, Block, Place):
        return None
    (idx,) = place.atoms(Idx)
    slope, shift = linear(place, idx) or (0, place)
    return idx if slope == 1 and _symbolic([shift + idx.lower - own.lower, shift + idx.upper - own.upper]) else None


def _symbolic(gaps: Sequence[Expr]) -> bool:
    """Do sizes lie between two ranges, and no index?"""
    return any(not gap.is_number for gap in gaps) and not any(gap.atoms(Idx) for gap in gaps)


def in_pairs(place: Expr) -> bool:
    """True for the block of an index, its place there, and an index made of both: rows or columns of another matrix."""
    return isinstance(place, (Block, Place)) or pair(place, map(limits, place.atoms(Idx))) is not None


def spans(place: Expr, own: Idx) -> bool:
    """True if the place is an index that runs over the whole range of the axis `own`."""
    return isinstance(place, Idx) and (place.lower, place.upper) == (own.lower, own.upper)
