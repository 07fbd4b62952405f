"""The measure of a condition over a range of parameters: every leaf takes numbers of its own, all sizes are 1.

A norm of a 1 x 1 matrix is the absolute value of its entry, so that a norm can be a coordinate too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sympy import Expr, Integer, Symbol

from derive.chain.derivation import Derivation
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Sweeps
from derive.evaluate.store import Store
from derive.topics.stability.check.norms import measure
from derive.topics.stability.conditions import Analysis


class Landscape:
    """Measures of one analysis at many points at once."""

    def __init__(self, derivation: Derivation, analysis: Analysis):
        self.sweeps = Sweeps(derivation, dict.fromkeys(derivation.model.sizes, 1), TorchBackend())
        self.where: Mapping[Symbol, Expr] = dict(analysis.where)

    def at(self, expr: Expr, numbers: Mapping[str, tuple[Any, int]]) -> Any:
        """The measure, shape (points,); `numbers` gives for each name an array (points,) and how many axes it has."""
        store, points = Store(self.sweeps.backend), 1
        for name, (values, axes) in numbers.items():
            array = torch.as_tensor(np.asarray(values, dtype=float))
            points = max(points, array.numel())
            store.put(name, array.reshape(*[1] * axes, -1), [(1, 1)] * axes)
        found = measure(Integer(1) * expr, store, self.sweeps.values, self.where, points)
        return found.numpy()
