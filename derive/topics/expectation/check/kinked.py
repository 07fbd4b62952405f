"""Where the quantities under an expectation have kinks, or turn so fast that Gauss-Hermite is not enough."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from sympy import Abs, Expr, Function, Max, Min, S
from sympy.core.relational import Relational as Rel

from derive.expressions.functions import row_or_extremum
from derive.model.model import Model, references
from derive.model.reachability import random_names, reach

SMOOTH = ("exp", "expm1", "exp2", "sin", "cos", "sinh", "cosh")  # Gauss-Hermite is enough


def sources(model: Model, symbols: Sequence[Expr]) -> frozenset[str]:
    """Return the names of all that some expressions are computed from."""
    return reach((r.name for s in symbols for r in references(s)), model.used)


def kinked(model: Model, symbols: Sequence[Expr]) -> Iterator[Expr]:
    """Yield what is 0 at a kink, a jump or the middle of a function of random quantities, in the given definitions."""
    random, used = random_names(model.nodes), sources(model, symbols)

    def depends(expr: Expr) -> bool:
        return any(r.name in random for r in references(expr))

    formulas = [c.expr for n in model.nodes.values() if n.name in used for c in n.cases] + list(symbols)
    conditions = (c for f in formulas for c in sorted(f.atoms(Rel), key=str))
    yield from dict.fromkeys(edge for c in conditions for edge in _meet(c.lhs, c.rhs) if depends(edge))
    for call in dict.fromkeys(c for f in formulas for c in sorted(f.atoms(Function, Max, Min), key=str)):
        row = row_or_extremum(call)
        if row is None or not depends(call):
            continue
        if len(call.args) > 1:
            yield from _meet(call.args[0], S.Zero)
            yield from (edge for a, b in itertools.combinations(call.args, 2) for edge in _meet(a, b))
        elif row.name not in SMOOTH:
            yield from (call.args[0] - kink for kink in dict.fromkeys((*row.kinks, 0)))


def _meet(one: Expr, other: Expr) -> Iterator[Expr]:
    """Yield what is 0 where both are equal: for |u| and c both u - c and u + c."""
    sides = [[s.args[0], -s.args[0]] if isinstance(s, Abs) else [s] for s in (one, other)]
    yield from (a - b for a, b in itertools.product(*sides))
