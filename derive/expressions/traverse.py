"""Walks over an expression: what it is made of, which of its indices are free, and what stands in place of its parts.

`elements` is the one walk that looks, `rewrite` the one that changes. `substitute` and `apart` (in `indices`) change
indices and therefore rename bound ones; all of them rebuild what they change by `indices.through`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Basic, Expr, Idx, Indexed, IndexedBase, Symbol

from derive.expressions.indices import BINDERS, apart, is_position, name_of, through
from derive.expressions.symbols import Partial
from derive.memo import memo

Rule = Callable[[Expr], Expr | None]


@memo
def elements(expr: Basic) -> tuple[Expr, ...]:
    """What an expression is made of, each once, in the order in which it is written.

    Elements are symbols, elements h[t] of families, families as a whole, and partials, into which one does not look.
    Indices are none; a size at the end of a sum is one, and so is y[n] in W[y[n], d].
    """
    if isinstance(expr, Indexed) and any(map(is_position, expr.indices)):
        return (expr, *(e for place in expr.indices for e in elements(place)))
    if isinstance(expr, (Symbol, Indexed, IndexedBase, Partial)):
        return (expr,)
    if isinstance(expr, Idx):
        return ()
    return tuple(dict.fromkeys(e for a in expr.args for e in elements(a)))


def quantities(expr: Basic) -> tuple[Expr, ...]:
    """The elements whose values occur in an expression: a partial only says which one it is."""
    return tuple(e for e in elements(expr) if not isinstance(e, Partial))


def names(expr: Basic) -> frozenset[str]:
    """The families whose values occur in an expression."""
    return frozenset(map(name_of, quantities(expr)))


@memo
def adjoints(expr: Basic) -> frozenset[Partial]:
    """The adjoints in an expression, and other total derivatives; neither immediate partials nor given ones."""
    return frozenset(e for e in elements(expr) if type(e) is Partial)


@memo
def mentioned(expr: Basic) -> frozenset[str]:
    """The families that an expression is made of, and "adjoint z" for an adjoint dL/dz."""
    return frozenset(f"adjoint {name_of(e.wrt)}" if isinstance(e, Partial) else name_of(e) for e in elements(expr))


@memo
def free_indices(expr: Basic) -> tuple[Idx, ...]:
    """The indices that no sum or product inside binds, in the order of their names."""
    if isinstance(expr, Idx):
        return (expr,)
    if not isinstance(expr, BINDERS):
        return tuple(sorted({i for a in expr.args for i in free_indices(a)}, key=name_of))
    found = set(free_indices(expr.function))
    for idx, *ends in expr.limits:  # the inner limits first: an outer one may end at a letter that an inner one binds
        found = (found - {idx}).union(*map(free_indices, ends))
    return tuple(sorted(found, key=name_of))


def rewrite(expr: Expr, rule: Rule, preferred: Sequence[Idx] = ()) -> Expr:
    """The expression with the values that `rule` gives for its parts; where it gives None, one looks inside the part.

    The rule is asked from the outside in. What it gives is not looked into, and may have free only the indices that
    the part has; the indices that it sums over are renamed where they stand already around it, to `preferred` ones
    where these fit. Parts without a change are reused; equal parts in equal surroundings are rewritten once.
    """
    seen: dict[tuple[Expr, frozenset[Basic]], Expr] = {}

    def visit(part: Expr, around: frozenset[Basic]) -> Expr:
        if (part, around) not in seen:
            seen[part, around] = _rewritten(part, around)
        return seen[part, around]

    def _rewritten(part: Expr, around: frozenset[Basic]) -> Expr:
        found = rule(part)
        if found is not None:
            return apart(found, around | part.free_symbols, preferred)
        if isinstance(part, Indexed):
            return part
        bound = [limit[0] for limit in part.limits] if isinstance(part, BINDERS) else free_indices(part)
        return through(part, lambda inner: visit(inner, around.union(bound)))

    return visit(expr, frozenset())
