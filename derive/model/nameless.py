"""Which parts of a definition deserve a name: pre-activations, the scores of a softmax, and the softmax itself.

A part inside a definition is found only where it is defined for all values of its indices: not on a branch of cases,
not under a sum over a part of a range, not inside an expectation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from sympy import Expr, Idx, Indexed, Mul, Piecewise, Sum, Symbol, exp, log
from sympy.core.function import AppliedUndef

from derive.expressions.canonical import canonical
from derive.expressions.functions import argument, row_of
from derive.expressions.indices import BINDERS, fresh, limits, substitute, sum_over
from derive.expressions.moments import Moment
from derive.expressions.traverse import free_indices, names, rewrite
from derive.model.model import Node

CLOSED = (Symbol, Indexed, Idx, Piecewise, Moment, AppliedUndef)  # nothing inside of these is given a name


def outermost(expr: Expr) -> Expr | None:
    """What an activation that is the whole definition is applied to, where that is compound."""
    row = row_of(expr)
    if row is None or not row.activation or isinstance(argument(expr), (Symbol, Indexed)):
        return None
    return None if argument(expr).is_Number else argument(expr)


def inside(expr: Expr, kinds: Mapping[str, str]) -> Iterator[Expr]:
    """The pre-activations and the scores inside a definition, outermost first; `kinds` are those of the leaves."""
    if isinstance(expr, CLOSED) or not all(_whole(b) for b in getattr(expr, "limits", ())):
        return
    if isinstance(expr, Sum) and isinstance(expr.function, exp) and expr.function.args[0].has(Sum):
        yield expr.function.args[0]
    part = _without_labels(outermost(expr), kinds)
    if part is not None and _affine(part, kinds):
        yield part
    for inner in [expr.function] if isinstance(expr, BINDERS) else expr.args:
        yield from inside(inner, kinds)


def _whole(bound: tuple[Idx, Expr, Expr]) -> bool:
    """Does a sum run over the whole range of its index?"""
    return tuple(bound) == limits(bound[0])


def _without_labels(part: Expr | None, kinds: Mapping[str, str]) -> Expr | None:
    """The pre-activation without the labels that it is multiplied by: z of the margin -y z."""
    if part is None or "target" not in _kinds(part, kinds):
        return part
    left = Mul(*(f for f in Mul.make_args(part) if not f.is_number and "target" not in _kinds(f, kinds)))
    return None if left.is_number or isinstance(left, (Symbol, Indexed)) else left


def _affine(part: Expr, kinds: Mapping[str, str]) -> bool:
    """Is it made as a pre-activation is, by a sum or with parameters?"""
    return part.has(Sum) or "parameter" in _kinds(part, kinds)


def _kinds(part: Expr, kinds: Mapping[str, str]) -> set[str]:
    return {kinds.get(n, "node") for n in names(part)}


def by_name(expr: Expr, node: Node) -> Expr:
    """The expression with the element of a node in place of its definition, whatever letters that has there.

    Of a product w x it also stands for these factors of a longer one.
    """
    (case,) = node.cases
    size = case.expr.count_ops()
    factors = set(case.expr.args) if isinstance(case.expr, Mul) else {case.expr}

    def name(part: Expr) -> Expr | None:
        if isinstance(part, CLOSED):
            return part
        if isinstance(part, Mul) and factors < set(part.args):
            return by_name(part / case.expr, node) * node.generic
        if type(part) is not type(case.expr) or part.count_ops() != size:
            return None
        return next((node.at(*at) for at in _places(part, node) if _same(part, case.expr, node, at)), None)

    return rewrite(expr, name)


def _places(part: Expr, node: Node) -> Iterator[tuple[Expr, ...]]:
    """The positions that the indices of a node may have in a part: its free letters, and where its elements stand."""
    letters = free_indices(part)
    fixed = sorted({p for e in part.atoms(Indexed) for p in e.indices if not p.has(Idx)}, key=str)
    fitting = ([i for i in letters if limits(i)[1:] == limits(w)[1:]] for w in node.indices)
    within = ([p for p in fixed if (p - w.lower).is_nonnegative and (w.upper - p).is_nonnegative] for w in node.indices)
    return product(*(a + b for a, b in zip(fitting, within, strict=True)))


def _same(part: Expr, definition: Expr, node: Node, at: tuple[Expr, ...]) -> bool:
    moved = substitute(definition, dict(zip(node.indices, at, strict=True)))
    return bool(canonical(moved) == canonical(part))


def weights(expr: Expr) -> Iterator[tuple[Expr, Idx]]:
    """The softmax e^(z_k) / sum_l e^(z_l) of each log-sum-exp in an expression, and its letter k."""
    for call in sorted(expr.atoms(log), key=str):
        total = call.args[0]
        if isinstance(total, Sum) and isinstance(total.function, exp) and len(total.limits) == 1:
            ((k, *ends),) = total.limits
            other = fresh(k, {*total.function.atoms(Idx), *expr.atoms(Idx)})
            if _whole((k, *ends)):
                yield total.function / sum_over(substitute(total.function, {k: other}), [limits(other)]), k
