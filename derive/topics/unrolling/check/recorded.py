"""How many nodes torch.autograd records while the forward pass runs: its graph, built anew in each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from derive.chain.derivation import Derivation
from derive.code.module import code
from derive.code.running import loaded


def recorded(d: Derivation, given: Mapping[str, Any]) -> int:
    """The nodes of torch's graph of the loss, those that collect the gradients of leaves among them."""
    module = loaded(code(d, "torch"))
    names = module["NAMES"]
    parameters = {n.name for n in d.model.of_kind("parameter")}
    arrays = {
        names.get(name, name): torch.as_tensor(value, dtype=torch.float64).requires_grad_(name in parameters)
        for name, value in given.items()
        if name in d.model.nodes
    }
    loss = module["forward"](**arrays)[names.get(d.model.loss.name, d.model.loss.name)]
    return _reached(loss.grad_fn)


def _reached(node: Any) -> int:
    """The nodes that can be reached from one."""
    seen: set[Any] = set()
    todo = [node]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.add(one)
            todo.extend(before for before, _ in one.next_functions)
    return len(seen)
