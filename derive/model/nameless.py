"""Which parts of a definition deserve a name: pre-activations, the scores of a softmax, and the softmax itself.

A part inside a definition is found only where it exists for all values of its indices: not on a branch of cases, and
not inside an expectation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from sympy import Expr, Idx, Indexed, Mul, Piecewise, Pow, S, Sum, Symbol, exp, log
from sympy.core.function import AppliedUndef

from derive.expressions.canonical import canonical
from derive.expressions.extremes import Extreme
from derive.expressions.functions import argument, row_of
from derive.expressions.indices import BINDERS, fresh, limits, name_of, substitute, sum_over
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


def inside(expr: Expr, nodes: Mapping[str, Node], partly: frozenset[Idx] = frozenset()) -> Iterator[Expr]:
    """The pre-activations and the scores inside a definition, outermost first.

    `partly` are the indices of which the sums around take only a part.
    """
    if isinstance(expr, CLOSED):
        return
    partly |= {b[0] for b in getattr(expr, "limits", ()) if tuple(b) != limits(b[0])}
    found = []
    if isinstance(expr, Sum) and isinstance(expr.function, exp) and expr.function.args[0].has(Sum):
        found.append(expr.function.args[0])
    if isinstance(expr, Extreme) and not isinstance(expr.function, (Symbol, Indexed)):
        found.append(expr.function)  # which of the elements is the largest is decided by one and the same number
    part = _without_labels(outermost(expr), nodes)
    if part is not None and (part.has(Sum) or "parameter" in _kinds(part, nodes)):
        found.append(part)
    yield from (p for p in found if _everywhere(p, partly, nodes))
    for inner in [expr.function] if isinstance(expr, BINDERS) else expr.args:
        yield from inside(inner, nodes, partly)


def _everywhere(part: Expr, partly: frozenset[Idx], nodes: Mapping[str, Node]) -> bool:
    """Does a part exist for all values of its indices? It does where these stand by themselves in place of an axis."""
    used = [e for e in part.atoms(Indexed) if any(p.has(*partly) for p in e.indices)] if partly else []
    axes = [(p, i) for e in used for p, i in zip(e.indices, nodes[name_of(e)].indices, strict=True) if p.has(*partly)]
    return all(isinstance(p, Idx) and limits(p)[1:] == limits(i)[1:] for p, i in axes)


def _without_labels(part: Expr | None, nodes: Mapping[str, Node]) -> Expr | None:
    """The pre-activation without the labels that it is multiplied by: z of the margin -y z."""
    if part is None or "target" not in _kinds(part, nodes):
        return part
    left = Mul(*(f for f in Mul.make_args(part) if not f.is_number and "target" not in _kinds(f, nodes)))
    return None if left.is_number or isinstance(left, (Symbol, Indexed)) else left


def _kinds(part: Expr, nodes: Mapping[str, Node]) -> set[str]:
    return {nodes[n].kind for n in names(part) if n in nodes}


def by_name(expr: Expr, node: Node) -> Expr:
    """The expression with the element of a node in place of its definition, whatever letters that has there.

    Of a product w x it also stands for these factors of a longer one.
    """
    (case,) = node.cases
    kind, size = type(case.expr), case.expr.count_ops()

    def name(part: Expr) -> Expr | None:
        fits = isinstance(part, kind) and part.count_ops() >= size
        for at in _places(part, node) if fits else ():
            found = _over(part, substitute(case.expr, dict(zip(node.indices, at, strict=True))))
            if found is not None:
                return by_name(found, node) * node.at(*at)
        return part if isinstance(part, CLOSED) else None

    return rewrite(expr, name)


def _over(part: Expr, definition: Expr) -> Expr | None:
    """What is left of a product without the factors of a definition, 1 of the definition itself; None without them."""
    if not (isinstance(part, Mul) and isinstance(definition, Mul)):  # a delta may make the definition 0
        return S.One if canonical(part) == canonical(definition) else None
    left = {canonical(f): f for f in part.args}
    if not all(left.pop(canonical(f), None) is not None for f in definition.args):
        return None
    return Mul(*left.values())


def _places(part: Expr, node: Node) -> Iterator[tuple[Expr, ...]]:
    """The positions that the indices of a node may have in a part: its free letters, and where its elements stand."""
    letters = free_indices(part)
    fixed = sorted({p for e in part.atoms(Indexed) for p in e.indices if not p.has(Idx)}, key=str)
    fitting = ([i for i in letters if limits(i)[1:] == limits(w)[1:]] for w in node.indices)
    within = ([p for p in fixed if (p - w.lower).is_nonnegative and (w.upper - p).is_nonnegative] for w in node.indices)
    return product(*(a + b for a, b in zip(fitting, within, strict=True)))


def softmaxes(expr: Expr) -> Iterator[tuple[Expr, Idx]]:
    """The softmax e^(z_k) / sum_l e^(z_l) of each sum that an expression divides by or takes the log of; and its k.

    On a branch it may not exist elsewhere, as for z_k = f[t - 1, k] where t > 1.
    """
    parts = list(_outside_branches(expr))
    logs = {part.args[0] for part in parts if isinstance(part, log)}
    totals = logs | {part.base for part in parts if isinstance(part, Pow) and part.exp == -1}
    for total in sorted((t for t in totals if isinstance(t, Sum)), key=str):
        ((k, *ends), *more) = total.limits
        if isinstance(total.function, exp) and not more and (k, *ends) == limits(k):
            other = fresh(k, {*total.function.atoms(Idx), *expr.atoms(Idx)})
            yield total.function / sum_over(substitute(total.function, {k: other}), [limits(other)]), k


def _outside_branches(expr: Expr) -> Iterator[Expr]:
    if not isinstance(expr, Piecewise):
        yield expr
        for part in expr.args:
            yield from _outside_branches(part)


def is_softmax(expr: Expr) -> bool:
    """Is it e^z over a sum of such?"""
    sums = [f.base.function for f in Mul.make_args(expr) if isinstance(f, Pow) and isinstance(f.base, Sum)]
    return len(sums) == 1 and isinstance(sums[0], exp) and any(isinstance(f, exp) for f in Mul.make_args(expr))
