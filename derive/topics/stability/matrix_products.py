"""Is the product of local partials along a path a product of matrices, so that norms multiply?

In index notation d u[i] / d v[j] is diagonal where v has u's own letter, a matrix where a parameter W[i, j] leads from
one letter to the other, and dense, with a norm that grows with the size, where a letter of v stands in neither.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Idx, Indexed, KroneckerDelta, Mul

from derive.expressions.indices import Limits
from derive.topics.jacobian.paths import Link, Path


def letters(expr: Expr, time: Idx) -> set[Idx]:
    """The indices of an expression but for time."""
    return {i for a in expr.atoms(Indexed) for place in a.indices for i in place.atoms(Idx)} - {time}


def is_matrix_product(path: Path, wrt: Expr, time: Idx, parameter: Callable[[Expr], bool], spectral: bool) -> bool:
    """True where every local partial is diagonal or a matrix. A largest row sum wants each matrix the right way round;
    the spectral norm does not mind, but wants as many letters on either side.
    """
    stops = [*(k.user for k in path.links), wrt]
    tied = {i for d in path.delta.atoms(KroneckerDelta) for e in d.args for i in e.atoms(Idx)}
    for n, link in enumerate(path.links):
        own, then = letters(stops[n], time), letters(stops[n + 1], time)
        if n == len(path.links) - 1 and tied & own:
            then = then - tied
        if not _leads(link, own, then, time, parameter, spectral) or (spectral and then and len(then) < len(own) - 1):
            return False
    return True


def _leads(
    link: Link, own: set[Idx], then: set[Idx], time: Idx, parameter: Callable[[Expr], bool], spectral: bool
) -> bool:
    """From an element with the letters `own` to one with the letters `then`."""
    factors = [f for f in Mul.make_args(link.value) if not isinstance(f, KroneckerDelta)]
    reached = set(own)
    for m in (f for f in factors if len(letters(f, time)) == 2 and parameter(f)):
        row, column = (next(iter(i.atoms(Idx))) for i in m.indices if i.has(Idx))
        if row not in own and (column not in own or not spectral):
            return False
        reached |= {row, column}
    return then <= reached and all(letters(f, time) <= reached for f in factors)


def repetitions(path: Path, wrt: Expr, time: Idx) -> list[Limits]:
    """The sums of a path over letters that no element on it has: every term is the same, once for each value."""
    used = set().union(*(letters(k.user, time) for k in path.links), letters(wrt, time))
    return [s for s in path.sums if s[0] not in used]
