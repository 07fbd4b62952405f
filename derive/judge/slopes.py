"""The value of a derivative that an answer names: of the loss, or of one quantity with respect to another."""

from __future__ import annotations

from typing import Any

import numpy as np

from derive.judge.derivatives import Derivative
from derive.judge.meaning import Meaning
from derive.judge.places import NoAdjoint, NotWhole, OutOfRange, Scope, unread
from derive.judge.value import Value, transposed
from derive.transcribe.occurrences import occurrence, written


def derivative(f: Meaning, found: Derivative, scope: Scope, loss: bool = False) -> Value:
    """A derivative of the loss, or of one quantity with respect to another."""
    of, wrt = occurrence(found.of), f.names.find(found.wrt._replace(power=None), set(scope))
    if found.second:
        raise unread("second derivatives are not judged yet", f.source, found.node)
    if wrt is None:
        raise unread("the model has no quantity of this name to differentiate by", f.source, found.wrt.node)
    if of is None and not loss:
        raise unread("only a named quantity can be differentiated here; give it a name", f.source, found.of)
    if loss or (of is not None and f.names.is_loss(of)):
        if found.immediate:
            array = f.world.jacobian(f.names.loss, wrt.name, f.how.immediate)
        else:
            array = f.world.adjoint(wrt.name)
        try:
            value = f.at(array, wrt.places, scope)
        except OutOfRange:
            raise NoAdjoint from None
        f.circumstances.gradients |= bool(value.dims)
        return transposed(value) if found.wrt.transposed != f.how.turned else value
    assert of is not None
    top = f.names.find(of, set(scope))
    if top is None:
        raise unread("the model has no quantity of this name that could be differentiated", f.source, found.of)
    return _partial(f, top, wrt, f.how.immediate if found.immediate else "", scope)


def _partial(f: Meaning, top: Any, wrt: Any, immediate: str, scope: Scope) -> Value:
    """An element or a part of a derivative: indices of both may be given."""
    ranks = f.names.ranks[top.name], f.names.ranks[wrt.name]
    above, below = f.world.value(top.name), f.world.value(wrt.name)
    try:
        first = [f.whole(p, scope) - n for p, n in zip(top.places, above.low, strict=False)]
        second = [f.whole(p, scope) - n for p, n in zip(wrt.places, below.low, strict=False)]
    except NotWhole as wrong:
        raise unread(f"{written(wrong.node)} is no index here", f.source, wrong.node) from None
    at: list[Any] = [slice(None)] * sum(ranks)
    at[: len(first)] = first
    at[ranks[0] : ranks[0] + len(second)] = second
    shape = *above.numbers.shape[:-1], *below.numbers.shape[:-1]
    if any(isinstance(place, int) and not 0 <= place < size for place, size in zip(at, shape, strict=True)):
        raise OutOfRange
    left = ranks[0] - len(first)
    if len(second) == ranks[1]:  # one column of the derivative is much less than all of it
        picked = f.world.column(top.name, wrt.name, tuple(second), immediate)[tuple(first)]
    else:
        picked = f.world.jacobian(top.name, wrt.name, immediate).numbers[tuple(at)]
    if f.how.columns and left == 1 and picked.ndim == 3:
        return Value(np.swapaxes(picked, 0, 1), of=1)
    return Value(picked, of=left if picked.ndim > 1 else -1)
