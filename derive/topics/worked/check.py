"""The numbers of an exercise, worked again by torch: values by the definitions, adjoints by torch.autograd, the update.

The page has exact numbers, which `derive.evaluate.exact` computes from the derived adjoints; here nothing of that is
used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from sympy import Symbol

from derive.chain.derivation import Derivation
from derive.check.autograd import AutogradValues
from derive.check.compare import Array, relative
from derive.check.report import Report, Row
from derive.check.rounding import adjoint_sizes, definition_terms
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes, inputs
from derive.evaluate.store import Store
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.topics.worked.numbers_as_typed import spots
from derive.topics.worked.unknown import Solved
from derive.topics.worked.worked import Worked

AGAIN = Text(
    "All {numbers} numbers of the example were computed again by torch in float64, the derivatives by torch.autograd; "
    "they agree.",
    "数值例子中的 {numbers} 个数由 torch 重新计算（float64，导数由 torch.autograd 求得），全部一致。",
)


AGAIN_VALUES = Text(
    "All {numbers} numbers of the example were computed again by torch in float64; they agree.",
    "数值例子中的 {numbers} 个数由 torch 重新计算（float64），全部一致。",
)


def compare(
    derivation: Derivation, sizes: Mapping[Symbol, int], worked: Worked, solved: Sequence[Solved] = ()
) -> Report:
    """Return one row for each value, adjoint and updated parameter; a table lists these quantities already."""
    passes = Passes(derivation, sizes, TorchBackend())
    given = {name: _given(worked, name, passes.ranges(node)) for name, node in inputs(derivation.model).items()}
    truth = AutogradValues(derivation, passes, 1, 0, given)
    with torch.no_grad():
        rows = (*_rows(truth, worked), *(_put_back(derivation, sizes, given, each) for each in solved))
    again = AGAIN if derivation.adjoints else AGAIN_VALUES
    return Report(rows, notes=(again(numbers=str(sum(r.points for r in rows))),), listed=not derivation.model.has_loss)


def _put_back(derivation: Derivation, sizes: Mapping[Symbol, int], given: Mapping[str, Array], each: Solved) -> Row:
    """The value that a quantity has where the unknown is what was found, beside the value that was wished."""
    put = {**given, each.unknown.name: torch.full_like(given[each.unknown.name], float(each.value))}
    truth = AutogradValues(derivation, Passes(derivation, sizes, TorchBackend()), 1, 0, put)
    found = truth.store.whole(each.of.name).detach()
    wished = torch.full_like(found, float(each.wished))
    return Row(each.of.generic, 1, relative(found, wished, terms=lambda: 1 + wished.abs()), "the value that was wished")


def _given(worked: Worked, name: str, ranges: list[tuple[int, int]]) -> Array:
    """The numbers of a leaf, shape (*sizes, 1); what is averaged out needs none and gets 0."""
    values = [worked.given.get(f"{name}{list(s)}" if s else name, 0) for s in spots(ranges)]
    return _floats(values).reshape(*(b - a + 1 for a, b in ranges), 1)


def _floats(numbers: Any) -> Array:
    return torch.tensor([float(n) for n in np.asarray(numbers, dtype=object).flat], dtype=torch.float64)


def _rows(truth: AutogradValues, worked: Worked) -> Iterator[Row]:
    d, store = truth.derivation, truth.store
    sizes = cache(lambda: adjoint_sizes(truth.passes, store))
    for name, found in worked.values.items():
        node = d.model.nodes[name]
        size = partial(definition_terms, truth.passes, store, node)
        yield _row(node.generic, found, store, name, size, "the worked number")
    for name, found in worked.adjoints.items():
        quantity, key = Partial(d.loss, d.model.nodes[name].generic), f"adjoint {name}"
        yield _row(quantity, found, store, key, partial(_whole, sizes, key), "the worked number")
    for name, found in worked.updated.items():
        slope, w = _of(store, f"adjoint {name}"), store.whole(name)
        store.put(f"updated {name}", w - float(worked.rate or 0) * slope, truth.passes.ranges(d.model.nodes[name]))
        size = partial(_update_size, sizes, name, w, float(worked.rate or 0))
        yield _row(d.model.nodes[name].generic, found, store, f"updated {name}", size, "the worked update")


def _row(quantity: Any, found: Any, store: Store, key: str, size: Any, where: str) -> Row:
    truth = store.whole(key).detach()
    numbers = _floats(found).reshape(truth.shape)
    return Row(quantity, truth.numel(), relative(numbers, truth, terms=lambda: size().expand_as(truth)), where)


def _of(store: Store, key: str) -> Array:
    """What the store holds under this name; 0 for a parameter that does not reach the loss."""
    return store.whole(key) if key in store.low else torch.zeros(1, dtype=torch.float64)


def _whole(sizes: Any, key: str) -> Array:
    return _of(sizes(), key)


def _update_size(sizes: Any, name: str, w: Array, rate: float) -> Array:
    return w.abs() + rate * _of(sizes(), f"adjoint {name}")
