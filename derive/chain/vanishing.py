"""Sums over an adjoint that are 0, because what they stand for cannot change the loss.

A number that is added to all scores of a softmax, or to all values of which the mean is taken off, changes nothing:
sum_i dL/dz_i = 0. Nor does a factor of all values that are then divided by their length: sum_i z_i dL/dz_i = 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Dummy, Expr, Idx, Mul, Pow, S

from derive.chain.rules.insert import insert_definitions
from derive.chain.sums import Fact, Facts, summed
from derive.expressions.canonical import canonical
from derive.expressions.indices import limits, sum_over
from derive.expressions.symbols import Partial
from derive.language import Text, clauses
from derive.memo import memo
from derive.model.model import Model, Node

SHIFT = Text("{adjoint} sums to 0 over {idx} ({because})", "{adjoint} 对 {idx} 求和为 0（{because}）")
SCALE = Text("{product} sums to 0 over {idx} ({because})", "{product} 对 {idx} 求和为 0（{because}）")
SQUARES = Text(
    "the squares of {node} sum to {value} over {idx}, by its definition", "由定义，{node} 的平方对 {idx} 求和为 {value}"
)
WIDEST = 60  # operations; a longer sum is not simplified


@memo
def vanishing(model: Model, node: Node, adjoint: Partial, value: Expr, facts: Facts) -> Facts:
    """The sums over one index of the adjoint of a node, bare or with a factor of its definition, that are 0."""
    if not any(isinstance(f, Add) for f in Mul.make_args(value)) or value.count_ops() >= WIDEST:
        return ()
    found = (
        (_shifts(node, adjoint, value, i, facts), _scales(model, node, adjoint, value, i, facts)) for i in node.indices
    )
    return tuple(fact for kinds in found for kind in kinds for fact in kind)


def _shifts(node: Node, adjoint: Partial, value: Expr, idx: Idx, facts: Facts) -> Iterator[Fact]:
    total, because = summed(sum_over(value, (limits(idx),)), facts, always=True)
    if total == 0:
        reason = SHIFT(adjoint=adjoint, idx=idx, because=clauses([f.reason for f in because]))
        yield Fact(sum_over(adjoint, (limits(idx),)), total, _others(node, idx), reason)


def _scales(model: Model, node: Node, adjoint: Partial, value: Expr, idx: Idx, facts: Facts) -> Iterator[Fact]:
    """For z_i = a x_i: the sum of x_i dL/dz_i, where that of z_i dL/dz_i is 0. Where a is 0, so is the length of z."""
    if node.is_leaf or len(node.cases) != 1 or node.abstract is not None:
        return
    scale, rest = node.cases[0].expr.as_independent(idx, as_Add=False)
    if rest == 1 or all(s.is_integer for s in scale.free_symbols):
        return
    for user in model.users(node.name):
        written = _by_user(node, user)
        squares = _squares(model, user, idx, facts) if written is not None else None
        if written is not None and squares is not None:
            total, because = summed(sum_over(value * written, (limits(idx),)), (*facts, squares), always=True)
            if total == 0:
                why = clauses([f.reason for f in because])
                for product in (adjoint * rest, adjoint * node.generic):
                    reason = SCALE(product=product, idx=idx, because=why)
                    yield Fact(sum_over(product, (limits(idx),)), S.Zero, _others(node, idx), reason)
                return


def _by_user(node: Node, user: Node) -> Expr | None:
    """z written by its user, s x_hat + mu for x_hat = (z - mu)/s; None where the user is not linear in z."""
    if len(user.cases) != 1 or user.abstract is not None or user.indices != node.indices:
        return None
    own = Dummy(real=True)
    expr = user.cases[0].expr.xreplace({node.generic: own})
    slope, rest = expr.diff(own), expr.xreplace({own: S.Zero})
    return None if slope == 0 or slope.has(own) else Mul(user.generic - rest, 1 / slope).expand()


def _squares(model: Model, user: Node, idx: Idx, facts: Facts) -> Fact | None:
    """The sum of the squares of normalised values, where it is a size."""
    roots = {n.name: n for n in model.nodes.values() if len(n.cases) == 1 and _is_root(n.cases[0].expr)}
    square = insert_definitions(user.cases[0].expr, roots)[0] ** 2
    front, body = square.as_independent(idx, as_Add=False)
    value = canonical(front * summed(sum_over(body, (limits(idx),)), facts)[0])
    if not all(s.is_integer and s.is_positive for s in value.free_symbols):
        return None
    reason = SQUARES(node=user.generic, value=value, idx=idx)
    return Fact(sum_over(user.generic**2, (limits(idx),)), value, _others(user, idx), reason)


def _is_root(expr: Expr) -> bool:
    """Is it a square root, maybe divided by that of a size, which sympy takes out of it?"""
    return any(isinstance(f, Pow) and 2 * f.exp == 1 and not f.base.is_integer for f in Mul.make_args(expr))


def _others(node: Node, idx: Idx) -> tuple[Idx, ...]:
    return tuple(i for i in node.indices if i != idx)
