"""The other convention for a symmetric matrix: the derivative by its independent elements, G + G^T - diag(G)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from derive.errors import DeriveError
from derive.judge import compare
from derive.judge.answer import Claim
from derive.judge.balls import NoValue
from derive.judge.compare import SAME
from derive.judge.formulas import Formulas
from derive.judge.names import Found
from derive.judge.places import OutOfRange, Scope
from derive.judge.value import Value, eye
from derive.judge.world import Array

SYMMETRIC = ("symmetric", "positive definite")


def by_independent_elements(claim: Claim, target: Found, true: Sequence[Formulas]) -> bool:
    """Whether a claim gives the gradient of a symmetric matrix by its elements on and above the diagonal."""
    if true[0].world.derivation.model.nodes[target.name].structure not in SYMMETRIC:
        return False

    def folded(formulas: Formulas, scope: Scope) -> Value:
        array = formulas.world.adjoint(target.name)
        return formulas.at(Array(_folded(array.numbers), array.low), target.places, scope)

    try:
        found = compare.sides(claim.left, folded, claim.right, compare.of(claim.right), true)
    except (DeriveError, NoValue, OutOfRange):
        return False
    return found.state == SAME


def _folded(numbers: Any) -> Any:
    return numbers + np.swapaxes(numbers, 0, 1) - numbers * eye(numbers.shape[0]).numbers
