"""The branches of a model: an equality is met by drawing its number, and a branch that no point reaches is told."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from sympy import Eq, Expr, Integer, Ne, Not, Or, Piecewise, S

from derive.evaluate.passes import Passes
from derive.evaluate.store import Store
from derive.expressions.indices import name_of
from derive.expressions.traverse import elements, free_indices
from derive.memo import memo
from derive.model.model import Model

Array = torch.Tensor
MET = 0.5  # of the random numbers that an equality is asked of, the part that is replaced


def pieces(model: Model) -> Iterator[Piecewise]:
    """Every distinction of cases in the definitions of a model."""
    for node in model.nodes.values():
        for case in node.cases:
            if case.expr.has(Piecewise):
                yield from sorted(case.expr.atoms(Piecewise), key=str)


@memo
def equalities(model: Model) -> dict[str, tuple[float, ...]]:
    """The numbers that a condition asks a leaf to be equal to, by the leaf's name: 1 for the condition 2 y_i - 2 = 0.

    Random reals hit such a number with probability 0, so a branch behind it would never be checked.
    """
    found: dict[str, list[float]] = {}
    for test in (t for piece in pieces(model) for _, c in piece.args for t in sorted(S(c).atoms(Eq, Ne), key=str)):
        gap = test.lhs - test.rhs
        leaves = [e for e in dict.fromkeys(elements(gap)) if name_of(e) in model.nodes]
        slope = gap.diff(leaves[0]) if len(leaves) == 1 else S.Zero
        value = leaves[0] - gap / slope if slope.is_number and slope != 0 else None
        if value is not None and model.nodes[name_of(leaves[0])].is_leaf and value.expand().is_number:
            found.setdefault(name_of(leaves[0]), []).append(float(value.expand()))
    return {name: tuple(dict.fromkeys(numbers)) for name, numbers in found.items()}


def meeting(values: Array, numbers: tuple[float, ...], generator: torch.Generator) -> Array:
    """The random numbers with half of them replaced by those that conditions ask for, each as often as another."""
    replaced = torch.rand(values.shape, generator=generator) < MET
    chosen = torch.randint(len(numbers), values.shape, generator=generator)
    return torch.where(replaced, torch.tensor(numbers, dtype=values.dtype)[chosen], values)


def conditions(piece: Piecewise) -> tuple[Expr, ...]:
    """The condition of every branch as a reader sees it; the last one's too, which is only called true."""
    given = [c for _, c in piece.args]
    return tuple(Not(Or(*given[:n])).to_nnf() if c is S.true and n else c for n, c in enumerate(given))


def reached(passes: Passes, store: Store, kept: Array | slice) -> dict[Expr, bool]:
    """The conditions of all branches, and whether any of the points `kept` lies on that branch."""
    found: dict[Expr, bool] = {}
    for piece in pieces(passes.model):
        which = Piecewise(*((Integer(n), c) for n, (_, c) in enumerate(piece.args, 1)), evaluate=False)
        numbers = passes.partials.evaluate(which, store, passes.over(free_indices(which))).detach()
        numbers = numbers[..., kept] if numbers.shape[-1] > 1 else numbers
        for n, condition in enumerate(conditions(piece), 1):
            found[condition] = found.get(condition, False) or bool((numbers == n).any())
    return found
