"""A model read from LaTeX beside the same model in torch: random numbers for its leaves, every gradient compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from generated import module
from sympy import Expr

from derive.transcribe.model import Pasted

SIZES = {"T": 4, "D": 3, "H": 2, "K": 3, "N": 4, "C": 3, "M": 3, "n": 3, "m": 4, "d": 2, "v": 2}


def leaves(made: Pasted, sizes: dict[str, int]) -> dict[str, torch.Tensor]:
    """Random numbers for every leaf, by its identifier; a label is a whole number from 0."""
    torch.manual_seed(3)
    model = made.graph.model()
    found = {}
    for name in (made.names[typed] for typed in made.roles):
        node = model.nodes[name]
        shape = [int(number(idx.upper - idx.lower + 1, sizes)) for idx in node.indices]
        if (most := getattr(node.domain, "most", None)) is not None:
            found[name] = torch.randint(0, int(number(most, sizes)), shape)
            continue
        drawn = torch.rand(shape, dtype=torch.float64) + 0.2
        if len(shape) == 2 and shape[0] == shape[1]:  # so that it has an inverse and a logarithm of its determinant
            drawn = drawn + 2 * torch.eye(shape[0], dtype=torch.float64)
        if node.sums_to:
            drawn = one_hot(drawn) if node.domain == "binary" else drawn / drawn.sum(-1, keepdim=True)
        found[name] = drawn.requires_grad_()
    return found


def one_hot(drawn: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.one_hot(drawn.argmax(-1), drawn.shape[-1]).to(torch.float64)


def number(size: Expr, sizes: dict[str, int]) -> Expr:
    return size.subs({s: sizes.get(str(s), 2 + len(str(s)) % 3) for s in size.free_symbols})


def compared(made: Pasted, loss: Callable[..., torch.Tensor], sizes: dict[str, int] = SIZES) -> None:
    """The generated backward pass beside autograd of the reference, which takes the leaves by name."""
    given = leaves(made, sizes)
    model = made.graph.model()
    worth = {str(s): int(number(s, sizes)) for s in model.sizes}
    loss(**given).backward()
    passes = module(made.graph.derive().derivation, "numpy")
    arrays: dict[str, Any] = {passes["NAMES"].get(k, k): v.detach().numpy() for k, v in given.items()}
    found = passes["backward"](**arrays, **{s: worth[s] for s in passes["SIZES"]})
    parameters = [made.names[typed] for typed, role in made.roles.items() if role == "parameter"]
    assert parameters
    for name in parameters:
        expected = given[name].grad
        assert expected is not None
        assert np.allclose(found[name], expected.numpy(), rtol=1e-9, atol=1e-12), name
