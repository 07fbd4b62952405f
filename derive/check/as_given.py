"""What an author spells out, evaluated as it is written, against the function that it was recognised as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from sympy import Expr, Idx

from derive.check.compare import relative, within
from derive.check.report import Row
from derive.check.rounding import terms
from derive.evaluate.passes import Passes
from derive.evaluate.store import Store
from derive.expressions.moments import Moment
from derive.expressions.spelled import spelled
from derive.model.model import Case, Node


def as_given(passes: Passes, store: Store, kept: Any) -> Iterator[Row]:
    """A row for every node whose definition by the author spells a function out."""
    given = passes.model.given
    for node in given.nodes.values() if given is not None else ():
        for case in node.cases:
            if spelled(case.expr)[1] and not case.expr.has(Moment):
                yield _row(passes, store, kept, node, case)


def _row(passes: Passes, store: Store, kept: Any, node: Node, case: Case) -> Row:
    """The values of one definition at the points that the store holds."""
    fixed = [(p, passes.number(p), passes.number(p)) for p in case.position if not isinstance(p, Idx)]
    free = passes.over(p for p in case.position if isinstance(p, Idx))
    box = [next(r for r in (*free, *fixed) if r[0] == p) for p in case.position]
    truth = store.whole(node.name)[within(box, passes.ranges(node))]

    def value(expr: Expr) -> torch.Tensor:
        """The values of an expression, with an axis of one element for every fixed position."""
        found: torch.Tensor = passes.partials.evaluate(expr, store, free)
        return found.reshape(*truth.shape[:-1], found.shape[-1])

    error = relative(value(case.expr), truth, kept, terms=lambda: value(terms(case.expr)))
    return Row(node.generic, truth.numel(), error, "as it is written")
