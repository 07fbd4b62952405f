"""Decides whether the product of the local partials along a path is a product of matrices, so that norms multiply.

In index notation the local partial d u[i] / d v[j] is a diagonal matrix if u and v have the same index, i = j; it is
the matrix W if a parameter W[i, j] leads from one index to the other. If an index of v occurs in neither way, no entry
of the partial need be zero and its norm grows with the size; then nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Idx, Indexed, KroneckerDelta, Mul

from derive.expressions.indices import Limits
from derive.topics.jacobian.paths import Link, Path


def indices_beside(time: Idx, expr: Expr) -> set[Idx]:
    """The free indices of the elements in an expression, without the index of time."""
    found = {i for a in expr.atoms(Indexed) for place in a.indices for i in place.atoms(Idx)}
    return (found & expr.free_symbols) - {time}


def is_matrix_product(path: Path, wrt: Expr, time: Idx, parameter: Callable[[Expr], bool], spectral: bool) -> bool:
    """True if every local partial on the path is a diagonal matrix or a parameter.

    The largest row sum of W^T is not that of W, so for this norm the rows of each parameter must belong to the later
    element. W^T has the spectral norm of W, so for this norm (`spectral`) either way will do, but the earlier element
    of a partial may have at most one index fewer, and the whole matrix must act.
    """
    if spectral and masks(path, time):
        return False
    stops = [*(k.user for k in path.links), wrt]
    tied = {i for d in path.delta.atoms(KroneckerDelta) for e in d.args for i in e.atoms(Idx)}
    for n, link in enumerate(path.links):
        own, then = indices_beside(time, stops[n]), indices_beside(time, stops[n + 1])
        if n == len(path.links) - 1 and tied & own:
            then = then - tied
        if not _connected(link, own, then, time, parameter, spectral) or (
            spectral and then and len(then) < len(own) - 1
        ):
            return False
    return True


def _connected(
    link: Link, own: set[Idx], then: set[Idx], time: Idx, parameter: Callable[[Expr], bool], spectral: bool
) -> bool:
    """True if parameters lead from an element with the indices `own` to one with the indices `then`."""
    factors = [f for f in Mul.make_args(link.value) if not isinstance(f, KroneckerDelta)]
    reached = set(own)
    for m in (f for f in factors if len(indices_beside(time, f)) == 2 and parameter(f)):
        row, column = (next(iter(i.atoms(Idx))) for i in m.indices if i.atoms(Idx) - {time})
        if row not in own and (column not in own or not spectral):
            return False
        reached |= {row, column}
    return then <= reached and all(indices_beside(time, f) <= reached for f in factors)


def masks(path: Path, time: Idx) -> bool:
    """True if only a part of a matrix acts, as in a sum over j <= i.

    A part of W can have a larger spectral norm than W; its largest row sum is at most that of W.
    """
    conditions = [e for e in Mul.make_args(path.delta) if not isinstance(e, KroneckerDelta)]
    ranges = [bound for own in path.sums for bound in own[1:]]
    return any(e.atoms(Idx) - {time} for e in (*conditions, *ranges))


def repetitions(path: Path, wrt: Expr, time: Idx) -> list[Limits]:
    """The sums over an index that no element on the path has: such a sum has equal terms, one for each value."""
    used = set().union(*(indices_beside(time, k.user) for k in path.links), indices_beside(time, wrt))
    return [s for s in path.sums if s[0] not in used]
