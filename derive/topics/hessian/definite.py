"""Why a Hessian is positive semidefinite: v^T H v as a sum of squares with weights that are not negative.

    v^T H v  =  sum_n c_n (u_n)^2,                     u_n = sum_d x_nd v_d,   c_n >= 0            (weighted squares)
    v^T H v  =  sum_n c_n (sum_k p_k u_nk^2 - (sum_k p_k u_nk)^2)  =  sum_n c_n sum_k p_k (u_nk - mean)^2   (a variance)

The second holds where the p_k sum to 1. Where neither form is found, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, Expr, Idx, IndexedBase, Symbol

from derive.chain.derivation import Term
from derive.chain.facts import known
from derive.chain.sums import summed
from derive.expressions.indices import Limits, fresh, index, substitute, sum_over
from derive.expressions.matrices import Named, Times, Transpose
from derive.expressions.powers import monomial
from derive.model.model import Model
from derive.model.ranges import Ranges
from derive.topics.hessian.hessian import Hessian
from derive.topics.hessian.quadratic import Form, form_of, scalar_halves
from derive.topics.hessian.square import Square

N = Symbol("n")  # how many numbers there are in the parameters together
DIRECTION = Named(IndexedBase("v"), N)
QUADRATIC = Times(Transpose(DIRECTION), Named(IndexedBase("H"), N, N), DIRECTION)


def squares(h: Hessian) -> tuple[Square, ...]:
    """Find squares whose sum is v^T H v; none where the Hessian is not seen to be positive semidefinite."""
    halves = scalar_halves(h)
    forms = [form_of(h, block, term, halves) for row in h.blocks for block in row for term in block.products]
    groups: dict[object, list[Form]] = {}
    for form in forms:
        if form is None:
            return ()
        groups.setdefault((form.number, form.weight, form.sums, form.linked), []).append(form)
    if not all(_outer(g) for g in groups.values()):
        return ()
    rising = [g for g in groups.values() if g[0].number > 0]
    found: list[Square] = []
    for falling in (g for g in groups.values() if g[0].number < 0):
        pair = next(((g, v) for g in rising if (v := _variance(h.model, g, falling)) is not None), None)
        if pair is None:
            return ()
        rising.remove(pair[0])
        found.append(pair[1])
    found += [_square(h.model, g[0].number * g[0].weight, g[0].sums, _parts(g)) for g in rising]
    return tuple(_in_model_indices(s, h.model) for s in found) if all(s.low.is_nonnegative for s in found) else ()


def _in_model_indices(square: Square, model: Model) -> Square:
    """Write a square with indices of the model, instead of those that only name axes."""
    own = [*(s[0] for s in square.sums), *([square.over[0]] if square.over else [])]
    own += list(dict.fromkeys(s[0] for p in square.parts for s in p.sums))
    taken = [i for e in (square.weight, square.share) if e is not None for i in e.atoms(Idx) if i not in own]
    by: dict[Basic, Basic] = {}
    for idx in own:
        by[idx] = fresh(idx, (*taken, *by.values()), model.indices)

    def limit(found: Limits) -> Limits:
        return by[found[0]], found[1], found[2]  # type: ignore[return-value]

    parts = tuple(Term(tuple(substitute(f, by) for f in p.factors), tuple(map(limit, p.sums))) for p in square.parts)
    return square._replace(
        weight=substitute(square.weight, by),
        sums=tuple(map(limit, square.sums)),
        parts=parts,
        share=None if square.share is None else substitute(square.share, by),
        over=None if square.over is None else limit(square.over),
    )


def _outer(group: Sequence[Form]) -> bool:
    """True if each pair of parts occurs exactly once, so that the products are the square of their sum."""
    parts = _parts(group)
    pairs = [(f.left, f.right) for f in group]
    return len(pairs) == len(parts) ** 2 and set(pairs) == {(a, b) for a in parts for b in parts}


def _parts(group: Sequence[Form]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(f.left for f in group))


def _square(model: Model, weight: Expr, sums: tuple[Limits, ...], parts: tuple[Term, ...]) -> Square:
    low, high, row = Ranges(model).of_weight(weight)
    return Square(weight, sums, parts, low, high, row)


def _variance(model: Model, rising: Sequence[Form], falling: Sequence[Form]) -> Square | None:
    """Find the variance c sum_k p_k u_k^2 - c (sum_k p_k u_k)^2, where the p_k sum to 1 and none is negative."""
    up, down = rising[0], falling[0]
    if not up.linked or up.linked[:-1] != down.linked or up.sums[:-1] != down.sums or up.number != -down.number:
        return None
    share, limit = monomial([up.weight, 1 / down.weight]).bare.expr, up.sums[-1]
    if summed(sum_over(share, [limit]), known(model))[0] != 1 or not Ranges(model).of(share)[0].is_nonnegative:
        return None
    if {_mean(p, share, limit, up.linked[-1]) for p in _parts(rising)} != {_key(p) for p in _parts(falling)}:
        return None
    weight = up.number * down.weight
    return _square(model, weight, down.sums, _parts(rising))._replace(share=share, over=limit)


def _mean(part: Term, share: Expr, limit: Limits, axis: int) -> object:
    """Return the key of sum_k p_k u_k, where the sum runs over the axis of the parameter that a delta had made one."""
    own = index(f"l_{axis}", limit[1], limit[2])
    moved = [substitute(f, {limit[0]: own}) for f in (share, *part.factors)]
    return _key(Term(tuple(moved), (*part.sums, (own, limit[1], limit[2]))))


def _key(part: Term) -> object:
    number, powers = monomial(part.factors)
    return number, frozenset(powers.items()), frozenset(part.sums)
