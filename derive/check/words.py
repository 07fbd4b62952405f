"""The words on a page against torch's functions of these names, at the points of the check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import torch
from sympy import Idx

from derive.check.compare import relative
from derive.check.report import Row
from derive.check.rounding import terms
from derive.evaluate.passes import Passes
from derive.evaluate.store import Store
from derive.expressions.said import OF_ONE, Said
from derive.expressions.traverse import free_indices

Array = torch.Tensor
TORCH: dict[str, Callable[..., Array]] = {  # over the axis before that of the points
    "softmax": lambda x: torch.softmax(x, -2),
    "log_softmax": lambda x: torch.log_softmax(x, -2),
    "logsumexp": lambda x: torch.logsumexp(x, -2),
    "mean": lambda x: torch.mean(x, -2),
    "var": lambda x: torch.var(x, -2, correction=0),
    "std": lambda x: torch.std(x, -2, correction=0),
    "dot": lambda x, y: torch.linalg.vecdot(x, y, dim=-2),
}


def said(passes: Passes, store: Store, kept: Any) -> Iterator[Row]:
    """A row for every word of the author."""
    for word in passes.model.said:
        if word.p.is_number and all(isinstance(place, Idx) for place in word.at):
            yield _row(passes, store, kept, word)


def _row(passes: Passes, store: Store, kept: Any, word: Said) -> Row:
    own = list(free_indices(word.formula))
    found = passes.partials.evaluate(word.formula, store, passes.over(own))
    bound = [i for i, *_ in word.bodies[0].limits]
    rest = [i for i in own if i not in word.at]
    lengths = [[b - a + 1 for _, a, b in passes.over(some)] for some in (rest, bound, own)]
    bodies = [
        passes.partials.evaluate(body.function, store, passes.over([*rest, *bound]))
        .broadcast_to((*lengths[0], *lengths[1], found.shape[-1]))
        .reshape(*lengths[0], prod(lengths[1]), -1)
        for body in word.bodies
    ]
    truth = _function(word)(*bodies)
    if word.name in OF_ONE:  # its axes follow those of the others; they stand where their letters do
        shaped = truth.reshape(*lengths[0], *lengths[1], -1)
        order = [*rest, *word.at]
        truth = shaped.permute(*(order.index(i) for i in own), len(own))
    found = found.broadcast_to(truth.shape)
    size = lambda: passes.partials.evaluate(terms(word.formula), store, passes.over(own)).expand_as(truth)  # noqa: E731
    return Row(word, truth.numel(), relative(found, truth, kept, terms=size), "as torch has it")


def _function(word: Said) -> Callable[..., Array]:
    if word.name != "norm":
        return TORCH[word.name]
    return lambda x: torch.linalg.vector_norm(x, ord=float(word.p) or torch.inf, dim=-2) ** int(word.power)
