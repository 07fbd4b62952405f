"""What follows from a wrong line: its gradient is taken for true in what comes after it."""

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
from derive.judge.places import OutOfRange
from derive.read.tree import Node
from derive.transcribe.occurrences import letter


class Consequences:
    """The wrong gradients of an answer so far, and the formulas in which they are taken for true."""

    def __init__(self, true: Sequence[Formulas]):
        self.true = true
        self.wrong: list[Formulas] | None = None
        self.replaced: list[dict[str, Any]] = [{} for _ in true]

    def follow(self, claim: Claim, last: tuple[Node, bool] | None) -> bool:
        """Whether a wrong claim is what a wrong line before it leads to."""
        if last is not None and not last[1] and compare.compared(last[0], claim.right, self.true).state == SAME:
            return True
        return self.wrong is not None and compare.compared(claim.left, claim.right, self.wrong).state == SAME

    def remember(self, claim: Claim, target: Found) -> None:
        """Take a wrong gradient for true, to see what follows from it."""
        base = self.wrong or self.true
        for k, formulas in enumerate(base):
            array = _claimed(claim, target, formulas)
            if array is None:
                return
            self.replaced[k][f"adjoint {target.name}"] = array
        self.wrong = [f.elsewhere(f.world.branch(r)) for f, r in zip(self.true, self.replaced, strict=True)]


def _claimed(claim: Claim, target: Found, formulas: Formulas) -> Any:
    """The array that a claim gives for a gradient; None if it gives none of that shape."""
    true = formulas.world.adjoint(target.name)
    array = np.array(true.numbers, dtype=object)
    letters = [letter(p) for p in target.places]
    if not all(letters) or len(set(letters)) < len(letters):
        return None
    spans = [range(low, low + n) for low, n in zip(true.low, array.shape[:-1], strict=True)][: len(letters)]
    for at in np.ndindex(*map(len, spans)):
        scope = {own: span[n] for own, span, n in zip(letters, spans, at, strict=True)}
        try:
            value = formulas.value(claim.right, scope)
        except (OutOfRange, NoValue):
            continue
        except DeriveError:
            return None
        if value.dims != array[at].shape[:-1]:
            return None
        array[at] = value.numbers
    return array
