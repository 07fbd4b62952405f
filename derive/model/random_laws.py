"""What a random quantity is declared to be: its moments, or a normal law, made of numbers and what is not random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Idx, IndexedBase, Symbol

from derive.errors import ModelError
from derive.expressions.moments import Law, Moment
from derive.model.definitions import definitions
from derive.model.model import Case, Node, Reference, references
from derive.model.validation import expression


def law(
    name: str, mean: Any, variance: Any, independent: Any, found: str, own: tuple[Idx, ...],
    known: Mapping[str, Node | Symbol],
) -> Law:  # fmt: skip
    """The moments of a random quantity are expressions in its own indices and in what is not random."""
    if found not in ("real", "binary"):
        raise ModelError(f"{name}: a random quantity is real or binary, found the domain {found!r}")
    if not isinstance(independent, bool):
        raise ModelError(f"{name}: independent={independent!r}: expected True or False")
    if found == "binary" and variance is not None:
        raise ModelError(f"{name}: the variance of what is 0 or 1 follows from its mean; leave variance= out")
    moments = [_moment(name, m, own, known) for m in (mean, variance)]
    return Law(moments[0], _not_negative(name, moments[1]), independent, found == "binary")


def normal_law(
    name: str, mean: Any, variance: Any, covariance: Any, own: tuple[Idx, ...], known: Mapping[str, Node | Symbol]
) -> Law:
    """Return a normal law: the mean, and the variance of each element or the matrix of the covariances."""
    if variance is not None and covariance is not None:
        raise ModelError(f"{name}: say variance=, of independent elements, or covariance=, a matrix; found both")
    if covariance is not None:
        _covariance(name, covariance, own, known)
    else:
        variance = _not_negative(name, _moment(name, 1 if variance is None else variance, own, known))
        if variance == 0:
            raise ModelError(f"{name}: a normal quantity has a positive variance, found 0")
    return Law(_moment(name, mean, own, known), variance, covariance is None, normal=True, covariance=covariance)


def _covariance(name: str, matrix: Any, own: tuple[Idx, ...], known: Mapping[str, Node | Symbol]) -> None:
    """A covariance is a square family over the last index, known to be symmetric."""
    node = known.get(str(matrix))
    if not (isinstance(matrix, IndexedBase) and isinstance(node, Node) and own):
        raise ModelError(
            f"{name}: covariance= is a square family without its indices, such as S, over the last index of {name}; "
            f"found {matrix}"
        )
    spans = {(i.lower, i.upper) for i in (*node.indices, own[-1])}
    if len(node.indices) != 2 or len(spans) != 1:
        raise ModelError(f"{name}: the covariance {matrix} is not square over the last index of {name}, {own[-1]}")
    if not node.symmetric or (node.is_leaf and node.structure != "positive definite"):
        raise ModelError(
            f"{name}: the covariance {matrix} is not known to be positive definite; declare it with "
            "positive_definite=True, or give a node that is symmetric by its definition"
        )
    _computed(name, Reference(str(matrix), None), known)


def _moment(name: str, given: Any, own: tuple[Idx, ...], known: Mapping[str, Node | Symbol]) -> Expr | None:
    """Return a moment as an expression in the indices of its family; of a family it is the element at the last ones."""
    if given is None:
        return None
    node = known.get(str(given)) if isinstance(given, IndexedBase) else None
    if isinstance(node, Node) and len(node.indices) <= len(own):
        given = node.at(*own[len(own) - len(node.indices) :])
    moment = expression(given, f"a moment of {name}")
    definitions(f"a moment of {name}", own, [Case(own, moment)], known)
    for use in references(moment):
        _computed(name, use, known)
    return moment


def _computed(name: str, use: Reference, known: Mapping[str, Node | Symbol]) -> None:
    """Refuse what is random, or carried through time, in a moment."""
    node = known[use.name]
    if not isinstance(node, Node):
        return
    if node.law is not None or len(node.cases) > 1 or any(c.expr.has(Moment) for c in node.cases):
        raise ModelError(
            f"a moment of {name} uses {use.name}; it is made of numbers, sizes and what is computed from given leaves"
        )
    for case in node.cases:
        for inner in references(case.expr):
            _computed(name, inner, known)


def _not_negative(name: str, variance: Expr | None) -> Expr | None:
    if variance is not None and variance.is_negative:
        raise ModelError(f"{name}: a variance is not negative, found {variance}")
    return variance
