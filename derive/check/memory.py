"""How many points fit into memory: where sizes are large, fewer points are compared, and what is too large is refused.

An expression is evaluated over all of its indices at once, those under its sums included: a sum of T products over T
time steps is an array of T * T numbers for each point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Expr, Idx, Integer

from derive.chain.derivation import Derivation, Step
from derive.errors import UsageError
from derive.evaluate.passes import Passes
from derive.expressions.indices import BINDERS, substitute
from derive.expressions.traverse import free_indices
from derive.memo import memo

MOST = 2**28  # bytes of one array; at most about three of this size exist at a time
NUMBER = 8  # bytes
KEPT = 6  # arrays in the size of a family: its values, its adjoints, and what autograd keeps of both

Lengths = Mapping[Idx, tuple[int, int]]


def affordable(derivation: Derivation, steps: Sequence[Step], passes: Passes, points: int) -> int:
    """Return how many points can be compared at once, at most `points`. Errors: UsageError if there is not one."""
    whole = sum(_area(passes.ranges(n)) for n in derivation.model.nodes.values())
    each = NUMBER * max([KEPT * whole, *_areas(derivation, steps, passes)])
    if each > MOST:
        sizes = ", ".join(f"{s} = {n}" for s, n in passes.sizes.items())
        raise UsageError(
            f"{derivation.model.title}: the check at {sizes} needs an array of {each / 2**30:.1f} GB for one point; "
            f"give smaller sizes, or none, so that small ones are taken"
        )
    return min(points, MOST // each)


def _areas(derivation: Derivation, steps: Sequence[Step], passes: Passes) -> Iterator[int]:
    """Yield the size of the largest array in every definition, contribution and printed line."""
    for node in derivation.model.nodes.values():
        for case in node.cases:
            yield _largest(case.expr, _declared(case.expr, passes), passes)
    for adjoint in derivation.adjoints.values():
        for use in adjoint.uses:
            value = use.value(derivation.loss)
            yield _largest(value, _declared(value, passes), passes)
    for line in (line.expr for step in steps for line in step.lines):
        yield _largest(line, _declared(line, passes), passes)


def _declared(expr: Expr, passes: Passes) -> Lengths:
    return {i: (passes.number(i.lower), passes.number(i.upper)) for i in free_indices(expr)}


def _largest(expr: Expr, lengths: Lengths, passes: Passes) -> int:
    """Return how many numbers the largest array inside an expression has, for one point."""
    if not expr.args or isinstance(expr, Idx):
        return 1
    if isinstance(expr, BINDERS):
        for idx, low, high in reversed(expr.limits):
            first, last = min(_ends(low, lengths, passes)), max(_ends(high, lengths, passes))
            lengths = {**lengths, idx: (first, max(first, last))}
        body = {*free_indices(expr.function), *(b[0] for b in expr.limits), *free_indices(expr)}  # of its ends too
        return max(_area([lengths[i] for i in body if i in lengths]), _largest(expr.function, lengths, passes))
    here = _area([lengths[i] for i in free_indices(expr) if i in lengths])
    if not _bound_inside(expr):
        return here  # a part has no letter that the whole does not have
    return max(here, *(_largest(a, lengths, passes) for a in expr.args))


@memo
def _bound_inside(expr: Expr) -> bool:
    """True if a sum, a product or an extreme stands in an expression."""
    return isinstance(expr, BINDERS) or any(map(_bound_inside, expr.args))


def _ends(end: Expr, lengths: Lengths, passes: Passes) -> list[int]:
    """Return the end of a range where the indices that it depends on are smallest, and where they are largest."""
    places = ({i: Integer(lengths[i][at]) for i in end.atoms(Idx) if i in lengths} for at in (0, 1))
    return [passes.number(substitute(end, place)) for place in places]


def _area(ranges: Sequence[tuple[int, int]]) -> int:
    found = 1
    for first, last in ranges:
        found *= max(last - first + 1, 1)
    return found
